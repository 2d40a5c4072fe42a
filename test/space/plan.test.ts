import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, GRANULES_PER_ARENA, POOL_BYTES, SLOTS_MAX } from '../../lib/base/layout'
import { columnBytes, planSpace } from '../../lib/space/plan'

const SIZE = { slots: SLOTS_MAX, heaps: 4096 }

describe('the plan of a space', () => {
  it('has its columns one behind the other, each on pages of its own', () => {
    for (const bytes of [2 ** 29, 2 ** 32 - ARENA_BYTES]) {
      const plan = planSpace(SIZE, bytes)
      const starts = [0, plan.owners, plan.taken, plan.tenants, plan.ledgers, plan.magazines, plan.byteLength]
      expect(starts.every((start) => start % 65_536 === 0)).toBe(true)
      expect(starts.toSorted?.((a, b) => a - b) ?? starts).toEqual(starts)
      expect(plan.owners).toBeGreaterThanOrEqual((SLOTS_MAX * GRANULES_PER_ARENA) / 8)
    }
  })

  it('fills the rest with near slots, and leaves a pool behind the last', () => {
    const plan = planSpace(SIZE, 2 ** 32 - ARENA_BYTES)
    const near = plan.nearEnd - plan.nearFirst
    expect(near * ARENA_BYTES).toBeGreaterThan(3e9)
    expect(plan.byteLength + near * ARENA_BYTES + POOL_BYTES).toBeLessThanOrEqual(2 ** 32 - ARENA_BYTES)
    expect(plan.nearEnd * GRANULES_PER_ARENA).toBeLessThan(2 ** 30) // a block's word is a small integer
  })

  it('has no near slots where none are wanted, and then takes less', () => {
    const plan = planSpace(SIZE, 0)
    expect([plan.nearEnd - plan.nearFirst, plan.byteLength]).toEqual([0, columnBytes(SIZE)])
    expect(columnBytes({ slots: 1, heaps: 1 })).toBeLessThan(10 * 65_536)
  })
})
