/** The public heap: checks what comes in, does the hot halves of alloc and free itself, and hands the rest to its parts. */
import type { Ablation } from './arenas'
import { BlockData } from './block-data'
import { clearBlock, copyBlock, isLive, liveBlocks, payloadOffset, usableBytes } from './blocks'
import { checkHeap } from './check-heap'
import { type Clock, systemClock } from './clock'
import { type CompactBudget, Compactor, type CompactResult, type Moved } from './compact'
import { HeapError, isByteLength, refuseByteLength, refuseClosed, show, showPointer } from './errors'
import { freeBlock, refuseHeld } from './free'
import {
  GRANULE_BYTES,
  GRANULE_SHIFT,
  GRANULES_PER_ARENA,
  POOL_BYTES,
  POOL_SHIFT,
  type Pointer,
  type SizeClass,
  SMALL_MAX_BYTES,
  slotOf,
} from './layout'
import { type OsPages, osPages, space } from './os-pages'
import { abandon, closeParts, type HeapParts, wire } from './parts'
import { pinBlock, unpinBlock } from './pins'
import { allocAligned, resizeInPlace, takeAny, tookZeroed } from './realloc'
import { rebuildIfLost } from './recover'
import { refusePointer } from './refuse'
import { SEGMENT_MASK, type SmallBlocks } from './small'
import { HEAP_WORDS_SHIFT } from './space'
import { type HeapStats, takeStats } from './stats'

/** What a heap is made with. */
export interface HeapOptions {
  /**
   * Milliseconds that freed memory may stay resident before it goes back to the operating system; 0: not at all, Infinity: for
   * ever. Default 1000.
   */
  readonly decay?: number
  /** Bytes the heap may map. A request that would pass it makes the heap give back all that is free, then fails. Default Infinity. */
  readonly limit?: number
  /** A name for statistics and messages. */
  readonly name?: string
  /** Where memory comes from; tests put a fake here. Default: the operating system. */
  readonly osPages?: OsPages
  /** Where time comes from; tests put their own here. Default: the system's clock and timers. */
  readonly clock?: Clock
  /** Switches heuristics off; for measurements of what they are worth. */
  readonly ablation?: Ablation
}

/** A live block as {@link Heap.blocks} shows it. */
export interface Block {
  readonly pointer: Pointer
  /** Bytes. */
  readonly usableSize: number
}

// File-local copies: an imported binding is a property load on every use.
const smallMax = SMALL_MAX_BYTES
const granuleBytes = GRANULE_BYTES
const granuleShift = GRANULE_SHIFT
const smallClasses = SMALL_MAX_BYTES / GRANULE_BYTES
const poolShift = POOL_SHIFT
const segmentMask = SEGMENT_MASK
const heapShift = HEAP_WORDS_SHIFT
const { words, owners, near } = space
const firstNear = space.nearFirst * GRANULES_PER_ARENA
const nearSpan = (space.nearEnd - space.nearFirst) * GRANULES_PER_ARENA
/** Whether a pointer is one into a near arena. */
const isNear = (pointer: Pointer): boolean => (pointer - firstNear) >>> 0 < nearSpan

/** EBB_CHECK=3 in the environment: the heap checks itself after every CHECK_INTERVAL-th slow operation. */
const CHECK = Number(process.env.EBB_CHECK ?? 0)
const CHECK_INTERVAL = 64

/**
 * A heap whose memory flows back to the operating system: arenas of 256 KiB, pools of 4 KiB, blocks of one size class (Evan Jones,
 * "Improving Python's Memory Allocator"; CPython's Objects/obmalloc.c), books in the space that all heaps of a thread share.
 *
 * A heap belongs to the thread that made it. One that is dropped without `close()` gives its memory back when it is collected.
 */
export class Heap extends BlockData {
  /** The heap's name, `''` where none was given. */
  readonly name: string
  private readonly small: SmallBlocks
  /** Word of this heap's magazines. */
  private readonly magazines: number
  private readonly listeners = new Map<Moved, (() => void) | undefined>()
  private isClosed = false
  private isCompacting = false
  private slowOperations = 0

