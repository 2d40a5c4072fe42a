/**
 * Blocks in one-pool runs: every small size class and the medium ones whose blocks fit one pool well. The hot path.
 *
 *     take(class)      top of the class's magazine --> set its live bit                          magazine empty: refill
 *     put(pointer)     (Heap.free has cleared the bit and pushed it on the magazine)             magazine full or asleep: here
 *
 * A magazine is a stack of free blocks of a class, last freed first: they are warm in the caches, and taking and
 * freeing them touches neither counts nor lists. To their pool they count as taken; their live bits
 * are clear as of any free block, so a second free of one is refused like any other. The bottom half goes back to the pools
 * when a magazine overflows, all of it when the purger's clock moves on, and before anybody reads the books. Pools that get empty
 * by an overflow rest for up to half a decay, or until somebody else would have to touch new memory.
 *
 * (Magazines: Bonwick and Adams, "Magazines and Vmem", USENIX 2001.)
 *
 *     one class's segment, 64 words                        words[base + class] = index of the top
 *     +--...--+-----+---------+---------+-- --+---------+
 *     | -     |  0  | pointer | pointer | ... | pointer |   asleep: the top is the last word, and that is 0, so that both
 *     +--...--+-----+---------+---------+-- --+---------+           take and free fall off the fast path
 *              bottom                          last word
 */

import { HeapError, showPointer } from '../base/errors'
import {
  GRANULE_SHIFT,
  MAP_WORDS,
  POOL_SHIFT,
  type Pointer,
  poolOf,
  poolStart,
  recordOf,
  type SizeClass,
  slotOf,
} from '../base/layout'
import { BLOCK_BYTES, CLASS_TABLE_LENGTH, RUN_BLOCKS, RUN_POOLS, runBlocksOf, START_BITS } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import type { BlockMap } from '../books/block-map'
import type { Counts } from '../books/counts'
import { CLASS, LENGTH, PINS } from '../books/ledger'
import type { UsedRuns } from '../books/used-runs'
import type { Purger, Source } from '../release/purger'
import type { Arenas } from './arenas'
import type { RestingPools } from './resting-pools'

// File-local copies: an imported binding is a property load on every use.
const mapWords = MAP_WORDS
const startBits = START_BITS
const runBlocks = RUN_BLOCKS
const poolShift = POOL_SHIFT

/** Words of a magazine's segment: a power of two, so that the last word is found by a mask. */
export const SEGMENT_WORDS = 64
export const SEGMENT_MASK = SEGMENT_WORDS - 1
/** A magazine holds no more than this many bytes of blocks, but at least MAGAZINE_MIN_BLOCKS blocks. */
const MAGAZINE_BYTES = 8192
const MAGAZINE_MIN_BLOCKS = 4

/** Blocks that a magazine can hold, by size class. */
export const CAPACITY = Int32Array.from(BLOCK_BYTES, (bytes) =>
  Math.min(SEGMENT_MASK, Math.max(MAGAZINE_MIN_BLOCKS, Math.floor(MAGAZINE_BYTES / Math.max(1, bytes)))),
)

export class Magazines implements Source {
  /** The words of the space. Word base + c: index of the top of class c's magazine. From base + SEGMENT_WORDS on: the segments. */
  private readonly words: Int32Array
  private readonly base: number
  private readonly live: BlockMap
  /** Word of the column of taken blocks. */
  private readonly taken: number
  /** Blocks in pools that releaseHalf has emptied and not yet given back; it is never inside of itself. */
  private readonly half = new Int32Array(SEGMENT_WORDS / 2)
  private readonly counts: Counts
  private readonly table: ArenaTable
  private readonly arenas: Arenas
  private readonly used: UsedRuns
  private readonly resting: RestingPools
  private readonly purger: Purger
  /** False with decay 0: a free goes to its pool at once, so that the one that empties an arena can unmap it. */
  private readonly useMagazines: boolean

  constructor(
    table: ArenaTable,
    arenas: Arenas,
    used: UsedRuns,
    resting: RestingPools,
    purger: Purger,
    useMagazines: boolean,
  ) {
    this.live = table.map
    this.words = table.map.words
    this.base = table.map.base
    this.taken = table.space.taken
    this.counts = table.counts
    this.table = table
    this.arenas = arenas
    this.used = used
    this.resting = resting
    this.purger = purger
    this.useMagazines = useMagazines
    this.clear()
  }

