/**
 * The purger gives dirty memory back: it discards free pools in stretches of neighbours, unmaps empty arenas and kept large
 * blocks. Three things drive it:
 *
 *     a timer         armed only while something is dirty, not keeping the process alive, holding the purger weakly
 *     a slow path     every POLL_PUTS-th run put back looks at the clock, so that long synchronous work decays too
 *     purge()         everything, now
 *
 *     pool:  used/full --last block freed--> dirty --decay over--> discarded (free, not resident, reads zero)
 *                                              \--taken again, first choice--> used
 */

import { nextClear, nextSet, rangeHigh, rangeLow } from '../base/bits'
import type { Clock } from '../base/clock'
import { FREE_POOLS_MAX, POOL_BYTES, POOLS_PER_ARENA } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import { A_DIRTY_HIGH, A_DIRTY_LOW, A_FREE_HIGH, A_FREE_LOW, freePools, slotOfLedger, word } from '../books/ledger'
import { type Decay, EPOCHS_PER_DECAY } from '../release/decay'
import type { Arenas } from './arenas'
import type { LargeBlocks } from './large-blocks'

/** Runs put back between two looks at the clock. */
const POLL_PUTS = 64
/** Epochs that pools may rest in their classes: half a decay. They count as dirty from the beginning of it. */
const REST_EPOCHS = EPOCHS_PER_DECAY / 2
/** Milliseconds of giving back in one go; what is left waits PAUSE_MS. */
const SLICE_MS = 1.5
const PAUSE_MS = 1

export class Purger {
  /** Calls to the operating system that discarded something, and the bytes they gave back. */
  discards = 0
  discardedBytes = 0
  /** Discards that the OS refused in the background, and the last reason. */
  failures = 0
  lastFailure: Error | undefined
  /** Called when a lost arena was met: rebuilds the books without it (recover.ts). */
  rebuild: () => void = () => {}
  /** Empties the magazines, and gives back the pools that rest since before an epoch. */
  releaseMagazines: (before: number) => void = () => {}
  /** Whether pools rest. */
  hasResting: () => boolean = () => false
  readonly #table: ArenaTable
  readonly #arenas: Arenas
  readonly #large: LargeBlocks
  readonly #decay: Decay
  readonly #clock: Clock
  #cancelTimer: (() => void) | undefined
  #puts = 0
  #isClosed = false
  #isWorking = false

  constructor(table: ArenaTable, arenas: Arenas, large: LargeBlocks, decay: Decay, clock: Clock) {
    this.#table = table
    this.#arenas = arenas
    this.#large = large
    this.#decay = decay
    this.#clock = clock
  }

