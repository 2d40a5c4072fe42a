/**
 * One arena's books: the ledger, 4 KiB in the space for a near arena (space.ts), pool 0 of a far one. It lives and dies with the arena.
 *
 *     ledger (4 KiB) = 64 records of 16 words
 *     +---------------------+---------------------+--     --+----------------------+
 *     | record 0: the arena | record 1: pool 1    |   ...   | record 63: pool 63   |
 *     +---------------------+---------------------+--     --+----------------------+
 *
 *     record of a pool (half a cache line; its free map and count stand in block-map.ts)
 *     word  0 CLASS     size class; in a later pool of a run, minus the distance to its first pool; 0: never used
 *           1 NEXT      next used run of the class, or next pool that rests (pointer to its granule 0), 0 at the end; else meaningless
 *           2 PREV      previous one, 0 at the front; meaningless outside a list
 *           3 LENGTH    pools of the run; meaningless but in the first pool of a run
 *           4 STAMP     epoch in which a free pool became free (decay.ts), or one that rests (magazines.ts) empty; else meaningless
 *           5 PINS      pinned blocks in the run; meaningless but in its first pool
 *
 * The three states of a pool:
 *
 *                 takeRun                    last free block taken
 *       empty ---------------> used ------------------------------> full
 *         ^                    |  ^                                   |
 *         +--------------------+  +-----------------------------------+
 *           last block freed            a block freed
 *
 *     empty: its bit in the arena's free map is set. It belongs to no class.
 *     used:  linked in its class's list (used-runs.ts).
 *     full:  in no list.
 *     A class whose blocks are as large as their run goes from empty to full and back.
 *
 * The states and their names are those of CPython's Objects/obmalloc.c.
 */
import { countBits, nextClear, nextSet, rangeHigh, rangeLow } from '../base/bits'
import { FREE_POOLS_MAX, POOLS_PER_ARENA, type PoolIndex, recordOf, type Slot } from '../base/layout'

export const CLASS = 0
export const NEXT = 1
export const PREV = 2
export const LENGTH = 3
export const STAMP = 4
export const PINS = 5

/** Record 0: the arena. */
export const A_FREE_POOLS = 0
/** Free map of pools, a set bit is a free pool: pools 0..31, 32..63. */
export const A_FREE_LOW = 1
export const A_FREE_HIGH = 2
/** Free pools that are resident; a subset of the free map. */
export const A_DIRTY_LOW = 3
export const A_DIRTY_HIGH = 4
/** Neighbours in the bucket of usable-arenas.ts, as slots; 0: none. */
export const A_NEXT = 5
export const A_PREV = 6
export const A_SLOT = 7
/** Neighbours in the list of arenas with dirty pools (dirty-pools.ts), as slots; 0: none. */
export const A_DIRTY_NEXT = 8
export const A_DIRTY_PREV = 9
/** 1 while in that list. */
export const A_IS_LISTED = 11
/** No run of free pools is longer than this: an upper bound, exact after a search that failed. */
export const A_RUN_BOUND = 10

export const word = (ledger: Int32Array, index: number): number => ledger[index] as number

/** A word of a pool's record. */
export const recordWord = (ledger: Int32Array, pool: PoolIndex, field: number): number =>
  word(ledger, recordOf(pool) + field)

export const slotOfLedger = (ledger: Int32Array): Slot => word(ledger, A_SLOT) as Slot
export const freePools = (ledger: Int32Array): number => word(ledger, A_FREE_POOLS)

/** Free pools that are resident. */
export const dirtyPools = (ledger: Int32Array): number =>
  countBits(word(ledger, A_DIRTY_LOW)) + countBits(word(ledger, A_DIRTY_HIGH))

/** Opens the books of a fresh arena, all zero: every pool but the ledger is free and not resident. */
export function openLedger(ledger: Int32Array, slot: Slot): void {
  ledger[A_FREE_POOLS] = FREE_POOLS_MAX
  ledger[A_FREE_LOW] = rangeLow(1, FREE_POOLS_MAX)
  ledger[A_FREE_HIGH] = rangeHigh(1, FREE_POOLS_MAX)
  ledger[A_SLOT] = slot
  ledger[A_RUN_BOUND] = FREE_POOLS_MAX
}

export function isFreePool(ledger: Int32Array, pool: PoolIndex): boolean {
  return (word(ledger, pool < 32 ? A_FREE_LOW : A_FREE_HIGH) & (1 << (pool & 31))) !== 0
}

