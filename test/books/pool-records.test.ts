import { describe, expect, it } from 'vitest'
import { type PoolIndex, pointerTo, type Slot } from '../../lib/base/layout'
import type { ArenaTable } from '../../lib/books/arena-table'
import { LENGTH, NEXT, recordWord, STAMP } from '../../lib/books/ledger'
import { recordWordAt, setRecordWordAt } from '../../lib/books/pool-records'
import { space } from '../../lib/space/thread-space'
import { testTable } from '../support/test-table'

describe('records of pools, by pointer', () => {
  it('are those of the ledger of a near arena, from any granule of the pool', () => {
    const table = testTable()
    table.openArena()
    const slot = table.openArena()
    for (const pool of [1, 2, 63] as PoolIndex[]) {
      setRecordWordAt(table, pointerTo(slot, pool, 0), NEXT, -pool)
      setRecordWordAt(table, pointerTo(slot, pool, 255), STAMP, 1000 + pool)
    }
    const ledger = table.ledger(slot)
    for (const pool of [1, 2, 63] as PoolIndex[]) {
      expect([recordWord(ledger, pool, NEXT), recordWord(ledger, pool, STAMP)]).toEqual([-pool, 1000 + pool])
      expect(recordWordAt(table, pointerTo(slot, pool, 128), NEXT)).toBe(-pool)
    }
    expect(recordWord(ledger, 3 as PoolIndex, NEXT)).toBe(0)
  })

  it('are those of the ledger that the table has of a far one, on either side of near memory', () => {
    for (const slot of [space.nearFirst - 1, space.nearEnd] as Slot[]) {
      const ledger = new Int32Array(1024)
      const asked: Slot[] = []
      const table = {
        ledger(of: Slot): Int32Array {
          asked.push(of)
          return ledger
        },
      } as unknown as ArenaTable
      const run = pointerTo(slot, 5 as PoolIndex, 0)
      setRecordWordAt(table, run, LENGTH, 7)
      expect([recordWord(ledger, 5 as PoolIndex, LENGTH), recordWordAt(table, run, LENGTH)]).toEqual([7, 7])
      expect(asked).toEqual([slot, slot])
    }
  })
})
