import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, it } from 'vitest'
import { f64 } from '../../lib'
import { HeapChannel } from '../../lib/base/channels'
import { Dict, str } from '../../lib/collections'
import type { Heap } from '../../lib/heap/heap'
import { runChild, said } from '../support/child'
import { testHeap } from '../support/test-heap'

type Message = Record<string, unknown>

const subscribed: (() => void)[] = []
afterEach(() => {
  for (const end of subscribed.splice(0)) end()
})

function listen(name: string, listener: (message: unknown) => void): void {
  subscribe(name, listener)
  subscribed.push(() => unsubscribe(name, listener))
}

/** Messages of a channel from now on. */
function heard(name: string): Message[] {
  const messages: Message[] = []
  listen(name, (message) => messages.push(message as Message))
  return messages
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the channels', () => {
  it('tell what happened when the running code has ended, in its order', async () => {
    const channel = new HeapChannel<{ n: number }>('ebb:test')
    expect(channel.isHeard).toBe(false)
    channel.tell({ n: 0 })
    await turn()
    const messages = heard('ebb:test')
    expect(channel.isHeard).toBe(true)
    channel.tell({ n: 1 })
    channel.tell({ n: 2 })
    expect(messages).toEqual([])
    await turn()
    expect(messages).toEqual([{ n: 1 }, { n: 2 }])
  })

  it('keep no more than 10,000 messages of one go', async () => {
    const channel = new HeapChannel<{ n: number }>('ebb:test')
    const messages = heard('ebb:test')
    for (let n = 0; n < 12_000; n++) channel.tell({ n })
    await turn()
    expect([messages.length, messages.at(-1)]).toEqual([10_000, { n: 9999 }])
    channel.tell({ n: -1 })
    await turn()
    expect(messages.at(-1)).toEqual({ n: -1 })
  })

  it('tell of arenas that open', async () => {
    const messages = heard('ebb:arena:open')
    const { heap } = testHeap({ name: 'opens' })
    heap.allocMany(4096, new Int32Array(64))
    await turn()
    expect(messages).toEqual([
      { heap: 'opens', id: heap.id, arenas: 1, mappedBytes: 2 ** 18 },
      { heap: 'opens', id: heap.id, arenas: 2, mappedBytes: 2 ** 19 },
    ])
  })

  it.each([1000, 0])('tell of memory that goes back when its decay of %i ms is over', async (decay) => {
    const messages = heard('ebb:discard')
    const { heap, clock } = testHeap({ decay })
    const large = heap.alloc(1e6)
    heap.free(heap.alloc(4096))
    heap.free(large)
    clock.advance(5000)
    await turn()
    const bytes = messages.map((message) => message.bytes as number)
    expect(bytes.reduce((sum, n) => sum + n)).toBe(2 * 4096 + 1_003_520) // a pool, the ledger, the large block
    expect(messages.every(({ id }) => id === heap.id)).toBe(true)
    expect(heap.stats()).toMatchObject({ mappedBytes: 0 })
  })

  it('tell of purges, and why', async () => {
    const messages = heard('ebb:purge')
    const { heap } = testHeap({ limit: 2 ** 20 })
    heap.free(heap.alloc(4096))
    heap.purge()
    heap.free(heap.alloc(100_000)) // 25 pools in an arena
    heap.alloc(900_000)
    await turn()
    expect(messages).toEqual([
      { heap: '', id: heap.id, bytes: 2 * 4096, cause: 'call' },
      { heap: '', id: heap.id, bytes: 26 * 4096, cause: 'refusal' },
    ])
  })

  it('tell of compactions, also of idle ones', async () => {
    const messages = heard('ebb:compact')
    const { heap } = testHeap()
    const pointers = heap.allocMany(1000, new Int32Array(40))
    heap.freeMany(pointers.filter((_, i) => i % 4 !== 0))
    const result = heap.compact(() => {})
    const { heap: idle, clock } = testHeap({ compact: 'idle' })
    const dict = new Dict(idle, { key: str, value: f64 })
    for (let n = 0; n < 20_000; n++) dict.set(`key number ${n}`, n)
    for (let n = 0; n < 20_000; n++) if (n % 20 !== 0) dict.delete(`key number ${n}`)
    for (let ms = 0; ms < 5000; ms += 2) clock.advance(2)
    await turn()
    expect(messages[0]).toEqual({ heap: '', id: heap.id, ...result, cause: 'call' })
    expect(result.moved).toBeGreaterThan(0)
    expect(messages.filter(({ id }) => id === idle.id).at(0)).toMatchObject({ cause: 'idle', bytes: 0, done: true })
  })

  it('tell of requests that the limit refuses', async () => {
    const messages = heard('ebb:limit')
    const { heap } = testHeap({ name: 'small', limit: 2 ** 20 })
    heap.alloc(1)
    expect(() => heap.alloc(1e6)).toThrow('limit of 1048576')
    await turn()
    expect(messages).toEqual([
      { heap: 'small', id: heap.id, limit: 2 ** 20, mappedBytes: 2 ** 18, wantedBytes: 1_003_520 },
    ])
  })

  it('are silent where nobody listens', async () => {
    const { heap } = testHeap()
    heap.alloc(1)
    const messages = heard('ebb:arena:open')
    await turn()
    expect(messages).toEqual([])
  })
})

