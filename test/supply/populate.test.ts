import { describe, expect, it } from 'vitest'
import { POOL_BYTES, type Pointer, slotOf } from '../../lib/base/layout'
import { dirtyPools } from '../../lib/books/ledger'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { loadAddon } from '../../lib/os/native-binding'
import { osPagesOf } from '../../lib/os/os-pages'
import { space } from '../../lib/space/thread-space'
import { testHeap } from '../support/test-heap'

const page = space.region.osPageSize
/** Whether this system makes pages resident ahead: Linux since 5.14. */
const canPopulate = osPagesOf(loadAddon()).reserve(page).populate(0, page)

/** Blocks of 512 bytes that fill so many arenas. */
function fill(heap: Heap, arenas: number): Pointer[] {
  return [...heap.allocMany(512, new Int32Array(arenas * 63 * 8))] as Pointer[]
}

/** Free pools that are resident by the books. */
function dirty(heap: Heap): number {
  const { table } = partsOf(heap)
  return table.slots().reduce((sum, slot) => sum + (table.isArena(slot) ? dirtyPools(table.ledger(slot)) : 0), 0)
}

/** Resident pages of arenas and their ledgers. */
const residentPages = (heap: Heap): number => heap.residentBytes() / page

describe.skipIf(!canPopulate || page !== POOL_BYTES)('a heap that grows fast', () => {
  it('has the pools of further arenas made resident ahead: none at first, more as it grows, all from the 17th arena on', () => {
    const { heap, os } = testHeap({ canPopulate: true })
    fill(heap, 5)
    expect([os.calls.populate, dirty(heap)]).toEqual([0, 0])
    heap.alloc(512)
    expect([os.calls.populate, dirty(heap)]).toEqual([1, Math.floor((5 * 63) / 16) - 1])
    checkHeap(partsOf(heap))
    fill(heap, 11)
    expect([os.calls.populate, dirty(heap)]).toEqual([12, 62])
    checkHeap(partsOf(heap))
  })

  it('has never more than a sixteenth resident that it has not taken, and no page that its books do not know', () => {
    const { heap } = testHeap({ canPopulate: true })
    const counted: [taken: number, ahead: number, resident: number][] = []
    const { table } = partsOf(heap)
    for (let taken = 9; taken < 40 * 63; taken += 9) {
      for (const pointer of heap.allocMany(512, new Int32Array(9 * 8))) heap.setInt32(pointer as Pointer, 0, 1)
      counted.push([taken, dirty(heap), residentPages(heap) - table.arenas])
    }
    for (const [taken, ahead, resident] of counted) {
      expect(ahead).toBeLessThanOrEqual(taken / 16)
      expect(resident).toBeLessThanOrEqual(taken + ahead)
    }
    expect(Math.max(...counted.map(([, ahead]) => ahead))).toBeGreaterThan(50)
  })

  it('gives back what it did not take, when the decay is over', () => {
    const { heap, clock } = testHeap({ canPopulate: true })
    const pointers = [...fill(heap, 20), heap.alloc(512)]
    for (const pointer of pointers) heap.setInt32(pointer, 0, 1)
    expect(dirty(heap)).toBe(62)
    const before = residentPages(heap)
    clock.advance(2000)
    expect([dirty(heap), residentPages(heap)]).toEqual([0, before - 62])
    for (const pointer of pointers) expect(heap.getInt32(pointer, 0)).toBe(1)
    checkHeap(partsOf(heap))
  })

  it('that grows slowly has nothing made resident, nor one that takes longer blocks, which may never be touched', () => {
    const { heap, os, clock } = testHeap({ canPopulate: true })
    for (let step = 0; step < 20; step++) {
      fill(heap, 1)
      clock.advance(200)
    }
    for (let block = 0; block < 40; block++) heap.alloc(100_000)
    expect(os.calls.populate).toBe(0)
    const { heap: longer, os: others } = testHeap({ canPopulate: true, decay: 0 })
    fill(longer, 20)
    expect([others.calls.populate, dirty(longer)]).toEqual([0, 0])
  })

  it('goes on as if nothing were where the system refuses, and asks less often', () => {
    const { heap, os } = testHeap({ canPopulate: true })
    os.canPopulate = false
    const pointers = fill(heap, 40)
    for (const pointer of pointers) heap.setInt32(pointer, 0, 1)
    expect([os.calls.populate, dirty(heap)]).toEqual([6, 0])
    checkHeap(partsOf(heap))
  })

  it('has nothing populated while memory is short', () => {
    const { heap, os, clock } = testHeap({ canPopulate: true })
    partsOf(heap).purger.hurry(1000)
    fill(heap, 20)
    expect(os.calls.populate).toBe(0)
    clock.advance(1001)
    fill(heap, 7) // the first while the epoch is still the old one
    expect(os.calls.populate).toBe(1)
  })

  it('is far, too', () => {
    const { heap, os } = testHeap({ canPopulate: true, isFar: true })
    const pointers = fill(heap, 20)
    expect([space.isNear(slotOf(pointers[0]!)), os.calls.populate]).toEqual([false, 15])
    checkHeap(partsOf(heap))
  })
})
