/** Processes of their own serve the page of the built package; the test reads what they send. */
import { get } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../lib/live'
import { runChild, said } from '../support/child'
import { type PageModules, pageModules } from '../support/live-page'
import { testHeap } from '../support/test-heap'

let page: PageModules
beforeAll(async () => {
  page = await pageModules()
})

type Known = ReturnType<PageModules['takeIn']>
const LIVE = `const { serve } = require(${JSON.stringify(require.resolve('../../dist/live/index.js'))})\n`

/** Reads frames until one is as it is wanted. */
function frameOf(url: string, isWanted: (known: Known) => boolean): Promise<Known> {
  return new Promise((resolve, reject) => {
    const client = get(`${url}frames`, { agent: false }, (response) => {
      const cutter = new page.Cutter()
      let known: Known | undefined
      response.on('data', (chunk: Buffer) =>
        cutter.push(chunk, (frame) => {
          known = page.takeIn(known, frame)
          if (!isWanted(known)) return
          client.destroy()
          resolve(known)
        }),
      )
      response.on('end', () => reject(new Error('the stream ended')))
    })
    client.on('error', reject)
  })
}

/** Runs a script that says the address of a page, and looks at that. */
async function watch(script: string, look: (url: string, say: (line: string) => void) => Promise<void>) {
  let looked: Promise<void> | undefined
  const result = await runChild(LIVE + script, [], (child) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const url = /"(http:[^"]+)"/.exec(text)?.[1]
      if (url === undefined || looked !== undefined) return
      looked = look(url, (line) => child.stdin?.write(`${line}\n`)).catch((error) => {
        child.kill()
        throw error
      })
    })
  })
  await looked
  return result
}

describe('serve', () => {
  it('serves from a thread of its own what stats() and map() show, and the program ends by itself', async () => {
    const script = `
      const heap = new Heap({ name: 'sessions' })
      for (let i = 0; i < 5000; i++) heap.alloc(i % 600)
      heap.alloc(2_000_000)
      serve(heap).then((page) => {
        const { liveBytes, residentBytes, mappedBytes, blocks } = heap.stats()
        const { states } = heap.map()
        say(page.url)
        say({ thread: page.thread, liveBytes, residentBytes, mappedBytes, blocks, states: Buffer.from(states).toString('base64') })
        process.stdin.once('data', () => process.stdin.destroy()) // nothing else keeps it alive
      })`
    let known: Known | undefined
    const result = await watch(script, async (url, say) => {
      known = await frameOf(url, ({ heaps }) => heaps.length > 0)
      say('enough')
    })
    const [, { thread, states, ...stats }] = said(result) as [string, Record<string, unknown>]
    expect([result.code, result.stderr, thread]).toEqual([0, '', 'worker'])
    expect(known?.heaps).toMatchObject([{ name: 'sessions', stats }])
    expect(Buffer.from(known?.states ?? []).toString('base64')).toBe(states)
  })

  it('shows a program that is busy, and says for how long', async () => {
    const script = `
      const heap = new Heap({ name: 'busy' })
      serve().then((page) => {
        say(page.url)
        const { readSync } = require('node:fs')
        heap.alloc(48)
        // Reads the standard input as it blocks the event loop.
        const buffer = Buffer.alloc(1)
        while (readSync(0, buffer) === 1 && buffer[0] !== 33) heap.alloc(48)
        process.exit(0)
      })`
    const result = await watch(script, async (url, say) => {
      await frameOf(url, ({ heaps, busyMs }) => busyMs > 50 && heaps[0]?.stats.blocks === 1)
      say('.....')
      await frameOf(url, ({ heaps }) => heaps[0]?.stats.blocks === 7) // and the end of the line
      say('!')
    })
    expect([result.code, result.stderr]).toEqual([0, ''])
  })

  it('shows all heaps of the thread, those that are made later too, and forgets those that are closed', async () => {
    const script = `
      serve({ interval: 20 }).then((page) => {
        say(page.url)
        const first = new Heap({ name: 'first' })
        first.alloc(48)
        process.stdin.on('data', () => {
          if (!first.stats().arenas) process.exit(0)
          first.close()
          new Heap({ name: 'second' }).alloc(48)
        })
      })`
    const names = ({ heaps }: Known): string => heaps.map(({ name }) => name).join()
    const result = await watch(script, async (url, say) => {
      await frameOf(url, (known) => names(known) === 'first')
      say('close')
      await frameOf(url, (known) => names(known) === 'second')
      say('exit')
    })
    expect([result.code, result.stderr]).toEqual([0, ''])
  })

  it('can be closed, twice, and by await using', async () => {
    const script = `
      const heap = new Heap()
      ;(async () => {
        const page = await serve(heap)
        await Promise.all([page.close(), page.close()])
        const other = await serve({ port: Number(new URL(page.url).port) }) // the port is free again
        await other[Symbol.asyncDispose]()
        const gone = await fetch(other.url).catch((error) => error.cause.code)
        say([gone, page.url !== other.url])
      })()`
    const result = await runChild(LIVE + script)
    expect([result.code, result.stderr, said(result)]).toEqual([0, '', [['ECONNREFUSED', true]]])
  })

  it('refuses a port that is taken by an error of its own', async () => {
    const script = `
      const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
        serve({ port: server.address().port }).catch(({ name, code, syscall }) => {
          say({ name, code, syscall })
          server.close()
        })
      })`
    const result = await runChild(LIVE + script)
    expect([result.code, result.stderr, said(result)]).toEqual([
      0,
      '',
      [{ name: 'HeapError', code: 'EBB_OS', syscall: 'listen' }],
    ])
  })

  it('does not preload in its thread what the program preloads', async () => {
    const script = `serve().then((page) => { say(page.thread); page.close() })`
    const preload = `data:text/javascript,process.stdout.write('preloaded ')`
    const result = await runChild(LIVE + script, ['--import', preload])
    expect([result.code, result.stdout]).toEqual([0, 'preloaded "worker"\n'])
  })

  it('serves from the thread of the heaps where there is no other, and says so', async () => {
    const { heap } = testHeap({ name: 'here' })
    heap.alloc(48)
    Object.defineProperty(process, 'permission', { value: { has: () => false }, configurable: true })
    const served = await serve(heap)
    Reflect.deleteProperty(process, 'permission')
    try {
      expect(served.thread).toBe('main')
      const about = (await (await fetch(`${served.url}about`)).json()) as { notice: string }
      expect(about.notice).toContain("served by the program's own thread: this program may not start threads.")
      const { heaps, states } = await frameOf(served.url, () => true)
      expect(heaps).toMatchObject([{ name: 'here', stats: { blocks: 1, liveBytes: 48 } }])
      expect(states).toEqual(heap.map().states)
    } finally {
      await served.close()
    }
  })

  it('refuses options before it starts anything', async () => {
    await expect(serve({ port: -1 })).rejects.toThrow(RangeError)
  })
})
