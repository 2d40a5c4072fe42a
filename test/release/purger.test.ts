import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Pointer } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { testHeap } from '../support/test-heap'
import { TestPages } from '../support/test-pages'

describe('the timer', () => {
  it('is armed only while something is dirty', () => {
    const { heap, clock } = testHeap()
    const pointer = heap.alloc(100)
    clock.advance(1300)
    expect(clock.pending).toBe(0)
    heap.free(pointer)
    expect(clock.pending).toBe(1)
    clock.advance(1300)
    expect([clock.pending, heap.stats().mappedBytes]).toEqual([0, 0])
  })

  it('gives memory back between one and nine eighths of a decay after it was freed', () => {
    const { heap, clock } = testHeap()
    heap.alloc(16)
    const pools = [...heap.allocMany(4096, new Int32Array(10))] as Pointer[]
    for (const pool of pools) {
      heap.free(pool)
      partsOf(heap).magazines.releaseAll()
      clock.advance(300)
    }
    let dirty = heap.stats().dirtyPools
    expect(dirty).toBe(3)
    for (; dirty > 0; dirty--) {
      expect(heap.stats().dirtyPools).toBe(dirty)
      clock.advance(300)
    }
    expect(heap.stats()).toMatchObject({ dirtyPools: 0, residentBytes: 2 * POOL_BYTES })
  })

  it('counts the decay from the free, however long nothing happened before', () => {
    for (const size of [4096, 1_000_000]) {
      const { heap, clock } = testHeap()
      heap.alloc(16)
      const pointer = heap.alloc(size)
      clock.advance(1e6)
      heap.free(pointer)
      const full = heap.stats().residentBytes
      clock.advance(990)
      expect(heap.stats().residentBytes).toBe(full)
      clock.advance(200)
      expect(heap.stats().residentBytes).toBe(2 * POOL_BYTES)
    }
  })

  it('leaves what is used again in the meantime', () => {
    const { heap, clock, os } = testHeap()
    for (let i = 0; i < 200; i++) {
      const pointers = heap.allocMany(500, new Int32Array(2000))
      heap.freeMany(pointers)
      clock.advance(90)
    }
    expect([heap.stats().maps, os.calls.unmap]).toEqual([4, 0])
  })

  it('works through much dirty memory in slices', () => {
    const { heap, clock } = testHeap()
    const pointers = heap.allocMany(250_000, new Int32Array(40))
    heap.freeMany(pointers)
    const { now } = clock
    clock.now = function () {
      this.stall(1) // every look at the clock takes a millisecond
      return now.call(this)
    }
    const seen = new Set<number>()
    for (let turn = 0; turn < 300; turn++) {
      clock.advance(5)
      seen.add(heap.stats().arenas)
    }
    expect(seen.size).toBeGreaterThan(5)
    expect(heap.stats().arenas).toBe(0)
    checkHeap(partsOf(heap))
  })

  it('is never armed with decay Infinity, nor after close', () => {
    const { heap, clock } = testHeap({ decay: Infinity })
    heap.free(heap.alloc(5000))
    heap.free(heap.alloc(1e6))
    expect(clock.pending).toBe(0)
    const other = testHeap()
    other.heap.free(other.heap.alloc(5000))
    other.heap.close()
    expect(other.clock.pending).toBe(0)
  })
})

describe('the slow path', () => {
  it('lets long synchronous work decay too', () => {
    const { heap, clock } = testHeap()
    heap.alloc(16)
    heap.freeMany(heap.allocMany(4096, new Int32Array(300)))
    for (let i = 0; i < 3000; i++) {
      clock.stall(1)
      heap.freeMany(heap.allocMany(4096, new Int32Array(9)))
    }
    expect(heap.stats().arenas).toBeLessThanOrEqual(2)
    expect(heap.stats().dirtyPools).toBeLessThan(12)
  })
})

describe('purge', () => {
  it('discards stretches of neighbours in one call each and returns the bytes', () => {
    const { heap, os } = testHeap()
    const pools = [...heap.allocMany(4096, new Int32Array(40))] as Pointer[]
    for (const index of [3, 4, 5, 6, 20, 21, 33]) heap.free(pools[index] as Pointer)
    expect(heap.purge()).toBe(7 * POOL_BYTES)
    expect(os.calls.discard).toBe(3)
    expect(heap.stats()).toMatchObject({ discards: 3, discardedBytes: 7 * POOL_BYTES })
    expect(heap.purge()).toBe(0)
  })

  it('unmaps empty arenas and kept large mappings', () => {
    const { heap, os } = testHeap({ decay: Infinity })
    heap.free(heap.alloc(16))
    heap.free(heap.alloc(5e6))
    const kept = heap.stats().keptBytes
    expect(heap.purge()).toBe(kept + 2 * POOL_BYTES)
    expect(os.mapped.size).toBe(0)
  })

  it('leaves an OS page alone of which any pool is in use', () => {
    const { heap } = testHeap({ osPageSize: 16384 })
    const pools = [...heap.allocMany(4096, new Int32Array(30))] as Pointer[] // pools 1 to 30
    for (const pool of pools.slice(4, 14)) heap.free(pool) // pools 5 to 14: of whole OS pages 8 to 11
    expect(heap.purge()).toBe(4 * POOL_BYTES)
    heap.free(pools[3] as Pointer)
    expect(heap.purge()).toBe(4 * POOL_BYTES)
    checkHeap(partsOf(heap))
    heap.freeMany(pools.filter((pool) => heap.isLive(pool)))
    heap.purge()
    expect(heap.stats().mappedBytes).toBe(0)
  })

  it('unmaps an empty arena whose pools expired at different times', () => {
    for (const osPageSize of [4096, 65536]) {
      const { heap, clock } = testHeap({ osPageSize })
      for (const pool of heap.allocMany(4096, new Int32Array(60))) {
        heap.free(pool as Pointer)
        clock.advance(31)
      }
      clock.advance(1200)
      expect(heap.stats().mappedBytes).toBe(0)
    }
  })

  it('leaves discarded pools that read zero, which allocZeroed need not clear', () => {
    const os = new TestPages()
    const { heap } = testHeap({ osPages: os })
    heap.alloc(16)
    const pointer = heap.alloc(ARENA_BYTES / 4)
    heap.bytes(pointer).fill(1)
    heap.free(pointer)
    heap.purge()
    const again = heap.allocZeroed(ARENA_BYTES / 4)
    expect(again).toBe(pointer)
    expect(heap.bytes(again).every((byte) => byte === 0)).toBe(true)
  })
})
