/**
 * Blocks in one-pool runs: every small size class and the medium ones whose blocks fit one pool well. The hot path.
 *
 *     take(class)      top of the class's magazine --> set its live bit                          magazine empty: refill
 *     put(pointer)     (Heap.free has cleared the bit and pushed it on the magazine)             magazine full or asleep: here
 *
 * A magazine is a stack of free blocks of a class, last freed first: they are warm in the caches, and taking and
 * freeing them touches neither counts nor lists. To their pool they count as taken; their live bits
 * are clear as of any free block, so a second free of one is refused like any other. The bottom half goes back to the pools
 * when a magazine overflows, all of it when the purger's clock moves on, and before anybody reads the books.
 *
 * (Magazines: Bonwick and Adams, "Magazines and Vmem", USENIX 2001.)
 *
 *     one class's segment of `magazines`, 64 words         magazines[class] = index of the top
 *     +--...--+-----+---------+---------+-- --+---------+
 *     | -     |  0  | pointer | pointer | ... | pointer |   asleep: the top is the last word, and that is 0, so that both
 *     +--...--+-----+---------+---------+-- --+---------+           take and free fall off the fast path
 *              bottom                          last word
 */
import type { ArenaTable } from './arena-table'
import type { Arenas } from './arenas'
import type { BlockMap } from './block-map'
import { HeapError, showPointer } from './errors'
import {
  GRANULES_PER_POOL,
  MAP_WORDS,
  POOL_SHIFT,
  type Pointer,
  poolOf,
  recordOf,
  type SizeClass,
  slotOf,
} from './layout'
import { CLASS, LENGTH, PINS } from './ledger'
import { BLOCK_BYTES, CLASS_TABLE_LENGTH, RUN_BLOCKS, RUN_POOLS, runBlocksOf, START_BITS } from './size-class'
import type { UsedPools } from './used-pools'

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

const segmentOf = (sizeClass: SizeClass): number => (sizeClass + 1) * SEGMENT_WORDS
const lastOf = (sizeClass: SizeClass): number => segmentOf(sizeClass) + SEGMENT_MASK
/** Blocks that a magazine can hold, by size class. */
const CAPACITY = Int32Array.from(BLOCK_BYTES, (bytes) =>
  Math.min(SEGMENT_MASK, Math.max(MAGAZINE_MIN_BLOCKS, Math.floor(MAGAZINE_BYTES / Math.max(1, bytes)))),
)
const bottomOf = (sizeClass: SizeClass): number => lastOf(sizeClass) - (CAPACITY[sizeClass] as number)

export class SmallBlocks {
  /** Word c: index of the top of class c's magazine. From word SEGMENT_WORDS on: the segments. */
  readonly magazines = new Int32Array(segmentOf(CLASS_TABLE_LENGTH as SizeClass))
  /** Called when a lost arena was met: rebuilds the books without it (recover.ts). */
  rebuild: () => void = () => {}
  /** Called when a magazine begins to hold blocks: the purger sees to it that they go back. */
  onWake: () => void = () => {}
  private readonly live: BlockMap
  /** Where releaseHalf puts what it is about to release; it is never inside of itself. */
  private readonly half = new Int32Array(SEGMENT_WORDS / 2)
  private readonly table: ArenaTable
  private readonly arenas: Arenas
  private readonly used: UsedPools
  /** False with decay 0: a free goes to its pool at once, so that the one that empties an arena can unmap it. */
  private readonly useMagazines: boolean

  constructor(table: ArenaTable, arenas: Arenas, used: UsedPools, useMagazines: boolean) {
    this.live = table.live
    this.table = table
    this.arenas = arenas
    this.used = used
    this.useMagazines = useMagazines
    this.dropMagazines()
  }

  /** Takes a block of a class of one-pool runs. */
  take(sizeClass: SizeClass): Pointer {
    const magazines = this.magazines
    const top = magazines[sizeClass] as number
    const pointer = magazines[top] as Pointer | 0
    if (pointer === 0) return this.refill(sizeClass)
    magazines[sizeClass] = top - 1
    const { words } = this.live
    words[pointer >>> 5] = (words[pointer >>> 5] as number) | (1 << pointer)
    return pointer
  }

  /** A lost arena was met: rebuilds the books without it, then takes a block. */
  private retake(sizeClass: SizeClass): Pointer {
    this.rebuild()
    return this.take(sizeClass)
  }

  /** The magazine is empty or asleep: fills half of it from the first used pool, or a fresh one, and takes a block. */
  refill(sizeClass: SizeClass): Pointer {
    let head = this.used.head(sizeClass)
    if (head === 0) head = this.openPool(sizeClass)
    this.table.ledger(slotOf(head)) // notices a lost arena
    const before = this.live.takenOf(head)
    const blocks = runBlocksOf(sizeClass)
    const free = blocks - before
    const count = this.useMagazines ? Math.min(free, ((CAPACITY[sizeClass] as number) + 1) >> 1) : 1
    if (this.useMagazines) this.wake(sizeClass)
    const bottom = bottomOf(sizeClass)
    this.collect(sizeClass, head, bottom, count)
    this.live.setTaken(head, before + count)
    if (count === free) this.used.unlink(sizeClass, head)
    if (this.table.sawLost) return this.retake(sizeClass)
    if (!this.useMagazines) return this.mark(this.magazines[bottom + 1] as Pointer)
    this.magazines[sizeClass] = bottom + count
    return this.take(sizeClass)
  }

