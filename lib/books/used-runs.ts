/**
 * Used pools: for each size class the runs that have both live and free blocks, a doubly linked list through their
 * records. Links are pointers to a run's granule 0. (CPython's `usedpools`.)
 */

import { type Pointer, poolOf, recordOf, type SizeClass, slotOf } from '../base/layout'
import { CLASS_TABLE_LENGTH } from '../base/size-classes'
import type { ArenaTable } from './arena-table'
import { NEXT, PREV, word } from './ledger'

export class UsedRuns {
  /** First used run of each class; 0: none. Blocks are taken from it until it is full. */
  private readonly heads = new Int32Array(CLASS_TABLE_LENGTH)
  private readonly tails = new Int32Array(CLASS_TABLE_LENGTH)
  private readonly table: ArenaTable

  constructor(table: ArenaTable) {
    this.table = table
  }

  head(sizeClass: SizeClass): Pointer | 0 {
    return this.heads[sizeClass] as Pointer | 0
  }

  next(run: Pointer): Pointer | 0 {
    return word(this.table.ledger(slotOf(run)), recordOf(poolOf(run)) + NEXT) as Pointer | 0
  }

  /**
   * Links a run that has just got both live and free blocks, at the end: by the time it is taken from again more of its
   * blocks may be free, and blocks are taken from few runs often rather than from many in turn.
   */
  link(sizeClass: SizeClass, run: Pointer): void {
    const tail = this.tails[sizeClass] as Pointer | 0
    this.tails[sizeClass] = run
    const ledger = this.table.ledger(slotOf(run))
    const record = recordOf(poolOf(run))
    ledger[record + NEXT] = 0
    ledger[record + PREV] = tail
    if (tail === 0) this.heads[sizeClass] = run
    else this.set(tail, NEXT, run)
  }

  /** Unlinks a run that got full or empty. */
  unlink(sizeClass: SizeClass, run: Pointer): void {
    const ledger = this.table.ledger(slotOf(run))
    const record = recordOf(poolOf(run))
    const next = word(ledger, record + NEXT) as Pointer | 0
    const prev = word(ledger, record + PREV) as Pointer | 0
    if (prev === 0) this.heads[sizeClass] = next
    else this.set(prev, NEXT, next)
    if (next === 0) this.tails[sizeClass] = prev
    else this.set(next, PREV, prev)
  }

  /** Forgets every run: the heap closes. */
  clear(): void {
    this.heads.fill(0)
    this.tails.fill(0)
  }

  private set(run: Pointer, field: number, value: number): void {
    this.table.ledger(slotOf(run))[recordOf(poolOf(run)) + field] = value
  }
}