  /** Something is about to become dirty: while no timer was armed nobody has moved the epoch that it is stamped with. */
  wake(): void {
    if (this.#cancelTimer === undefined) this.#arenas.epoch = this.#decay.epochAt(this.#clock.now())
  }

  /** Something became dirty. */
  notePut(): void {
    if (this.#decay.decayMs === Infinity) return
    if (this.#cancelTimer === undefined) this.#arm(this.#decay.epochMs)
    if (++this.#puts < POLL_PUTS) return
    this.#puts = 0
    this.#tickQuietly()
  }

  /** A magazine begins to hold blocks: when the clock moves on they go back. */
  noteWake(): void {
    if (this.#decay.decayMs === Infinity || this.#cancelTimer !== undefined) return
    this.wake()
    this.#arm(this.#decay.epochMs)
  }

  /** Moves time on and gives back one slice of what has expired. */
  tick(): void {
    if (this.#isWorking) return
    const now = this.#clock.now()
    const epoch = this.#decay.epochAt(now)
    const { dirty } = this.#arenas
    if (epoch !== this.#arenas.epoch || this.#decay.decayMs === 0) {
      this.#arenas.epoch = epoch
      this.#emptyMagazines(epoch - REST_EPOCHS)
      if (!dirty.isSweeping) dirty.rewind()
    }
    if (dirty.isSweeping || this.#large.hasKept) this.#giveBack(epoch, false, now + SLICE_MS)
  }

  /** Gives back all that is free. Returns the bytes that were resident by the books and are not any more. */
  purge(): number {
    this.#arenas.dirty.rewind()
    return this.#giveBack(this.#arenas.epoch, true, Infinity)
  }

  /** purge() for a request that cannot be met otherwise, whose own failure is the one to be told. Whether it made anything of it. */
  reclaim(): boolean {
    try {
      this.#emptyMagazines(Infinity)
      return this.purge() > 0
    } catch (failure) {
      this.#note(failure)
      return true
    }
  }

  /** Stops the timer for good. */
  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  /** While this runs, the pools that get free give no cause to look at the clock. */
  #emptyMagazines(before: number): void {
    this.#isWorking = true
    try {
      this.releaseMagazines(before)
    } finally {
      this.#isWorking = false
    }
  }

  #giveBack(epoch: number, all: boolean, deadline: number): number {
    let bytes = 0
    this.#isWorking = true
    try {
      for (let ledger = this.#nextArena(); ledger !== undefined; ledger = this.#nextArena()) {
        bytes += this.#giveBackArena(ledger, epoch, all)
        if (this.#clock.now() >= deadline) return bytes
      }
      for (let step = this.#large.giveBackStep(epoch, all); step > 0; step = this.#large.giveBackStep(epoch, all)) {
        bytes += step
        if (this.#clock.now() >= deadline) return bytes
      }
    } finally {
      this.#isWorking = false
      this.#table.space.tidy()
    }
    return bytes
  }

  #nextArena(): Int32Array | undefined {
    return this.#arenas.dirty.sweepNext()
  }

  #giveBackArena(ledger: Int32Array, epoch: number, all: boolean): number {
    const dirtyLow = word(ledger, A_DIRTY_LOW)
    const dirtyHigh = word(ledger, A_DIRTY_HIGH)
    let low = dirtyLow
    let high = dirtyHigh
    if (!all) {
      if (!this.#decay.collectExpired(ledger, dirtyLow, dirtyHigh, epoch)) return 0
      low = this.#decay.expiredLow
      high = this.#decay.expiredHigh
    }
    if (freePools(ledger) === FREE_POOLS_MAX && low === dirtyLow && high === dirtyHigh) {
      const bytes = POOL_BYTES * (1 + countPools(low, high))
      this.#arenas.unmapEmpty(ledger)
      return bytes
    }
    return this.#discardPools(ledger, low, high)
  }

  /** Discards the given dirty pools as far as they make up whole OS pages, stretch by stretch. */
  #discardPools(ledger: Int32Array, low: number, high: number): number {
    const group = this.#arenas.groupPools
    const slot = slotOfLedger(ledger)
    const freeLow = word(ledger, A_FREE_LOW)
    const freeHigh = word(ledger, A_FREE_HIGH)
    let bytes = 0
    let first = nextSet(low, high, 1)
    while (first < POOLS_PER_ARENA) {
      const end = nextClear(low, high, first)
      // Whole groups only, and a group counts as a whole if its other pools are free too.
      const start = group === 1 ? first : groupStart(freeLow, freeHigh, first, group)
      const stop = group === 1 ? end : groupEnd(freeLow, freeHigh, end, group)
      if (stop > start) {
        if (!this.#table.discard(slot, start * POOL_BYTES, (stop - start) * POOL_BYTES)) {
          this.#table.sawLost = true
          return bytes
        }
        this.discards++
        bytes += this.#clearDirty(ledger, start, stop)
      }
      first = nextSet(low, high, Math.max(end, stop))
    }
    // An empty arena stays listed until all of it has expired, even if the rest shares an OS page with its ledger.
    const isEmpty = freePools(ledger) === FREE_POOLS_MAX
    if (!isEmpty && !this.#hasDiscardable(ledger, freeLow, freeHigh)) this.#arenas.dirty.remove(ledger)
    this.discardedBytes += bytes
    return bytes
  }

  #clearDirty(ledger: Int32Array, start: number, stop: number): number {
    const low = rangeLow(start, stop - start)
    const high = rangeHigh(start, stop - start)
    const pools = countPools(word(ledger, A_DIRTY_LOW) & low, word(ledger, A_DIRTY_HIGH) & high)
    ledger[A_DIRTY_LOW] = word(ledger, A_DIRTY_LOW) & ~low
    ledger[A_DIRTY_HIGH] = word(ledger, A_DIRTY_HIGH) & ~high
    return pools * POOL_BYTES
  }

  /** Whether a dirty pool is left that is not held resident by a neighbour in its OS page. */
  #hasDiscardable(ledger: Int32Array, freeLow: number, freeHigh: number): boolean {
    const low = word(ledger, A_DIRTY_LOW)
    const high = word(ledger, A_DIRTY_HIGH)
    const group = this.#arenas.groupPools
    if (group === 1) return (low | high) !== 0
    for (let p = nextSet(low, high, 1); p < POOLS_PER_ARENA; p = nextSet(low, high, p + 1)) {
      if (isWholeGroup(freeLow, freeHigh, p - (p % group), group)) return true
    }
    return false
  }

  /** An OS failure here has no caller to be thrown at: it is kept for the statistics, the memory stays dirty. */
  #tickQuietly(): void {
    try {
      this.tick()
    } catch (failure) {
      this.#note(failure)
    }
  }

  #note(failure: unknown): void {
    this.lastFailure = failure as Error
    this.failures++
  }

  #arm(ms: number): void {
    if (this.#isClosed) return
    const weak = new WeakRef(this)
    this.#cancelTimer = this.#clock.schedule(() => weak.deref()?.onTimer(), ms)
  }

  /** The timer fired. */
  onTimer(): void {
    this.#cancelTimer = undefined
    this.#tickQuietly()
    if (this.#table.sawLost) this.rebuild()
    const { dirty } = this.#arenas
    if (dirty.isSweeping) this.#arm(PAUSE_MS)
    else if (!dirty.isEmpty || this.#large.hasKept || this.hasResting())
      this.#arm(Math.max(PAUSE_MS, this.#decay.epochMs))
  }
}

const countPools = (low: number, high: number): number => {
  let pools = 0
  for (let p = nextSet(low, high, 0); p < POOLS_PER_ARENA; p = nextSet(low, high, p + 1)) pools++
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
