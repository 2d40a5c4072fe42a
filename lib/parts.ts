/** The structures of a heap, wired once. What reads the whole heap (stats, check-heap, compact) gets them from here. */

import { ArenaTable } from './arena-table'
import type { Ablation } from './arenas'
import { Arenas } from './arenas'
import type { Clock } from './clock'
import { Decay } from './decay'
import { LargeBlocks } from './large'
import { POOL_BYTES, type Pointer } from './layout'
import { Mappings } from './mappings'
import { type OsPages, space } from './os-pages'
import { Purger } from './purger'
import { rebuild } from './recover'
import { Runs } from './runs'
import { SmallBlocks } from './small'
import type { Space } from './space'
import { UsedPools } from './used-pools'
import { WeakList } from './weak-list'

interface Reader {
  close(): void
}

export interface HeapParts {
  readonly os: OsPages
  readonly clock: Clock
  readonly decay: Decay
  readonly space: Space
  readonly table: ArenaTable
  readonly mappings: Mappings
  readonly arenas: Arenas
  readonly used: UsedPools
  readonly small: SmallBlocks
  readonly runs: Runs
  readonly large: LargeBlocks
  readonly purger: Purger
  /** Pinned blocks and how often each is pinned. */
  readonly pins: Map<Pointer, number>
  /** Those who read and write blocks past the heap's own methods: told when it closes. */
  readonly readers: WeakList<Reader>
  /** The block that compact is telling its callback of; 0: none. */
  moving: Pointer | 0
}

/** @param decayMs - milliseconds; @param limit - bytes */
export function wire(os: OsPages, clock: Clock, decayMs: number, limit: number, ablation?: Ablation): HeapParts {
  if (os.osPageSize % POOL_BYTES !== 0) throw new Error(`ebb: OS pages of ${os.osPageSize} bytes are not made of pools`)
  const decay = new Decay(decayMs, clock.now())
  const mappings = new Mappings(os, limit)
  const base = space.takeHeap()
  const table = new ArenaTable(mappings, space, base)
  const arenas = new Arenas(table, mappings, decay, ablation)
  const used = new UsedPools(table)
  const small = new SmallBlocks(table, arenas, used, decayMs !== 0 && base !== space.noMagazines)
  const runs = new Runs(table, arenas, used)
  const large = new LargeBlocks(table, mappings, decay)
  const purger = new Purger(table, arenas, large, decay, clock)
  const parts = {
    os,
    clock,
    decay,
    space,
    table,
    mappings,
    arenas,
    used,
    small,
    runs,
    large,
    purger,
    pins: new Map<Pointer, number>(),
    readers: new WeakList<Reader>(),
    moving: 0 as Pointer | 0,
  }
  arenas.onWake = () => purger.wake()
  small.onWake = () => purger.noteWake()
  purger.releaseMagazines = (before) => small.releaseAll(before)
  purger.hasResting = () => small.hasResting
  arenas.onPut = () => purger.notePut()
  arenas.releaseResting = () => small.releaseResting()
  mappings.reclaim = () => purger.reclaim()
  arenas.rebuild = small.rebuild = purger.rebuild = () => rebuild(parts)
  return parts
}

/** Gives everything back, now. */
export function closeParts({ table, purger, large, mappings, arenas, used, small, pins, readers }: HeapParts): void {
  mappings.isClosed = true
  purger.close()
  small.dropMagazines()
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
export function addReader({ mappings, readers }: HeapParts, reader: Reader): void {
  if (mappings.isClosed) reader.close()
  else readers.add(reader)
}

/** The heap was collected: its place in the space is free again, its mappings are unmapped when their buffers are collected. */
export function abandon({ purger, table, large, space }: HeapParts): void {
  purger.close()
  large.abandon()
  table.close()
  space.putHeap(table.live.base)
}
