/**
 * Blocks in runs of several pools: the medium size classes that do not fit one pool well, and whole runs, which are one block.
 *
 *     run of class 2560 (2 pools, 3 blocks)        record of pool n      CLASS 2560, LENGTH 2, LIVE 3, bits of blocks 0, 1
 *     +--------------------+--------------------+  record of pool n + 1  CLASS -1 (first pool is 1 before), bit of block 2
 *     | block 0 | block 1  | block 2    |  loss |
 *     +--------------------+--------------------+
 *
 * A block's live bit stands in the record of the pool that it starts in, so a free is checked as in one-pool runs. COUNTS
 * is 0 in all of them, which leads every free here.
 */
import type { ArenaTable } from './arena-table'
import { type Arenas, runBefore } from './arenas'
import {
  GRANULE_SHIFT,
  MAP_WORD,
  POOL_BYTES,
  type Pointer,
  poolOf,
  RECORD_MASK,
  RECORD_SHIFT,
  RECORD_WORDS,
  recordOf,
  type SizeClass,
  slotOf,
} from './layout'
import { CLASS, COUNTS, LENGTH, LIVE, PINS, word } from './ledger'
import { blockBytesOf, runBlocksOf, runPoolsOf, WHOLE_RUN } from './size-class'
import { poolStart } from './small'
import type { UsedPools } from './used-pools'

export const recordIndex = (pointer: Pointer): number => (pointer >>> RECORD_SHIFT) & RECORD_MASK
/** Word and bit of a pointer in the free maps of its ledger. */
export const mapIndex = (pointer: Pointer): number => recordIndex(pointer) + MAP_WORD + ((pointer >>> 5) & 7)

/** First pool (its granule 0) of the run that a pointer into it belongs to. */
export function runOf(table: ArenaTable, pointer: Pointer): Pointer {
  const pool = poolStart(pointer)
  const sizeClass = word(table.ledger(slotOf(pool)), recordIndex(pool) + CLASS)
  return sizeClass < 0 ? runBefore(pool, -sizeClass) : pool
}

export class Runs {
  private readonly table: ArenaTable
  private readonly arenas: Arenas
  private readonly used: UsedPools

  constructor(table: ArenaTable, arenas: Arenas, used: UsedPools) {
    this.table = table
    this.arenas = arenas
    this.used = used
  }

  /** Takes a block of a class whose runs have several pools. */
  take(sizeClass: SizeClass): Pointer {
    const head = this.used.head(sizeClass)
    return this.takeIn(sizeClass, head === 0 ? this.openUsed(sizeClass) : head)
  }

  /** Takes a block in a given used run of the class. */
  takeIn(sizeClass: SizeClass, run: Pointer): Pointer {
    const pointer = this.freeBlock(run, sizeClass)
    this.mark(run, pointer)
    if (this.live(run) === runBlocksOf(sizeClass)) this.used.unlink(sizeClass, run)
    return pointer
  }

  /** Takes a run of `length` pools as one block. */
  takeWhole(length: number): Pointer {
    const run = this.open(WHOLE_RUN, length)
    this.mark(run, run)
    return run
  }

  /** A block of a run of several pools was freed and its bit is cleared. */
  put(pointer: Pointer): void {
    const run = runOf(this.table, pointer)
    const ledger = this.table.ledger(slotOf(run))
    const record = recordIndex(run)
    const sizeClass = word(ledger, record + CLASS) as SizeClass
    const live = word(ledger, record + LIVE) - 1
    ledger[record + LIVE] = live
    const wasFull = live + 1 === runBlocksOf(sizeClass)
    if (live > 0) {
      if (wasFull && word(ledger, record + PINS) === 0) this.used.link(sizeClass, run)
      return
    }
    if (!wasFull) this.used.unlink(sizeClass, run)
    this.arenas.putRun(run, word(ledger, record + LENGTH))
  }

  /** Bytes of a whole run. */
  wholeBytes(run: Pointer): number {
    return word(this.table.ledger(slotOf(run)), recordIndex(run) + LENGTH) * POOL_BYTES
  }

  /**
   * Makes the one block of a run longer, in place, by free pools behind it; it becomes a whole run.
   * @returns whether there were such pools
   */
  growInPlace(run: Pointer, length: number): boolean {
    const slot = slotOf(run)
    const ledger = this.table.ledger(slot)
    const record = recordIndex(run)
    const old = word(ledger, record + LENGTH)
    if (length > old && !this.arenas.extendRun(slot, poolOf(run) + old, length - old)) return false
    this.openRecords(run, WHOLE_RUN, length, old)
    ledger[record + COUNTS] = 0
    ledger[record + LIVE] = 1
    return true
  }

  /** Gives back the pools of a whole run behind the first `length`. */
  shrinkInPlace(run: Pointer, length: number): void {
    const ledger = this.table.ledger(slotOf(run))
    const record = recordIndex(run)
    const old = word(ledger, record + LENGTH)
    ledger[record + LENGTH] = length
    this.arenas.putRun(runBefore(run, -length), old - length)
  }

  private openUsed(sizeClass: SizeClass): Pointer {
    const length = runPoolsOf(sizeClass)
    const run = this.arenas.takeRun(length)
    this.adopt(sizeClass, run, length)
    return run
  }

  /** Makes a run just taken a used run of the class. */
  adopt(sizeClass: SizeClass, run: Pointer, length: number): void {
    this.openRecords(run, sizeClass, length, 0)
    this.used.link(sizeClass, run)
  }

  private open(sizeClass: SizeClass, length: number): Pointer {
    const run = this.arenas.takeRun(length)
    this.openRecords(run, sizeClass, length, 0)
    return run
  }

  /** Writes the records of a run, of which the first `known` pools belong to it already. */
  private openRecords(run: Pointer, sizeClass: SizeClass, length: number, known: number): void {
    const ledger = this.table.ledger(slotOf(run))
    const record = recordIndex(run)
    ledger[record + CLASS] = sizeClass
    ledger[record + LENGTH] = length
    if (known === 0) {
      ledger[record + COUNTS] = 0
      ledger[record + LIVE] = 0
      ledger[record + PINS] = 0
    }
    for (let distance = Math.max(known, 1); distance < length; distance++) {
      ledger[record + distance * RECORD_WORDS + COUNTS] = 0
      ledger[record + distance * RECORD_WORDS + CLASS] = -distance
    }
  }

  private live(run: Pointer): number {
    return word(this.table.ledger(slotOf(run)), recordIndex(run) + LIVE)
  }

  /** The lowest free block of a run that has one. */
  private freeBlock(run: Pointer, sizeClass: SizeClass): Pointer {
    const ledger = this.table.ledger(slotOf(run))
    const step = blockBytesOf(sizeClass) >> GRANULE_SHIFT
    let pointer = run
    for (let block = runBlocksOf(sizeClass); block > 1; block--) {
      if ((word(ledger, mapIndex(pointer)) & (1 << (pointer & 31))) === 0) break
      pointer = (pointer + step) as Pointer
    }
    return pointer
  }

  private mark(run: Pointer, pointer: Pointer): void {
    const ledger = this.table.ledger(slotOf(run))
    const index = mapIndex(pointer)
    ledger[index] = word(ledger, index) | (1 << (pointer & 31))
    ledger[recordIndex(run) + LIVE] = this.live(run) + 1
  }
}

/** First pool's record of a run. */
export const runRecord = (run: Pointer): number => recordOf(poolOf(run))
