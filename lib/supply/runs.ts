/**
 * Shared runs: neighbouring pools that hold blocks of one size class. Small classes and some medium ones have runs of one pool.
 *
 *     run of class 2560 (2 pools, 3 blocks)        record of pool n      CLASS 2560, LENGTH 2
 *     +--------------------+--------------------+  record of pool n + 1  CLASS -1 (first pool is 1 before)
 *     | block 0 | block 1  | block 2    |  loss |
 *     +--------------------+--------------------+
 *
 * A block is taken while it is live or in its class's magazine (magazines.ts), through which all of them come and go.
 */

import { HeapError, showPointer } from '../base/errors'
import {
  GRANULE_SHIFT,
  MAP_WORDS,
  type Pointer,
  poolStart,
  RECORD_WORDS,
  recordAt,
  runBefore,
  type SizeClass,
  slotOf,
} from '../base/layout'
import { BLOCK_BYTES, RUN_BLOCKS, RUN_POOLS, runBlocksOf, runPoolsOf, START_BITS } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import type { BlockMap } from '../books/block-map'
import { CLASS, LENGTH, PINS, word } from '../books/ledger'
import { recordWordAt } from '../books/pool-records'
import type { UsedRuns } from '../books/used-runs'
import { space } from '../space/thread-space'
import type { Arenas } from './arenas'
import type { RestingPools } from './resting-pools'

// File-local copies: an imported binding is a property load on every use.
const mapWords = MAP_WORDS
const startBits = START_BITS
const runPools = RUN_POOLS
const runBlocks = RUN_BLOCKS
const blockBytes = BLOCK_BYTES
const granuleShift = GRANULE_SHIFT
/** Of a constant array V8 knows the address and the length; of one in a field it asks at each access. */
const { words } = space

/** First pool (its granule 0) of the run that a pointer into it belongs to. */
export function runOf(table: ArenaTable, pointer: Pointer): Pointer {
  const pool = poolStart(pointer)
  const sizeClass = recordWordAt(table, pool, CLASS)
  return sizeClass < 0 ? runBefore(pool, -sizeClass) : pool
}

/** Writes the records of a run, of which the first `known` pools belong to it already, and sends frees in it to its class's magazine. */
export function openRecords(table: ArenaTable, run: Pointer, sizeClass: SizeClass, length: number, known = 0): void {
  const ledger = table.ledger(slotOf(run))
  const record = recordAt(run)
  ledger[record + CLASS] = sizeClass
  ledger[record + LENGTH] = length
  if (known === 0) {
    ledger[record + PINS] = 0
    table.counts.addPools(sizeClass, length)
  }
  for (let distance = Math.max(known, 1); distance < length; distance++) {
    ledger[record + distance * RECORD_WORDS + CLASS] = -distance
  }
  table.map.setMagazine(run, sizeClass, length)
}

export class Runs {
  private readonly table: ArenaTable
  private readonly map: BlockMap
  private readonly arenas: Arenas
  private readonly used: UsedRuns
  private readonly resting: RestingPools

  constructor(table: ArenaTable, arenas: Arenas, used: UsedRuns, resting: RestingPools) {
    this.table = table
    this.map = table.map
    this.arenas = arenas
    this.used = used
    this.resting = resting
  }

  /**
   * Takes free blocks of one run of the class: the first used one, one that rests, or a fresh one.
   * @param bottom - they are written to the words behind this one, the lowest last
   * @param most - no more than so many; the class's magazine must be empty
   * @returns how many
   */
  take(sizeClass: SizeClass, bottom: number, most: number): number {
    const used = this.used.head(sizeClass)
    const run = used || this.resting.wake(sizeClass) || this.open(sizeClass)
    const before = used === 0 ? 0 : this.map.takenOf(run)
    const free = (runBlocks[sizeClass] as number) - before
    const count = Math.min(free, most)
    this.collect(sizeClass, run, bottom, count, before === 0)
    this.map.setTaken(run, before + count)
    this.table.counts.addTaken(sizeClass, count)
    if (used === 0 && count < free) this.used.link(sizeClass, run)
    else if (used !== 0 && count === free) this.used.unlink(sizeClass, run)
    return count
  }

