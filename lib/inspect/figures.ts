/**
 * The figures of heaps from the words of the space alone, as map.ts reads the map: for another thread, or for one that must not change
 * anything. They are those that `stats()` of the same moment has, but for pools that hold nothing but blocks of a magazine: `stats()`
 * empties the magazines first, and such pools are free then.
 *
 * A reader on another thread may meet books that are half written; a count can be off by what changes at that moment.
 */
import { countBits } from '../base/bits'
import {
  ARENA_BYTES,
  FREE_POOLS_MAX,
  POOL_BYTES,
  POOLS_PER_ARENA,
  RECORD_WORDS,
  type SizeClass,
  type Slot,
} from '../base/layout'
import { BLOCK_BYTES, CLASS_TABLE_LENGTH, RUN_BLOCKS, RUN_POOLS, WHOLE_RUN } from '../base/size-classes'
import { A_DIRTY_HIGH, A_DIRTY_LOW, A_FREE_HIGH, A_FREE_LOW, CLASS, LENGTH } from '../books/ledger'
import { ANNEX_SHIFT, annexOffset } from '../space/homes'
import { COUNTS_AT, HEAP_WORDS_SHIFT, TALLY_AT } from '../space/plan'
import { DISCARDED_POOLS, DISCARDS, MAPS, MOVES, UNMAPS } from '../space/tally'
import { ARENA, KIND_BITS, LARGE, TENANT_WORDS } from '../space/tenants'
import { CAPACITY, lastWordOf } from '../supply/magazines'
import { type SpaceBooks, slotsIn, wordsOf } from './map'
import type { SizeClassStats } from './stats'

/** Figures of a heap, by the names that they have in `stats()`. All `...Bytes` are bytes. */
export interface Figures {
  readonly arenas: number
  readonly blocks: number
  readonly liveBytes: number
  readonly freeBlockBytes: number
  readonly freePools: number
  readonly dirtyPools: number
  readonly slackBytes: number
  readonly largeBlocks: number
  readonly largeBytes: number
  readonly keptBytes: number
  readonly mappedBytes: number
  readonly residentBytes: number
  /** Modulo 2^32, as are the three below: good for differences. */
  readonly maps: number
  readonly unmaps: number
  readonly discards: number
  readonly moves: number
  /** Modulo 2^44. */
  readonly discardedBytes: number
  readonly classes: readonly SizeClassStats[]
}

/** What is counted in the walk over the slots of a heap. */
class Count {
  arenas = 0
  freePools = 0
  dirtyPools = 0
  largeBlocks = 0
  largePools = 0
  keptPools = 0
  keptDiscarded = 0
  /** By size class. */
  readonly pools = new Float64Array(CLASS_TABLE_LENGTH)
  readonly runs = new Float64Array(CLASS_TABLE_LENGTH)
  readonly taken = new Float64Array(CLASS_TABLE_LENGTH)
}

/**
 * Reads the figures of the heaps that have something.
 * @param slots - where what is to be counted begins; without it, everything in the space
 * @returns by the number of the heap
 */
export function readFigures(books: SpaceBooks, slots: ArrayLike<number> = slotsIn(books)): Map<number, Figures> {
  const { tenants } = books
  const words = wordsOf(books.buffer)
  const annexes = books.annexes.map((buffer) => buffer && wordsOf(buffer))
  const counts = new Map<number, Count>()
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Slot
    const tenant = words[tenants + slot * TENANT_WORDS] as number
    const heap = tenant >>> KIND_BITS
    const kind = tenant & ((1 << KIND_BITS) - 1)
    let count = counts.get(heap)
    if (count === undefined) {
      count = new Count()
      counts.set(heap, count)
    }
    const pools = words[tenants + slot * TENANT_WORDS + 1] as number
    if (kind === ARENA) {
      const isNear = slot >= books.nearFirst && slot < books.nearEnd
      const ledgers = isNear ? words : annexes[slot >>> ANNEX_SHIFT]
      const at = isNear ? books.ledgers + ((slot - books.nearFirst) * POOL_BYTES) / 4 : annexOffset(slot) / 4
      count.arenas++
      // The heap counts as it goes, but where it shares its words with others. To read the ledgers takes long, and slows the heap's thread down.
      if (heap === 0 && ledgers != null) countArena(words, books.taken + slot * POOLS_PER_ARENA, ledgers, at, count)
    } else if (kind === LARGE) {
      count.largeBlocks++
      count.largePools += pools
    } else if (kind !== 0) {
      count.keptPools += pools
      count.keptDiscarded += words[tenants + slot * TENANT_WORDS + 2] as number
    }
  }
  return new Map([...counts].map(([heap, count]) => [heap, figuresOf(books, heap, count)]))
}

/** The figures of a heap that has nothing mapped. */
export const figuresOfNothing = (books: SpaceBooks, heap: number): Figures => figuresOf(books, heap, new Count())

/**
 * @param takens - word of the counts of taken blocks of its pools
 * @param at - word of the ledger
 */
