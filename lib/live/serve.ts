/** Starts and ends the page: on a thread of its own where that can see the books, else on the thread of the heaps. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { epochNow } from '../base/clock'
import { HeapError } from '../base/errors'
import { PACKAGE_FOLDER } from '../base/folder'
import { uncloneable } from '../base/uncloneable'
import type { Heap } from '../heap/heap'
import { heaps as heapsOfThread } from '../heap/heaps'
import { partsOf } from '../heap/numbers'
import { booksOf, isShared } from '../inspect/map'
import { mustHaveSpace, space } from '../space/thread-space'
import { type Asset, readAssets } from './assets'
import { newToken } from './guard'
import { Looker, type News } from './look'
import { type CheckedOptions, checkOptions, type LiveOptions } from './options'
import type { Report, Start } from './protocol'
import { LiveServer, type ServerOptions } from './server'
import type { HeapName } from './view'

/** Milliseconds after which the thread of the heaps looks again which heaps there are, where it serves the page itself. */
const NEWS_MS = 1000
/** MiB that the serving thread's own objects may take. It needs a few; should it ever need more, it ends, and the program goes on. */
const WORKER_HEAP_MIB = 128

const STAYS = uncloneable('a LivePage', 'send page.url')

/** A page that is served. */
export class LivePage {
  /** @internal */
  readonly uncloneable: symbol = STAYS
  /** The address to open. Whoever has it can look. */
  readonly url: string
  /** `'worker'`: from a thread of its own; `'main'`: from that of the heaps, and what is shown stands still while that is busy. */
  readonly thread: 'worker' | 'main'
  readonly #end: () => Promise<void>
  #ended: Promise<void> | undefined

  /** @internal */
  constructor(url: string, thread: 'worker' | 'main', end: () => Promise<void>) {
    this.url = url
    this.thread = thread
    this.#end = end
  }

  /** Ends every connection and frees the port. A second call waits for the same. */
  close(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  /** What `console.log` shows of a page. */
  [inspect.custom](): string {
    const { url, thread } = this
    return `LivePage ${inspect({ url, thread })}`
  }

  /** `await using page = await serve()` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Serves a page that shows heaps live: where their memory lies and what it is used for, and how that changes. Nobody reads the books while
 * no page is open. It does not keep the program alive.
 * @param given - a heap, or options; default: all heaps of this thread
 * @param more - nothing: heaps and a port go into one object
 * @returns the page, once it can be opened
 * @throws TypeError or RangeError for an option that cannot be; HeapError `EBB_CLOSED` for a closed heap, `EBB_OS` where the system gives
 *   no such port, `EBB_NO_ADDON` where there is no addon, and so no heap
 */
export async function serve(given: Heap | LiveOptions = {}, ...more: never[]): Promise<LivePage> {
  return start(checkOptions(given, ...more), undefined)
}

/**
 * {@link serve}, and says on standard error where the page is.
 * @param greeting - what stands before the address
 */
export function start(options: CheckedOptions, greeting: string | undefined): Promise<LivePage> {
  mustHaveSpace()
  const refusal = whyNoWorker()
  return refusal === undefined ? inWorker(options, greeting) : here(options, greeting, refusal)
}

const BUILT = path.join(PACKAGE_FOLDER, 'dist', 'live')
const WORKER = path.join(BUILT, 'worker.js')
const PAGE = path.join(BUILT, 'page')

/** Why another thread cannot serve the page, for the page; undefined: it can. */
function whyNoWorker(): string | undefined {
  if (!isShared(booksOf(space))) return 'this runtime does not share the memory of heaps with other threads'
  const { permission } = process as { permission?: { has(scope: string): boolean } }
  if (permission !== undefined && !permission.has('worker')) return 'this program may not start threads'
  try {
    readFileSync(WORKER)
  } catch {
    return 'the file of the other thread is missing'
  }
  return undefined
}

function inWorker(options: CheckedOptions, greeting: string | undefined): Promise<LivePage> {
  const reporter = new Reporter(options.heaps)
  const start: Start = {
    books: booksOf(space),
    isAll: options.heaps === undefined,
    news: reporter.news(),
    options: serverOptions(options, '', true),
    page: PAGE,
    greeting,
  }
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, {
      workerData: start,
      name: 'ebb live',
      execArgv: [], // what the program preloads is not for this thread
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
    })
    let isListening = false
    // Where it says itself where it is, nobody waits for it, and a program that ends first may.
    if (greeting !== undefined) worker.unref()
    worker.on('message', (report: Report) => {
      if (report.kind === 'ask') {
        worker.postMessage(reporter.news())
      } else if (report.kind === 'failed') {
        reject(new HeapError(report.code, report.message, report.cause))
        void worker.terminate()
      } else {
        isListening = true
        worker.unref()
        resolve(new LivePage(report.url, 'worker', async () => void (await worker.terminate())))
      }
    })
    worker.on('error', (error) => {
      if (isListening) process.emitWarning(`ebb/live: the page has ended: ${error.message}`)
      else reject(error)
    })
  })
}

