/** Arenas beyond the near ones, on the system's own pages. What a space does with its slots is in space.test.ts. */
import { describe, expect, it } from 'vitest'
import { FREE_POOLS_MAX, POOL_BYTES, type Pointer, slotOf } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'

const ARENA_BLOCK = FREE_POOLS_MAX * POOL_BYTES

describe('a heap larger than near memory', () => {
  it('has its further arenas far, where they are read, written, viewed, freed and given back like the others', () => {
    const heap = new Heap({ clock: new ManualClock() })
    const near = space.nearEnd - space.nearFirst
    const blocks = heap.allocMany(ARENA_BLOCK, new Int32Array(near + 40)) as unknown as Pointer[]
    const far = Array.from(blocks.slice(near)).filter((pointer) => !space.isNear(slotOf(pointer)))
    expect(far.length).toBe(40)
    for (const [i, pointer] of far.entries()) {
      heap.setInt32(pointer, 0, i)
      heap.setFloat64(pointer, ARENA_BLOCK - 8, i + 0.5)
    }
    const read = far.map((pointer) => [heap.getInt32(pointer, 0), heap.getFloat64(pointer, ARENA_BLOCK - 8)])
    expect(read).toEqual(far.map((_, i) => [i, i + 0.5]))
    expect(caught(() => heap.getInt32(far[0]!, ARENA_BLOCK)).code).toBe('EBB_OUT_OF_BOUNDS')
    const view = heap.bytes(far[1]!)
    expect([view[0], view.length]).toEqual([1, ARENA_BLOCK])
    view[0] = 9
    expect(heap.getUint8(far[1]!, 0)).toBe(9)

    const small = Array.from({ length: 1000 }, () => heap.alloc(100))
    expect(small.every((pointer) => !space.isNear(slotOf(pointer)))).toBe(true)
    for (const pointer of small) heap.setUint32(pointer, 96, pointer)
    expect(small.every((pointer) => heap.getUint32(pointer, 96) === pointer)).toBe(true)
    heap.freeMany(small)

    checkHeap(partsOf(heap))
    heap.freeMany(far)
    heap.purge()
    expect(view.length).toBe(0)
    expect(caught(() => heap.free(far[0]!)).code).toBe('EBB_INVALID_POINTER')
    const zeroed = heap.allocZeroed(ARENA_BLOCK)
    expect([space.isNear(slotOf(zeroed)), heap.getInt32(zeroed, 0)]).toEqual([false, 0])
    checkHeap(partsOf(heap))
    heap.close()
    expect(space.isFree(slotOf(zeroed))).toBe(true)
  })
})
