import { describe, expect, it } from 'vitest'
import type { Slot } from '../../lib/base/layout'
import { A_FREE_POOLS, openLedger } from '../../lib/books/ledger'
import { UsableArenas } from '../../lib/books/usable-arenas'
import { testTable } from '../support/test-table'

interface Made {
  usable: UsableArenas
  ledgers: Int32Array[]
  /** Which of them an arena is, from 1; 0: none. */
  nth: (slot: Slot | 0) => number
}

function arenasWithFreePools(...counts: number[]): Made {
  const table = testTable()
  const usable = new UsableArenas(table)
  const slots: number[] = []
  const ledgers = counts.map((count) => {
    const slot = table.openArena()
    slots.push(slot)
    const ledger = table.ledger(slot)
    openLedger(ledger, slot)
    ledger[A_FREE_POOLS] = count
    usable.link(ledger)
    return ledger
  })
  return { usable, ledgers, nth: (slot) => slots.indexOf(slot) + 1 }
}

describe('usable arenas', () => {
  it('give the fullest with enough free pools, and the emptiest', () => {
    const { usable, nth } = arenasWithFreePools(40, 3, 63, 31, 32)
    expect([1, 3, 4, 32, 33, 41, 63, 64].map((length) => nth(usable.fullest(length)))).toEqual([2, 2, 4, 5, 1, 3, 3, 0])
    expect(nth(usable.emptiest())).toBe(3)
  })

  it('are empty when they are empty', () => {
    const { usable } = arenasWithFreePools()
    expect([usable.fullest(1), usable.emptiest(), usable.head(5)]).toEqual([0, 0, 0])
  })

  it('can be walked from the fullest to the emptiest, each once', () => {
    const { usable, ledgers, nth } = arenasWithFreePools(7, 50, 7, 1, 63)
    const seen: number[] = []
    for (let slot = usable.fullest(1); slot !== 0; slot = usable.after(ledgers[nth(slot) - 1] as Int32Array)) {
      seen.push(nth(slot))
    }
    expect(seen).toEqual([4, 3, 1, 2, 5])
  })

  it('forget what is unlinked, from either word of the mask', () => {
    const { usable, ledgers, nth } = arenasWithFreePools(10, 10, 50)
    usable.unlink(ledgers[1] as Int32Array, 10)
    expect(nth(usable.fullest(1))).toBe(1)
    usable.unlink(ledgers[0] as Int32Array, 10)
    expect(nth(usable.fullest(1))).toBe(3)
    usable.unlink(ledgers[2] as Int32Array, 50)
    expect(usable.fullest(1)).toBe(0)
    usable.link(ledgers[2] as Int32Array)
    usable.clear()
    expect(usable.emptiest()).toBe(0)
  })
})
