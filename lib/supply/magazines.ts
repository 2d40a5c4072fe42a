/**
 * Magazines: stacks of free blocks, last freed first: they are warm in the caches, and taking and freeing them touches neither counts nor
 * lists. There is one for each size class of shared runs, and one for lone blocks: whole runs, and large blocks up to LONE_MAX_BYTES,
 * each with its length in the column of taken blocks.
 *
 *     take(class)      top of the class's magazine --> set its live bit                          magazine empty: refill
 *     put(pointer)     (Heap.free has cleared the bit and pushed it on the magazine)             magazine full or asleep: here
 *
 * To where they lie the blocks of a magazine count as taken; their live bits are clear as of any free block, so a second free of one is
 * refused like any other. The bottom half goes back when a magazine overflows, all of it when the purger's clock moves on, and before
 * anybody reads the books. Runs that get empty by an overflow rest for up to half a decay, or until somebody else would have to touch
 * new memory. Nor is memory mapped for a lone block while there are others in their magazine.
 *
 * (Magazines: Bonwick and Adams, "Magazines and Vmem", USENIX 2001.)
 *
 *     tops, 64 words                                   words[base + class] = index of the top
 *     +-----+-----+--...--+-----+-----+
 *     |     | top | top   | top |  0  |                asleep: the top is the last word here, which is 0, so that both take
 *     +-----+-----+--...--+-----+-----+                        and free fall off the fast path
 *
 *     one class's segment, 64 words
 *     +--...--+-----+---------+---------+-- --+---------+
 *     | -     |  0  | pointer | pointer | ... | pointer |   full: the top is the last word
 *     +--...--+-----+---------+---------+-- --+---------+
 *              bottom                          last word
 */

import { POOL_SHIFT, type Pointer, type SizeClass, slotOf } from '../base/layout'
import { BLOCK_BYTES, CLASS_TABLE_LENGTH, RUN_BLOCKS, RUN_POOLS, WHOLE_RUN } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import type { BlockMap } from '../books/block-map'
import type { UsedRuns } from '../books/used-runs'
import type { Purger, Source } from '../release/purger'
import { SEGMENT_WORDS, SEGMENTS_AT } from '../space/plan'
import { space } from '../space/thread-space'
import type { LargeBlocks } from './large-blocks'
import type { RestingPools } from './resting-pools'
import { type Runs, runOf } from './runs'
import { type WholeRuns, wholeRunPools } from './whole-runs'

// File-local copies: an imported binding is a property load on every use.
const runBlocks = RUN_BLOCKS
const runPools = RUN_POOLS
const poolShift = POOL_SHIFT
/** Of a constant array V8 knows the address and the length; of one in a field it asks at each access. */
const { words, taken } = space

export const SEGMENT_MASK = SEGMENT_WORDS - 1
/** A magazine holds no more than this many bytes of blocks, but at least MAGAZINE_MIN_BLOCKS blocks. */
const MAGAZINE_BYTES = 8192
const MAGAZINE_MIN_BLOCKS = 4
/** Lone blocks that their magazine holds. */
const LONE_BLOCKS = 8

/** Blocks that a magazine can hold, by size class. */
export const CAPACITY = Int32Array.from(BLOCK_BYTES, (bytes) =>
  Math.min(SEGMENT_MASK, Math.max(MAGAZINE_MIN_BLOCKS, Math.floor(MAGAZINE_BYTES / Math.max(1, bytes)))),
)
CAPACITY[WHOLE_RUN] = LONE_BLOCKS

/** Last word of a class's segment, of the heap with its words at `base`. */
export const lastWordOf = (base: number, sizeClass: SizeClass): number =>
  base + SEGMENTS_AT + (sizeClass - 1) * SEGMENT_WORDS + SEGMENT_MASK

/** What magazines are over. */
export interface Supplies {
  readonly table: ArenaTable
  readonly used: UsedRuns
  readonly resting: RestingPools
  readonly runs: Runs
  readonly wholeRuns: WholeRuns
  readonly large: LargeBlocks
  readonly purger: Purger
}

export class Magazines implements Source {
  /** Words of this heap. Word base + c: index of the top of class c's magazine. From base + SEGMENTS_AT on: the segments. */
  private readonly base: number
  private readonly live: BlockMap
  private readonly of: Supplies
  /** Blocks that releaseHalf has taken out and not yet given back, or those that emptied their runs; it is never inside of itself. */
  private readonly half = new Int32Array(SEGMENT_WORDS / 2)
  /** False with decay 0: a free goes to its run at once, so that the one that empties an arena can unmap it. */
  private readonly useMagazines: boolean