export function isDirtyPool(ledger: Int32Array, pool: PoolIndex): boolean {
  return (word(ledger, pool < 32 ? A_DIRTY_LOW : A_DIRTY_HIGH) & (1 << (pool & 31))) !== 0
}

/** The free pool to take next: dirty ones first (they need no page fault), lowest index first. There must be one. */
export function nextFreePool(ledger: Int32Array, dirtyFirst: boolean): PoolIndex {
  if (dirtyFirst) {
    const dirty = nextSet(word(ledger, A_DIRTY_LOW), word(ledger, A_DIRTY_HIGH), 1)
    if (dirty < POOLS_PER_ARENA) return dirty as PoolIndex
  }
  return nextSet(word(ledger, A_FREE_LOW), word(ledger, A_FREE_HIGH), 1) as PoolIndex
}

/**
 * First pool of the shortest stretch of free pools that holds `length` of them (best fit, lowest first); 0 where there
 * is none, and A_RUN_BOUND then knows the longest there is.
 */
export function findRun(ledger: Int32Array, length: number): PoolIndex | 0 {
  const low = word(ledger, A_FREE_LOW)
  const high = word(ledger, A_FREE_HIGH)
  let best = 0
  let bestLength = POOLS_PER_ARENA
  let longest = 0
  for (let start = nextSet(low, high, 1); start < POOLS_PER_ARENA; ) {
    const end = nextClear(low, high, start)
    const stretch = end - start
    if (stretch > longest) longest = stretch
    if (stretch >= length && stretch < bestLength) {
      best = start
      bestLength = stretch
      if (stretch === length) return best as PoolIndex
    }
    start = nextSet(low, high, end)
  }
  ledger[A_RUN_BOUND] = longest
  return best as PoolIndex | 0
}

/** Free pools that follow directly behind pool `end - 1`, at most `wanted`. */
export function freeBehind(ledger: Int32Array, end: number, wanted: number): number {
  const clear = nextClear(word(ledger, A_FREE_LOW), word(ledger, A_FREE_HIGH), end)
  return Math.min(clear - end, wanted)
}

/** Takes pools first..first+length-1 out of the free map. Returns how many of them were dirty; 0: all read zero. */
export function takePools(ledger: Int32Array, first: PoolIndex, length: number): number {
  const low = rangeLow(first, length)
  const high = rangeHigh(first, length)
  const dirtyLow = word(ledger, A_DIRTY_LOW)
  const dirtyHigh = word(ledger, A_DIRTY_HIGH)
  ledger[A_FREE_LOW] = word(ledger, A_FREE_LOW) & ~low
  ledger[A_FREE_HIGH] = word(ledger, A_FREE_HIGH) & ~high
  ledger[A_DIRTY_LOW] = dirtyLow & ~low
  ledger[A_DIRTY_HIGH] = dirtyHigh & ~high
  ledger[A_FREE_POOLS] = freePools(ledger) - length
  return countBits(dirtyLow & low) + countBits(dirtyHigh & high)
}

/** Puts pools first..first+length-1 back into the free map, dirty since `epoch`. */
export function putPools(ledger: Int32Array, first: PoolIndex, length: number, epoch: number): void {
  const low = rangeLow(first, length)
  const high = rangeHigh(first, length)
  ledger[A_FREE_LOW] = word(ledger, A_FREE_LOW) | low
  ledger[A_FREE_HIGH] = word(ledger, A_FREE_HIGH) | high
  ledger[A_DIRTY_LOW] = word(ledger, A_DIRTY_LOW) | low
  ledger[A_DIRTY_HIGH] = word(ledger, A_DIRTY_HIGH) | high
  ledger[A_FREE_POOLS] = freePools(ledger) + length
  ledger[A_RUN_BOUND] = FREE_POOLS_MAX
  for (let pool = first as number; pool < first + length; pool++) {
    const record = recordOf(pool as PoolIndex)
    ledger[record + STAMP] = epoch
  }
}

/** First pools of the runs in use of an arena, with the length of each, lowest first. */
export function* runsOf(ledger: Int32Array): Generator<readonly [PoolIndex, number]> {
  for (let pool = 1 as PoolIndex; pool < POOLS_PER_ARENA; ) {
    const length = isFreePool(ledger, pool) ? 1 : Math.max(1, word(ledger, recordOf(pool) + LENGTH))
    if (!isFreePool(ledger, pool)) yield [pool, length]
    pool = (pool + length) as PoolIndex
  }
}
