/** The structures of a heap, wired once. What reads the whole heap (stats, check-heap, compact) gets them from here. */

import type { HeapTag } from '../base/channels'
import type { Clock } from '../base/clock'
import { POOL_BYTES, type Pointer } from '../base/layout'
import { WeakList } from '../base/weak-list'
import { ArenaTable } from '../books/arena-table'
import { Budget } from '../books/budget'
import { UsedRuns } from '../books/used-runs'
import { Decay } from '../release/decay'
import { Purger, type Source } from '../release/purger'
import type { Space } from '../space/space'
import { mustHaveSpace, space } from '../space/thread-space'
import { type Ablation, Arenas } from './arenas'
import { LargeBlocks } from './large-blocks'
import { Magazines } from './magazines'
import { retire } from './past'
import { RestingPools } from './resting-pools'
import { Runs } from './runs'
import { WholeRuns } from './whole-runs'

interface Reader {
  close(): void
}

/** A heap that looks at every access: nobody may reach its blocks past the heap's own methods, but collections. */
export interface Checked {
  /** What is known of a block, for the end of a message. */
  describe(pointer: Pointer): string
}

/** Something whose blocks are to be freed by and by. */
export interface Remains {
  /** Frees some blocks, for less than a tenth of a millisecond as a rule. Returns false when none is left. */
  freeSome(): boolean
}

/** What collections have left to be freed by and by. */
interface Pending extends Reader {
  add(remains: Remains): void
  /** Frees everything. Returns whether there was anything. */
  freeAll(): boolean
}

export interface HeapParts {
  readonly tag: HeapTag
  readonly clock: Clock
  readonly decay: Decay
  readonly space: Space
  readonly budget: Budget
  readonly table: ArenaTable
  readonly purger: Purger
  readonly arenas: Arenas
  readonly used: UsedRuns
  readonly resting: RestingPools
  readonly magazines: Magazines
  readonly runs: Runs
  readonly wholeRuns: WholeRuns
  readonly large: LargeBlocks
  /** Pinned blocks and how often each is pinned. */
  readonly pins: Map<Pointer, number>
  /** Those who read and write blocks past the heap's own methods: told when it closes. */
  readonly readers: WeakList<Reader>
  /** Set by the first collection that leaves blocks to be freed by and by. */
  pending: Pending | undefined
  /** The block that compact is telling its callback of; 0: none. */
  moving: Pointer | 0
  /** Blocks that compaction has moved so far. */
  moves: number
  /** Set when the heap closes, or is collected: every call but close, stats and free(0) is refused from then on. */
  isClosed: boolean
  /** Set by a debug heap. */
  checked: Checked | undefined
  /** Set by a heap that zeroes what is freed: `compact` zeroes what it moved away from. */
  clearsFreed: boolean
  /** Slow operations so far, counted where EBB_CHECK asks for it. */
  slowOperations: number
}

/**
 * @param decayMs - milliseconds
 * @param limit - bytes
 * @param tag - which heap it is, for messages
 * @throws HeapError `EBB_NO_ADDON` where the native addon cannot be loaded, `EBB_OUT_OF_MEMORY` where the system reserves no space
 */
export function wire(clock: Clock, decayMs: number, limit: number, tag: HeapTag, ablation?: Ablation): HeapParts {
  mustHaveSpace()
  const page = space.region.osPageSize
  if (page % POOL_BYTES !== 0) throw new Error(`ebb: OS pages of ${page} bytes are not made of pools`)
  const decay = new Decay(decayMs, clock.now())
  const base = space.takeHeap()
  const budget = new Budget(limit, tag, space.tally(base))
  const table = new ArenaTable(budget, space, base)
  const purger = new Purger(decay, clock, tag)
  const arenas = new Arenas(table, purger, decay, ablation)
  const used = new UsedRuns(table)
  const resting = new RestingPools(table, arenas, purger)
  const runs = new Runs(table, arenas, used, resting)
  const wholeRuns = new WholeRuns(table, arenas, runs)
  const large = new LargeBlocks(table, budget, decay, purger)
  const hasMagazines = decayMs !== 0 && base !== space.noMagazines
  const magazines = new Magazines({ table, used, resting, runs, wholeRuns, large, purger }, hasMagazines)
  for (const source of [magazines, resting, arenas.dirty, large.kept, new BookPages(space)]) purger.add(source)
  budget.reclaim = () => purger.reclaim()
  const pins = new Map<Pointer, number>()
  const readers = new WeakList<Reader>()
  const parts = {
    tag,
    clock,
    decay,
    space,
    budget,
    table,
    purger,
    arenas,
    used,
    resting,
    magazines,
    runs,
    wholeRuns,
    large,
    pins,
    readers,
  }
  return {
    ...parts,
    pending: undefined,
    moving: 0,
    moves: 0,
    isClosed: false,
    checked: undefined,
    clearsFreed: false,
    slowOperations: 0,
  }
}

/** The pages of the space in which nothing is in use any more. */
class BookPages implements Source {
  readonly #space: Space

  constructor(of: Space) {
    this.#space = of
  }

  get isDirty(): boolean {
    return this.#space.isUntidy
  }

  giveBackStep(): number {
    this.#space.tidy()
    return -1
  }
}

/** Gives everything back, now. */
export function closeParts(parts: HeapParts): void {
  const { table, purger, large, arenas, used, magazines, pins, readers } = parts
  parts.isClosed = true
  purger.close()
  magazines.clear()
  used.clear()
  arenas.close()
  for (const slot of table.slots()) if (table.isArena(slot)) table.closeArena(slot)
  large.close()
  table.close()
  table.counts.clear()
  retire(parts)
  pins.clear()
  for (const reader of readers) reader.close()
  readers.clear()
}

/** Registers a reader to be told when the heap closes; at once if it has. */
export function addReader({ isClosed, readers }: HeapParts, reader: Reader): void {
  if (isClosed) reader.close()
  else readers.add(reader)
}

/** Frees at once what waits to be freed, but not amid a move: what waits may be what moves. */
export function freePending({ pending, moving }: HeapParts): void {
  if (moving === 0) pending?.freeAll()
}

/** The heap was collected: all that it had goes back. */
export function abandon(parts: HeapParts): void {
  if (!parts.isClosed) retire(parts)
  parts.isClosed = true
  parts.purger.close()
  parts.large.kept.close()
  parts.table.close()
  parts.space.putHeap(parts.table.map.base)
}