  /**
   * @param options - see {@link HeapOptions}
   * @throws TypeError or RangeError for an option that cannot be; HeapError `EBB_NO_ADDON` where the native addon cannot be loaded
   */
  constructor(options: HeapOptions = {}) {
    const decay = checkedOption('decay', options.decay ?? 1000, 'milliseconds')
    const limit = checkedOption('limit', options.limit ?? Infinity, 'bytes')
    const parts = wire(options.osPages ?? osPages(), options.clock ?? systemClock, decay, limit, options.ablation)
    super(parts)
    this.name = String(options.name ?? '')
    this.small = parts.small
    this.magazines = parts.table.live.base
    collected.register(this, parts)
  }

  /**
   * Allocates a block.
   * @param byteLength - bytes wanted, a whole number from 0; 0 gets a block of its own too
   * @returns pointer to at least that many bytes, contents undefined, aligned to 16 bytes
   * @throws TypeError, RangeError for what is not a number of bytes; HeapError `EBB_OUT_OF_MEMORY`, `EBB_LIMIT`, `EBB_CLOSED`
   */
  override alloc(byteLength: number): Pointer {
    // Not `>>> 0` for both questions: what it gives, V8 compares with a signed number as doubles.
    if (typeof byteLength === 'number' && (byteLength | 0) === byteLength && (byteLength - 1) >>> 0 < smallMax) {
      const magazine = this.magazines + ((byteLength + 15) >>> 4)
      const top = words[magazine] as number
      const pointer = words[top] as Pointer | 0
      if (pointer !== 0) {
        words[magazine] = top - 1
        words[pointer >>> 5] = (words[pointer >>> 5] as number) | (1 << pointer)
        return pointer
      }
    }
    // `| 0` tells V8 that this is a 32-bit integer: where one path of several gives it an unknown value, it boxes the pointers of all.
    return (this.allocSlow(byteLength) | 0) as Pointer
  }

  /** Allocates a block whose usable bytes are all 0. Otherwise like {@link alloc}. (`calloc`) */
  allocZeroed(byteLength: number): Pointer {
    return (this.takeZeroed(byteLength) | 0) as Pointer
  }

  private takeZeroed(byteLength: number): Pointer {
    if (typeof byteLength === 'number' && byteLength <= smallMax) {
      const pointer = this.alloc(byteLength)
      const granules = (byteLength + 15) >>> 4 || 1
      if (!isNear(pointer)) return this.clearFar(pointer, byteLength, granules << 4)
      const end = near + ((pointer + granules) << 2)
      for (let i = end - (granules << 2); i < end; i += 4) {
        words[i] = 0
        words[i + 1] = 0
        words[i + 2] = 0
        words[i + 3] = 0
      }
      return pointer
    }
    this.parts.arenas.tookZeroed = false
    const pointer = this.allocAttached(byteLength)
    if (!tookZeroed(this.parts, pointer, byteLength)) clearBlock(this.parts, pointer, usableBytes(this.parts, pointer))
    return pointer
  }

  /** Clears a block that is not near, where an arena may turn out to be lost. */
  private clearFar(pointer: Pointer, byteLength: number, cleared: number): Pointer {
    try {
      clearBlock(this.parts, pointer, cleared)
      return pointer
    } catch (cause) {
      this.forgetLost(pointer, cause)
      return this.takeZeroed(byteLength)
    }
  }

  /**
   * Allocates a block at a multiple of `alignment` bytes. (`aligned_alloc`)
   * @param byteLength - bytes wanted
   * @param alignment - bytes, a power of two from 1 to an OS page
   */
  allocAligned(byteLength: number, alignment: number): Pointer {
    if (!isByteLength(byteLength)) refuseByteLength(byteLength)
    return this.settle(allocAligned(this.parts, byteLength, alignment))
  }

  /**
   * Makes a block larger or smaller. It stays where it is while it fits and is not more than a quarter too large.
   * @param pointer - a live block, or 0 for a new one
   * @param byteLength - bytes wanted
   * @returns where the block is now; `pointer` is dead if that is elsewhere. On failure the block is as it was.
   * @throws as {@link alloc} and {@link free}
   */
  realloc(pointer: Pointer, byteLength: number): Pointer {
    return (this.resize(pointer, byteLength) | 0) as Pointer
  }

