/**
 * The supply of pools: runs of neighbouring free pools are taken from the fullest usable arena and put back into their own.
 *
 *     takeRun --> fullest usable arena with such a run --> (none) map an arena
 *     putRun  --> case 1  all pools of the arena are free: it is empty; with decay 0 it is unmapped here and now
 *                 case 2  its first free pools: it joins the usable arenas
 *                 case 3  its number of free pools changed: it moves to another bucket
 *                 case 4  CPython's "nothing to do" cannot happen: buckets hold exactly one number of free pools
 *
 * (The cases are numbered as in insert_to_freepool() of CPython's Objects/obmalloc.c.)
 */

import { rangeHigh, rangeLow } from '../base/bits'
import {
  FREE_POOLS_MAX,
  POOL_BYTES,
  type Pointer,
  type PoolIndex,
  pointerTo,
  poolOf,
  recordOf,
  type Slot,
  slotOf,
} from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import type { Budget } from '../books/budget'
import {
  A_DIRTY_HIGH,
  A_DIRTY_LOW,
  A_FREE_HIGH,
  A_FREE_LOW,
  A_RUN_BOUND,
  findRun,
  freeBehind,
  freePools,
  LENGTH,
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
import { DirtyPools } from './dirty-pools'

/** Switches of the ablation benches: what each heuristic is worth is measured by turning it off. */
export interface Ablation {
  /** false: pools are taken from the emptiest usable arena. */
  readonly fullestFirst?: boolean
  /** false: dirty pools are not preferred to discarded ones. */
  readonly dirtyFirst?: boolean
}

/** Usable arenas a search for a run looks into before it maps a fresh arena: bounds the time of one request. */
const RUN_SEARCH_MAX = 32

export class Arenas {
  readonly usable: UsableArenas
  readonly dirty: DirtyPools
  /** Arenas mapped now, and the most there ever were. */
  count = 0
  peak = 0
  /** The epoch that pools freed now are stamped with; moved on by the purger. */
  epoch = 0
  /** Whether the run taken last reads zero throughout. */
  tookZeroed = false
  /** Called when dirty pools appear, and on every run put back: the purger arms its timer, or looks at the clock. */
  onPut: () => void = () => {}
  /** Called before pools get dirty while none is: the purger brings the epoch up to date. */
  onWake: () => void = () => {}
  /** Gives back the pools that rest (magazines.ts); whether there were any. */
  releaseResting: () => boolean = () => false
  /** Called when a lost arena was met: rebuilds the books without it (recover.ts). */
  rebuild: () => void = () => {}
  /** The arena that was mapped last because no run was found; may be gone, or full. */
  private openedForRuns: Slot | 0 = 0
  private readonly table: ArenaTable
  private readonly decay: Decay
  private readonly fullestFirst: boolean
  private readonly dirtyFirst: boolean
  /** Pools of an OS page: 1 where those have 4 KiB. */
  readonly groupPools: number

  constructor(table: ArenaTable, budget: Budget, decay: Decay, ablation: Ablation = {}) {
    this.usable = new UsableArenas(table)
    this.dirty = new DirtyPools(table)
    this.table = table
    this.decay = decay
    this.fullestFirst = ablation.fullestFirst ?? true
    this.dirtyFirst = ablation.dirtyFirst ?? true
    this.groupPools = Math.max(1, budget.os.osPageSize / POOL_BYTES)
  }

  /** Takes `length` neighbouring pools. Returns the pointer to granule 0 of the first. */
  takeRun(length: number): Pointer {
    try {
      return this.takeOrMap(length)
    } catch (failure) {
      // Before it failed the heap gave back all that was free, magazines too: there may be room in a mapped arena now.
      const found = this.find(length)
      if (found === 0) throw failure
      return found
    }
  }

  private takeOrMap(length: number): Pointer {
    if (length > 1) return this.takeLongRun(length)
    const slot = this.fullestFirst ? this.usable.fullest(1) : this.usable.emptiest()
    const ledger = slot === 0 ? this.open() : this.table.ledger(slot)
    if (this.table.sawLost) return this.retake(1)
    return this.take(ledger, nextFreePool(ledger, this.dirtyFirst), 1)
  }

  private retake(length: number): Pointer {
    this.rebuild()
    return this.takeOrMap(length)
  }

  private takeLongRun(length: number): Pointer {
    const found = this.find(length) || (this.releaseResting() ? this.find(length) : 0)
    if (this.table.sawLost) return this.retake(length)
    if (found !== 0) return found
    const ledger = this.open()
    this.openedForRuns = slotOfLedger(ledger)
    return this.take(ledger, findRun(ledger, length) as PoolIndex, length)
  }

  private find(length: number): Pointer | 0 {
    return this.findInMapped(length) || this.findInEmptiest(length)
  }

  /** Takes a run in the fullest usable arena that has one, as far as the search goes; 0 where it finds none. */
  private findInMapped(length: number): Pointer | 0 {
    let candidates = RUN_SEARCH_MAX
    for (let slot = this.usable.fullest(length); slot !== 0 && candidates > 0; candidates--) {
      const ledger = this.table.ledger(slot)
      if (this.table.sawLost) return 0
      if (word(ledger, A_RUN_BOUND) >= length) {
        const pool = findRun(ledger, length)
        if (pool !== 0) return this.take(ledger, pool, length)
      }
      slot = this.usable.after(ledger)
    }
    return 0
  }

  /** Where a run fits that the search did not find: in the arena mapped last for one, or that with the most free pools. */
  private findInEmptiest(length: number): Pointer | 0 {
    return this.findIn(this.openedForRuns, length) || this.findIn(this.usable.emptiest(), length)
  }

  private findIn(slot: Slot | 0, length: number): Pointer | 0 {
    if (slot === 0 || !this.table.isArena(slot)) return 0
    const ledger = this.table.ledger(slot)
    if (this.table.sawLost || freePools(ledger) < length || word(ledger, A_RUN_BOUND) < length) return 0
    const pool = findRun(ledger, length)
    return pool === 0 ? 0 : this.take(ledger, pool, length)
  }

  /** Takes a run in another arena that is mapped already; 0 where none has one. For compaction. */
  takeRunElsewhere(length: number, slot: Slot): Pointer | 0 {
    const ledger = this.table.ledger(slot)
    const isUsable = freePools(ledger) > 0
    if (isUsable) this.usable.unlink(ledger, freePools(ledger))
    const run = this.findInMapped(length)
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
    this.tookZeroed = takePools(ledger, first, length)
    ledger[recordOf(first) + LENGTH] = length
    if (freePools(ledger) > 0) this.usable.link(ledger)
    if (this.groupPools > 1) this.dirtyMates(ledger, first, length)
    return pointerTo(slotOfLedger(ledger), first, 0)
  }

  /** Puts a run back, dirty since an epoch: this one, or the one in which it got empty. */
  putRun(run: Pointer, length: number, epoch?: number): void {
    const ledger = this.table.ledger(slotOf(run))
    const before = freePools(ledger)
    if (before > 0) this.usable.unlink(ledger, before) // case 3; at 0 it is case 2
    if (this.dirty.isEmpty) this.onWake()
    putPools(ledger, poolOf(run), length, epoch ?? this.epoch)
    this.table.map.setMagazine(run, 0) // later pools of a run have none
    this.usable.link(ledger)
    this.dirty.add(ledger)
    if (freePools(ledger) === FREE_POOLS_MAX && this.decay.decayMs === 0) this.unmapEmpty(ledger) // case 1
    this.onPut()
  }

  /** Unmaps an arena whose pools are all free. */
  unmapEmpty(ledger: Int32Array): void {
    this.usable.unlink(ledger, FREE_POOLS_MAX)
    this.dirty.remove(ledger)
    this.count--
    this.table.unmapArena(slotOfLedger(ledger))
  }

  /** Forgets every arena: the heap closes and unmaps them itself. */
  close(): void {
    this.usable.clear()
    this.dirty.clear()
    this.count = 0
  }

  private open(): Int32Array {
    const slot = this.table.openArena()
    const ledger = this.table.ledger(slot)
    openLedger(ledger, slot)
    if (this.groupPools > 1) this.dirtyMates(ledger, 0 as PoolIndex, 1)
    this.usable.link(ledger)
    this.count++
    if (this.count > this.peak) this.peak = this.count
    return ledger
  }

  /** Where an OS page holds several pools, taking one makes the free ones beside it resident. */
  private dirtyMates(ledger: Int32Array, first: PoolIndex, length: number): void {
    const start = first - (first % this.groupPools)
    const end = Math.ceil((first + length) / this.groupPools) * this.groupPools
    const low = rangeLow(start, end - start) & word(ledger, A_FREE_LOW)
    const high = rangeHigh(start, end - start) & word(ledger, A_FREE_HIGH)
    ledger[A_DIRTY_LOW] = word(ledger, A_DIRTY_LOW) | low
    ledger[A_DIRTY_HIGH] = word(ledger, A_DIRTY_HIGH) | high
    for (let pool = start; pool < end; pool++) {
      const isFree = ((pool < 32 ? low >>> pool : high >>> (pool - 32)) & 1) !== 0
      if (isFree) ledger[recordOf(pool as PoolIndex) + STAMP] = this.epoch
    }
  }
}
