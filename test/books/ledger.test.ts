import { describe, expect, it } from 'vitest'
import { FREE_POOLS_MAX, type PoolIndex, recordOf, type Slot } from '../../lib/base/layout'
import {
  A_RUN_BOUND,
  findRun,
  freeBehind,
  freePools,
  isDirtyPool,
  isFreePool,
  LENGTH,
  nextFreePool,
  openLedger,
  putPools,
  recordWord,
  runsOf,
  STAMP,
  slotOfLedger,
  takePools,
  word,
} from '../../lib/books/ledger'

const pool = (index: number): PoolIndex => index as PoolIndex
function fresh(): Int32Array {
  const ledger = new Int32Array(1024)
  openLedger(ledger, 9 as Slot)
  return ledger
}
function take(ledger: Int32Array, first: number, length: number): number {
  const dirty = takePools(ledger, pool(first), length)
  ledger[recordOf(pool(first)) + LENGTH] = length
  return dirty
}

describe('a fresh ledger', () => {
  it('has every pool but itself free and clean', () => {
    const ledger = fresh()
    expect([freePools(ledger), slotOfLedger(ledger)]).toEqual([FREE_POOLS_MAX, 9])
    expect(isFreePool(ledger, pool(0))).toBe(false)
    for (let p = 1; p < 64; p++)
      expect([isFreePool(ledger, pool(p)), isDirtyPool(ledger, pool(p))]).toEqual([true, false])
    expect([...runsOf(ledger)]).toEqual([])
  })
})

describe('taking and putting pools', () => {
  it('undo each other, but for the dirt', () => {
    const ledger = fresh()
    expect(take(ledger, 30, 5)).toBe(0)
    expect([freePools(ledger), isFreePool(ledger, pool(34)), isFreePool(ledger, pool(35))]).toEqual([58, false, true])
    expect([...runsOf(ledger)]).toEqual([[30, 5]])
    putPools(ledger, pool(30), 5, 7)
    expect(freePools(ledger)).toBe(FREE_POOLS_MAX)
    for (let p = 30; p < 35; p++) {
      expect(isDirtyPool(ledger, pool(p))).toBe(true)
      expect(recordWord(ledger, pool(p), STAMP)).toBe(7)
    }
    expect([29, 35].map((p) => recordWord(ledger, pool(p), STAMP))).toEqual([0, 0])
    expect(take(ledger, 34, 2)).toBe(1)
    expect(isDirtyPool(ledger, pool(34))).toBe(false)
  })

  it('nextFreePool prefers dirty pools where that is asked for', () => {
    const ledger = fresh()
    take(ledger, 40, 1)
    putPools(ledger, pool(40), 1, 0)
    expect([nextFreePool(ledger, true), nextFreePool(ledger, false)]).toEqual([40, 1])
  })
})

describe('findRun', () => {
  it('takes the shortest stretch that is long enough, lowest first', () => {
    const ledger = fresh()
    for (const [first, length] of [
      [1, 3],
      [8, 10],
      [21, 10],
      [36, 28],
    ] as const)
      take(ledger, first, length)
    // Free: 4..7 (4), 18..20 (3), 31..35 (5)
    expect([1, 3, 4, 5].map((length) => findRun(ledger, length))).toEqual([18, 18, 4, 31])
    expect(findRun(ledger, 6)).toBe(0)
    expect(word(ledger, A_RUN_BOUND)).toBe(5)
    putPools(ledger, pool(1), 3, 0)
    expect(findRun(ledger, 6)).toBe(1)
  })

  it('takes the first of several that are equally long, and knows the longest wherever it is', () => {
    const ledger = fresh()
    for (const [first, length] of [
      [11, 4],
      [20, 5],
      [30, 34],
    ] as const)
      take(ledger, first, length)
    // Free: 1..10 (10), 15..19 (5), 25..29 (5)
    expect([findRun(ledger, 4), findRun(ledger, 5), findRun(ledger, 6)]).toEqual([15, 15, 1])
    expect([findRun(ledger, 11), word(ledger, A_RUN_BOUND)]).toEqual([0, 10])
  })

  it('freeBehind counts free neighbours up to what is wanted', () => {
    const ledger = fresh()
    take(ledger, 10, 5)
    expect([freeBehind(ledger, 5, 99), freeBehind(ledger, 5, 2), freeBehind(ledger, 12, 9)]).toEqual([5, 2, 0])
    expect([freeBehind(ledger, 15, 99), freeBehind(ledger, 64, 9)]).toEqual([49, 0])
  })
})
