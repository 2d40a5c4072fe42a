import { describe, expect, it } from 'vitest'
import {
  ARENA_BYTES,
  POOL_BYTES,
  type Pointer,
  type PoolIndex,
  pointerTo,
  poolOf,
  type Slot,
  slotOf,
} from '../../lib/base/layout'
import { freePools, isDirtyPool, recordWord, STAMP, slotOfLedger } from '../../lib/books/ledger'
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
    for (const index of [70, 5, 6]) heap.free(pointers[index] as Pointer)
    heap.purge()
    heap.free(pointers[9] as Pointer) // dirty, and none the better for it
    partsOf(heap).magazines.releaseAll()
    expect([heap.stats().dirtyPools, heap.alloc(4096)]).toEqual([1, pointers[5]])
    checkHeap(partsOf(heap))
  })

  it('gives dirty pools before those that were never used or were discarded', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(4096, new Int32Array(10))] as Pointer[]
    heap.free(pointers[2] as Pointer)
    heap.purge()
    heap.free(pointers[7] as Pointer)
    const { magazines, arenas } = partsOf(heap)
    magazines.releaseAll()
    expect([heap.alloc(4096), arenas.tookFresh]).toEqual([pointers[7], false])
    expect([heap.alloc(4096), arenas.tookFresh]).toEqual([pointers[2], true])
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

  it('keeps arenas without a free pool out of every list', () => {
    const { heap } = testHeap()
    const { arenas } = partsOf(heap)
    const [first, second] = [0, 1].map(() => Array.from({ length: 63 }, () => arenas.takePool())) as [
      Pointer[],
      Pointer[],
    ]
    for (const run of [first[0], second[0]]) arenas.putRun(run as Pointer, 1)
    expect([arenas.takePool(), arenas.takePool()]).toEqual([second[0], first[0]])
    arenas.putRun(second[5] as Pointer, 1)
    expect([arenas.usable.head(0), arenas.usable.head(1)]).toEqual([0, slotOf(second[5] as Pointer)])
    expect([arenas.takeRunElsewhere(1, slotOf(first[0] as Pointer)), arenas.usable.head(0)]).toEqual([second[5], 0])
    expect([arenas.takeRunElsewhere(1, slotOf(first[0] as Pointer)), arenas.usable.head(0)]).toEqual([0, 0])
  })

  it('stamps a run with the epoch in which it got empty, or with this one', () => {
    const { heap } = testHeap()
    const { arenas, purger, table } = partsOf(heap)
    const [a, b] = [arenas.takePool(), arenas.takePool()]
    purger.notePut() // a timer is armed: from now on it moves the epoch
    purger.epoch = 7
    arenas.putRun(a, 1, 3)
    arenas.putRun(b, 1)
    const stamps = [a, b].map((run) => recordWord(table.ledger(slotOf(run)), poolOf(run), STAMP))
    expect(stamps).toEqual([3, 7])
  })

  it('takes what was given back to make room, where no arena can be opened', () => {
    const { heap } = testHeap({ limit: ARENA_BYTES })
    const pointers = [...heap.allocMany(4096, new Int32Array(63))] as Pointer[]
    for (const pointer of pointers.slice(10, 13)) heap.free(pointer) // they wait in their magazine
    expect(pointers.slice(10, 13).includes(heap.alloc(16))).toBe(true)
    heap.alloc(8192)
    expect(() => heap.alloc(8192)).toThrow('limit of 262144')
  })

  it('takes a run in the fullest arena that has one', () => {
    const { heap } = testHeap()
    const { arenas } = partsOf(heap)
    const [fullest, second, emptiest] = [0, 1, 2].map(() => arenas.openFor(63)) as [Pointer, Pointer, Pointer]
    const put = (run: Pointer, pool: number, length: number) => arenas.putRun((run + pool * 256) as Pointer, length)
    for (const pool of [3, 5, 7]) put(fullest, pool, 1)
    put(second, 30, 10)
    put(emptiest, 1, 60)
    expect([arenas.findRun(3), arenas.findRun(1)]).toEqual([second + 30 * 256, fullest + 3 * 256])
  })

  it('searches 32 arenas for a run, then the one opened last for runs and the emptiest', () => {
    const { heap } = testHeap({ decay: Infinity })
    const { arenas, magazines, table } = partsOf(heap)
    const own = slotOf(heap.alloc(10 * POOL_BYTES)) // opened for a run
    const bySlot = new Map<Slot, Pointer[]>()
    for (const pointer of heap.allocMany(4096, new Int32Array(53 + 35 * 63)) as Iterable<Pointer>) {
      const slot = slotOf(pointer)
      bySlot.set(slot, [...(bySlot.get(slot) ?? []), pointer])
    }
    const others = [...bySlot.keys()].filter((slot) => slot !== own)
    const free = (slot: Slot, which: (pool: number) => boolean): void => {
      for (const pointer of bySlot.get(slot) as Pointer[]) if (which(poolOf(pointer))) heap.free(pointer)
    }
    const [next, last, emptiest, ...searched] = others as [Slot, Slot, Slot, ...Slot[]]
    expect(searched).toHaveLength(32)
    for (const slot of searched) free(slot, (pool) => pool % 2 === 1) // 32 free pools, no two of them neighbours
    free(next, (pool) => pool <= 34)
    free(last, (pool) => pool <= 35)
    free(own, (pool) => pool >= 24)
    free(emptiest, (pool) => pool <= 45)
    magazines.releaseAll()
    const { usable } = arenas
    expect([32, 34, 35, 40, 45].map((count) => usable.head(count) !== 0)).toEqual([true, true, true, true, true])
    const ledger = table.ledger(own)
    expect(freePools(ledger)).toBe(40)
    expect(slotOf(arenas.findRun(3) as Pointer)).toBe(own)
    expect(freePools(ledger)).toBe(37)
    expect(slotOf(arenas.findRun(38) as Pointer)).toBe(emptiest)
  })

  it('finds a run that is as long as the longest known', () => {
    const { heap } = testHeap()
    const { arenas } = partsOf(heap)
    const run = arenas.openFor(63)
    arenas.putRun((run + 5 * 256) as Pointer, 5)
    expect([arenas.findRun(6), arenas.findRun(6)]).toEqual([0, 0])
    expect(arenas.findRun(5)).toBe(run + 5 * 256)
  })

  it('forgets all when the heap closes', () => {
    const { heap } = testHeap()
    const { arenas, magazines } = partsOf(heap)
    heap.free(heap.alloc(4096))
    magazines.releaseAll()
    expect([arenas.usable.emptiest() !== 0, arenas.dirty.isDirty]).toEqual([true, true])
    heap.close()
    expect([arenas.usable.emptiest(), arenas.dirty.isDirty]).toEqual([0, false])
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

  it('makes dirty only the free ones in the same OS pages, in this epoch', () => {
    const { heap } = testHeap({ osPageSize: 16384 })
    const { arenas, purger, table } = partsOf(heap)
    purger.notePut() // a timer is armed: from now on it moves the epoch
    purger.epoch = 5
    const ledger = table.ledger(slotOf(arenas.openFor(5)))
    const dirty = (): number[][] => {
      const pools = Array.from({ length: 64 }, (_, pool) => pool as PoolIndex)
      const stamps = (stamp: number) => pools.filter((pool) => pool > 0 && recordWord(ledger, pool, STAMP) === stamp)
      return [pools.filter((pool) => isDirtyPool(ledger, pool)), stamps(5), stamps(6)]
    }
    expect([dirty(), arenas.tookFresh]).toEqual([[[6, 7], [6, 7], []], true])
    purger.epoch = 6
    expect([poolOf(arenas.findRun(25) as Pointer), arenas.tookFresh]).toEqual([6, false])
    expect(dirty()).toEqual([[31], [6, 7], [31]])
    expect([poolOf(arenas.findRun(3) as Pointer), arenas.tookFresh]).toEqual([31, false])
    expect(dirty()).toEqual([
      [34, 35],
      [6, 7],
      [31, 34, 35],
    ])
    arenas.putRun(pointerTo(slotOfLedger(ledger), 31 as PoolIndex, 0), 3)
    arenas.findRun(3)
    expect([dirty()[0], arenas.findRun(28) !== 0, arenas.tookFresh]).toEqual([[34, 35], true, false])
    expect([dirty()[0], arenas.findRun(2)]).toEqual([[62, 63], pointerTo(slotOfLedger(ledger), 62 as PoolIndex, 0)])
    expect(dirty()[0]).toEqual([])
    expect(table.counts.dirty).toBe(0)
  })
})
