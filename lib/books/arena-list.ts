/** Doubly linked lists of arenas through two words of their ledgers' record 0: slots, 0 at both ends. */

import type { Slot } from '../base/layout'
import type { ArenaTable } from './arena-table'
import { slotOfLedger, word } from './ledger'

/** Links an arena before `head`. Returns the new head. */
export function linkFront(table: ArenaTable, ledger: Int32Array, head: Slot | 0, next: number, prev: number): Slot {
  const slot = slotOfLedger(ledger)
  ledger[prev] = 0
  ledger[next] = head
  if (head !== 0) table.ledger(head)[prev] = slot
  return slot
}

/** Unlinks an arena from the list that starts at `head`. Returns the new head. */
export function unlinkFrom(
  table: ArenaTable,
  ledger: Int32Array,
  head: Slot | 0,
  next: number,
  prev: number,
): Slot | 0 {
  const after = word(ledger, next) as Slot | 0
  const before = word(ledger, prev) as Slot | 0
  if (after !== 0) table.ledger(after)[prev] = before
  if (before === 0) return after
  table.ledger(before)[next] = after
  return head
}