  private resize(pointer: Pointer, byteLength: number): Pointer {
    if ((pointer as number) === 0) return this.allocAttached(byteLength)
    const granules = this.smallGranules(pointer)
    if (granules > 0 && typeof byteLength === 'number' && (byteLength | 0) === byteLength) {
      if (byteLength > 0 && byteLength <= smallMax) {
        const unused = (granules << granuleShift) - byteLength
        if (unused >= 0 && (unused < granuleBytes || unused <= granules << (granuleShift - 2))) return pointer
        return this.moveSmall(pointer, byteLength, Math.min(granules, (byteLength + 15) >>> granuleShift))
      }
    }
    return this.resizeAny(pointer, byteLength)
  }

  private resizeAny(pointer: Pointer, byteLength: number): Pointer {
    this.mustBeLive(pointer, 'realloc')
    if (!isByteLength(byteLength)) refuseByteLength(byteLength)
    const { parts } = this
    refuseHeld(parts, pointer, 'realloc')
    if (resizeInPlace(parts, pointer, byteLength)) return pointer
    const moved = this.allocAttached(byteLength)
    copyBlock(parts, pointer, moved, Math.min(byteLength, usableBytes(parts, pointer)))
    this.free(pointer)
    return moved
  }

  /**
   * Frees a block. 0 is ignored, as in C.
   * @throws HeapError `EBB_DOUBLE_FREE`, `EBB_INVALID_POINTER`, `EBB_PINNED`, `EBB_CLOSED`, `EBB_ARENA_LOST`; nothing is changed then
   */
  free(pointer: Pointer): void {
    if (typeof pointer === 'number' && (pointer | 0) === pointer && pointer >= 0) {
      const index = pointer >>> 5
      const bits = words[index] as number
      const bit = 1 << pointer
      if ((bits & bit) !== 0) {
        const magazine = words[owners + (pointer >>> poolShift)] as number
        // One of this heap's: another heap's pointer is for freeSlow to refuse.
        if ((magazine ^ this.magazines) >>> heapShift === 0) {
          const top = ((words[magazine] as number) + 1) | 0
          if ((top & segmentMask) !== 0) {
            words[index] = bits ^ bit
            words[top] = pointer
            words[magazine] = top
            return
          }
        }
        this.freeSlow(pointer)
        return
      }
    }
    if ((pointer as number) !== 0) refusePointer(this.parts, this.isClosed, pointer, 'free')
  }

  /** Bytes that a live block can hold, at least what was asked for. (`malloc_usable_size`) */
  usableSize(pointer: Pointer): number {
    this.mustBeLive(pointer, 'usableSize')
    return usableBytes(this.parts, pointer)
  }

  /**
   * A view on the block itself. It is dead (length 0) once the block's memory has gone back, and shows others' bytes once the block
   * is freed: let go of it before.
   * @param byteLength - bytes to show, at most the usable size, which is the default
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` for more than the usable size
   */
  bytes(pointer: Pointer, byteLength?: number): Uint8Array {
    this.mustBeLive(pointer, 'bytes')
    const usable = usableBytes(this.parts, pointer)
    const length = byteLength ?? usable
    if (!isByteLength(length)) refuseByteLength(length)
    if (length > usable) {
      throw new HeapError(
        'EBB_OUT_OF_BOUNDS',
        `ebb: bytes(${showPointer(pointer)}, ${length}): the block has ${usable} usable bytes; realloc it first`,
      )
    }
    const payload = this.parts.table.payload(slotOf(pointer))
    return new Uint8Array(payload.buffer as ArrayBuffer, payload.byteOffset + payloadOffset(pointer), length)
  }

  /** Whether a value is the pointer of a live block of this heap. */
  isLive(pointer: unknown): pointer is Pointer {
    return isLive(this.parts, pointer)
  }

  /** All live blocks, in the order of their memory. What is allocated or freed meanwhile may be shown or not. */
  *blocks(): Generator<Block> {
    this.mustBeOpen('blocks')
    rebuildIfLost(this.parts)
    for (const pointer of liveBlocks(this.parts)) yield { pointer, usableSize: usableBytes(this.parts, pointer) }
  }

  /** Statistics that add up to the mapped bytes; as a string, a table. A closed heap has all of them 0. */
  stats(): HeapStats {
    rebuildIfLost(this.parts)
    this.parts.small.releaseAll()
    return takeStats(this.parts, this.name)
  }