function countArena(words: Int32Array, takens: number, ledger: Int32Array, at: number, count: Count): void {
  const low = ledger[at + A_FREE_LOW] as number
  const high = ledger[at + A_FREE_HIGH] as number
  count.freePools += countBits(low) + countBits(high)
  count.dirtyPools += countBits(ledger[at + A_DIRTY_LOW] as number) + countBits(ledger[at + A_DIRTY_HIGH] as number)
  for (let pool = 1; pool < POOLS_PER_ARENA; ) {
    if (((pool < 32 ? low : high) & (1 << pool)) !== 0) {
      pool++
      continue
    }
    const record = at + pool * RECORD_WORDS
    const sizeClass = ledger[record + CLASS] as SizeClass
    const length = Math.min(POOLS_PER_ARENA - pool, Math.max(1, ledger[record + LENGTH] as number))
    // Anything else is a record half written.
    if (sizeClass > 0 && sizeClass < CLASS_TABLE_LENGTH) {
      count.pools[sizeClass] = (count.pools[sizeClass] as number) + length
      count.runs[sizeClass] = (count.runs[sizeClass] as number) + 1
      count.taken[sizeClass] = (count.taken[sizeClass] as number) + (words[takens + pool] as number)
    }
    pool += length
  }
}

/** Blocks in the magazine of a class of the heap that has its magazines' words at `base`. */
function magazineBlocks(words: Int32Array, base: number, sizeClass: SizeClass): number {
  const bottom = lastWordOf(base, sizeClass) - (CAPACITY[sizeClass] as number)
  const top = words[base + sizeClass] as number
  return words[top] === 0 ? 0 : Math.max(0, top - bottom)
}

/** Takes over what the heap has counted. */
function takeCounts(words: Int32Array, at: number, count: Count): void {
  let used = 0
  for (let sizeClass = 1; sizeClass < CLASS_TABLE_LENGTH; sizeClass++) {
    const pools = words[at + sizeClass] as number
    const taken = words[at + CLASS_TABLE_LENGTH + sizeClass] as number
    used += pools
    count.pools[sizeClass] = pools
    count.taken[sizeClass] = taken
    // A whole run is one block, and as long as it is.
    count.runs[sizeClass] = sizeClass === WHOLE_RUN ? taken : pools / (RUN_POOLS[sizeClass] as number)
  }
  count.freePools = count.arenas * FREE_POOLS_MAX - used
  count.dirtyPools = words[at + 2 * CLASS_TABLE_LENGTH] as number
}

function figuresOf(books: SpaceBooks, heap: number, count: Count): Figures {
  const { magazines } = books
  const words = wordsOf(books.buffer)
  const base = magazines + (heap << HEAP_WORDS_SHIFT)
  if (heap !== 0) takeCounts(words, base + COUNTS_AT, count)
  const classes: SizeClassStats[] = []
  let blocks = count.largeBlocks
  let liveBytes = count.largePools * POOL_BYTES
  let freeBlockBytes = 0
  let slackBytes = 0
  for (let sizeClass = 1; sizeClass < CLASS_TABLE_LENGTH; sizeClass++) {
    const pools = count.pools[sizeClass] as number
    if (pools === 0) continue
    const runs = count.runs[sizeClass] as number
    const waiting = magazineBlocks(words, base, sizeClass as SizeClass)
    const live = Math.max(0, (count.taken[sizeClass] as number) - waiting)
    const free = Math.max(0, runs * (RUN_BLOCKS[sizeClass] as number) - live)
    // Whole runs have no size in common: each live one is as long as its pools.
    const size = sizeClass === WHOLE_RUN ? (pools * POOL_BYTES) / runs : (BLOCK_BYTES[sizeClass] as number)
    blocks += live
    liveBytes += live * size
    freeBlockBytes += free * size
    slackBytes += pools * POOL_BYTES - (live + free) * size
    classes.push({ sizeClass, blockBytes: BLOCK_BYTES[sizeClass] as number, pools, blocks: live, freeBlocks: free })
  }
  const tally = base + TALLY_AT
  const counted = (index: number): number => (words[tally + index] as number) >>> 0
  const mappedPools = count.arenas * (ARENA_BYTES / POOL_BYTES) + count.largePools + count.keptPools
  return {
    arenas: count.arenas,
    blocks,
    liveBytes,
    freeBlockBytes,
    freePools: count.freePools,
    dirtyPools: count.dirtyPools,
    slackBytes,
    largeBlocks: count.largeBlocks,
    largeBytes: count.largePools * POOL_BYTES,
    keptBytes: count.keptPools * POOL_BYTES,
    mappedBytes: mappedPools * POOL_BYTES,
    residentBytes: (mappedPools - (count.freePools - count.dirtyPools) - count.keptDiscarded) * POOL_BYTES,
    maps: counted(MAPS),
    unmaps: counted(UNMAPS),
    discards: counted(DISCARDS),
    discardedBytes: counted(DISCARDED_POOLS) * POOL_BYTES,
    moves: counted(MOVES),
    classes,
  }
}
