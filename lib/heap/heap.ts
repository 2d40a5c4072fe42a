/** The public heap: checks its arguments and hands them to its parts. The hot paths are in blocks.ts and numbers.ts. */

import { type Clock, systemClock } from '../base/clock'
import { HeapError, isByteLength, refuseByteLength, show } from '../base/errors'
import { POOL_BYTES, type Pointer } from '../base/layout'
import { type HeapStats, takeStats } from '../inspect/stats'
import type { Ablation } from '../supply/arenas'
import { abandon, closeParts, type HeapParts, wire } from '../supply/parts'
import { settle } from './blocks'
import { Bytes } from './bytes'
import { closeAccessors } from './closed'
import { type CompactBudget, Compactor, type CompactResult, type Moved } from './compact'
import { isLive, liveBlocks, usableBytes } from './live-blocks'
import { partsOf } from './numbers'
import { pinBlock, unpinBlock } from './pins'
import { mustBeLive, mustBeOpen } from './refuse'
import { allocAligned } from './take'

/** Options of a new heap. */
export interface HeapOptions {
  /**
   * Milliseconds that freed memory may stay resident before it goes back to the operating system. 0: it goes back at once;
   * Infinity: never by itself. Default 1000.
   */
  readonly decay?: number
  /**
   * Bytes the heap may map. A request beyond them makes the heap give back all that is free, and fails if that is not enough. Default
   * Infinity.
   */
  readonly limit?: number
  /** A name for statistics and messages. */
  readonly name?: string
  /** Where time comes from; tests put their own here. Default: the system's clock and timers. */
  readonly clock?: Clock
  /** Switches heuristics off, to measure what they are worth. */
  readonly ablation?: Ablation
}

/** A live block as {@link Heap.blocks} shows it. */
export interface Block {
  readonly pointer: Pointer
  /** Bytes. */
  readonly usableSize: number
}

/**
 * A heap whose memory flows back to the operating system: arenas of 256 KiB, pools of 4 KiB, blocks of one size class (Evan Jones,
 * "Improving Python's Memory Allocator"; CPython's Objects/obmalloc.c), books in the space that all heaps of a thread share.
 *
 * A heap belongs to the thread that made it. One that is dropped without `close()` gives its memory back when it is collected.
 */
export class Heap extends Bytes {
  /** The heap's name, `''` where none was given. */
  readonly name: string
  readonly #listeners = new Map<Moved, (() => void) | undefined>()
  #isCompacting = false

  /**
   * @param options - see {@link HeapOptions}
   * @throws TypeError or RangeError for an option that cannot be; HeapError `EBB_NO_ADDON` where the native addon cannot be loaded
   */
  constructor(options: HeapOptions = {}) {
    const decay = checkedOption('decay', options.decay ?? 1000, 'milliseconds')
    const limit = checkedOption('limit', options.limit ?? Infinity, 'bytes')
    super(wire(options.clock ?? systemClock, decay, limit, options.ablation))
    this.name = String(options.name ?? '')
    collected.register(this, partsOf(this))
  }

  /**
   * Allocates a block at a multiple of `alignment` bytes. (`aligned_alloc`)
   * @param byteLength - bytes wanted
   * @param alignment - bytes, a power of two from 1 to an OS page
   */
  allocAligned(byteLength: number, alignment: number): Pointer {
    const parts = partsOf(this)
    if (!isByteLength(byteLength)) refuseByteLength(byteLength)
    mustBeOpen(parts, 'allocAligned')
    return settle(parts, allocAligned(parts, byteLength, alignment))
  }

