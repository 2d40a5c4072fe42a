import { describe, expect, it } from 'vitest'
import { type Pointer, poolOf, poolStart, type SizeClass, slotOf } from '../../lib/base/layout'
import { sizeClassOf } from '../../lib/base/size-classes'
import { recordWord, STAMP } from '../../lib/books/ledger'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { testHeap } from '../support/test-heap'

/** A heap with pools of a class that an overflow of its magazine has left empty, which rest; the live block keeps their arena open. */
function resting(
  byteLength = 512,
  start = 0,
): ReturnType<typeof testHeap> & { pools: Pointer[]; sizeClass: SizeClass } {
  const made = testHeap()
  const { heap } = made
  heap.alloc(40_000)
  const pointers = [...heap.allocMany(byteLength, new Int32Array(64))] as Pointer[]
  partsOf(heap).magazines.releaseAll()
  made.clock.advance(start)
  heap.freeMany(pointers)
  return { ...made, pools: [...new Set(pointers.map(poolStart))], sizeClass: sizeClassOf(byteLength) }
}

const dirtyPools = (heap: Heap): boolean => partsOf(heap).arenas.dirty.isDirty

describe('pools that rest', () => {
  it('are empty pools that stay with their class until its magazine needs more, the one that got empty last first', () => {
    const { heap, pools } = resting()
    expect([partsOf(heap).resting.isDirty, dirtyPools(heap)]).toEqual([true, false])
    const again = [...heap.allocMany(512, new Int32Array(64))] as Pointer[]
    expect(new Set(again.map(poolStart))).toEqual(new Set(pools))
    expect([partsOf(heap).resting.isDirty, heap.stats().arenas]).toEqual([false, 1])
    checkHeap(partsOf(heap))
  })

  it('are taken one by one, and in no list', () => {
    const { heap, pools, sizeClass } = resting()
    const { used, resting: others } = partsOf(heap)
    expect(pools).toContain(others.wake(sizeClass))
    expect([used.head(sizeClass), others.wake(sizeClassOf(16))]).toEqual([0, 0])
  })

  it('may be several pools long', () => {
    const { heap, clock } = testHeap()
    const pointers = [...heap.allocMany(2500, new Int32Array(30))] as Pointer[]
    partsOf(heap).magazines.releaseAll()
    heap.freeMany(pointers)
    expect([partsOf(heap).resting.isDirty, dirtyPools(heap)]).toEqual([true, false])
    expect(pointers).toContain(heap.alloc(2500))
    clock.advance(700)
    expect([partsOf(heap).resting.isDirty, dirtyPools(heap)]).toEqual([false, true])
    checkHeap(partsOf(heap))
  })

  it('give way to another class and to a run before an arena is opened for them', () => {
    for (const size of [64, 4096, 8192, 20_000]) {
      const { heap } = testHeap()
      const pointers = [...heap.allocMany(512, new Int32Array(63 * 8))] as Pointer[]
      partsOf(heap).magazines.releaseAll()
      heap.freeMany(pointers.slice(0, 64))
      expect([partsOf(heap).resting.isDirty, dirtyPools(heap)]).toEqual([true, false])
      heap.alloc(size)
      expect([size, partsOf(heap).resting.isDirty, heap.stats().arenas]).toEqual([size, false, 1])
      checkHeap(partsOf(heap))
    }
  })

  it('stay where there are dirty pools for another class', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(30_000)
    const pointers = heap.allocMany(512, new Int32Array(64))
    partsOf(heap).magazines.releaseAll()
    heap.freeMany(pointers)
    heap.free(pointer)
    partsOf(heap).magazines.releaseClass(sizeClassOf(30_000))
    expect([partsOf(heap).resting.isDirty, dirtyPools(heap)]).toEqual([true, true])
    expect([poolStart(heap.alloc(64)), partsOf(heap).resting.isDirty]).toEqual([pointer, true])
  })

  it('rest for half a decay and go back a decay after they got empty', () => {
    for (const start of [0, 10_000]) {
      const { heap, clock } = resting(512, start)
      clock.advance(624) // five epochs, but for a millisecond
      expect(partsOf(heap).resting.isDirty).toBe(true)
      clock.advance(76)
      expect([partsOf(heap).resting.isDirty, dirtyPools(heap)]).toEqual([false, true])
      clock.advance(300)
      const { dirtyPools: stillDirty } = heap.stats()
      expect(stillDirty).toBeGreaterThan(0)
      clock.advance(300)
      expect([heap.stats().dirtyPools, clock.pending]).toEqual([0, 0])
    }
  })

  it('leave their class one by one, those that rest longest first', () => {
    const { heap } = testHeap()
    const { arenas, purger, resting: pools, table } = partsOf(heap)
    const sizeClass = sizeClassOf(512)
    const runs = [0, 1, 2].map(() => arenas.takePool())
    purger.notePut() // a timer is armed: from now on it moves the epoch
    table.counts.addPools(sizeClass, 3)
    for (const [i, run] of runs.entries()) {
      purger.epoch = 7 + i
      pools.add(sizeClass, run)
    }
    expect([pools.release(7), pools.release(9), pools.isDirty]).toEqual([false, true, true])
    expect([pools.wake(sizeClass), pools.wake(sizeClass), pools.isDirty]).toEqual([runs[2], 0, false])
    const stamps = runs.map((run) => recordWord(table.ledger(slotOf(run)), poolOf(run), STAMP))
    expect([stamps, table.counts.pools[sizeClass], arenas.dirty.isDirty]).toEqual([[7, 8, 9], 1, true])
  })

  it('are released by a purge, by the statistics, and forgotten when the heap closes', () => {
    for (const look of [(heap: Heap) => heap.purge(), (heap: Heap) => heap.stats(), (heap: Heap) => heap.close()]) {
      const { heap } = resting()
      look(heap)
      expect(partsOf(heap).resting.isDirty).toBe(false)
    }
    const { heap } = resting()
    const { resting: pools } = partsOf(heap)
    expect([pools.release(), pools.release(), pools.giveBackStep()]).toEqual([true, false, -1])
  })

  it('give way, too, when the dirty pools were all taken again and no sweep has noticed', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(512, new Int32Array(63 * 8))] as Pointer[]
    const { resting: pools, arenas, table } = partsOf(heap)
    partsOf(heap).magazines.releaseAll()
    heap.freeMany(pointers.slice(0, 64))
    pools.release()
    while (table.counts.dirty > 0) heap.alloc(4096)
    expect([arenas.dirty.isDirty, table.counts.dirty]).toEqual([true, 0])
    heap.freeMany(pointers.slice(64, 160))
    expect(pools.isDirty).toBe(true)
    heap.alloc(64)
    expect([pools.isDirty, heap.stats().arenas]).toEqual([false, 1])
    checkHeap(partsOf(heap))
  })
})
