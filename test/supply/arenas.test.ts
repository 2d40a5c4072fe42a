import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, type Pointer, poolOf, type Slot, slotOf } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { testHeap } from '../support/test-heap'

describe('the supply of pools', () => {
  it('gives pools of the fullest arena first', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(4096, new Int32Array(63 * 3))] as Pointer[]
    const [first, second, third] = [...new Set(pointers.map(slotOf))] as [Slot, Slot, Slot]
    const of = (slot: Slot): Pointer[] => pointers.filter((pointer) => slotOf(pointer) === slot)
    for (const pointer of of(first).slice(0, 20)) heap.free(pointer)
    for (const pointer of of(second).slice(0, 2)) heap.free(pointer)
    for (const pointer of of(third).slice(0, 40)) heap.free(pointer)
    partsOf(heap).magazines.releaseAll()
    const slots = Array.from({ length: 24 }, () => slotOf(heap.alloc(4096)))
    expect(slots).toEqual([second, second, ...Array(20).fill(first), third, third])
  })

  it('gives pools of the emptiest first where the ablation asks for it', () => {
    const { heap } = testHeap({ ablation: { fullestFirst: false, dirtyFirst: false } })
    const pointers = [...heap.allocMany(4096, new Int32Array(63 * 2))] as Pointer[]
    heap.free(pointers[70] as Pointer)
    heap.free(pointers[5] as Pointer)
    heap.free(pointers[6] as Pointer)
    expect(slotOf(heap.alloc(4096))).toBe(slotOf(pointers[0] as Pointer))
    checkHeap(partsOf(heap))
  })

  it('gives dirty pools before those that were never used or were discarded', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(4096, new Int32Array(10))] as Pointer[]
    heap.free(pointers[2] as Pointer)
    heap.purge()
    heap.free(pointers[7] as Pointer)
    expect(heap.alloc(4096)).toBe(pointers[7])
    expect(heap.alloc(4096)).toBe(pointers[2])
  })

  it('case 1 with decay 0: the free that empties an arena gives its memory back', () => {
    const { heap } = testHeap({ decay: 0 })
    const pointer = heap.alloc(16)
    heap.setInt32(pointer, 0, 7)
    expect(heap.stats().mappedBytes).toBe(ARENA_BYTES)
    heap.free(pointer)
    expect(heap.stats()).toMatchObject({ mappedBytes: 0, arenas: 0, unmaps: 1 })
    const { space } = partsOf(heap)
    expect([space.isFree(slotOf(pointer)), space.words[space.wordAt(pointer)]]).toEqual([true, 0])
  })

  it('case 2: a full arena joins the usable ones with its first free pool', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(4096, new Int32Array(63))] as Pointer[]
    const { usable } = partsOf(heap).arenas
    const slot = slotOf(pointers[0] as Pointer)
    expect(usable.fullest(1)).toBe(0)
    heap.free(pointers[0] as Pointer)
    partsOf(heap).magazines.releaseAll()
    expect(usable.head(1)).toBe(slot)
    heap.free(pointers[1] as Pointer) // case 3
    partsOf(heap).magazines.releaseAll()
    expect([usable.head(1), usable.head(2)]).toEqual([0, slot])
  })

  it('finds long runs in mapped arenas before it maps one', () => {
    const { heap } = testHeap()
    const runs = [...heap.allocMany(80_000, new Int32Array(9))] as Pointer[]
    expect(heap.stats().arenas).toBe(3)
    heap.free(runs[4] as Pointer)
    expect(heap.alloc(80_000)).toBe(runs[4])
    expect(heap.stats().arenas).toBe(3)
  })

  it('moves a run elsewhere only where another arena has room', () => {
    const { heap } = testHeap()
    const { arenas } = partsOf(heap)
    const slot = slotOf(heap.alloc(40_000))
    expect(arenas.takeRunElsewhere(10, slot)).toBe(0)
    const full = [...heap.allocMany(4096, new Int32Array(63))] as Pointer[]
    for (const pointer of full.slice(40, 60)) heap.free(pointer)
    const run = arenas.takeRunElsewhere(3, slot)
    expect(slotOf(run as Pointer)).toBe(slotOf(full.at(-1) as Pointer))
    arenas.putRun(run as Pointer, 3)
    checkHeap(partsOf(heap))
  })

  it('where OS pages hold several pools, a pool taken makes its neighbours dirty', () => {
    const { heap } = testHeap({ osPageSize: 16384 })
    const pointer = heap.alloc(4096)
    expect(poolOf(pointer)).toBe(1)
    expect(heap.stats().dirtyPools).toBe(2)
    expect(heap.stats().residentBytes).toBe(16384)
  })
})
