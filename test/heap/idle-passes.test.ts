/** When compaction by itself begins a pass, whether the pass is worth it, and what is told of it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { f64, i32 } from '../../lib'
import { Dict, str } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'
import { ManualClock, TickingClock } from '../support/manual-clock'

/** A clock by which each look at it takes a millisecond. */
class SlowClock extends ManualClock {
  override now(): number {
    this.stall(1)
    return super.now()
  }
}

let heap: Heap
let messages: object[]
const listen = (message: unknown): void => {
  const { id, moved, bytes, done, cause } = message as {
    id: symbol
    moved: number
    bytes: number
    done: boolean
    cause: string
  }
  if (id === heap.id) messages.push({ moved, bytes, done, cause })
}
beforeEach(() => {
  messages = []
  subscribe('ebb:compact', listen)
})
afterEach(() => {
  unsubscribe('ebb:compact', listen)
  heap.close()
})

/** Messages wait for a microtask. */
async function told(): Promise<object[]> {
  await Promise.resolve()
  await new Promise(setImmediate)
  return messages
}

function filled(clock: ManualClock, count = 40_000): Dict<string, number> {
  heap = new Heap({ clock, compact: 'idle' })
  const dict = new Dict(heap, { key: str, value: f64 })
  for (let n = 0; n < count; n++) dict.set(`key number ${n}`, n)
  return dict
}
function thin(dict: Dict<string, number>, keeps: (n: number) => boolean, count = 40_000): void {
  for (let n = 0; n < count; n++) if (!keeps(n)) dict.delete(`key number ${n}`)
}

it('begins a quarter of a second after the first sign of use, and tells of the pass once, with all its moves', async () => {
  const clock = new TickingClock()
  thin(filled(clock), (n) => n % 20 === 0)
  clock.advance(240)
  expect(heap.stats().moves).toBe(0)
  clock.advance(700)
  const { moves } = heap.stats()
  expect(moves).toBeGreaterThan(100)
  expect(await told()).toEqual([{ moved: moves, bytes: 0, done: true, cause: 'idle' }])
})

it('looks and does nothing where blocks are dense, as at one free place in ten, or where large blocks outweigh the rest', async () => {
  const clock = new TickingClock()
  const dict = filled(clock)
  clock.advance(2000)
  thin(dict, (n) => n % 10 !== 0)
  clock.advance(4000)
  for (let i = 0; i < 4; i++) heap.alloc(10_000_000)
  thin(dict, (n) => n % 20 === 1)
  clock.advance(4000)
  expect(heap.stats().moves).toBe(0)
  expect(await told()).toEqual([])
})

it('counts the books of arenas: full blocks that lie in an arena each are moved together', () => {
  const clock = new TickingClock()
  heap = new Heap({ clock, compact: 'idle' })
  const dict = new Dict(heap, { key: i32, value: f64 })
  for (let n = 0; n < 400_000; n++) dict.set(n, n / 2)
  for (let n = 0; n < 400_000; n++) if (n % 20 !== 0) dict.delete(n)
  expect(heap.stats().arenas).toBeGreaterThan(12)
  clock.advance(4000)
  expect(heap.stats().arenas).toBeLessThan(6)
  for (let n = 0; n < 400_000; n++) expect(dict.get(n)).toBe(n % 20 === 0 ? n / 2 : undefined)
})

it('leaves a small heap alone', async () => {
  const clock = new TickingClock()
  thin(filled(clock, 1000), (n) => n % 20 === 0, 1000)
  clock.advance(4000)
  expect([heap.stats().moves, await told()]).toEqual([0, []])
})

it('rests for a hundred times what it took to look', () => {
  const clock = new SlowClock()
  const dict = filled(clock)
  clock.advance(1000) // in which it has looked, for some 20 ms
  thin(dict, (n) => n % 20 === 0)
  clock.advance(900)
  expect(heap.stats().moves).toBe(0)
  clock.advance(4000)
  expect(heap.stats().moves).toBeGreaterThan(100)
})

it('comes back to what it could not move only when an eighth of the live bytes, and 64 KiB, were freed since', async () => {
  const clock = new TickingClock()
  heap = new Heap({ clock, compact: 'idle' })
  const mine = [...heap.allocMany(100, new Int32Array(60_000))].map(Number)
  const free = (keeps: (n: number) => boolean): void => {
    for (const [n, pointer] of mine.entries()) {
      if (pointer === 0 || keeps(n)) continue
      heap.free(pointer as never)
      mine[n] = 0
    }
  }
  free((n) => n % 4 === 0)
  clock.advance(4000)
  expect(await told()).toEqual([{ moved: 0, bytes: 0, done: true, cause: 'idle' }])
  free((n) => n >= 1000) // 250 blocks
  clock.advance(4000)
  expect(await told()).toHaveLength(1)
  free((n) => n % 16 === 0)
  clock.advance(4000)
  expect(await told()).toHaveLength(2)
})
