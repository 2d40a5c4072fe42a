import { describe, expect, it } from 'vitest'
import { showPointer } from '../../lib/base/errors'
import { poolStart } from '../../lib/base/layout'
import { WHOLE_RUN } from '../../lib/base/size-classes'
import { classAt } from '../../lib/heap/free'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { runOf } from '../../lib/supply/runs'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

const sizes = [16, 512, 3000, 4096, 40_000, 1e6]

describe('a pinned block', () => {
  for (const size of sizes) {
    it(`of ${size} bytes can be neither freed nor resized until it is unpinned as often as it was pinned`, () => {
      const { heap } = testHeap()
      const pointer = heap.alloc(size)
      const neighbour = heap.alloc(size)
      heap.pin(pointer)
      heap.pin(pointer)
      for (let pins = 2; pins > 0; pins--) {
        checkHeap(partsOf(heap))
        expect(caught(() => heap.free(pointer))).toMatchObject({ code: 'EBB_PINNED', message: /unpin it first$/ })
        expect(caught(() => heap.realloc(pointer, 2 * size))).toMatchObject({ code: 'EBB_PINNED' })
        heap.unpin(pointer)
      }
      expect(caught(() => heap.unpin(pointer))).toMatchObject({
        code: 'EBB_PINNED',
        message: `ebb: unpin(${showPointer(pointer)}): the block is not pinned`,
      })
      heap.free(pointer)
      heap.free(neighbour)
      checkHeap(partsOf(heap))
      expect(heap.stats().blocks).toBe(0)
    })
  }

  it('of any kind goes to no magazine, and to the one of before when it is unpinned', () => {
    for (const size of sizes) {
      const { heap } = testHeap()
      const { map } = partsOf(heap).table
      const pointer = heap.alloc(size)
      const magazine = map.magazineOf(pointer)
      for (let round = 0; round < 2; round++) {
        heap.pin(pointer)
        expect([size, map.magazineOf(pointer)]).toEqual([size, 0])
        heap.unpin(pointer)
        expect([size, magazine > 0, map.magazineOf(pointer)]).toEqual([size, true, magazine])
      }
    }
  })

  it('that is alone in its run takes no other out of the magazine', () => {
    const { heap } = testHeap()
    const [pinned, freed] = [heap.alloc(40_000), heap.alloc(60_000)]
    heap.free(freed)
    const before = partsOf(heap).table.counts.taken[WHOLE_RUN]
    heap.pin(pinned)
    expect([before, partsOf(heap).table.counts.taken[WHOLE_RUN]]).toEqual([2, 2])
  })

  it('leaves the pool alone that compact is moving a block out of', () => {
    for (const [size, isOne] of [
      [100, true],
      [2560, true],
      [4096, false],
    ] as const) {
      const { heap } = testHeap()
      const parts = partsOf(heap)
      const { map } = parts.table
      const [moving, pinned] = [heap.alloc(size), heap.alloc(size)]
      expect([size, runOf(parts.table, moving) === runOf(parts.table, pinned)]).toEqual([size, isOne])
      map.setMagazine(moving, 0) // as compact does
      parts.moving = moving
      heap.pin(pinned)
      heap.unpin(pinned)
      expect([map.magazineOf(moving), map.magazineOf(pinned) === 0]).toEqual([
        0,
        poolStart(moving) === poolStart(pinned),
      ])
      parts.moving = 0
      map.setMagazine(moving, classAt(parts.table, moving))
      checkHeap(parts)
    }
  })

  it('lets its neighbours be freed and resized, and new blocks go elsewhere', () => {
    for (const size of [16, 200, 512, 700]) {
      const { heap } = testHeap()
      const pointers = [...heap.allocMany(size, new Int32Array(5))] as never[]
      heap.pin(pointers[2] as never)
      heap.free(pointers[0] as never)
      const fresh = heap.alloc(size)
      expect(fresh >>> 8).not.toBe((pointers[2] as never as number) >>> 8)
      heap.realloc(pointers[1] as never, 10 * size)
      checkHeap(partsOf(heap))
      heap.unpin(pointers[2] as never)
      checkHeap(partsOf(heap))
      heap.pin(pointers[2] as never)
      heap.pin(pointers[3] as never)
      heap.unpin(pointers[2] as never)
      expect(caught(() => heap.free(pointers[3] as never)).code).toBe('EBB_PINNED')
      heap.free(pointers[2] as never)
      checkHeap(partsOf(heap))
    }
  })
})
