/**
 * Blocks in runs of several pools: the medium size classes that do not fit one pool well, and whole runs, which are one block.
 *
 *     run of class 2560 (2 pools, 3 blocks)        record of pool n      CLASS 2560, LENGTH 2
 *     +--------------------+--------------------+  record of pool n + 1  CLASS -1 (first pool is 1 before)
 *     | block 0 | block 1  | block 2    |  loss |
 *     +--------------------+--------------------+
 *
 * A block's live bit is that of the granule it starts at, as in one-pool runs, so a free is checked alike. Its pools have no
 * magazine, which leads every free here.
 */

import {
  GRANULE_SHIFT,
  POOL_BYTES,
  type Pointer,
  poolOf,
  poolStart,
  RECORD_WORDS,
  recordAt,
  runBefore,
  type SizeClass,
  slotOf,
} from '../base/layout'
import { blockBytesOf, runBlocksOf, runPoolsOf, WHOLE_RUN } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import type { Counts } from '../books/counts'
import { CLASS, LENGTH, PINS, word } from '../books/ledger'
import type { UsedRuns } from '../books/used-runs'
import type { Arenas } from './arenas'
import type { RestingPools } from './resting-pools'

/** First pool (its granule 0) of the run that a pointer into it belongs to. */
export function runOf(table: ArenaTable, pointer: Pointer): Pointer {
  const pool = poolStart(pointer)
  const sizeClass = word(table.ledger(slotOf(pool)), recordAt(pool) + CLASS)
  return sizeClass < 0 ? runBefore(pool, -sizeClass) : pool
}

export class Runs {
  private readonly table: ArenaTable
  private readonly counts: Counts
  private readonly arenas: Arenas
  private readonly used: UsedRuns
  private readonly resting: RestingPools

  constructor(table: ArenaTable, arenas: Arenas, used: UsedRuns, resting: RestingPools) {
    this.table = table
    this.counts = table.counts
    this.arenas = arenas
    this.used = used
    this.resting = resting
  }

  /** Takes a block of a class whose runs have several pools. */
  take(sizeClass: SizeClass): Pointer {
    const head = this.used.head(sizeClass)
    return this.takeIn(sizeClass, head === 0 ? this.openUsed(sizeClass) : head)
  }

  /** Takes a block in a given used run of the class. */
  takeIn(sizeClass: SizeClass, run: Pointer): Pointer {
    const pointer = this.freeBlock(run, sizeClass)
    this.mark(run, pointer, sizeClass)
    if (this.taken(run) === runBlocksOf(sizeClass)) this.used.unlink(sizeClass, run)
    return pointer
  }

  /** Takes a run of `length` pools as one block. */
  takeWhole(length: number): Pointer {
    const run = this.open(WHOLE_RUN, length)
    this.mark(run, run, WHOLE_RUN)
    return run
  }

  /** A block of a run of several pools was freed and its bit is cleared. */
  put(pointer: Pointer): void {
    const run = runOf(this.table, pointer)
    const ledger = this.table.ledger(slotOf(run))
    const record = recordAt(run)
    const sizeClass = word(ledger, record + CLASS) as SizeClass
    const live = this.taken(run) - 1
    this.table.map.setTaken(run, live)
    this.counts.addTaken(sizeClass, -1)
    const wasFull = live + 1 === runBlocksOf(sizeClass)
    if (live > 0) {
      if (wasFull && word(ledger, record + PINS) === 0) this.used.link(sizeClass, run)
      return
    }
    if (!wasFull) this.used.unlink(sizeClass, run)
    const length = word(ledger, record + LENGTH)
    this.counts.addPools(sizeClass, -length)
    this.arenas.putRun(run, length)
  }

  /** Bytes of a whole run. */
  wholeBytes(run: Pointer): number {
    return word(this.table.ledger(slotOf(run)), recordAt(run) + LENGTH) * POOL_BYTES
  }

  /**
   * Makes the one block of a run longer, in place, by free pools behind it; it becomes a whole run.
   * @returns whether there were such pools
   */
  growInPlace(run: Pointer, length: number): boolean {
    const slot = slotOf(run)
    const ledger = this.table.ledger(slot)
    const record = recordAt(run)
    const old = word(ledger, record + LENGTH)
    if (length > old && !this.arenas.extendRun(slot, poolOf(run) + old, length - old)) return false
    const { counts } = this
    const sizeClass = word(ledger, record + CLASS)
    counts.addPools(sizeClass, -old)
    counts.addTaken(sizeClass, -1)
    counts.addPools(WHOLE_RUN, length)
    counts.addTaken(WHOLE_RUN, 1)
    this.openRecords(run, WHOLE_RUN, length, old)
    this.table.map.setMagazine(run, 0)
    this.table.map.setTaken(run, 1)
    return true
  }

  /** Gives back the pools of a whole run behind the first `length`. */
  shrinkInPlace(run: Pointer, length: number): void {
    const ledger = this.table.ledger(slotOf(run))
    const record = recordAt(run)
    const old = word(ledger, record + LENGTH)
    ledger[record + LENGTH] = length
    this.counts.addPools(WHOLE_RUN, length - old)
    this.arenas.putRun(runBefore(run, -length), old - length)
  }

  private openUsed(sizeClass: SizeClass): Pointer {
    const length = runPoolsOf(sizeClass)
    const run = this.takeRun(length)
    this.adopt(sizeClass, run, length)
    return run
  }

  /** Takes pools in an open arena, after those that rest have been given back if need be, or in a new one. */
  private takeRun(length: number): Pointer {
    if (length === 1) return this.arenas.takePool()
    const found = this.arenas.findRun(length) || (this.resting.release() ? this.arenas.findRun(length) : 0)
    return found || this.arenas.openFor(length)
  }

  /** Makes a run just taken a used run of the class. */
  adopt(sizeClass: SizeClass, run: Pointer, length: number): void {
    this.openRecords(run, sizeClass, length, 0)
    this.used.link(sizeClass, run)
  }

  private open(sizeClass: SizeClass, length: number): Pointer {
    const run = this.takeRun(length)
    this.openRecords(run, sizeClass, length, 0)
    return run
  }

  /** Writes the records of a run, of which the first `known` pools belong to it already. */
  private openRecords(run: Pointer, sizeClass: SizeClass, length: number, known: number): void {
    const ledger = this.table.ledger(slotOf(run))
    const record = recordAt(run)
    ledger[record + CLASS] = sizeClass
    ledger[record + LENGTH] = length
    if (known === 0) {
      this.table.map.setTaken(run, 0)
      this.counts.addPools(sizeClass, length)
      ledger[record + PINS] = 0
    }
    for (let distance = Math.max(known, 1); distance < length; distance++) {
      ledger[record + distance * RECORD_WORDS + CLASS] = -distance
    }
  }

  private taken(run: Pointer): number {
    return this.table.map.takenOf(run)
  }

  /** The lowest free block of a run that has one. */
  private freeBlock(run: Pointer, sizeClass: SizeClass): Pointer {
    const step = blockBytesOf(sizeClass) >> GRANULE_SHIFT
    let pointer = run
    for (let block = runBlocksOf(sizeClass); block > 1; block--) {
      if (!this.table.map.has(pointer)) break
      pointer = (pointer + step) as Pointer
    }
    return pointer
  }

  private mark(run: Pointer, pointer: Pointer, sizeClass: SizeClass): void {
    this.table.map.set(pointer)
    this.counts.addTaken(sizeClass, 1)
    this.table.map.setTaken(run, this.taken(run) + 1)
  }
}
