/**
 * Dirty pools: free and still resident. Arenas that have some hang in a list, in no order; the purger sweeps it and discards what has
 * expired in groups of neighbours, or closes the arena where all of it has.
 *
 *     pool:  used/full --last block freed--> dirty --decay over--> discarded (free, not resident)
 *                                              \--taken again, first choice--> used
 */
import { countBits, nextClear, nextSet, rangeHigh, rangeLow } from '../base/bits'
import { FREE_POOLS_MAX, POOL_BYTES, POOLS_PER_ARENA, type Slot } from '../base/layout'
import { linkFront, unlinkFrom } from '../books/arena-list'
import type { ArenaTable } from '../books/arena-table'
import {
  A_DIRTY_HIGH,
  A_DIRTY_LOW,
  A_DIRTY_NEXT,
  A_DIRTY_PREV,
  A_FREE_HIGH,
  A_FREE_LOW,
  A_IS_LISTED,
  dirtyPools,
  freePools,
  slotOfLedger,
  word,
} from '../books/ledger'
import type { UsableArenas } from '../books/usable-arenas'
import type { Decay } from '../release/decay'
import type { Source } from '../release/purger'
import { DISCARDED_POOLS, DISCARDS } from '../space/tally'

export class DirtyPools implements Source {
  /** Calls to the operating system that discarded pools, and the bytes they gave back. */
  discards = 0
  discardedBytes = 0
  /** Pools of an OS page: 1 where those have 4 KiB. */
  readonly groupPools: number
  private head: Slot | 0 = 0
  /** The arena that the sweep looks at next; 0: it has ended. */
  private cursor: Slot | 0 = 0
  private readonly table: ArenaTable
  private readonly usable: UsableArenas
  private readonly decay: Decay

  constructor(table: ArenaTable, usable: UsableArenas, decay: Decay) {
    this.table = table
    this.usable = usable
    this.decay = decay
    this.groupPools = Math.max(1, table.space.region.osPageSize / POOL_BYTES)
  }

  get isDirty(): boolean {
    return this.head !== 0
  }

  /** Adds an arena unless it is in the list. */
  add(ledger: Int32Array): void {
    if (word(ledger, A_IS_LISTED) !== 0) return
    ledger[A_IS_LISTED] = 1
    this.head = linkFront(this.table, ledger, this.head, A_DIRTY_NEXT, A_DIRTY_PREV)
  }

  /** Removes an arena from the list. */
  private remove(ledger: Int32Array): void {
    ledger[A_IS_LISTED] = 0
    if (this.cursor === slotOfLedger(ledger)) this.cursor = word(ledger, A_DIRTY_NEXT) as Slot | 0
    this.head = unlinkFrom(this.table, ledger, this.head, A_DIRTY_NEXT, A_DIRTY_PREV)
  }

  /** Forgets every arena: the heap closes and gives them back itself. */
  clear(): void {
    this.head = 0
    this.cursor = 0
  }

  /** A sweep that is under way goes on; arenas added meanwhile wait for the next. */
  beginEpoch(): void {
    if (this.cursor === 0) this.cursor = this.head
  }

  rewind(): void {
    this.cursor = this.head
  }

  /** Looks at one arena. */
  giveBackStep(epoch: number, all: boolean): number {
    if (this.cursor === 0) return -1
    const ledger = this.table.ledger(this.cursor)
    this.cursor = word(ledger, A_DIRTY_NEXT) as Slot | 0
    const dirtyLow = word(ledger, A_DIRTY_LOW)
    const dirtyHigh = word(ledger, A_DIRTY_HIGH)
    if ((dirtyLow | dirtyHigh) === 0) {
      this.remove(ledger) // its dirty pools were all taken again: the timer need not come for it
      return 0
    }
    if (!all && !this.decay.collectExpired(ledger, dirtyLow, dirtyHigh, epoch)) return 0
    const low = all ? dirtyLow : this.decay.expiredLow
    const high = all ? dirtyHigh : this.decay.expiredHigh
    if (freePools(ledger) < FREE_POOLS_MAX || low !== dirtyLow || high !== dirtyHigh)
      return this.discard(ledger, low, high)
    this.closeArena(ledger)
    return POOL_BYTES * (1 + countBits(low) + countBits(high))
  }

