/**
 * Usable arenas: those with at least one free pool, fullest first.
 *
 * A bucket for each number of free pools, each a doubly linked list through the ledgers, and a 64-bit mask of the buckets that
 * are not empty: the fullest is the lowest bit. Filling the fullest first leaves the emptiest alone, so that they get
 * wholly free and can be unmapped (Evan Jones; CPython's `usable_arenas`, which is a sorted list).
 */

import { nextSet } from '../base/bits'
import { POOLS_PER_ARENA, type Slot } from '../base/layout'
import { linkFront, unlinkFrom } from './arena-list'
import type { ArenaTable } from './arena-table'
import { A_NEXT, A_PREV, freePools, word } from './ledger'

export class UsableArenas {
  /** First arena of each bucket, as slot; 0: none. Index: free pools. */
  private readonly heads = new Int32Array(POOLS_PER_ARENA)
  private maskLow = 0
  private maskHigh = 0
  private readonly table: ArenaTable

  constructor(table: ArenaTable) {
    this.table = table
  }

  /** The fullest arena with at least `length` free pools in all; 0 where there is none. */
  fullest(length: number): Slot | 0 {
    const bucket = nextSet(this.maskLow, this.maskHigh, length)
    return bucket < POOLS_PER_ARENA ? this.head(bucket) : 0
  }

  /** The arena with the most free pools; 0 where there is none. (The ablation's order, and the source of wholly free arenas.) */
  emptiest(): Slot | 0 {
    const bucket = this.maskHigh !== 0 ? 63 - Math.clz32(this.maskHigh) : 31 - Math.clz32(this.maskLow)
    return bucket < 0 ? 0 : this.head(bucket)
  }

  /** First arena with exactly `free` free pools; 0 where there is none. */
  head(free: number): Slot | 0 {
    return this.heads[free] as Slot | 0
  }

  /** The next arena after this one in its bucket, or the first of the next bucket; 0 at the end. */
  after(ledger: Int32Array): Slot | 0 {
    const next = word(ledger, A_NEXT) as Slot | 0
    return next !== 0 ? next : this.fullest(freePools(ledger) + 1)
  }

  /** Links an arena into the bucket of its free pools, of which it must have one. */
  link(ledger: Int32Array): void {
    const bucket = freePools(ledger)
    this.heads[bucket] = linkFront(this.table, ledger, this.head(bucket), A_NEXT, A_PREV)
    if (bucket < 32) this.maskLow |= 1 << bucket
    else this.maskHigh |= 1 << (bucket & 31)
  }

  /** Unlinks an arena from the bucket of `bucket` free pools, in which it must be. */
  unlink(ledger: Int32Array, bucket: number): void {
    const head = unlinkFrom(this.table, ledger, this.head(bucket), A_NEXT, A_PREV)
    this.heads[bucket] = head
    if (head !== 0) return
    if (bucket < 32) this.maskLow &= ~(1 << bucket)
    else this.maskHigh &= ~(1 << (bucket & 31))
  }

  /** Forgets every arena: the heap closes. */
  clear(): void {
    this.heads.fill(0)
    this.maskLow = 0
    this.maskHigh = 0
  }
}