describe('a subscriber', () => {
  it('may call anything of the heap, for no call of it is under way', async () => {
    let calls = 0
    const { heap } = testHeap({ limit: 2 ** 21 })
    const use = (message: unknown): void => {
      if ((message as Message).id !== heap.id || ++calls > 50) return
      heap.free(heap.alloc(60_000))
      heap.purge()
      heap.compact(() => {})
      heap.stats()
      heap.map()
    }
    for (const name of ['ebb:arena:open', 'ebb:discard', 'ebb:purge', 'ebb:compact', 'ebb:limit']) listen(name, use)
    const live: ReturnType<Heap['alloc']>[] = []
    for (let round = 0; round < 20; round++) {
      try {
        for (;;) live.push(heap.alloc(3000))
      } catch (error) {
        expect((error as Error).message).toContain('limit')
      }
      for (let i = 0; i < 300; i++) heap.free(live.pop() as (typeof live)[0])
      await turn()
    }
    expect(calls).toBeGreaterThan(50)
    for (const pointer of live) expect(heap.isLive(pointer)).toBe(true)
    expect(heap.stats().blocks).toBe(live.length)
  })

  it('may close the heap', async () => {
    const { heap } = testHeap()
    listen('ebb:arena:open', () => heap.close())
    const pointer = heap.alloc(48)
    expect(heap.isLive(pointer)).toBe(true)
    await turn()
    expect(() => heap.alloc(48)).toThrow(expect.objectContaining({ code: 'EBB_CLOSED' }))
  })

  it('that throws is told to the process, and no caller and no other subscriber feels it', async () => {
    const result = await runChild(`
      const { subscribe } = require('node:diagnostics_channel')
      const seen = []
      process.on('uncaughtException', (error) => seen.push(error.message))
      subscribe('ebb:arena:open', () => { throw new Error('the subscriber') })
      subscribe('ebb:arena:open', ({ arenas }) => seen.push(arenas))
      const heap = new Heap()
      const pointers = heap.allocMany(4096, new Int32Array(64))
      setImmediate(() => {
        heap.freeMany(pointers)
        say([seen.sort(), heap.stats().blocks])
      })`)
    expect(result.stderr).toBe('')
    expect(said(result)).toEqual([[[1, 2, 'the subscriber', 'the subscriber'], 0]])
  })

  it('does not cost a call its books where the stack ends', async () => {
    const result = await runChild(
      `
      const { checkHeap } = require(${JSON.stringify(require.resolve('../../dist/inside.js'))})
      require('node:diagnostics_channel').subscribe('ebb:arena:open', () => {})
      const deep = (heap) => { heap.alloc(100_000); deep(heap) }
      let ends = 0
      for (let i = 0; i < 20; i++) {
        const heap = new Heap()
        // Each begins at another depth, so that the stack ends at another place.
        const begin = (n) => n === 0 ? deep(heap) : begin(n - 1)
        try { begin(i) } catch (error) { if (error instanceof RangeError) ends++ }
        checkHeap(partsOf(heap))
        heap.close()
      }
      say(ends)`,
      ['--stack-size=160'],
    )
    expect(said(result)).toEqual([20])
  })
})
