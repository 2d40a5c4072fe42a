/**
 * Whole runs: one block each, of more than a shared run is for, that is as many neighbouring pools as it takes. It can grow into free pools
 * behind it.
 */
import { FREE_POOLS_MAX, POOL_BYTES, type Pointer, poolOf, recordAt, runBefore, slotOf } from '../base/layout'
import { WHOLE_RUN } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import { CLASS, LENGTH, word } from '../books/ledger'
import type { Arenas } from './arenas'
import { openRecords, type Runs } from './runs'

/**
 * A whole run has at most HALF_ARENA_POOLS, which leaves room for another, or at least NEARLY_ARENA_POOLS, which leaves no more of
 * the arena unused than a run of equal blocks may lose. Between the two a request gets a large block.
 */
const HALF_ARENA_POOLS = FREE_POOLS_MAX >> 1
const NEARLY_ARENA_POOLS = FREE_POOLS_MAX - (FREE_POOLS_MAX >> 3)

/** Pools of the whole run that serves a request; 0 where a large block does. */
export function wholeRunPools(byteLength: number): number {
  const pools = Math.ceil(byteLength / POOL_BYTES)
  return pools <= HALF_ARENA_POOLS || (pools >= NEARLY_ARENA_POOLS && pools <= FREE_POOLS_MAX) ? pools : 0
}

export class WholeRuns {
  private readonly table: ArenaTable
  private readonly arenas: Arenas
  private readonly runs: Runs

  constructor(table: ArenaTable, arenas: Arenas, runs: Runs) {
    this.table = table
    this.arenas = arenas
    this.runs = runs
  }

  /** Takes a run of `length` pools as one block, where open arenas have one; else 0. */
  find(length: number): Pointer | 0 {
    const run = this.runs.find(length)
    return run === 0 ? 0 : this.adopt(run, length)
  }

  /** The same in a new arena. */
  open(length: number): Pointer {
    return this.adopt(this.arenas.openFor(length), length)
  }

  /** Makes pools just taken a live block. */
  adopt(run: Pointer, length: number): Pointer {
    openRecords(this.table, run, WHOLE_RUN, length)
    this.table.counts.addTaken(WHOLE_RUN, 1)
    this.table.map.setTaken(run, length)
    this.table.map.set(run)
    return run
  }

  /** Puts back a run whose bit is clear. */
  put(run: Pointer): void {
    const length = this.lengthOf(run)
    this.table.counts.addTaken(WHOLE_RUN, -1)
    this.table.counts.addPools(WHOLE_RUN, -length)
    this.arenas.putRun(run, length)
  }

  /** Pools of a run that is one block. */
  private lengthOf(run: Pointer): number {
    return word(this.table.ledger(slotOf(run)), recordAt(run) + LENGTH)
  }

  /**
   * Makes the one block of a run longer, in place, by free pools behind it; it becomes a whole run.
   * @returns whether there were such pools
   */
  growInPlace(run: Pointer, length: number): boolean {
    const slot = slotOf(run)
    const old = this.lengthOf(run)
    if (length > old && !this.arenas.extendRun(slot, poolOf(run) + old, length - old)) return false
    const { counts } = this.table
    const sizeClass = word(this.table.ledger(slot), recordAt(run) + CLASS)
    counts.addPools(sizeClass, -old)
    counts.addTaken(sizeClass, -1)
    counts.addPools(WHOLE_RUN, length)
    counts.addTaken(WHOLE_RUN, 1)
    openRecords(this.table, run, WHOLE_RUN, length, old)
    this.table.map.setTaken(run, length)
    return true
  }

  /** Gives back the pools of a whole run behind the first `length`. */
  shrinkInPlace(run: Pointer, length: number): void {
    const old = this.lengthOf(run)
    this.table.ledger(slotOf(run))[recordAt(run) + LENGTH] = length
    this.table.map.setTaken(run, length)
    this.table.counts.addPools(WHOLE_RUN, length - old)
    this.arenas.putRun(runBefore(run, -length), old - length)
  }
}
