import { describe, expect, it } from 'vitest'
import type { Pointer, Slot } from '../../lib/base/layout'
import type { ArenaTable } from '../../lib/books/arena-table'
import type { BlockMap } from '../../lib/books/block-map'
import { space } from '../../lib/space/thread-space'
import { testTable } from '../support/test-table'

const at = (slot: number, granule: number): Pointer => ((slot << 14) | granule) as Pointer

/** A map, and as many slots that are open. */
function fresh(count: number): { map: BlockMap; slots: Slot[]; table: ArenaTable } {
  const table = testTable()
  return { map: table.map, slots: Array.from({ length: count }, () => table.openArena()), table }
}

describe('the map of live blocks', () => {
  it('has what was set and not cleared, and nothing that is no pointer', () => {
    const {
      map,
      slots: [slot = 0],
    } = fresh(1)
    for (const granule of [256, 287, 288, 16_383]) map.set(at(slot, granule))
    map.clear(at(slot, 287))
    const asked = [256, 287, 288, 289, 16_383].map((granule) => map.has(at(slot, granule)))
    expect(asked).toEqual([true, false, true, false, true])
    for (const wrong of [0, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31)]) expect(map.has(wrong)).toBe(false)
    expect([map.word(at(slot, 256), 0), map.word(at(slot, 256), 1)]).toEqual([1, 1])
    expect([map.count(at(slot, 256), 1), map.count(at(slot, 256), 63)]).toEqual([2, 3])
  })

  it('knows the last pointer that there can be', () => {
    const { map } = fresh(0)
    const last = (2 ** 31 - 1) as Pointer
    map.set(last)
    expect(map.has(last)).toBe(true)
    map.clear(last)
    expect(map.has(last)).toBe(false)
  })

  it('reads no other column for a number that is no pointer', () => {
    const { map, slots } = fresh(1)
    const pool = at(slots[0] as Slot, 256)
    map.setMagazine(0 as Pointer, 1)
    map.setMagazine(pool, 1)
    const bit = 31 - Math.clz32(map.base + 1)
    for (const owned of [0, pool]) {
      const number = (space.owners + (owned >>> 8)) * 32 + bit
      expect([map.has(number), map.has(number | 0)]).toEqual([false, false])
    }
    // The first number behind all pointers.
    const odd = (map.base + 1) & 1
    expect([space.owners * 32, odd, map.has(2 ** 31)]).toEqual([2 ** 31, 1, false])
    map.setMagazine(0 as Pointer, 0)
  })

  it('keeps a class and a count for each pool', () => {
    const {
      map,
      slots: [slot = 0],
    } = fresh(1)
    map.setMagazine(at(slot, 256), 7)
    map.setTaken(at(slot, 256), 300)
    expect([map.magazineOf(at(slot, 256)), map.takenOf(at(slot, 256)), map.magazineOf(at(slot, 512))]).toEqual([
      7, 300, 0,
    ])
    map.setMagazine(at(slot, 256), 0)
    expect(map.magazineOf(at(slot, 256))).toBe(0)
  })

  it('forgets a slot that is given back and no other', () => {
    const { map, slots, table } = fresh(3)
    for (const [i, slot] of slots.entries()) {
      map.set(at(slot, 256))
      map.set(at(slot, 16_383))
      map.setMagazine(at(slot, 256), i + 1)
      map.setTaken(at(slot, 16_128), i + 1)
    }
    table.closeArena(slots[1] as Slot)
    for (const [i, slot] of slots.entries()) {
      const kept = i !== 1
      expect([map.has(at(slot, 256)), map.has(at(slot, 16_383))]).toEqual([kept, kept])
      expect([map.magazineOf(at(slot, 256)), map.takenOf(at(slot, 16_128))]).toEqual(kept ? [i + 1, i + 1] : [0, 0])
    }
  })
})