  /** Takes a block in a given used run of the class, whose magazine is empty. For compaction. @param bottom - the word before one that is free */
  takeIn(sizeClass: SizeClass, run: Pointer, bottom: number): Pointer {
    this.collect(sizeClass, run, bottom, 1, false)
    const after = this.map.takenOf(run) + 1
    this.map.setTaken(run, after)
    this.table.counts.addTaken(sizeClass, 1)
    if (after === runBlocksOf(sizeClass)) this.used.unlink(sizeClass, run)
    return words[bottom + 1] as Pointer
  }

  /** Writes the `count` lowest free blocks of a run behind a word, the lowest on top. Of a run without a taken one: the first. */
  private collect(sizeClass: SizeClass, run: Pointer, bottom: number, count: number, isFresh: boolean): void {
    const books = words
    let at = (bottom + count) | 0
    if (runPools[sizeClass] === 1 && !isFresh) {
      const first = run >>> 5
      const starts = sizeClass * mapWords
      for (let column = 0; column < mapWords; column++) {
        let free = ~(books[(first + column) | 0] as number) & (startBits[(starts + column) | 0] as number)
        const lowest = (run + (column << 5) + 31) | 0
        for (; free !== 0; free &= free - 1) {
          books[at] = (lowest - Math.clz32(free & -free)) | 0
          at = (at - 1) | 0
          if (at === bottom) return
        }
      }
    } else {
      const step = (blockBytes[sizeClass] as number) >> granuleShift
      let block = run as number
      for (let left = runBlocks[sizeClass] as number; left > 0; left--, block = (block + step) | 0) {
        if (!isFresh && ((books[block >>> 5] as number) & (1 << block)) !== 0) continue
        books[at] = block
        at = (at - 1) | 0
        if (at === bottom) return
      }
    }
    throw new HeapError(
      'EBB_CORRUPT',
      `ebb: run ${showPointer(run)} counts more free blocks than its map has; something wrote into its ledger`,
    )
  }

  /** Opens a run of the class, in no list. */
  private open(sizeClass: SizeClass): Pointer {
    const length = runPoolsOf(sizeClass)
    const run = this.find(length) || this.arenas.openFor(length)
    openRecords(this.table, run, sizeClass, length)
    return run
  }

  /** Takes pools in an open arena, after those that rest have been given back if need be; 0 where there are none. */
  find(length: number): Pointer | 0 {
    // Memory that is resident goes before memory that is not.
    if (this.resting.isDirty && this.table.counts.dirty === 0) this.resting.release()
    if (length === 1) return this.arenas.takePool()
    return this.arenas.findRun(length) || (this.resting.release() ? this.arenas.findRun(length) : 0)
  }

  /** Makes pools just taken a used run of the class. */
  adopt(sizeClass: SizeClass, run: Pointer): void {
    openRecords(this.table, run, sizeClass, runPoolsOf(sizeClass))
    this.map.setTaken(run, 0)
    this.used.link(sizeClass, run)
  }

  /** A taken block goes back into its run, which may have been full, or get empty now. */
  put(sizeClass: SizeClass, pointer: Pointer): void {
    const run = runPools[sizeClass] === 1 ? poolStart(pointer) : runOf(this.table, pointer)
    const before = this.map.takenOf(run)
    this.map.setTaken(run, before - 1)
    this.table.counts.addTaken(sizeClass, -1)
    const blocks = runBlocks[sizeClass] as number
    if (before === 1) {
      if (before < blocks) this.used.unlink(sizeClass, run)
      this.table.counts.addPools(sizeClass, -runPoolsOf(sizeClass))
      this.arenas.putRun(run, runPoolsOf(sizeClass))
    } else if (before === blocks && !this.isPinned(run)) this.used.link(sizeClass, run)
  }

  private isPinned(run: Pointer): boolean {
    return word(this.table.ledger(slotOf(run)), recordAt(run) + PINS) > 0
  }
}