  /** Takes a block of a class of one-pool runs. */
  take(sizeClass: SizeClass): Pointer {
    const { words } = this
    const magazine = this.base + sizeClass
    const top = words[magazine] as number
    const pointer = words[top] as Pointer | 0
    if (pointer === 0) return this.refill(sizeClass)
    words[magazine] = top - 1
    words[pointer >>> 5] = (words[pointer >>> 5] as number) | (1 << pointer)
    return pointer
  }

  /** The magazine is empty or asleep: fills half of it from the first used pool, or a fresh one, and takes a block. */
  refill(sizeClass: SizeClass): Pointer {
    const head = this.used.head(sizeClass) || this.resting.wake(sizeClass) || this.openPool(sizeClass)
    const before = this.live.takenOf(head)
    const blocks = runBlocksOf(sizeClass)
    const free = blocks - before
    const count = this.useMagazines ? Math.min(free, ((CAPACITY[sizeClass] as number) + 1) >> 1) : 1
    if (this.useMagazines) this.wake(sizeClass)
    const bottom = this.bottomOf(sizeClass)
    this.collect(sizeClass, head, bottom, count, before === 0)
    this.live.setTaken(head, before + count)
    this.counts.addTaken(sizeClass, count)
    if (count === free) this.used.unlink(sizeClass, head)
    if (!this.useMagazines) return this.mark(this.words[bottom + 1] as Pointer)
    this.words[this.base + sizeClass] = bottom + count
    return this.take(sizeClass)
  }

  private mark(pointer: Pointer): Pointer {
    this.live.set(pointer)
    return pointer
  }

  /** Writes the `count` lowest free blocks of a pool into a segment, the lowest on top. Of a pool without a taken one: the first. */
  private collect(sizeClass: SizeClass, pool: Pointer, bottom: number, count: number, isFresh: boolean): void {
    const { words } = this
    let at = bottom + count
    if (isFresh) {
      const step = (BLOCK_BYTES[sizeClass] as number) >> GRANULE_SHIFT
      for (let block = pool as number; at > bottom; block += step) words[at--] = block
      return
    }
    for (let column = 0; column < mapWords; column++) {
      let free = ~(words[(pool >>> 5) + column] as number) & (startBits[sizeClass * mapWords + column] as number)
      for (; free !== 0; free &= free - 1) {
        words[at] = pool + (column << 5) + 31 - Math.clz32(free & -free)
        if (--at === bottom) return
      }
    }
    throw new HeapError(
      'EBB_CORRUPT',
      `ebb: pool ${showPointer(pool)} counts more free blocks than its map has; something wrote into its ledger`,
    )
  }

  private openPool(sizeClass: SizeClass): Pointer {
    // Memory that is resident goes before memory that is not.
    if (this.resting.isDirty && !this.arenas.dirty.isDirty) this.resting.release()
    const pool = this.arenas.takePool()
    this.adopt(sizeClass, pool)
    return pool
  }

  /** Whether the blocks of a class lie in runs of one pool, so that they are this file's. */
  ownsClass(sizeClass: SizeClass): boolean {
    return RUN_POOLS[sizeClass] === 1
  }

  /** Makes a pool just taken a used pool of the class. */
  adopt(sizeClass: SizeClass, pool: Pointer): void {
    const ledger = this.table.ledger(slotOf(pool))
    const record = recordOf(poolOf(pool))
    this.live.setMagazine(pool, sizeClass)
    ledger[record + CLASS] = sizeClass
    ledger[record + LENGTH] = 1
    this.live.setTaken(pool, 0)
    ledger[record + PINS] = 0
    this.counts.addPools(sizeClass, 1)
    this.used.link(sizeClass, pool)
  }

  /**
   * Takes a block of a one-pool run back whose bit has been cleared and for which the magazine had no room: it is asleep,
   * or full.
   */
  put(sizeClass: SizeClass, pointer: Pointer): void {
    if (!this.useMagazines) {
      this.release(sizeClass, pointer)
      return
    }
    const { words } = this
    const magazine = this.base + sizeClass
    const last = this.lastOf(sizeClass)
    if (words[magazine] === last && words[last] !== 0) this.releaseHalf(sizeClass)
    // Asleep from the start, or because giving half of it back made the purger look at its clock.
    if (words[words[magazine] as number] === 0) this.wake(sizeClass)
    const top = (words[magazine] as number) + 1
    words[top] = pointer
    words[magazine] = top
  }

  private wake(sizeClass: SizeClass): void {
    const bottom = this.bottomOf(sizeClass)
    this.words[bottom] = 0
    this.words[this.base + sizeClass] = bottom
    this.purger.noteWake()
  }

