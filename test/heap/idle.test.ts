/** Compaction by itself. Clocks that go on when they are told to, or a little at each look. */
import { afterEach, describe, expect, it } from 'vitest'
import { f64, record } from '../../lib'
import { Dict, List, str, value } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { ManualClock, TickingClock } from '../support/manual-clock'

const opened: Heap[] = []
function idleHeap(clock: ManualClock): Heap {
  const heap = new Heap({ clock, compact: 'idle' })
  opened.push(heap)
  return heap
}
afterEach(() => {
  for (const heap of opened.splice(0)) heap.close()
})

const COUNT = 80_000

function sparseDict(heap: Heap, keep: number, count = COUNT): Dict<string, number> {
  const dict = new Dict(heap, { key: str, value: f64 })
  for (let n = 0; n < count; n++) dict.set(`key number ${n}`, n)
  for (let n = 0; n < count; n++) if (n % keep !== 0) dict.delete(`key number ${n}`)
  return dict
}

const isNearLive = (heap: Heap): boolean => {
  const { residentBytes, liveBytes } = heap.stats()
  return residentBytes <= 1.25 * liveBytes + 2 ** 20
}

describe('a heap made with compact: idle', () => {
  it('comes to within a quarter of its live bytes, and a MiB, with nobody calling anything', () => {
    const clock = new TickingClock()
    const heap = idleHeap(clock)
    const dict = sparseDict(heap, 20)
    const list = new List(heap, value)
    for (let n = 0; n < COUNT; n++) list.push({ n, text: `number ${n}` })
    for (let n = COUNT - 1; n >= 0; n--) if (n % 100 < 98) list.remove(n)
    const mine = Array.from({ length: 300 }, () => heap.alloc(40))
    for (const [n, pointer] of mine.entries()) heap.setInt32(pointer, 0, n)
    expect(isNearLive(heap)).toBe(false)
    clock.advance(4000)
    expect(isNearLive(heap)).toBe(true)
    clock.advance(10_000)
    expect(clock.pending).toBe(0)
    for (let n = 0; n < COUNT; n += 20) expect(dict.get(`key number ${n}`)).toBe(n)
    expect(list.toArray().map((item) => (item as { n: number }).n % 100)).toEqual(
      Array.from({ length: COUNT / 50 }, (_, n) => 98 + (n % 2)),
    )
    for (const [n, pointer] of mine.entries()) expect(heap.getInt32(pointer, 0)).toBe(n)
    checkHeap(partsOf(heap))
  })

  it('has a list number its entries in parts, whatever is done to it in between', () => {
    const clock = new TickingClock()
    const heap = idleHeap(clock)
    const list = new List(heap, str)
    const model: string[] = []
    for (let n = 0; n < 60_000; n++) {
      list.push(`the text with the number ${n}`)
      if (n % 30 === 0) model.push(`the text with the number ${n}`)
    }
    for (let n = 59_999; n >= 0; n--) if (n % 30 !== 0) list.remove(n)
    for (let round = 0; round < 400; round++) {
      clock.advance(12)
      if (round % 3 === 0) expect(list.shift()).toBe(model.shift())
      if (round % 5 === 0) expect(list.unshift(`${round}`)).toBe(model.unshift(`${round}`))
      if (round % 40 === 0) {
        list.insert(700, `new ${round}`)
        model.splice(700, 0, `new ${round}`)
      }
      if (round % 7 === 0) expect(list.pop()).toBe(model.pop())
    }
    expect(heap.stats().moves).toBeGreaterThan(500)
    expect(list.toArray()).toEqual(model)
    checkHeap(partsOf(heap))
  })

  it('works in slices, and the collections are whole between any two', () => {
    const clock = new TickingClock()
    const heap = idleHeap(clock)
    const dict = sparseDict(heap, 20)
    let slices = 0
    for (let step = 0; step < 600; step++) {
      const { moves } = heap.stats()
      clock.advance(3)
      if (heap.stats().moves === moves) continue
      slices++
      expect(heap.stats().moves - moves).toBeLessThan(400)
      for (let n = 0; n < COUNT; n += 500) expect(dict.get(`key number ${n}`)).toBe(n)
    }
    expect(slices).toBeGreaterThan(5)
  })

  it('begins again when enough was freed since, and not before', () => {
    const clock = new TickingClock()
    const heap = idleHeap(clock)
    const dict = sparseDict(heap, 4, 200_000)
    clock.advance(5000)
    const { moves } = heap.stats()
    expect(moves).toBeGreaterThan(1000)
    dict.set('another', 1)
    clock.advance(5000)
    expect(heap.stats().moves).toBe(moves)
    for (let n = 0; n < 200_000; n++) if (n % 40 !== 0) dict.delete(`key number ${n}`)
    clock.advance(5000)
    expect(heap.stats().moves).toBeGreaterThan(moves)
    expect(isNearLive(heap)).toBe(true)
  })

  it('gives up where the blocks are those of users, and rests', () => {
    const clock = new TickingClock()
    const heap = idleHeap(clock)
    const node = record(heap, { x: f64, y: f64, z: f64 })
    const nodes = Array.from({ length: 90_000 }, () => node.alloc())
    for (const [n, pointer] of nodes.entries()) {
      if (n % 40 === 0) node.follow(pointer)
      else heap.free(pointer)
    }
    clock.advance(20_000)
    expect(heap.stats().moves).toBe(0)
    expect(clock.pending).toBe(0)
    for (const [n, pointer] of nodes.entries()) if (n % 40 === 0) expect(heap.isLive(pointer)).toBe(true)
  })

  it('leaves longer pauses where the event loop is busy', () => {
    const idle = new TickingClock()
    const busy = new TickingClock()
    const movesAfter = (clock: ManualClock, stall: number): number => {
      const heap = idleHeap(clock)
      sparseDict(heap, 20, 200_000)
      while (heap.stats().moves === 0) clock.advance(1)
      for (let step = 0; step < 20; step++) {
        clock.stall(stall)
        clock.advance(2.5 - stall / 10)
      }
      return heap.stats().moves
    }
    const moves = movesAfter(idle, 0)
    expect(moves).toBeGreaterThan(100)
    expect(movesAfter(busy, 5)).toBeLessThan(moves)
  })

  it('stops when it closes, also in the middle of a pass', () => {
    const clock = new TickingClock()
    const heap = idleHeap(clock)
    sparseDict(heap, 20)
    while (heap.stats().moves === 0) clock.advance(1)
    heap.close()
    expect(clock.pending).toBe(0)
    clock.advance(5000)
  })
})

describe('a heap made without', () => {
  it('moves nothing by itself', () => {
    const clock = new ManualClock()
    const heap = new Heap({ clock })
    opened.push(heap)
    sparseDict(heap, 20)
    clock.advance(10_000)
    expect(heap.stats().moves).toBe(0)
    expect(isNearLive(heap)).toBe(false)
  })
})