  /**
   * Asks the kernel about the heap's own OS pages (mincore, QueryWorkingSetEx), kept large mappings not included.
   * @returns resident bytes
   */
  residentBytes(): number {
    rebuildIfLost(this.parts)
    const { table, os } = this.parts
    let pages = 0
    let ledgers = 0
    for (const slot of table.own) {
      for (const isResident of table.residentPages(slot)) pages += isResident
      if (table.space.isNear(slot)) ledgers++
    }
    return pages * os.osPageSize + ledgers * POOL_BYTES
  }

  /** Gives back everything that is free, now. Returns the bytes of resident memory that went back. */
  purge(): number {
    this.mustBeOpen('purge')
    rebuildIfLost(this.parts)
    this.parts.small.releaseAll()
    return this.settle(this.parts.purger.purge())
  }

  /**
   * Moves blocks together and gives back the memory this frees: below the floor of OS pages with one live block.
   * @param moved - told of each move, when the bytes are at `to` already and `from` is not free yet. It may use the heap, but not free or
   *   realloc `from`. If it throws, the block stays moved, compaction ends, and the error comes out of here.
   * @param budget - blocks or milliseconds this call may spend
   * @throws HeapError `EBB_BUSY` from inside of `moved`
   */
  compact(moved: Moved, budget: CompactBudget = {}): CompactResult {
    this.mustBeOpen('compact')
    if (typeof moved !== 'function')
      throw new TypeError(`ebb: compact needs a function that is told (from, to) of each move, got ${show(moved)}`)
    if (this.isCompacting)
      throw new HeapError('EBB_BUSY', 'ebb: compact inside of its own callback; let the running one end')
    const tell: Moved = (from, to) => {
      for (const listener of this.listeners.keys()) listener(from, to)
      moved(from, to)
    }
    this.parts.small.releaseAll()
    const compactor = new Compactor(this.parts, tell, budget)
    this.isCompacting = true
    try {
      const done = compactor.run()
      this.parts.small.releaseAll()
      return { moved: compactor.moved, bytes: this.parts.purger.purge(), done }
    } finally {
      this.isCompacting = false
      this.settle(0)
      if (compactor.moved > 0) for (const ended of this.listeners.values()) ended?.()
    }
  }

  /**
   * Registers somebody who holds pointers and wants to follow moves: told before `compact`'s own callback. Returns what undoes it.
   * @param ended - called at the end of every `compact` that moved a block, also of one that threw
   */
  onMoved(listener: Moved, ended?: () => void): () => void {
    this.listeners.set(listener, ended)
    return () => this.listeners.delete(listener)
  }

  /** Keeps a block where it is: compact leaves it alone, and it cannot be freed. As often pinned, as often to be unpinned. */
  pin(pointer: Pointer): void {
    this.mustBeLive(pointer, 'pin')
    pinBlock(this.parts, pointer)
  }

  /** Undoes one {@link pin}. */
  unpin(pointer: Pointer): void {
    this.mustBeLive(pointer, 'unpin')
    unpinBlock(this.parts, pointer)
  }

  /** Allocates as many blocks of `byteLength` bytes as `into` is long. All or none. Returns `into`. */
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

  /** Frees all blocks of a list. Stops with the error at the first wrong pointer, having freed those before. */
  freeMany(pointers: ArrayLike<number>): void {
    for (let i = 0; i < pointers.length; i++) this.free(pointers[i] as Pointer)
  }

  /** Gives back everything, now; every view is dead and every later call but `close`, `stats` and `free(0)` is refused. */
  close(): void {
    if (this.isClosed) return
    rebuildIfLost(this.parts)
    this.isClosed = true
    closeParts(this.parts)
    this.listeners.clear()
  }

  /** `using heap = new Heap()` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** The structures behind the face: for the tests, the benches and `checkHeap`; not part of the public interface. @internal */
  get internals(): HeapParts {
    return this.parts
  }

  /** alloc() for what writes into the block at once: a magazine may hold a block of an arena that user code has just taken away. */
  protected override allocAttached(byteLength: number): Pointer {
    const pointer = this.alloc(byteLength)
    if (!this.parts.table.isLost(slotOf(pointer))) return pointer
    this.small.rebuild()
    return this.allocAttached(byteLength)
  }