  constructor(supplies: Supplies, useMagazines: boolean) {
    this.live = supplies.table.map
    this.base = this.live.base
    this.of = supplies
    this.useMagazines = useMagazines
    this.clear()
  }

  /** Takes a block of a class of shared runs. */
  take(sizeClass: SizeClass): Pointer {
    const magazine = this.base + sizeClass
    const top = words[magazine] as number
    const pointer = words[top] as Pointer | 0
    if (pointer === 0) return this.refill(sizeClass)
    words[magazine] = top - 1
    this.live.set(pointer)
    return pointer
  }

  /** The magazine is empty or asleep: fills half of it from one run, and takes a block. */
  refill(sizeClass: SizeClass): Pointer {
    const { runs } = this.of
    const bottom = this.bottomOf(sizeClass)
    if (this.useMagazines) {
      const top = (bottom + runs.take(sizeClass, bottom, ((CAPACITY[sizeClass] as number) + 1) >> 1)) | 0
      this.wake(sizeClass)
      words[this.base + sizeClass] = top - 1
      return this.mark(words[top] as Pointer)
    }
    runs.take(sizeClass, bottom, 1)
    return this.mark(words[bottom + 1] as Pointer)
  }

  private mark(pointer: Pointer): Pointer {
    this.live.set(pointer)
    return pointer
  }

  /** Takes a block for a request that no class of shared runs serves: a whole run, or a large block. */
  takeLone(byteLength: number): Pointer {
    const { wholeRuns, large } = this.of
    const pools = wholeRunPools(byteLength)
    const warm = this.takeWarm(pools || large.poolsFor(byteLength))
    if (warm !== 0) return warm
    if (pools === 0) return this.takeLarge(byteLength)
    const found = wholeRuns.find(pools) || (this.releaseClass(WHOLE_RUN) ? wholeRuns.find(pools) : 0)
    return found || wholeRuns.open(pools)
  }

  /** Takes a large block, when those that were freed are kept memory: what is kept is bound by what was live. */
  takeLarge(byteLength: number, isPageAligned = false): Pointer {
    this.releaseClass(WHOLE_RUN)
    return this.of.large.take(byteLength, isPageAligned)
  }

  /** Takes the lone block of so many pools that was freed last from the magazine; 0 where there is none. */
  private takeWarm(pools: number): Pointer | 0 {
    const top = words[this.base + WHOLE_RUN] as number
    for (let at = top; words[at] !== 0; at--) {
      const pointer = words[at] as Pointer
      if (this.live.takenOf(pointer) !== pools) continue
      words.copyWithin(at, at + 1, top + 1)
      words[this.base + WHOLE_RUN] = top - 1
      return this.mark(pointer)
    }
    return 0
  }

  /** A block whose bit has been cleared and for which the magazine had no room: it is asleep, or full. */
  put(sizeClass: SizeClass, pointer: Pointer): void {
    if (!this.useMagazines) {
      this.release(sizeClass, pointer)
      return
    }
    const magazine = this.base + sizeClass
    if (words[magazine] === this.lastOf(sizeClass)) this.releaseHalf(sizeClass)
    // Asleep from the start, or because giving half of it back made the purger look at its clock.
    if (words[magazine] === this.sleep) this.wake(sizeClass)
    const top = (words[magazine] as number) + 1
    words[top] = pointer
    words[magazine] = top
  }

  private wake(sizeClass: SizeClass): void {
    const bottom = this.bottomOf(sizeClass)
    words[bottom] = 0
    words[this.base + sizeClass] = bottom
    this.of.purger.noteWake()
  }

  /** The lower half of a full magazine, freed longest ago, goes back. */
  private releaseHalf(sizeClass: SizeClass): void {
    const { half } = this
    const count = ((CAPACITY[sizeClass] as number) + 1) >> 1
    const top = this.lastOf(sizeClass) - count
    const first = this.bottomOf(sizeClass) + 1
    const isLone = sizeClass === WHOLE_RUN
    const left = isLone ? this.copyHalf(first, count) : this.leaveRuns(sizeClass, first, count)
    const books = words
    for (let i = first; i <= top; i = (i + 1) | 0) books[i] = books[(i + count) | 0] as number
    words[this.base + sizeClass] = top
    if (!isLone) this.of.table.counts.addTaken(sizeClass, -count)
    // Last, because giving back may make the purger empty the magazines, which have to be sound then.
    for (let i = 0; i < left; i++) {
      if (isLone) this.release(sizeClass, half[i] as Pointer)
      else this.rest(sizeClass, half[i] as number)
    }
  }

