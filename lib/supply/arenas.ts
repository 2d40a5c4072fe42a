/**
 * The supply of pools: runs of neighbouring free pools are taken from the fullest usable arena and put back into their own.
 *
 *     takePool, findRun --> fullest usable arena that has it --> (none) openFor: open an arena
 *     putRun  --> case 1  all pools of the arena are free: it is empty; with decay 0 it is closed here and now
 *                 case 2  its first free pools: it joins the usable arenas
 *                 case 3  its number of free pools changed: it moves to another bucket
 *                 case 4  CPython's "nothing to do" cannot happen: buckets hold exactly one number of free pools
 *
 * (The cases are numbered as in insert_to_freepool() of CPython's Objects/obmalloc.c.)
 */

import { nextSet, rangeHigh, rangeLow } from '../base/bits'
import {
  FREE_POOLS_MAX,
  POOL_BYTES,
  POOLS_PER_ARENA,
  type Pointer,
  type PoolIndex,
  pointerTo,
  poolOf,
  recordOf,
  type Slot,
  slotOf,
} from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import {
  A_DIRTY_HIGH,
  A_DIRTY_LOW,
  A_FREE_HIGH,
  A_FREE_LOW,
  A_RUN_BOUND,
  dirtyPools,
  findRun,
  freeBehind,
  freePools,
  nextFreePool,
  openLedger,
  putPools,
  STAMP,
  slotOfLedger,
  takePools,
  word,
} from '../books/ledger'
import { UsableArenas } from '../books/usable-arenas'
import type { Decay } from '../release/decay'
import type { Purger } from '../release/purger'
import { DirtyPools } from './dirty-pools'

/** Switches of the ablation benches: what each heuristic is worth is measured by turning it off. */
export interface Ablation {
  /** false: pools are taken from the emptiest usable arena. */
  readonly fullestFirst?: boolean
  /** false: dirty pools are not preferred to discarded ones. */
  readonly dirtyFirst?: boolean
}

/** Usable arenas a search for a run looks into before one is opened: bounds the time of one request. */
const RUN_SEARCH_MAX = 32

/** Of the pools that a heap took in an epoch, up to this share are made resident ahead, in steps of at least some of them. */
const POPULATE_SHARE = 1 / 16
const POPULATE_MIN_POOLS = 16

export class Arenas {
  readonly usable: UsableArenas
  readonly dirty: DirtyPools
  /** Whether the run taken last was not dirty: by the books it reads zero. */
  tookFresh = false
  /** The arena that was opened last because no run was found; may be closed, or full. */
  private openedForRuns: Slot | 0 = 0
  /** Arenas opened for single pools in an epoch of the purger. */
  private opened = 0
  private openedEpoch = 0
  private readonly table: ArenaTable
  private readonly purger: Purger
  private readonly decay: Decay
  private readonly fullestFirst: boolean
  private readonly dirtyFirst: boolean

  constructor(table: ArenaTable, purger: Purger, decay: Decay, ablation: Ablation = {}) {
    this.usable = new UsableArenas(table)
    this.dirty = new DirtyPools(table, this.usable, decay)
    this.table = table
    this.purger = purger
    this.decay = decay
    this.fullestFirst = ablation.fullestFirst ?? true
    this.dirtyFirst = ablation.dirtyFirst ?? true
  }

  /** Takes one pool. Returns the pointer to its granule 0. */
  takePool(): Pointer {
    const slot = this.fullestFirst ? this.usable.fullest(1) : this.usable.emptiest()
    if (slot === 0) return this.openFor(1)
    const ledger = this.table.ledger(slot)
    return this.take(ledger, nextFreePool(ledger, this.dirtyFirst), 1)
  }

  /** Takes a run in an arena opened for it, or in another after all: before it fails, the heap gives back all that is free. */
  openFor(length: number): Pointer {
    let ledger: Int32Array
    try {
      ledger = this.open()
    } catch (failure) {
      const found = this.findRun(length)
      if (found === 0) throw failure
      return found
    }
    if (length > 1) this.openedForRuns = slotOfLedger(ledger)
    else this.populate(ledger)
    return this.take(ledger, findRun(ledger, length) as PoolIndex, length)
  }

  /** Takes `length` neighbouring pools in an open arena; 0 where the search finds none. */
  findRun(length: number): Pointer | 0 {
    return this.findInOpen(length) || this.findInEmptiest(length)
  }

  /** Takes a run in the fullest usable arena that has one, as far as the search goes; 0 where it finds none. */
  private findInOpen(length: number): Pointer | 0 {
    let candidates = RUN_SEARCH_MAX
    for (let slot = this.usable.fullest(length); slot !== 0 && candidates > 0; candidates--) {
      const run = this.findIn(slot, length)
      if (run !== 0) return run
      slot = this.usable.after(this.table.ledger(slot))
    }
    return 0
  }

  /** Where a run fits that the search did not find: in the arena opened last for one, or that with the most free pools. */
  private findInEmptiest(length: number): Pointer | 0 {
    return this.findIn(this.openedForRuns, length) || this.findIn(this.usable.emptiest(), length)
  }

  /** Takes a run in an arena; 0 where it has none, or is closed by now: to the ledger that stands for those no run is free. */
  private findIn(slot: Slot | 0, length: number): Pointer | 0 {
    const ledger = this.table.ledger(slot as Slot)
    if (word(ledger, A_RUN_BOUND) < length) return 0
    const pool = findRun(ledger, length)
    return pool === 0 ? 0 : this.take(ledger, pool, length)
  }