  /** Closes an arena whose pools are all free. */
  closeArena(ledger: Int32Array): void {
    this.usable.unlink(ledger, FREE_POOLS_MAX)
    this.remove(ledger)
    this.table.counts.addDirty(-dirtyPools(ledger))
    this.table.closeArena(slotOfLedger(ledger))
  }

  /** Discards dirty pools as far as they make up whole OS pages, neighbours together. */
  private discard(ledger: Int32Array, low: number, high: number): number {
    const group = this.groupPools
    const freeLow = word(ledger, A_FREE_LOW)
    const freeHigh = word(ledger, A_FREE_HIGH)
    let bytes = 0
    for (let first = nextSet(low, high, 1); first < POOLS_PER_ARENA; ) {
      const end = nextClear(low, high, first)
      // Whole groups only, and a group counts as a whole if its other pools are free too.
      const start = groupStart(freeLow, freeHigh, first, group)
      const stop = groupEnd(freeLow, freeHigh, end, group)
      if (stop > start) {
        this.table.discard(slotOfLedger(ledger), (start - 1) * POOL_BYTES, (stop - start) * POOL_BYTES)
        this.table.tally.set(DISCARDS, ++this.discards)
        const pools = clearDirty(ledger, start, stop)
        this.table.counts.addDirty(-pools)
        bytes += pools * POOL_BYTES
      }
      first = nextSet(low, high, Math.max(end, stop))
    }
    // An empty arena stays listed until all of it has expired, even if the rest shares an OS page with its ledger.
    const isEmpty = freePools(ledger) === FREE_POOLS_MAX
    if (!isEmpty && !this.hasDiscardable(ledger, freeLow, freeHigh)) this.remove(ledger)
    this.discardedBytes += bytes
    this.table.tally.set(DISCARDED_POOLS, this.discardedBytes / POOL_BYTES)
    return bytes
  }

  /** Whether a dirty pool is left that is not held resident by a neighbour in its OS page. */
  private hasDiscardable(ledger: Int32Array, freeLow: number, freeHigh: number): boolean {
    const low = word(ledger, A_DIRTY_LOW)
    const high = word(ledger, A_DIRTY_HIGH)
    const group = this.groupPools
    for (let p = nextSet(low, high, 1); p < POOLS_PER_ARENA; p = nextSet(low, high, p + 1)) {
      if (isWholeGroup(freeLow, freeHigh, p - (p % group), group)) return true
    }
    return false
  }
}

/** Clears the dirty bits of pools. Returns how many were set. */
function clearDirty(ledger: Int32Array, start: number, stop: number): number {
  const low = rangeLow(start, stop - start)
  const high = rangeHigh(start, stop - start)
  const pools = countBits(word(ledger, A_DIRTY_LOW) & low) + countBits(word(ledger, A_DIRTY_HIGH) & high)
  ledger[A_DIRTY_LOW] = word(ledger, A_DIRTY_LOW) & ~low
  ledger[A_DIRTY_HIGH] = word(ledger, A_DIRTY_HIGH) & ~high
  return pools
}

const isWholeGroup = (low: number, high: number, start: number, group: number): boolean =>
  nextClear(low, high, start) >= start + group

/** First pool of the group of `pool` if that is all free, else the next group's. */
const groupStart = (low: number, high: number, pool: number, group: number): number => {
  const start = pool - (pool % group)
  return isWholeGroup(low, high, start, group) ? start : start + group
}

/** End of the group that pool `end - 1` is in if that is all free, else the end of the group before. */
const groupEnd = (low: number, high: number, end: number, group: number): number => {
  const start = end - 1 - ((end - 1) % group)
  return isWholeGroup(low, high, start, group) ? start + group : start
}
