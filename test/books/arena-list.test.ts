import { expect, it } from 'vitest'
import type { Slot } from '../../lib/base/layout'
import { linkFront, unlinkFrom } from '../../lib/books/arena-list'
import { NULL_LEDGER } from '../../lib/books/arena-table'
import { A_NEXT, A_PREV, openLedger, word } from '../../lib/books/ledger'
import { testTable } from '../support/test-table'

it('links at the front and unlinks anywhere', () => {
  const table = testTable()
  const slots = [1, 2, 3, 4].map(() => {
    const slot = table.openArena()
    openLedger(table.ledger(slot), slot)
    return slot
  })
  let head: Slot | 0 = 0
  const list = (): number[] => {
    const seen: number[] = []
    for (let slot = head; slot !== 0; slot = word(table.ledger(slot), A_NEXT) as Slot | 0)
      seen.push(slots.indexOf(slot) + 1)
    return seen
  }
  for (const slot of slots) head = linkFront(table, table.ledger(slot), head, A_NEXT, A_PREV)
  expect(list()).toEqual([4, 3, 2, 1])
  for (const [nth, rest] of [
    [3, [4, 2, 1]],
    [4, [2, 1]],
    [1, [2]],
    [2, []],
  ] as const) {
    head = unlinkFrom(table, table.ledger(slots[nth - 1] as Slot), head, A_NEXT, A_PREV)
    expect(list()).toEqual(rest)
  }
  expect(NULL_LEDGER.every((each) => each === 0)).toBe(true)
})
