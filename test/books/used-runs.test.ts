import { describe, expect, it } from 'vitest'
import { type Pointer, type PoolIndex, pointerTo, type SizeClass } from '../../lib/base/layout'
import { UsedRuns } from '../../lib/books/used-runs'
import { testTable } from '../support/test-table'

const CLASS = 3 as SizeClass

function fivePools(): { used: UsedRuns; pools: Pointer[]; list: () => number[] } {
  const table = testTable()
  const slots = [table.openArena(), table.openArena()] as const
  const used = new UsedRuns(table)
  const pools = [1, 2, 3, 4, 5].map((pool) => pointerTo(slots[pool % 2] ?? slots[0], pool as PoolIndex, 0))
  const list = (): number[] => {
    const seen: number[] = []
    for (let run = used.head(CLASS); run !== 0; run = used.next(run)) seen.push(pools.indexOf(run) + 1)
    return seen
  }
  return { used, pools, list }
}

describe('used pools', () => {
  it('are linked at the end and unlinked anywhere', () => {
    const { used, pools, list } = fivePools()
    for (const pool of pools) used.link(CLASS, pool)
    expect(list()).toEqual([1, 2, 3, 4, 5])
    for (const [pool, rest] of [
      [3, [1, 2, 4, 5]],
      [1, [2, 4, 5]],
      [5, [2, 4]],
      [4, [2]],
      [2, []],
    ] as const) {
      used.unlink(CLASS, pools[pool - 1] as Pointer)
      expect(list()).toEqual(rest)
    }
    used.link(CLASS, pools[3] as Pointer)
    expect(list()).toEqual([4])
  })

  it('of one class are apart from those of another, until all are forgotten', () => {
    const { used, pools, list } = fivePools()
    used.link(CLASS, pools[0] as Pointer)
    used.link(4 as SizeClass, pools[1] as Pointer)
    expect(list()).toEqual([1])
    used.clear()
    expect([used.head(CLASS), used.head(4 as SizeClass)]).toEqual([0, 0])
  })
})