  private mark(pointer: Pointer): Pointer {
    this.live.set(pointer)
    return pointer
  }

  /** Writes the `count` lowest free blocks of a pool into a segment, the lowest on top. */
  private collect(sizeClass: SizeClass, pool: Pointer, bottom: number, count: number): void {
    const { magazines } = this
    const { words } = this.live
    let at = bottom + count
    for (let column = 0; column < mapWords; column++) {
      let free = ~(words[(pool >>> 5) + column] as number) & (startBits[sizeClass * mapWords + column] as number)
      for (; free !== 0; free &= free - 1) {
        magazines[at] = pool + (column << 5) + 31 - Math.clz32(free & -free)
        if (--at === bottom) return
      }
    }
    throw new HeapError(
      'EBB_CORRUPT',
      `ebb: pool ${showPointer(pool)} counts more free blocks than its map has; something wrote into its ledger`,
    )
  }

  private openPool(sizeClass: SizeClass): Pointer {
    const pool = this.arenas.takeRun(1)
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
    const { magazines } = this
    const last = lastOf(sizeClass)
    if (magazines[sizeClass] === last && magazines[last] !== 0) this.releaseHalf(sizeClass)
    // Asleep from the start, or because giving half of it back made the purger look at its clock.
    if (magazines[magazines[sizeClass] as number] === 0) this.wake(sizeClass)
    const top = (magazines[sizeClass] as number) + 1
    magazines[top] = pointer
    magazines[sizeClass] = top
  }

  private wake(sizeClass: SizeClass): void {
    const bottom = bottomOf(sizeClass)
    this.magazines[bottom] = 0
    this.magazines[sizeClass] = bottom
    this.onWake()
  }

  /** The lower half of a full magazine, freed longest ago, goes back to the pools. */
  private releaseHalf(sizeClass: SizeClass): void {
    const { magazines, half } = this
    const count = ((CAPACITY[sizeClass] as number) + 1) >> 1
    const top = lastOf(sizeClass) - count
    const first = bottomOf(sizeClass) + 1
    // Moved out first: what is left is a sound magazine, whatever releasing meets.
    for (let i = 0; i < count; i++) half[i] = magazines[first + i] as number
    for (let i = first; i <= top; i++) magazines[i] = magazines[i + count] as number
    magazines[sizeClass] = top
    const blocks = runBlocks[sizeClass] as number
    let { taken } = this.live
    for (let i = 0; i < count; i++) {
      const pointer = half[i] as Pointer
      const before = taken[pointer >>> poolShift] as number
      if (before > 1 && before < blocks) {
        taken[pointer >>> poolShift] = before - 1
        continue
      }
      this.release(sizeClass, pointer)
      taken = this.live.taken // what got empty may have been the last pool in use: the columns begin anew then
    }
  }

  /** Puts every magazine's blocks back into their pools and the magazines to sleep. Returns how many blocks it were. */
  releaseAll(): number {
    let released = 0
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) released += this.releaseClass(c)
    return released
  }

  /** The same for one class. */
  releaseClass(sizeClass: SizeClass): number {
    const { magazines } = this
    const top = magazines[sizeClass] as number
    const first = bottomOf(sizeClass) + 1
    if (magazines[top] === 0) {
      this.sleep(sizeClass)
      return 0
    }
    const released = magazines.slice(first, top + 1)
    this.sleep(sizeClass)
    for (const pointer of released) this.release(sizeClass, pointer as Pointer)
    return released.length
  }

  private sleep(sizeClass: SizeClass): void {
    this.magazines[lastOf(sizeClass)] = 0
    this.magazines[sizeClass] = lastOf(sizeClass)
  }

  /** A taken block goes back into its pool, which may have been full, or get empty now. */
  release(sizeClass: SizeClass, pointer: Pointer): void {
    const { taken } = this.live
    const before = taken[pointer >>> poolShift] as number
    taken[pointer >>> poolShift] = before - 1
    const blocks = runBlocks[sizeClass] as number
    if (before === 1) this.empty(sizeClass, poolStart(pointer), before < blocks)
    else if (before === blocks) this.used.link(sizeClass, poolStart(pointer))
  }

  private empty(sizeClass: SizeClass, pool: Pointer, wasLinked: boolean): void {
    if (wasLinked) this.used.unlink(sizeClass, pool)
    this.arenas.putRun(pool, 1)
  }

  /** Takes a block in a given pool of the class, which has a free one. For compaction. */
  takeIn(sizeClass: SizeClass, pool: Pointer): Pointer {
    this.releaseClass(sizeClass)
    const spare = segmentOf(0 as SizeClass)
    this.collect(sizeClass, pool, spare, 1)
    const after = this.live.takenOf(pool) + 1
    this.live.setTaken(pool, after)
    if (after === runBlocksOf(sizeClass)) this.used.unlink(sizeClass, pool)
    return this.mark(this.magazines[spare + 1] as Pointer)
  }

  /** Empties the magazines without giving anything back: the books were rebuilt from the free maps, or are closed. */
  dropMagazines(): void {
    this.magazines[0] = SEGMENT_MASK
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) this.sleep(c)
  }
}

/** Granule 0 of the pool that a pointer points into. */
export const poolStart = (pointer: Pointer): Pointer => (pointer & -GRANULES_PER_POOL) as Pointer
