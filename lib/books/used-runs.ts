/**
 * Used pools: for each size class the runs that have both live and free blocks, a doubly linked list through their
 * records. Links are pointers to a run's granule 0. (CPython's `usedpools`.)
 */

import type { Pointer, SizeClass } from '../base/layout'
import { CLASS_TABLE_LENGTH } from '../base/size-classes'
import type { ArenaTable } from './arena-table'
import { NEXT, PREV } from './ledger'
import { recordWordAt, setRecordWordAt } from './pool-records'

// File-local copies: an imported binding is a property load on every use.
const nextField = NEXT
const prevField = PREV

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
    return recordWordAt(this.table, run, nextField) as Pointer | 0
  }

  /**
   * Links a run that has just got both live and free blocks, at the end: by the time it is taken from again more of its
   * blocks may be free, and blocks are taken from few runs often rather than from many in turn.
   */
  link(sizeClass: SizeClass, run: Pointer): void {
    const { table } = this
    const tail = this.tails[sizeClass] as Pointer | 0
    this.tails[sizeClass] = run
    setRecordWordAt(table, run, nextField, 0)
    setRecordWordAt(table, run, prevField, tail)
    if (tail === 0) this.heads[sizeClass] = run
    else setRecordWordAt(table, tail, nextField, run)
  }

  /** Unlinks a run that got full or empty. */
  unlink(sizeClass: SizeClass, run: Pointer): void {
    const { table } = this
    const next = recordWordAt(table, run, nextField) as Pointer | 0
    const prev = recordWordAt(table, run, prevField) as Pointer | 0
    if (prev === 0) this.heads[sizeClass] = next
    else setRecordWordAt(table, prev, nextField, next)
    if (next === 0) this.tails[sizeClass] = prev
    else setRecordWordAt(table, next, prevField, prev)
  }

  /** Forgets every run: the heap closes. */
  clear(): void {
    this.heads.fill(0)
    this.tails.fill(0)
  }
}
