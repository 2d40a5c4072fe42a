import { describe, expect, it } from 'vitest'
import { POOL_BYTES } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { wholeRunPools } from '../../lib/supply/whole-runs'
import { testHeap } from '../support/test-heap'

const RUNS = [
  [32_769, 9],
  [100_000, 25],
  [31 * POOL_BYTES, 31],
  [56 * POOL_BYTES, 56],
  [63 * POOL_BYTES, 63],
] as const

describe('whole runs', () => {
  it('are one block of whole pools', () => {
    const { heap } = testHeap()
    for (const [size, pools] of RUNS) {
      const pointer = heap.alloc(size)
      expect([heap.usableSize(pointer) / POOL_BYTES, heap.stats().largeBlocks]).toEqual([pools, 0])
      expect(wholeRunPools(size)).toBe(pools)
      checkHeap(partsOf(heap))
      heap.free(pointer)
    }
  })

  it('serve no request that would leave a large part of an arena unused', () => {
    for (const pools of [32, 55, 64]) expect(wholeRunPools(pools * POOL_BYTES)).toBe(0)
  })

  it('grow into free pools behind them, and give back those that they do not need', () => {
    const { heap } = testHeap()
    const { wholeRuns } = partsOf(heap)
    const run = heap.alloc(40_000)
    const behind = heap.alloc(40_000)
    expect([wholeRuns.growInPlace(run, 12), heap.usableSize(run)]).toEqual([false, 40_960])
    heap.free(behind)
    heap.purge()
    expect([wholeRuns.growInPlace(run, 12), heap.usableSize(run)]).toEqual([true, 12 * POOL_BYTES])
    checkHeap(partsOf(heap))
    wholeRuns.shrinkInPlace(run, 9)
    expect([heap.usableSize(run), heap.stats().freePools]).toEqual([9 * POOL_BYTES, 54])
    checkHeap(partsOf(heap))
  })

  it('grow out of a size class whose runs are one block', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(30_000) // class of 32 KiB: 8 pools
    expect([heap.realloc(pointer, 60_000), heap.usableSize(pointer)]).toEqual([pointer, 61_440])
    checkHeap(partsOf(heap))
    heap.free(pointer)
    expect(heap.alloc(61_000)).toBe(pointer)
  })
})