  /** Granules of a live block of a small class that is free to move; 0 for all else. */
  private smallGranules(pointer: Pointer): number {
    if (typeof pointer !== 'number' || (pointer | 0) !== pointer || pointer < 0) return 0
    if (((words[pointer >>> 5] as number) & (1 << pointer)) === 0) return 0
    const sizeClass = (words[owners + (pointer >>> poolShift)] as number) - this.magazines
    return sizeClass > 0 && sizeClass <= smallClasses ? sizeClass : 0
  }

  /** The way of a realloc that makes another small block of a small one, of which `granules` are kept. */
  private moveSmall(pointer: Pointer, byteLength: number, granules: number): Pointer {
    const moved = this.alloc(byteLength)
    if (!isNear(pointer) || !isNear(moved)) {
      return this.moveFar(pointer, moved, byteLength, granules << granuleShift)
    }
    const end = near + ((pointer + granules) << 2)
    const distance = (moved - pointer) << 2
    for (let i = end - (granules << 2); i < end; i += 4) {
      words[i + distance] = words[i] as number
      words[i + distance + 1] = words[i + 1] as number
      words[i + distance + 2] = words[i + 2] as number
      words[i + distance + 3] = words[i + 3] as number
    }
    this.free(pointer)
    return moved
  }

  /** The same where one of the blocks is not near: its arena may turn out to be lost. */
  private moveFar(pointer: Pointer, moved: Pointer, byteLength: number, copied: number): Pointer {
    try {
      copyBlock(this.parts, pointer, moved, copied)
      this.free(pointer)
      return moved
    } catch (cause) {
      if (isLive(this.parts, pointer)) this.forgetLost(moved, cause)
      else if (isLive(this.parts, moved)) this.free(moved)
      return this.realloc(pointer, byteLength) // refuses a block that is lost, tries again for one that is not
    }
  }

  /** An access to a block just allocated failed: writes its arena off if that is why, else lets the failure out. */
  private forgetLost(pointer: Pointer, cause: unknown): void {
    if (!this.parts.table.isLost(slotOf(pointer))) throw cause
    this.small.rebuild()
  }

  private allocSlow(byteLength: number): Pointer {
    if (typeof byteLength === 'number' && (byteLength | 0) === byteLength && (byteLength - 1) >>> 0 < smallMax) {
      return this.small.refill(((byteLength + 15) >>> 4) as SizeClass)
    }
    if (!isByteLength(byteLength)) refuseByteLength(byteLength)
    this.mustBeOpen('alloc')
    return this.settle(takeAny(this.parts, byteLength))
  }

  private freeSlow(pointer: Pointer): void {
    this.mustBeLive(pointer, 'free')
    freeBlock(this.parts, pointer)
    this.settle(0)
  }

  private mustBeOpen(verb: string): void {
    if (this.isClosed) refuseClosed(verb)
  }

  protected override mustBeLive(pointer: unknown, verb: string): void {
    if (!isLive(this.parts, pointer)) refusePointer(this.parts, this.isClosed, pointer, verb)
  }

  /** Ends a slow operation: puts the books right if a lost arena was met, and checks them where that is asked for. */
  private settle<T>(result: T): T {
    if (this.parts.table.sawLost) this.small.rebuild()
    if (CHECK >= 3 && ++this.slowOperations % CHECK_INTERVAL === 0) {
      rebuildIfLost(this.parts)
      checkHeap(this.parts)
    }
    return result
  }

  protected override refuseAccess(pointer: Pointer, byteOffset: number, byteLength: number, cause: unknown): never {
    if (!isLive(this.parts, pointer)) refusePointer(this.parts, this.isClosed, pointer, 'access')
    const usable = usableBytes(this.parts, pointer)
    if (Number.isInteger(byteOffset) && byteOffset >= 0 && byteOffset + byteLength <= usable) throw cause
    throw new HeapError(
      'EBB_OUT_OF_BOUNDS',
      `ebb: ${byteLength} bytes at byteOffset ${show(byteOffset)} leave the block ${showPointer(pointer)} of ${usable} usable bytes`,
    )
  }
}

/** What a heap held, when it is collected: a closed one the place of its magazines, one that was dropped all it had. */
const collected = new FinalizationRegistry<HeapParts>(abandon)

function checkedOption(name: string, value: unknown, unit: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`ebb: option ${name} must be a number of ${unit}, got ${show(value)} (${typeof value})`)
  if (!(value >= 0)) throw new RangeError(`ebb: option ${name} must be from 0 to Infinity ${unit}, got ${show(value)}`)
  return value
}
