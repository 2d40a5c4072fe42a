import { describe, expect, it } from 'vitest'
import '../../lib/debug/index'
import '../../lib/heap/clearing-heap'
import type { Pointer } from '../../lib/base/layout'
import { Dict, str } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { f64 } from '../../lib/records/types'
import { caught } from '../support/caught'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

const SIZES = [1, 16, 100, 512, 600, 5000, 32_768, 60_000, 300_000, 2_000_000]

/** Whether all bytes of a block from one on are zero. */
const isZero = (heap: Heap, pointer: Pointer, from = 0): boolean =>
  heap
    .bytes(pointer)
    .subarray(from)
    .every((byte) => byte === 0)

function filled(heap: Heap, byteLength: number): Pointer {
  const pointer = heap.alloc(byteLength)
  heap.bytes(pointer).fill(0xab)
  return pointer
}

describe('a heap made with clearOnFree', () => {
  it.each(SIZES)('zeroes a block of %i bytes when it is freed, to its last usable byte', (byteLength) => {
    const { heap } = testHeap({ clearOnFree: true })
    const pointer = filled(heap, byteLength)
    const view = heap.bytes(pointer)
    heap.free(pointer)
    expect(view.every((byte) => byte === 0)).toBe(true)
    expect(isZero(heap, heap.alloc(byteLength))).toBe(true)
  })

  it.each(SIZES)('zeroes what realloc of %i bytes leaves, and keeps what it keeps', (byteLength) => {
    const { heap } = testHeap({ clearOnFree: true })
    for (const share of [0, 0.3, 0.9, 1, 1.5, 3]) {
      const old = filled(heap, byteLength)
      const view = heap.bytes(old)
      const wanted = Math.floor(byteLength * share)
      const moved = heap.realloc(old, wanted)
      const kept = Math.min(byteLength, wanted)
      expect(heap.copyOut(moved, kept).every((byte) => byte === 0xab)).toBe(true)
      if (moved !== old) expect(view.every((byte) => byte === 0)).toBe(true)
      else if (wanted < byteLength) expect(isZero(heap, moved, wanted)).toBe(true)
      heap.free(moved)
    }
  })

  it('has nothing but zeros in new blocks, whatever was done before', () => {
    const random = new Random('cleared heap')
    for (const decay of [0, 1000, Infinity]) {
      const { heap, clock } = testHeap({ clearOnFree: true, decay })
      const live: Pointer[] = []
      const places = new Map<Pointer, number>()
      for (let i = 0; i < 3000; i++) {
        const size = random.logUniform(random.oneIn(50) ? 600_000 : 5000)
        const at = live.length > 0 ? random.below(live.length) : -1
        if (at < 0 || random.below(10) < 5) {
          const pointer = heap.alloc(size)
          if (!isZero(heap, pointer)) throw new Error(`a new block of ${size} bytes is not zero, operation ${i}`)
          heap.bytes(pointer).fill(0xcd)
          live.push(pointer)
        } else if (random.oneIn(2)) {
          const before = heap.usableSize(live[at] as Pointer)
          const pointer = heap.realloc(live[at] as Pointer, size)
          if (size > before && !isZero(heap, pointer, before))
            throw new Error(`the new end of ${size} bytes is not zero`)
          heap.bytes(pointer).fill(0xcd)
          live[at] = pointer
        } else {
          heap.free(live[at] as Pointer)
          live[at] = live.at(-1) as Pointer
          live.pop()
        }
        if (i % 300 === 0) {
          places.clear()
          for (const [place, pointer] of live.entries()) places.set(pointer, place)
          heap.compact((from, to) => {
            live[places.get(from) as number] = to
          })
        }
        if (i % 100 === 0) clock.advance(random.below(300))
      }
      checkHeap(partsOf(heap))
      heap.freeMany(live)
      heap.purge()
      expect(heap.stats().mappedBytes).toBe(0)
    }
  })

  it('zeroes what compact moves away from, and not what stays pinned there', () => {
    const { heap } = testHeap({ clearOnFree: true })
    const all = Array.from({ length: 2000 }, () => filled(heap, 100))
    const kept = all.filter((_, i) => i % 30 === 0)
    heap.freeMany(all.filter((_, i) => i % 30 !== 0))
    const views = kept.map((pointer) => heap.bytes(pointer))
    const moves = new Map<Pointer, Pointer>()
    heap.compact((from, to) => moves.set(from, to))
    expect(moves.size).toBeGreaterThan(10)
    for (const [i, pointer] of kept.entries()) {
      const to = moves.get(pointer)
      expect(heap.copyOut(to ?? pointer, 100).every((byte) => byte === 0xab)).toBe(true)
      // Another block may have been moved to where this one was.
      if (to !== undefined && !heap.isLive(pointer)) expect(views[i]?.every((byte) => byte === 0)).toBe(true)
    }
  })

  it('zeroes what compact moves away from where it ends early, and gives nothing back', () => {
    const { heap } = testHeap({ clearOnFree: true })
    const all = Array.from({ length: 2000 }, () => filled(heap, 100))
    heap.freeMany(all.filter((_, i) => i % 30 !== 0))
    const views = new Map(all.map((pointer) => [pointer, heap.isLive(pointer) ? heap.bytes(pointer) : undefined]))
    let left: Pointer | undefined
    const stop = (from: Pointer): never => {
      left = from
      throw new Error('enough')
    }
    expect(() => heap.compact(stop)).toThrow('enough')
    expect(views.get(left as Pointer)?.every((byte) => byte === 0)).toBe(true)
  })

  it('zeroes what collections let go', () => {
    const { heap } = testHeap({ clearOnFree: true, decay: Infinity })
    const dict = new Dict(heap, { key: str, value: f64 })
    for (let i = 0; i < 2000; i++) dict.set(`a secret of some length ${i}`, i)
    dict.close()
    for (let i = 0; i < 2000; i++) expect(isZero(heap, heap.alloc(48))).toBe(true)
  })

  it('refuses wrong and pinned pointers, and changes nothing then', () => {
    const { heap } = testHeap({ clearOnFree: true })
    const pointer = filled(heap, 100)
    heap.pin(pointer)
    expect(caught(() => heap.free(pointer)).code).toBe('EBB_PINNED')
    expect(caught(() => heap.realloc(pointer, 10)).code).toBe('EBB_PINNED')
    expect(heap.copyOut(pointer, 100).every((byte) => byte === 0xab)).toBe(true)
    heap.unpin(pointer)
    heap.free(pointer)
    expect(caught(() => heap.free(pointer)).code).toBe('EBB_DOUBLE_FREE')
    expect(caught(() => heap.realloc(pointer, 10)).code).toBe('EBB_DOUBLE_FREE')
    heap.free(0 as Pointer)
    heap.close()
    expect(caught(() => heap.free(pointer)).code).toBe('EBB_CLOSED')
  })

  it('leaves a block as it is where a smaller one cannot be had', () => {
    const { heap } = testHeap({ clearOnFree: true, limit: 512 * 1024 })
    const pointer = filled(heap, 250_000)
    while (true) {
      try {
        heap.alloc(10_000)
      } catch {
        break
      }
    }
    expect(caught(() => heap.realloc(pointer, 100_000)).code).toBe('EBB_LIMIT')
    expect(heap.copyOut(pointer, 250_000).every((byte) => byte === 0xab)).toBe(true)
  })

  it('is made by the option of new Heap alone', () => {
    class Own extends Heap {}
    expect(() => new Own({ clearOnFree: true })).toThrow(
      new TypeError('ebb: option clearOnFree is for new Heap itself, not for a class that extends it'),
    )
    expect(() => new Heap({ clearOnFree: 1 as never })).toThrow(
      new TypeError('ebb: option clearOnFree must be true or false, got 1 (number)'),
    )
    expect(() => new Heap({ clearOnFree: true, profile: true })).toThrow(
      new TypeError('ebb: options clearOnFree and profile do not go together; profile another heap'),
    )
    using debug = new Heap({ clearOnFree: true, debug: { leaks: 'ignore', idle: false } })
    expect(debug.constructor.name).toBe('DebugHeap')
  })
})