  /** The lower half of a full magazine, freed longest ago, goes back to the pools. */
  private releaseHalf(sizeClass: SizeClass): void {
    const { words, half } = this
    const count = ((CAPACITY[sizeClass] as number) + 1) >> 1
    const top = this.lastOf(sizeClass) - count
    const first = this.bottomOf(sizeClass) + 1
    const full = (runBlocks[sizeClass] as number) - 1
    const { taken } = this
    let emptied = 0
    for (let i = first; i < first + count; i++) {
      const pointer = words[i] as number
      const at = taken + (pointer >>> poolShift)
      const left = (words[at] as number) - 1
      words[at] = left
      if (left === full && full > 0) this.used.link(sizeClass, poolStart(pointer as Pointer))
      if (left === 0) half[emptied++] = pointer
    }
    for (let i = first; i <= top; i++) words[i] = words[i + count] as number
    words[this.base + sizeClass] = top
    this.counts.addTaken(sizeClass, -count)
    // Last, because giving a pool back may make the purger empty the magazines, which have to be sound then.
    for (let i = 0; i < emptied; i++) {
      const pool = poolStart(half[i] as Pointer)
      if (full > 0) this.used.unlink(sizeClass, pool)
      this.resting.add(sizeClass, pool)
    }
  }

  /** Puts every magazine's blocks back into their pools and the magazines to sleep, and gives back the pools that rest. */
  releaseAll(): void {
    this.beginEpoch()
    this.resting.release()
  }

  /** Puts the magazines to sleep: they hold no pool from going back for longer than an epoch. */
  beginEpoch(): void {
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) this.releaseClass(c)
  }

  /** Blocks in magazines keep pools from getting dirty, but nothing is given back here: the timer has to come once more. */
  get isDirty(): boolean {
    return false
  }

  giveBackStep(): number {
    return -1
  }

  /** Puts a class's magazine's blocks back into their pools. */
  releaseClass(sizeClass: SizeClass): void {
    const { words } = this
    const top = words[this.base + sizeClass] as number
    const first = this.bottomOf(sizeClass) + 1
    if (words[top] === 0) {
      this.sleep(sizeClass)
      return
    }
    const released = words.slice(first, top + 1)
    this.sleep(sizeClass)
    this.counts.addTaken(sizeClass, -released.length)
    for (const pointer of released) this.giveBack(sizeClass, pointer as Pointer)
  }

  private sleep(sizeClass: SizeClass): void {
    this.words[this.lastOf(sizeClass)] = 0
    this.words[this.base + sizeClass] = this.lastOf(sizeClass)
  }

  /** A taken block goes back into its pool. */
  release(sizeClass: SizeClass, pointer: Pointer): void {
    this.counts.addTaken(sizeClass, -1)
    this.giveBack(sizeClass, pointer)
  }

  /** A block that is counted as taken no more goes back into its pool, which may have been full, or get empty now. */
  private giveBack(sizeClass: SizeClass, pointer: Pointer): void {
    const at = this.taken + (pointer >>> poolShift)
    const before = this.words[at] as number
    this.words[at] = before - 1
    const blocks = runBlocks[sizeClass] as number
    if (before === 1) {
      if (before < blocks) this.used.unlink(sizeClass, poolStart(pointer))
      this.counts.addPools(sizeClass, -1)
      this.arenas.putRun(poolStart(pointer), 1)
    } else if (before === blocks) this.used.link(sizeClass, poolStart(pointer))
  }

  private segmentOf(sizeClass: SizeClass): number {
    return this.base + (sizeClass + 1) * SEGMENT_WORDS
  }

  private lastOf(sizeClass: SizeClass): number {
    return this.segmentOf(sizeClass) + SEGMENT_MASK
  }

  private bottomOf(sizeClass: SizeClass): number {
    return this.lastOf(sizeClass) - (CAPACITY[sizeClass] as number)
  }

  /** Takes a block in a given pool of the class, which has a free one. For compaction. */
  takeIn(sizeClass: SizeClass, pool: Pointer): Pointer {
    this.releaseClass(sizeClass)
    const spare = this.segmentOf(0 as SizeClass)
    this.collect(sizeClass, pool, spare, 1, false)
    const after = this.live.takenOf(pool) + 1
    this.live.setTaken(pool, after)
    this.counts.addTaken(sizeClass, 1)
    if (after === runBlocksOf(sizeClass)) this.used.unlink(sizeClass, pool)
    return this.mark(this.words[spare + 1] as Pointer)
  }

  /** Empties the magazines without giving anything back: the heap closes. */
  clear(): void {
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) this.sleep(c)
    this.resting.clear()
  }
}