async function here(options: CheckedOptions, greeting: string | undefined, refusal: string): Promise<LivePage> {
  const reporter = new Reporter(options.heaps)
  const looker = new Looker(booksOf(space), options.heaps === undefined)
  let toldAt = 0
  const look = () => {
    const now = epochNow()
    if (looker.isPuzzled || now - toldAt >= NEWS_MS) {
      looker.take(reporter.news())
      toldAt = now
    }
    return looker.look(0)
  }
  const notice = `This page is served by the program's own thread: ${refusal}. While the program is busy, it stands still.`
  const server = new LiveServer(look, pageFiles(), serverOptions(options, notice, false))
  const url = await server.listen()
  if (greeting !== undefined) process.stderr.write(`${greeting}${url}\n`)
  return new LivePage(url, 'main', () => server.close())
}

function pageFiles(): ReadonlyMap<string, Asset> {
  try {
    return readAssets(PAGE)
  } catch (cause) {
    throw new HeapError('EBB_OS', `ebb: the files of the live page are missing; let the bundler leave ebb out`, cause)
  }
}

function serverOptions({ host, port, interval }: CheckedOptions, notice: string, isRef: boolean): ServerOptions {
  const [, script] = process.argv
  const about = {
    title: script === undefined ? process.title : path.basename(script),
    pid: process.pid,
    runtime: runtime(),
    notice,
  }
  return { host, port, interval, token: newToken(), about, isRef }
}

function runtime(): string {
  const { bun, deno, node } = process.versions as { bun?: string; deno?: string; node: string }
  if (bun !== undefined) return `Bun ${bun}`
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`
}

let lastId = 0
const ids = new WeakMap<Heap, number>()

/** A number that no other heap of the thread gets. */
function idOf(heap: Heap): number {
  let id = ids.get(heap)
  if (id === undefined) {
    id = ++lastId
    ids.set(heap, id)
  }
  return id
}

/** Tells what a reader of the words cannot know. */
class Reporter {
  /** Undefined: all heaps of the thread. */
  readonly #heaps: readonly Heap[] | undefined
  #annexes = -1

  constructor(heaps: readonly Heap[] | undefined) {
    this.#heaps = heaps
  }

  news(): News {
    const annexes = space.annexBuffers().filter((buffer) => buffer !== null).length
    const books = annexes === this.#annexes ? undefined : booksOf(space)
    this.#annexes = annexes
    return { books, heaps: this.#names() }
  }

  #names(): HeapName[] {
    const open = this.#heaps?.filter((heap) => !partsOf(heap).isClosed) ?? heapsOfThread()
    return open.map((heap) => ({ number: partsOf(heap).table.heap, id: idOf(heap), name: heap.name }))
  }
}