  /** Bytes that a live block can hold, at least as many as were asked for. (`malloc_usable_size`) */
  usableSize(pointer: Pointer): number {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'usableSize')
    return usableBytes(parts, pointer)
  }

  /** True for the pointer of a live block of this heap. */
  isLive(pointer: unknown): pointer is Pointer {
    return isLive(partsOf(this).table, pointer)
  }

  /** Walks all live blocks, in the order of their memory. A block allocated or freed meanwhile may be shown or not. */
  *blocks(): Generator<Block> {
    const parts = partsOf(this)
    mustBeOpen(parts, 'blocks')
    for (const pointer of liveBlocks(parts.table)) yield { pointer, usableSize: usableBytes(parts, pointer) }
  }

  /** Statistics that add up to the mapped bytes; as a string, a table. A closed heap has all of them 0. */
  stats(): HeapStats {
    partsOf(this).magazines.releaseAll()
    return takeStats(partsOf(this), this.name)
  }

  /**
   * Asks the kernel about the heap's own OS pages (mincore, QueryWorkingSetEx), kept large blocks not included.
   * @returns resident bytes
   */
  residentBytes(): number {
    const { table } = partsOf(this)
    let bytes = 0
    for (const slot of table.own) {
      bytes += table.residentBytes(slot)
      if (table.space.isNear(slot) && table.isArena(slot)) bytes += POOL_BYTES // its ledger, which lies elsewhere
    }
    return bytes
  }

  /** Gives back everything that is free, now. Returns the bytes of resident memory that went back. */
  purge(): number {
    const parts = partsOf(this)
    mustBeOpen(parts, 'purge')
    parts.magazines.releaseAll()
    return settle(parts, parts.purger.purge())
  }

  /**
   * Moves blocks together and gives back the memory this frees: below the floor of OS pages with one live block.
   * @param moved - called for each move, when the bytes are at `to` already and `from` is not free yet. It may use the heap, but not
   *   free or realloc `from`. If it throws, the block stays moved, compaction ends, and the error comes out of here.
   * @param budget - blocks or milliseconds this call may spend
   * @throws HeapError `EBB_BUSY` from inside of `moved`
   */
  compact(moved: Moved, budget: CompactBudget = {}): CompactResult {
    const parts = partsOf(this)
    mustBeOpen(parts, 'compact')
    if (typeof moved !== 'function')
      throw new TypeError(`ebb: compact needs a function that is told (from, to) of each move, got ${show(moved)}`)
    if (this.#isCompacting)
      throw new HeapError('EBB_BUSY', 'ebb: compact inside of its own callback; let the running one end')
    const tell: Moved = (from, to) => {
      if (this.#listeners.size > 0) for (const listener of this.#listeners.keys()) listener(from, to)
      moved(from, to)
    }
    parts.magazines.releaseAll()
    const compactor = new Compactor(parts, tell, budget)
    this.#isCompacting = true
    try {
      const done = compactor.run()
      parts.magazines.releaseAll()
      return { moved: compactor.moved, bytes: parts.purger.purge(), done }
    } finally {
      this.#isCompacting = false
      settle(parts, 0)
      if (compactor.moved > 0) for (const ended of this.#listeners.values()) ended?.()
    }
  }

  /**
   * Registers a listener that holds pointers and follows moves; it is called before `compact`'s own callback.
   * @returns a function that takes the listener away
   * @param ended - called at the end of every `compact` that moved a block, also of one that threw
   */
  onMoved(listener: Moved, ended?: () => void): () => void {
    this.#listeners.set(listener, ended)
    return () => this.#listeners.delete(listener)
  }

  /** Keeps a block where it is: compact leaves it alone and free refuses it, until it was unpinned as often as it was pinned. */
  pin(pointer: Pointer): void {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'pin')
    pinBlock(parts, pointer)
  }

  /** Undoes one {@link pin}. */
  unpin(pointer: Pointer): void {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'unpin')
    unpinBlock(parts, pointer)
  }

  /** Fills `into` with pointers to blocks of `byteLength` bytes, all or none. Returns `into`. */
  allocMany<T extends Int32Array | Uint32Array | Pointer[]>(byteLength: number, into: T): T {
    let made = 0
    try {
      for (; made < into.length; made++) into[made] = this.alloc(byteLength)
    } catch (error) {
      while (made > 0) this.free(into[--made] as Pointer)
      throw error
    }
    return into
  }

  /** Frees all blocks of a list. Throws at the first wrong pointer, having freed the blocks before it. */
  freeMany(pointers: ArrayLike<number>): void {
    for (let i = 0; i < pointers.length; i++) this.free(pointers[i] as Pointer)
  }

  /** Gives back everything, now. Every view is dead, and every later call but `close`, `stats` and `free(0)` throws EBB_CLOSED. */
  close(): void {
    const parts = partsOf(this)
    if (parts.isClosed) return
    closeParts(parts)
    closeAccessors(this)
    this.#listeners.clear()
  }

  /** `using heap = new Heap()` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }
}

/** Gives back what a collected heap held: a closed one the place of its magazines, a dropped one everything. */
const collected = new FinalizationRegistry<HeapParts>(abandon)

function checkedOption(name: string, value: unknown, unit: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`ebb: option ${name} must be a number of ${unit}, got ${show(value)} (${typeof value})`)
  if (!(value >= 0)) throw new RangeError(`ebb: option ${name} must be from 0 to Infinity ${unit}, got ${show(value)}`)
  return value
}
