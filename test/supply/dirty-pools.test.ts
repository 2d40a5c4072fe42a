import { describe, expect, it } from 'vitest'
import type { Slot } from '../../lib/base/layout'
import type { ArenaTable } from '../../lib/books/arena-table'
import { openLedger, slotOfLedger } from '../../lib/books/ledger'
import { DirtyPools } from '../../lib/supply/dirty-pools'
import { detach } from '../support/test-pages'
import { testTable } from '../support/test-table'

function three(): { dirty: DirtyPools; ledgers: [Int32Array, Int32Array, Int32Array]; table: ArenaTable } {
  const table = testTable()
  const dirty = new DirtyPools(table)
  const ledgers = [0, 1, 2].map(() => {
    const slot = table.openArena()
    openLedger(table.ledger(slot), slot)
    return table.ledger(slot)
  })
  return { dirty, ledgers: ledgers as [Int32Array, Int32Array, Int32Array], table }
}

function sweep(dirty: DirtyPools): Slot[] {
  const seen: Slot[] = []
  for (let ledger = dirty.sweepNext(); ledger !== undefined; ledger = dirty.sweepNext()) seen.push(slotOfLedger(ledger))
  return seen
}

describe('arenas with dirty pools', () => {
  it('are listed once, however often they are added', () => {
    const { dirty, ledgers } = three()
    expect(dirty.isEmpty).toBe(true)
    for (const ledger of [...ledgers, ...ledgers]) dirty.add(ledger)
    dirty.rewind()
    expect(sweep(dirty)).toEqual([3, 2, 1])
    expect([dirty.isSweeping, dirty.isEmpty]).toEqual([false, false])
  })

  it('can leave during a sweep, even the one that is next', () => {
    const { dirty, ledgers } = three()
    for (const ledger of ledgers) dirty.add(ledger)
    dirty.rewind()
    expect(dirty.sweepNext()).toBe(ledgers[2])
    dirty.remove(ledgers[1])
    dirty.remove(ledgers[1])
    dirty.remove(ledgers[2])
    expect(sweep(dirty)).toEqual([1])
  })

  it('added during a sweep wait for the next one', () => {
    const { dirty, ledgers } = three()
    dirty.add(ledgers[0])
    dirty.rewind()
    dirty.add(ledgers[1])
    expect(sweep(dirty)).toEqual([1])
    dirty.rewind()
    expect(sweep(dirty)).toEqual([2, 1])
  })

  it('end a sweep where one of them is lost', () => {
    const { dirty, ledgers, table } = three()
    for (const ledger of ledgers) dirty.add(ledger)
    dirty.rewind()
    detach(table.buffer(2 as Slot))
    expect(sweep(dirty)).toEqual([3])
    expect([dirty.isSweeping, table.sawLost]).toEqual([false, true])
    dirty.clear()
    expect(dirty.isEmpty).toBe(true)
  })
})