  private copyHalf(first: number, count: number): number {
    for (let i = 0; i < count; i++) this.half[i] = words[first + i] as number
    return count
  }

  /**
   * Blocks of a segment are no longer taken. Notes in `half` the runs that are empty now, one that was full before as a negative number, and
   * returns how many. Blocks of one run were mostly freed in a row: they are counted together.
   */
  private leaveRuns(sizeClass: SizeClass, first: number, count: number): number {
    const { half } = this
    const { table, used } = this.of
    const books = words
    const blocks = runBlocks[sizeClass] as number
    const isOnePool = runPools[sizeClass] === 1
    const end = (first + count) | 0
    let emptied = 0
    for (let i = first; i < end; ) {
      const pointer = books[i] as Pointer
      const pool = pointer >>> poolShift
      const start = i
      do i = (i + 1) | 0
      while (i < end && (books[i] as number) >>> poolShift === pool)
      const run = isOnePool ? ((pool << poolShift) as Pointer) : runOf(table, pointer)
      const at = (taken + (run >>> poolShift)) | 0
      const before = books[at] as number
      const left = (before + start - i) | 0
      books[at] = left
      if (left === 0) {
        half[emptied] = before === blocks ? -run : run
        emptied = (emptied + 1) | 0
      } else if (before === blocks) used.link(sizeClass, run)
    }
    return emptied
  }

  /** Lets a run rest as leaveRuns has noted it: it is in the list of used ones unless it was full. */
  private rest(sizeClass: SizeClass, noted: number): void {
    if (noted > 0) this.of.used.unlink(sizeClass, noted as Pointer)
    this.of.resting.add(sizeClass, Math.abs(noted) as Pointer)
  }

  /** Puts every magazine's blocks back to where they lie and the magazines to sleep, and gives back the runs that rest. */
  releaseAll(): void {
    this.beginEpoch()
    this.of.resting.release()
  }

  /** Puts the magazines to sleep: they hold no memory from going back for longer than an epoch. */
  beginEpoch(): void {
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) this.releaseClass(c)
  }

  /** Blocks in magazines keep memory from getting dirty, but nothing is given back here: the timer has to come once more. */
  get isDirty(): boolean {
    return false
  }

  giveBackStep(): number {
    return -1
  }

  /** Puts a class's magazine's blocks back to where they lie. Returns whether there were any. */
  releaseClass(sizeClass: SizeClass): boolean {
    const top = words[this.base + sizeClass] as number
    if (top === this.sleep) return false
    const released = words.slice(this.bottomOf(sizeClass) + 1, top + 1)
    words[this.base + sizeClass] = this.sleep
    for (const pointer of released) this.release(sizeClass, pointer as Pointer)
    return released.length > 0
  }

  /** A free block goes back to where it lies. */
  release(sizeClass: SizeClass, pointer: Pointer): void {
    const { table, runs, wholeRuns, large } = this.of
    if (sizeClass !== WHOLE_RUN) runs.put(sizeClass, pointer)
    else if (table.isLarge(slotOf(pointer))) large.put(pointer)
    else wholeRuns.put(pointer)
  }

  /** The top of a magazine that is asleep. */
  private get sleep(): number {
    return this.base + SEGMENT_MASK
  }

  private lastOf(sizeClass: SizeClass): number {
    return lastWordOf(this.base, sizeClass)
  }

  private bottomOf(sizeClass: SizeClass): number {
    return this.lastOf(sizeClass) - (CAPACITY[sizeClass] as number)
  }

  /** Takes a block in a given run of the class, which has a free one. For compaction. */
  takeIn(sizeClass: SizeClass, run: Pointer): Pointer {
    this.releaseClass(sizeClass)
    return this.mark(this.of.runs.takeIn(sizeClass, run, this.bottomOf(sizeClass)))
  }

  /** Empties the magazines without giving anything back: the heap closes. */
  clear(): void {
    words.fill(this.sleep, this.base + 1, this.base + CLASS_TABLE_LENGTH)
    this.of.resting.clear()
  }
}
