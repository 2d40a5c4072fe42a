/** The public heap: checks its arguments and hands them to its parts. The hot paths are in blocks.ts and numbers.ts. */

import { inspect } from 'node:util'
import { forAll, inTurn } from '../base/calls'
import { markAsOurs } from '../base/copy'
import { HeapError, isByteLength, refuseByteLength, show, typeError } from '../base/errors'
import { POOL_BYTES, type Pointer } from '../base/layout'
import { mustHaveStack } from '../base/stack'
import { uncloneable } from '../base/uncloneable'
import { booksOf, type HeapMap, readMap } from '../inspect/map'
import { type HeapStats, takeStats } from '../inspect/stats'
import { abandon, closeParts, freePending, type HeapParts, wire } from '../supply/parts'
import { settle } from './blocks'
import { Bytes } from './bytes'
import { closeAccessors } from './closed'

import { Compactor, type CompactResult, type Guide, type Moved, tellCompacted } from './compact'

import { listHeap } from './heaps'
import { IdleCompaction } from './idle'
import { type PointerSource, type PointerTarget, roomFor, sourceLength, store, targetLength } from './lists'
import { isLive, liveBlocks, usableBytes } from './live-blocks'
import { isHeap, partsOf, partsOfThis } from './numbers'
import { type CompactBudget, checkBudget, checkOptions, type HeapOptions } from './options'
import { ownersOf } from './owners'
import { pinBlock, unpinBlock } from './pins'
import { mustBeLive, mustBeOpen } from './refuse'
import { allocAligned } from './take'
import { variantFor } from './variants'

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
  readonly name!: string
  /**
   * Tells this heap from every other: no other has an equal one. It also makes `structuredClone` and `postMessage` refuse the heap, which
   * cannot leave its thread, in words that name it.
   */
  readonly id!: symbol
  readonly #listeners = new Set<Listener>()
  #isCompacting = false

  /**
   * @param options - see {@link HeapOptions}
   * @throws TypeError or RangeError for an option that cannot be; HeapError `EBB_NO_ADDON` where the native addon cannot be loaded
   */
  // biome-ignore lint/correctness/noUnreachableSuper: that class calls it
  constructor(options: HeapOptions = {}) {
    const checked = checkOptions(options)
    const variant = new.target === Heap ? variantFor(checked) : undefined
    // biome-ignore lint/correctness/noConstructorReturn: `new Heap({ debug: true })` is a heap of another class
    if (variant !== undefined) return variant as Heap
    // Of a debug heap freed blocks are filled in any case.
    if (checked.clearOnFree && !checked.debug)
      throw typeError('ebb: option clearOnFree is for new Heap itself, not for a class that extends it')
    const { decay, limit, name, clock, compact, ablation } = checked
    const id = uncloneable(`heap ${show(name)}`, 'send copies of bytes, from copyOut')
    super(wire(clock, decay, limit, { heap: name, id }, ablation))
    this.name = name
    this.id = id
    if (compact === 'idle') partsOf(this).purger.add(new IdleCompaction(partsOf(this), this))
    collected.register(this, partsOf(this))
    listHeap(this)
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

  /**
   * Walks all live blocks, in the order of their memory. A block allocated or freed meanwhile may be shown or not.
   * @throws HeapError `EBB_CLOSED`, also from a walk under way when the heap closes
   */
  blocks(): Generator<Block> {
    const parts = partsOfThis(this)
    mustBeOpen(parts, 'blocks')
    return walk(parts)
  }

  /** Statistics that add up to the mapped bytes; as a string, a table. A closed heap has all of them 0. */
  stats(): HeapStats {
    mustHaveStack(0)
    partsOfThis(this).magazines.releaseAll()
    return takeStats(partsOfThis(this), this.name)
  }

  /** The state of each 4 KiB of the heap's arenas and large memory: a picture to look at many times a second. Of a closed heap: nothing. */
  map(): HeapMap {
    const { space, table, large } = partsOfThis(this)
    return readMap(booksOf(space), Int32Array.from([...table.own, ...large.kept.slots()]).sort())
  }

  /**
   * Asks the kernel about the heap's own OS pages (mincore, QueryWorkingSetEx), kept large blocks not included.
   * @returns resident bytes
   */
  residentBytes(): number {
    const { table, magazines } = partsOfThis(this)
    mustHaveStack(0)
    magazines.releaseAll()
    let bytes = 0
    for (const slot of table.own) {
      bytes += table.residentBytes(slot)
      if (table.space.isNear(slot) && table.isArena(slot)) bytes += POOL_BYTES // its ledger, which lies elsewhere
    }
    return bytes
  }

  /** Gives back everything that is free, now, and what collections have left to be freed. Returns the bytes of resident memory that went back. */
  purge(): number {
    const parts = partsOfThis(this)
    mustBeOpen(parts, 'purge')
    freePending(parts)
    parts.magazines.releaseAll()
    return settle(parts, parts.purger.purge('call'))
  }

  /**
   * Moves blocks together and gives back the memory this frees: below the floor of OS pages with one live block. Collections follow, and so
   * do followed records and cursors. Without `moved` nothing else is moved: blocks whose pointers you have stay.
   * @param moved - called for each move, when the bytes are at `to` already and `from` is not free yet. It may use the heap, but not
   *   free or realloc `from`. If it throws, the block stays moved, compaction ends, and the error comes out of here.
   * @param budget - blocks or milliseconds this call may spend
   * @throws HeapError `EBB_BUSY` from inside of `moved`
   */
  compact(moved?: Moved, budget: CompactBudget = {}): CompactResult {
    const parts = partsOfThis(this)
    if (moved !== undefined && typeof moved !== 'function')
      throw typeError(`ebb: compact needs a function that is told (from, to) of each move, got ${show(moved)}`)
    const bounds = checkBudget(budget)
    mustBeOpen(parts, 'compact')
    if (this.#isCompacting)
      throw new HeapError('EBB_BUSY', 'ebb: compact inside of its own callback; let the running one end')
    const compactor = new Compactor(parts, this.#guide(moved), bounds)
    this.#isCompacting = true
    return inTurn(
      () => {
        parts.magazines.releaseAll()
        const done = compactor.steps().next().done === true
        parts.magazines.releaseAll()
        return tellCompacted(parts, { moved: compactor.moved, bytes: parts.purger.purge(), done }, 'call')
      },
      () => {
        this.#isCompacting = false
        if (compactor.moved > 0) forAll(this.#listeners, (listener) => listener.ended?.())
        settle(parts, 0)
      },
    )
  }

  #guide(moved: Moved | undefined): Guide {
    const owners = ownersOf(this)
    return {
      mayMove(pointer) {
        const whose = owners.whose(pointer)
        return whose === 'user' ? moved !== undefined : whose !== 'leaving'
      },
      moved: (from, to) => {
        owners.move(from, to)
        if (this.#listeners.size === 0) moved?.(from, to)
        else
          inTurn(
            () => forAll(this.#listeners, (listener) => listener.moved(from, to)),
            () => moved?.(from, to),
          )
      },
    }
  }

  /**
   * Registers a listener that holds pointers and follows moves; it is called before `compact`'s own callback. All of them are told of every
   * move, also when one throws. One that is registered twice is told twice.
   * @param ended - called at the end of every `compact` that moved a block, also of one that threw
   * @returns a function that takes this registration away, and tells whether it was still there
   * @throws TypeError for what is no function; HeapError `EBB_CLOSED`
   */
  onMoved(listener: Moved, ended?: () => void): () => boolean {
    mustBeOpen(partsOfThis(this), 'onMoved')
    for (const call of [listener, ended ?? listener])
      if (typeof call !== 'function')
        throw typeError(`ebb: onMoved needs functions, got ${show(call)} (${typeof call})`)
    const registered: Listener = { moved: listener, ended }
    this.#listeners.add(registered)
    return () => this.#listeners.delete(registered)
  }

  /** Keeps a block where it is: compact leaves it alone and free refuses it, until it was unpinned as often as it was pinned. */
  pin(pointer: Pointer): void {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'pin')
    mustHaveStack(0)
    pinBlock(parts, pointer)
  }

  /** Undoes one {@link pin}. */
  unpin(pointer: Pointer): void {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'unpin')
    mustHaveStack(0)
    unpinBlock(parts, pointer)
  }

  /**
   * Allocates as many blocks of `byteLength` bytes as a list has elements, all or none, and writes their pointers into it.
   * @param into - an Int32Array, a Uint32Array, or an array that is not frozen
   * @returns `into`
   * @throws as {@link alloc}; TypeError for another list
   */
  allocMany<T extends PointerTarget>(byteLength: number, into: T): T {
    const made = roomFor(targetLength(into, 'allocMany'), 'allocMany')
    if (!isByteLength(byteLength)) refuseByteLength(byteLength)
    mustBeOpen(partsOf(this), 'allocMany')
    let count = 0
    try {
      for (; count < made.length; count++) made[count] = this.alloc(byteLength)
      store(made, into)
    } catch (error) {
      while (count > 0) this.free(made[--count] as Pointer)
      throw error
    }
    return into
  }

  /**
   * Frees all blocks of a list. Throws at the first wrong pointer, having freed the blocks before it.
   * @param pointers - an array, an Int32Array, a Uint32Array or a Float64Array
   * @throws as {@link free}; TypeError for another list, from which nothing is freed
   */
  freeMany(pointers: PointerSource): void {
    const length = sourceLength(pointers, 'freeMany')
    mustBeOpen(partsOf(this), 'freeMany')
    for (let i = 0; i < length; i++) this.free(pointers[i] as Pointer)
  }

  /** Gives back everything, now. Every view is dead, and every later call but `close`, `stats` and `free(0)` throws EBB_CLOSED. */
  close(): void {
    const parts = partsOfThis(this)
    if (parts.isClosed) return
    mustHaveStack(0)
    closeParts(parts)
    closeAccessors(this)
    this.#listeners.clear()
  }

  /** The statistics: what `JSON.stringify` shows of a heap. */
  toJSON(): HeapStats {
    return this.stats()
  }

  /** One line with the name, the blocks, and the live and resident bytes: what `console.log` shows of a heap. */
  [inspect.custom](): string {
    if (!isHeap(this)) return 'Heap {}'
    const { name, blocks, liveBytes, residentBytes } = this.stats()
    const state = partsOf(this).isClosed ? ' (closed)' : ''
    return `Heap${state} ${inspect({ name, blocks, liveBytes, residentBytes }, { breakLength: Infinity })}`
  }

  /** `using heap = new Heap()` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }
}

markAsOurs(Heap, 'heap')

/** Gives back what a collected heap held: a closed one the place of its magazines, a dropped one everything. */
const collected = new FinalizationRegistry<HeapParts>(abandon)

/** Who follows moves. */
interface Listener {
  moved: Moved
  ended: (() => void) | undefined
}

function* walk(parts: HeapParts): Generator<Block> {
  for (const pointer of liveBlocks(parts.table)) {
    yield { pointer, usableSize: usableBytes(parts, pointer) }
    mustBeOpen(parts, 'blocks')
  }
}
