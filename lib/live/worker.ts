/** The thread that serves the page: it reads the books in shared memory, so that a thread that is busy is seen too. */
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { epochNow } from '../base/clock'
import type { HeapError } from '../base/errors'
import { readAssets } from './assets'
import { Looker, type News } from './look'
import type { Report, Start } from './protocol'
import { LiveServer } from './server'

/** Milliseconds from one question to the next. */
const ASK_MS = 1000

const { books, isAll, news, options, page, greeting } = workerData as Start
const port = parentPort as NonNullable<typeof parentPort>
const say = (report: Report): void => port.postMessage(report)

const looker = new Looker(books, isAll)
looker.take(news)
/** When the question was asked that has not been answered, or else the last one. */
let askedAt = 0
let isAnswered = true

port.on('message', (answer: News) => {
  isAnswered = true
  looker.take(answer)
})

const server = new LiveServer(
  () => {
    const now = epochNow()
    if (isAnswered && now - askedAt >= ASK_MS) {
      askedAt = now
      isAnswered = false
      say({ kind: 'ask' })
    }
    return looker.look(isAnswered ? 0 : now - askedAt)
  },
  readAssets(page),
  options,
)

server.listen().then(
  (url) => {
    // Straight to the file: the streams of a worker go through the other thread, which may be busy.
    if (greeting !== undefined) writeSync(2, `${greeting}${url}\n`)
    say({ kind: 'listening', url })
  },
  ({ code, message, cause }: HeapError) => {
    const { code: osCode, errno, syscall } = cause as { code?: string; errno?: number; syscall?: string }
    say({
      kind: 'failed',
      code,
      message,
      cause: {
        ...(osCode === undefined ? {} : { code: osCode }),
        ...(errno === undefined ? {} : { errno }),
        ...(syscall === undefined ? {} : { syscall }),
      },
    })
  },
)
