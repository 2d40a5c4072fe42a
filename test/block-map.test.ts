import { describe, expect, it } from 'vitest'
import { BlockMap } from '../lib/block-map'
import type { Pointer, Slot } from '../lib/layout'
import { Mappings } from '../lib/mappings'
import { caught } from './support/caught'
import { FakeOsPages } from './support/fake-os-pages'

function fresh(): { map: BlockMap; mappings: Mappings; os: FakeOsPages } {
  const os = new FakeOsPages()
  const mappings = new Mappings(os, Infinity)
  const map = new BlockMap(mappings)
  map.reserve(1 as Slot)
  return { map, mappings, os }
}
const at = (slot: number, granule: number): Pointer => ((slot << 14) | granule) as Pointer

describe('the map of live blocks', () => {
  it('has what was set and not cleared, and nothing that is no pointer', () => {
    const { map } = fresh()
    for (const granule of [256, 287, 288, 16_383]) map.set(at(1, granule))
    map.clear(at(1, 287))
    expect([256, 287, 288, 289, 16_383].map((granule) => map.has(at(1, granule)))).toEqual([
      true,
      false,
      true,
      false,
      true,
    ])
    for (const wrong of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) expect(map.has(wrong)).toBe(false)
    expect([map.word(at(1, 256), 0), map.word(at(1, 256), 1)]).toEqual([1, 1])
    expect([map.count(at(1, 256), 1), map.count(at(1, 256), 63)]).toEqual([2, 3])
  })

  it('grows with the slots and keeps what it knows, in one mapping', () => {
    const { map, mappings, os } = fresh()
    map.set(at(1, 500))
    map.setMagazine(at(1, 256), 7)
    map.setTaken(at(1, 256), 300)
    map.reserve(5000 as Slot)
    expect(map.slots).toBe(5001)
    expect([map.has(at(1, 500)), map.magazineOf(at(1, 256)), map.takenOf(at(1, 256))]).toEqual([true, 7, 300])
    expect([os.mapped.size, mappings.mappedBytes]).toEqual([1, map.byteLength])
    map.close()
    expect([os.mapped.size, mappings.mappedBytes, map.slots, map.has(at(1, 500))]).toEqual([0, 0, 0, false])
  })

  it('is as it was when it cannot grow', () => {
    const { map, os } = fresh()
    map.set(at(1, 500))
    os.failFrom = 0
    expect(caught(() => map.reserve(100 as Slot)).code).toBe('EBB_OUT_OF_MEMORY')
    expect([map.slots, map.has(at(1, 500))]).toEqual([8, true])
  })

  it('forgets a slot and no other', () => {
    const { map } = fresh()
    for (const slot of [1, 2, 3]) {
      map.set(at(slot, 256))
      map.set(at(slot, 16_383))
      map.setMagazine(at(slot, 256), slot)
      map.setTaken(at(slot, 16_128), slot)
    }
    map.forget(2 as Slot)
    for (const slot of [1, 2, 3]) {
      const kept = slot !== 2
      expect([map.has(at(slot, 256)), map.has(at(slot, 16_383))]).toEqual([kept, kept])
      expect([map.magazineOf(at(slot, 256)), map.takenOf(at(slot, 16_128))]).toEqual(kept ? [slot, slot] : [0, 0])
    }
  })
})