  /** Takes a run in another open arena; 0 where none has one. For compaction. */
  takeRunElsewhere(length: number, slot: Slot): Pointer | 0 {
    const ledger = this.table.ledger(slot)
    const isUsable = freePools(ledger) > 0
    if (isUsable) this.usable.unlink(ledger, freePools(ledger))
    const run = this.findInOpen(length)
    if (isUsable) this.usable.link(ledger)
    return run
  }

  /** Lengthens the run that ends before pool `end` by `more` free pools behind it. False where they are not free. */
  extendRun(slot: Slot, end: number, more: number): boolean {
    const ledger = this.table.ledger(slot)
    if (freeBehind(ledger, end, more) < more) return false
    this.take(ledger, end as PoolIndex, more)
    return true
  }

  private take(ledger: Int32Array, first: PoolIndex, length: number): Pointer {
    this.usable.unlink(ledger, freePools(ledger))
    const dirty = takePools(ledger, first, length)
    this.tookFresh = dirty === 0
    this.table.counts.addDirty(-dirty)
    if (freePools(ledger) > 0) this.usable.link(ledger)
    if (this.dirty.groupPools > 1) this.dirtyMates(ledger, first, length)
    return pointerTo(slotOfLedger(ledger), first, 0)
  }

  /** Puts a run back, dirty since an epoch: this one, or the one in which it got empty. */
  putRun(run: Pointer, length: number, epoch?: number): void {
    const ledger = this.table.ledger(slotOf(run))
    this.beginPuts(ledger)
    this.putInto(ledger, run, length, epoch ?? this.purger.epoch)
    this.endPuts(ledger, 1)
  }

  /** Before runs are put back into one arena: it is in no bucket until the end of that. */
  beginPuts(ledger: Int32Array): void {
    const before = freePools(ledger)
    if (before > 0) this.usable.unlink(ledger, before) // case 3; at 0 it is case 2
    if (!this.dirty.isDirty) this.purger.wake()
  }

  /** Puts back a run of the arena that {@link beginPuts} was told of, dirty since an epoch. */
  putInto(ledger: Int32Array, run: Pointer, length: number, epoch: number): void {
    putPools(ledger, poolOf(run), length, epoch)
    this.table.counts.addDirty(length)
    this.table.map.setMagazine(run, 0, length)
  }

  /** Behind {@link beginPuts} and one or more runs. */
  endPuts(ledger: Int32Array, runs: number): void {
    this.usable.link(ledger)
    this.dirty.add(ledger)
    if (freePools(ledger) === FREE_POOLS_MAX && this.decay.decayMs === 0) this.closeNow(ledger) // case 1
    for (let run = 0; run < runs; run++) this.purger.notePut()
  }

  private closeNow(ledger: Int32Array): void {
    this.purger.noteDiscarded(POOL_BYTES * (1 + dirtyPools(ledger)))
    this.dirty.closeArena(ledger)
  }

  /** Forgets every arena: the heap closes and gives them back itself. */
  close(): void {
    this.usable.clear()
    this.dirty.clear()
  }

  private open(): Int32Array {
    const slot = this.table.openArena()
    const ledger = this.table.ledger(slot)
    openLedger(ledger, slot)
    this.usable.link(ledger)
    return ledger
  }

  /**
   * Makes the first pools of an arena resident ahead, in one call to the system instead of a fault for each: the more, the faster the heap
   * grows, and never more than POPULATE_SHARE of what it has taken in this epoch. They are dirty as if they had been put back, so they are taken
   * first, and go back where they are not.
   */
  private populate(ledger: Int32Array): void {
    const { epoch } = this.purger
    this.opened = epoch === this.openedEpoch ? this.opened + 1 : 1
    this.openedEpoch = epoch
    const pools = Math.min(FREE_POOLS_MAX, Math.floor((this.opened - 1) * FREE_POOLS_MAX * POPULATE_SHARE))
    if (pools < POPULATE_MIN_POOLS || this.decay.decayMs === 0 || this.dirty.groupPools > 1) return
    if (this.purger.isHurrying) return
    const { region, byteOffset } = this.table.space.home(slotOfLedger(ledger))
    if (!region.populate(byteOffset + POOL_BYTES, pools * POOL_BYTES)) {
      this.opened = 0 // the heap has to grow as much again before it asks once more
      return
    }
    this.purger.noteWake() // and no look at the clock, which might close the arena: all of it is free
    this.makeDirty(ledger, 1, 1 + pools)
    this.dirty.add(ledger)
  }

  /** Where an OS page holds several pools, taking one makes the free ones beside it resident. */
  private dirtyMates(ledger: Int32Array, first: PoolIndex, length: number): void {
    const start = first - (first % this.dirty.groupPools)
    this.makeDirty(ledger, start, Math.ceil((first + length) / this.dirty.groupPools) * this.dirty.groupPools)
  }

  /** The free ones of pools start..end-1 are resident from now on. */
  private makeDirty(ledger: Int32Array, start: number, end: number): void {
    const low = rangeLow(start, end - start) & word(ledger, A_FREE_LOW)
    const high = rangeHigh(start, end - start) & word(ledger, A_FREE_HIGH)
    const before = dirtyPools(ledger)
    ledger[A_DIRTY_LOW] = word(ledger, A_DIRTY_LOW) | low
    ledger[A_DIRTY_HIGH] = word(ledger, A_DIRTY_HIGH) | high
    this.table.counts.addDirty(dirtyPools(ledger) - before)
    for (let pool = nextSet(low, high, 1); pool < POOLS_PER_ARENA; pool = nextSet(low, high, pool + 1)) {
      ledger[recordOf(pool as PoolIndex) + STAMP] = this.purger.epoch
    }
  }
}
