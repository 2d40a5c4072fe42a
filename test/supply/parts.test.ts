import { describe, expect, it, vi } from 'vitest'
import { ARENA_BYTES, type Pointer, poolStart, slotOf } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { space } from '../../lib/space/thread-space'
import { abandon, addReader, wire } from '../../lib/supply/parts'
import { past } from '../../lib/supply/past'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'
import { testHeap } from '../support/test-heap'
import { TEST_TAG } from '../support/test-tag'

describe('the parts of a heap', () => {
  it('are refused where OS pages are not made of pools', () => {
    expect(caught(() => testHeap({ osPageSize: 6144 })).message).toBe(
      'ebb: OS pages of 6144 bytes are not made of pools',
    )
  })

  it('have no magazines where more heaps are open than there are places for', () => {
    const place = vi.spyOn(space, 'takeHeap').mockReturnValue(space.noMagazines)
    const [{ heap }, { heap: other }] = [testHeap(), testHeap()]
    place.mockRestore()
    const { table, magazines } = partsOf(heap)
    const before = space.words.slice(space.noMagazines, space.noMagazines + 64)
    for (const size of [16, 300, 3000, 40_000, 500_000]) {
      const pointers = [...heap.allocMany(size, new Int32Array(20))] as Pointer[]
      expect(pointers.every((pointer) => heap.bytes(pointer, size).fill(5) && other.isLive(pointer) === false)).toBe(
        true,
      )
      if (size === 16) expect(table.map.takenOf(poolStart(pointers[0] as Pointer))).toBe(20) // all of them live
      const grown = pointers.map((pointer) => heap.realloc(pointer, size + 100))
      expect(grown.every((pointer) => heap.bytes(pointer, size).every((byte) => byte === 5))).toBe(true)
      expect(caught(() => other.free(grown[0] as Pointer)).code).toBe('EBB_INVALID_POINTER')
      heap.freeMany(grown)
      expect(heap.bytes(heap.allocZeroed(size)).every((byte) => byte === 0)).toBe(true)
      checkHeap(partsOf(heap))
    }
    magazines.releaseAll()
    expect(space.words.slice(space.noMagazines, space.noMagazines + 64)).toEqual(before)
  })

  it('tell readers when the heap closes, and those who come later at once', () => {
    const { heap } = testHeap()
    const told: string[] = []
    addReader(partsOf(heap), { close: () => told.push('early') })
    expect(told).toEqual([])
    heap.close()
    expect(told).toEqual(['early'])
    addReader(partsOf(heap), { close: () => told.push('late') })
    expect(told).toEqual(['early', 'late'])
  })

  it('give all back when the heap was collected, and what they counted is past once', () => {
    const clock = new ManualClock()
    const parts = wire(clock, 1000, Infinity, TEST_TAG)
    const [small, large] = [parts.arenas.takePool(), parts.magazines.takeLarge(10 * ARENA_BYTES)]
    parts.large.put(large)
    expect([clock.pending, parts.large.kept.isDirty]).toEqual([1, true])
    const before = past.maps
    abandon(parts)
    expect([past.maps - before, parts.isClosed, clock.pending]).toEqual([2, true, 0])
    expect([small, large].map((pointer) => space.isFree(slotOf(pointer)))).toEqual([true, true])
    const again = wire(clock, 1000, Infinity, TEST_TAG)
    expect(again.table.map.base).toBe(parts.table.map.base)
    again.arenas.takePool()
    again.isClosed = true // closed, when it was counted, and collected later
    abandon(again)
    expect(past.maps - before).toBe(2)
  })
})
