import { describe, expect, it } from 'vitest'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { relieve } from '../../lib/pressure/relief'
import { testHeap } from '../support/test-heap'

describe('relief', () => {
  it('gives back what all heaps have free, and passes over closed ones', () => {
    const heaps = [testHeap().heap, testHeap().heap, testHeap().heap]
    heaps[1]!.close()
    for (const heap of [heaps[0]!, heaps[2]!]) {
      heap.freeMany(heap.allocMany(1000, new Int32Array(1000)))
      heap.free(heap.alloc(1e6))
      expect(heap.stats().residentBytes).toBeGreaterThan(2e6)
    }
    expect(relieve(heaps, 0)).toBeGreaterThan(4e6)
    for (const heap of heaps) expect(heap.stats().residentBytes).toBe(0)
  })

  it('shortens the decay to an eighth for a while', () => {
    const { heap, clock } = testHeap({ decay: 8000 })
    const goesBackAfter = (): number => {
      heap.freeMany(heap.allocMany(1000, new Int32Array(1000)))
      let ms = 0
      for (; ms < 60_000 && heap.stats().residentBytes > 0; ms += 100) clock.advance(100)
      return ms
    }
    expect(goesBackAfter()).toBeGreaterThan(8000)
    relieve([heap], 20_000)
    for (let i = 0; i < 3; i++) expect(goesBackAfter()).toBeLessThan(3100)
    clock.advance(20_000)
    expect(goesBackAfter()).toBeGreaterThan(8000)
    checkHeap(partsOf(heap))
  })

  it('leaves what lives, and what is never to go back by itself', () => {
    const { heap, clock } = testHeap({ decay: Infinity })
    const kept = heap.alloc(100)
    heap.setInt32(kept, 0, 7)
    relieve([heap], 10_000)
    heap.freeMany(heap.allocMany(1000, new Int32Array(1000)))
    const full = heap.stats().residentBytes
    clock.advance(9000)
    expect([heap.stats().residentBytes, heap.getInt32(kept, 0)]).toEqual([full, 7])
  })

  it('goes on where the system refuses one heap, which is counted and tried again', () => {
    const { heap: first, clock } = testHeap()
    const { heap: second, os } = testHeap()
    for (const heap of [first, second]) {
      heap.alloc(1000)
      heap.freeMany(heap.allocMany(1000, new Int32Array(200)))
    }
    os.failAt = os.fallible + 1
    expect(relieve([first, second], 0)).toBeGreaterThan(0)
    expect([first.stats().failedDiscards, second.stats().failedDiscards]).toEqual([1, 0])
    expect(second.stats().dirtyPools).toBe(0)
    clock.advance(3000)
    for (const heap of [first, second]) {
      expect(heap.stats().dirtyPools).toBe(0)
      checkHeap(partsOf(heap))
    }
  })
})
