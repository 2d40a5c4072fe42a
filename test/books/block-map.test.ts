import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import type { BlockMap } from '../../lib/books/block-map'
import { space } from '../../lib/space/thread-space'
import { testTable } from '../support/test-table'

const fresh = (): BlockMap => testTable().map
const at = (slot: number, granule: number): Pointer => ((slot << 14) | granule) as Pointer

describe('the map of live blocks', () => {
  it('has what was set and not cleared, and nothing that is no pointer', () => {
    const map = fresh()
    for (const granule of [256, 287, 288, 16_383]) map.set(at(1, granule))
    map.clear(at(1, 287))
    const asked = [256, 287, 288, 289, 16_383].map((granule) => map.has(at(1, granule)))
    expect(asked).toEqual([true, false, true, false, true])
    for (const wrong of [0, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31)]) expect(map.has(wrong)).toBe(false)
    expect([map.word(at(1, 256), 0), map.word(at(1, 256), 1)]).toEqual([1, 1])
    expect([map.count(at(1, 256), 1), map.count(at(1, 256), 63)]).toEqual([2, 3])
    space.forget(1 as never)
  })

  it('knows the last pointer that there can be', () => {
    const map = fresh()
    const last = (2 ** 31 - 1) as Pointer
    map.set(last)
    expect(map.has(last)).toBe(true)
    map.clear(last)
    expect(map.has(last)).toBe(false)
  })

  it('keeps a class and a count for each pool', () => {
    const map = fresh()
    map.setMagazine(at(1, 256), 7)
    map.setTaken(at(1, 256), 300)
    expect([map.magazineOf(at(1, 256)), map.takenOf(at(1, 256)), map.magazineOf(at(1, 512))]).toEqual([7, 300, 0])
    map.setMagazine(at(1, 256), 0)
    expect(map.magazineOf(at(1, 256))).toBe(0)
    space.forget(1 as never)
  })

  it('forgets a slot and no other', () => {
    const map = fresh()
    for (const slot of [1, 2, 3]) {
      map.set(at(slot, 256))
      map.set(at(slot, 16_383))
      map.setMagazine(at(slot, 256), slot)
      map.setTaken(at(slot, 16_128), slot)
    }
    space.forget(2 as never)
    for (const slot of [1, 2, 3]) {
      const kept = slot !== 2
      expect([map.has(at(slot, 256)), map.has(at(slot, 16_383))]).toEqual([kept, kept])
      expect([map.magazineOf(at(slot, 256)), map.takenOf(at(slot, 16_128))]).toEqual(kept ? [slot, slot] : [0, 0])
    }
    for (const slot of [1, 3]) space.forget(slot as never)
  })
})
