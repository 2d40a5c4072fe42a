/** Arenas with dirty pools, in no order, and the place where the purger's next slice goes on. */

import type { Slot } from '../base/layout'
import { linkFront, unlinkFrom } from '../books/arena-list'
import type { ArenaTable } from '../books/arena-table'
import { A_DIRTY_NEXT, A_DIRTY_PREV, A_IS_LISTED, slotOfLedger, word } from '../books/ledger'

export class DirtyPools {
  private head: Slot | 0 = 0
  private cursor: Slot | 0 = 0
  private readonly table: ArenaTable

  constructor(table: ArenaTable) {
    this.table = table
  }

  get isEmpty(): boolean {
    return this.head === 0
  }

  /** Adds an arena unless it is in the list. */
  add(ledger: Int32Array): void {
    if (word(ledger, A_IS_LISTED) !== 0) return
    ledger[A_IS_LISTED] = 1
    this.head = linkFront(this.table, ledger, this.head, A_DIRTY_NEXT, A_DIRTY_PREV)
  }

  /** Removes an arena if it is in the list. */
  remove(ledger: Int32Array): void {
    if (word(ledger, A_IS_LISTED) === 0) return
    ledger[A_IS_LISTED] = 0
    if (this.cursor === slotOfLedger(ledger)) this.cursor = word(ledger, A_DIRTY_NEXT) as Slot | 0
    this.head = unlinkFrom(this.table, ledger, this.head, A_DIRTY_NEXT, A_DIRTY_PREV)
  }

  /** Starts a sweep over the whole list. */
  rewind(): void {
    this.cursor = this.head
  }

  /** True while a sweep has arenas before it. */
  get isSweeping(): boolean {
    return this.cursor !== 0
  }

  /** The next arena of the sweep; undefined at its end, or where a lost one breaks the list. Arenas added meanwhile wait for the next sweep. */
  sweepNext(): Int32Array | undefined {
    if (this.cursor === 0) return undefined
    const ledger = this.table.ledger(this.cursor)
    if (this.table.sawLost) {
      this.cursor = 0
      return undefined
    }
    this.cursor = word(ledger, A_DIRTY_NEXT) as Slot | 0
    return ledger
  }

  /** Forgets every arena: the books are about to be rebuilt. */
  clear(): void {
    this.head = 0
    this.cursor = 0
  }
}
