import { describe, expect, it } from 'vitest'
import * as layout from '../../lib/base/layout'

const { pointerTo, slotOf, poolOf, granuleOf, arenaOffset, recordOf, largePointer } = layout

describe('pointers', () => {
  it('give back what they were made of, up to the last one', () => {
    for (const slot of [1, 2, 77, layout.SLOTS_MAX - 1] as layout.Slot[]) {
      for (const pool of [0, 1, 31, 32, 63] as layout.PoolIndex[]) {
        for (const granule of [0, 1, 128, 255]) {
          const pointer = pointerTo(slot, pool, granule)
          expect([slotOf(pointer), poolOf(pointer), granuleOf(pointer)]).toEqual([slot, pool, granule])
          expect(arenaOffset(pointer)).toBe(pool * layout.POOL_BYTES + granule * layout.GRANULE_BYTES)
        }
      }
    }
    expect(pointerTo((layout.SLOTS_MAX - 1) as layout.Slot, 63 as layout.PoolIndex, 255)).toBe(2 ** 31 - 1)
  })

  it('of large blocks point behind where a ledger would be', () => {
    const pointer = largePointer(5 as layout.Slot)
    expect([slotOf(pointer), poolOf(pointer), granuleOf(pointer)]).toEqual([5, 1, 0])
    expect(arenaOffset(pointer)).toBe(layout.POOL_BYTES)
  })
})

describe('numbers', () => {
  it('are those of the design', () => {
    expect([layout.GRANULE_BYTES, layout.POOL_BYTES, layout.ARENA_BYTES]).toEqual([16, 4096, 262_144])
    expect([layout.FREE_POOLS_MAX, layout.RECORD_WORDS, layout.SLOTS_MAX]).toEqual([63, 16, 131_072])
  })

  it('lay the records of a ledger side by side', () => {
    expect(recordOf(1 as layout.PoolIndex) * 4).toBe(layout.RECORD_BYTES)
    expect((recordOf(63 as layout.PoolIndex) + layout.RECORD_WORDS) * 4).toBe(layout.POOL_BYTES)
  })
})
