import { describe, expect, it } from 'vitest'
import { FREE_POOLS_MAX, POOL_BYTES } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { testHeap } from '../support/test-heap'
import { detach } from '../support/test-pages'

describe('large blocks', () => {
  it('have a mapping of their own, in whole OS pages', () => {
    const { heap, os } = testHeap({ osPageSize: 16384 })
    const pointer = heap.alloc(FREE_POOLS_MAX * POOL_BYTES + 1)
    expect(heap.usableSize(pointer)).toBe(262_144)
    expect(heap.stats()).toMatchObject({ arenas: 0, largeBlocks: 1, largeBytes: 262_144, liveBytes: 262_144 })
    expect(os.mappedBytes).toBe(262_144)
  })

  it('are kept when they are freed, and used again for the same size only', () => {
    const { heap, os } = testHeap()
    const first = heap.alloc(1e6)
    heap.bytes(first).fill(1)
    heap.free(first)
    expect(heap.stats().keptBytes).toBe(1_003_520)
    heap.alloc(2e6)
    const { map } = os.calls
    const again = heap.allocZeroed(1e6)
    expect(os.calls.map).toBe(map)
    expect(heap.bytes(again).every((byte) => byte === 0)).toBe(true)
    expect(heap.stats().keptBytes).toBe(0)
  })

  it('are unmapped by the free with decay 0', () => {
    const { heap, os } = testHeap({ decay: 0 })
    heap.free(heap.alloc(1e6))
    expect([os.mapped.size, heap.stats().keptBytes]).toEqual([0, 0])
  })

  it('go back in steps, oldest first, by the books and in truth', () => {
    const { heap, clock, os } = testHeap({ decay: 1000 })
    const pointers = [5e6, 6e6].map((size) => heap.alloc(size))
    for (const pointer of pointers) {
      heap.bytes(pointer).fill(1)
      heap.free(pointer)
      clock.advance(400)
    }
    clock.advance(600)
    expect(heap.stats()).toMatchObject({ keptBytes: 6_000_640, residentBytes: 6_000_640 })
    expect(os.calls.discard).toBe(2) // of the first, before it was unmapped
    clock.advance(800)
    expect(os.mapped.size).toBe(0)
  })

  it('that were kept and taken away by user code are mapped anew', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(1e6)
    const { buffer } = heap.bytes(pointer)
    heap.free(pointer)
    detach(buffer as ArrayBuffer)
    const again = heap.alloc(1e6)
    heap.bytes(again).fill(1)
    checkHeap(partsOf(heap))
    heap.free(again)
    detach(partsOf(heap).table.buffer(0 as never))
    heap.purge()
    expect(heap.stats().mappedBytes).toBe(0)
  })

  it('grow by at least an eighth where the OS can grow them', () => {
    const { heap, os } = testHeap()
    let pointer = heap.alloc(1e6)
    for (let size = 1e6; size < 4e6; size += 5000) pointer = heap.realloc(pointer, size)
    expect(os.calls.grow).toBeLessThan(20)
    expect(os.calls.map).toBe(1)
    checkHeap(partsOf(heap))
  })
})
