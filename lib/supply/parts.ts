/** The structures of a heap, wired once. What reads the whole heap (stats, check-heap, compact) gets them from here. */

import type { Clock } from '../base/clock'
import { POOL_BYTES, type Pointer } from '../base/layout'
import { WeakList } from '../base/weak-list'
import { ArenaTable } from '../books/arena-table'
import { Budget } from '../books/budget'
import { UsedRuns } from '../books/used-runs'
import type { OsPages } from '../os/os-pages'
import { Decay } from '../release/decay'
import type { Space } from '../space/space'
import { space } from '../space/thread-space'
import type { Ablation } from './arenas'
import { Arenas } from './arenas'
import { LargeBlocks } from './large-blocks'
import { Magazines } from './magazines'
import { Purger } from './purger'
import { rebuild } from './recover'
import { Runs } from './runs'

interface Reader {
  close(): void
}

export interface HeapParts {
  readonly os: OsPages
  readonly clock: Clock
  readonly decay: Decay
  readonly space: Space
  readonly table: ArenaTable
  readonly budget: Budget
  readonly arenas: Arenas
  readonly used: UsedRuns
  readonly magazines: Magazines
  readonly runs: Runs
  readonly large: LargeBlocks
  readonly purger: Purger
  /** Pinned blocks and how often each is pinned. */
  readonly pins: Map<Pointer, number>
  /** Those who read and write blocks past the heap's own methods: told when it closes. */
  readonly readers: WeakList<Reader>
  /** Set by close(): every call but close, stats and free(0) is refused from then on. */
  isClosed: boolean
  /** Slow operations so far, counted where EBB_CHECK asks for it. */
  slowOperations: number
  /** The block that compact is telling its callback of; 0: none. */
  moving: Pointer | 0
}

/** @param decayMs - milliseconds; @param limit - bytes */
export function wire(os: OsPages, clock: Clock, decayMs: number, limit: number, ablation?: Ablation): HeapParts {
  if (os.osPageSize % POOL_BYTES !== 0) throw new Error(`ebb: OS pages of ${os.osPageSize} bytes are not made of pools`)
  const decay = new Decay(decayMs, clock.now())
  const budget = new Budget(os, limit)
  const base = space.takeHeap()
  const table = new ArenaTable(budget, space, base)
  const arenas = new Arenas(table, budget, decay, ablation)
  const used = new UsedRuns(table)
  const magazines = new Magazines(table, arenas, used, decayMs !== 0 && base !== space.noMagazines)
  const runs = new Runs(table, arenas, used)
  const large = new LargeBlocks(table, budget, decay)
  const purger = new Purger(table, arenas, large, decay, clock)
  const parts = {
    os,
    clock,
    decay,
    space,
    table,
    budget,
    arenas,
    used,
    magazines,
    runs,
    large,
    purger,
    pins: new Map<Pointer, number>(),
    readers: new WeakList<Reader>(),
    isClosed: false,
    slowOperations: 0,
    moving: 0 as Pointer | 0,
  }
  arenas.onWake = () => purger.wake()
  magazines.onWake = () => purger.noteWake()
  purger.releaseMagazines = (before) => magazines.releaseAll(before)
  purger.hasResting = () => magazines.hasResting
  arenas.onPut = () => purger.notePut()
  arenas.releaseResting = () => magazines.releaseResting()
  budget.reclaim = () => purger.reclaim()
  arenas.rebuild = magazines.rebuild = purger.rebuild = () => rebuild(parts)
  return parts
}

/** Gives everything back, now. */
export function closeParts(parts: HeapParts): void {
  const { table, purger, large, budget, arenas, used, magazines, pins, readers } = parts
  parts.isClosed = budget.isClosed = true
  purger.close()
  magazines.dropMagazines()
  used.clear()
  arenas.close()
  for (const slot of table.slots()) if (table.isArena(slot)) table.unmapArena(slot)
  large.close()
  table.close()
  pins.clear()
  for (const reader of readers) reader.close()
  readers.clear()
}

/** Has somebody told when the heap closes, now if it has closed already. */
export function addReader({ isClosed, readers }: HeapParts, reader: Reader): void {
  if (isClosed) reader.close()
  else readers.add(reader)
}

/** The heap was collected: its place in the space is free again, its mappings are unmapped when their buffers are collected. */
export function abandon({ purger, table, large, space }: HeapParts): void {
  purger.close()
  large.abandon()
  table.close()
  space.putHeap(table.map.base)
}
