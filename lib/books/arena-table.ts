/**
 * The arena table: which slots of the space are this heap's, and what lies behind each.
 *
 *     arena          its ledger, in the space for a near one, in pool 0 of an annexed one; 63 pools
 *     large block    over one home; it begins where pool 1 of an arena would
 *
 * Memory is read through views on the region it lies in. An ArrayBuffer over a slot is made only for user code that wants one; it stays
 * what it is when the block is freed, and its memory reads zero then.
 *
 * `ledger(slot)` is never undefined: an unused slot has NULL_LEDGER, a large block LARGE_LEDGER.
 */
import { arenaOpenChannel } from '../base/channels'
import { HeapError, type OsFailure } from '../base/errors'
import { ARENA_BYTES, POOL_BYTES, type Slot } from '../base/layout'
import { BOOK_BYTES_PER_SLOT } from '../space/plan'
import type { Space } from '../space/space'
import type { Tally } from '../space/tally'
import { ARENA, KEPT, LARGE } from '../space/tenants'
import { BlockMap } from './block-map'
import type { Budget } from './budget'
import { Counts } from './counts'
import { NO_BUFFER, NO_VIEWS, type Views, viewsOf } from './views'

const LEDGER_WORDS = POOL_BYTES / 4
/** Ledger of an unused slot: nothing is live. Never written. */
export const NULL_LEDGER = new Int32Array(LEDGER_WORDS)
/** Stands for the ledger of every large block, which needs none. Never written. */
const LARGE_LEDGER = new Int32Array(LEDGER_WORDS)

/** Per-slot arrays, dense because V8 reads holes slowly. What lies beyond the ends is unused. */
interface BySlot {
  readonly ledgers: Int32Array[]
  /** None until somebody asks, but of a large block that is far: of one that is too long the engine makes none. */
  readonly views: Views[]
  /** Those that user code has got. */
  readonly buffers: ArrayBuffer[]
}

/** Slots of arenas and large blocks of a heap, with their memory. */
export class ArenaTable {
  /** Which pointers are those of live blocks. */
  readonly map: BlockMap
  readonly counts: Counts
  readonly space: Space
  /** Slots in use. */
  readonly own = new Set<Slot>()
  /** Arenas open now, and the most there ever were. */
  arenas = 0
  peakArenas = 0
  private readonly near: BySlot = { ledgers: [], views: [], buffers: [] }
  private readonly far: BySlot = { ledgers: [], views: [], buffers: [] }
  private readonly budget: Budget
  /** Number of the heap. */
  readonly heap: number
  /** Where the heap counts for readers of the space. */
  readonly tally: Tally

  constructor(budget: Budget, space: Space, base: number) {
    this.map = new BlockMap(base)
    this.counts = new Counts(space, base)
    this.space = space
    this.budget = budget
    this.heap = space.heapNumber(base)
    this.tally = space.tally(base)
  }

  /** The slots in use, in the order of their numbers. */
  slots(): Slot[] {
    return [...this.own].sort((a, b) => a - b)
  }

  /** Whether a slot is in use by this heap. */
  isOwn(slot: Slot): boolean {
    return this.ledger(slot) !== NULL_LEDGER
  }

  isArena(slot: Slot): boolean {
    const ledger = this.ledger(slot)
    return ledger !== NULL_LEDGER && ledger !== LARGE_LEDGER
  }

  isLarge(slot: Slot): boolean {
    return this.ledger(slot) === LARGE_LEDGER
  }

  ledger(slot: Slot): Int32Array {
    return this.arrays(slot).ledgers[this.index(slot)] ?? NULL_LEDGER
  }

  /** Bytes of books in the space besides the ledgers. */
  get bookBytes(): number {
    return this.own.size * BOOK_BYTES_PER_SLOT
  }

  /** An ArrayBuffer for user code over a slot in use: the same one each time while it is attached. */
  buffer(slot: Slot): ArrayBuffer {
    const { buffers } = this.arrays(slot)
    const index = this.index(slot)
    const known = buffers[index] as ArrayBuffer
    if (known.byteLength > 0) return known
    const page = this.space.region.osPageSize
    const from = this.bufferStart(slot)
    const bytes = this.isArena(slot)
      ? ARENA_BYTES
      : Math.ceil((POOL_BYTES - from + this.largeBytes(slot)) / page) * page
    const wrapped = this.space.wrap(slot, from, bytes)
    buffers[index] = wrapped
    return wrapped
  }

  /** Where in {@link buffer} the payload begins, bytes. */
  payloadStart(slot: Slot): number {
    return POOL_BYTES - this.bufferStart(slot)
  }

  /** Where in its home a slot's ArrayBuffer begins: that of a large block with the OS page in which the block does. */
  private bufferStart(slot: Slot): number {
    if (this.isArena(slot)) return 0
    const { byteOffset, region } = this.space.home(slot)
    return POOL_BYTES - ((byteOffset + POOL_BYTES) % region.osPageSize)
  }

  payload(slot: Slot): Uint8Array {
    return this.viewsOf(slot).payload
  }

  /** The payload of a slot as a DataView; an empty one for a slot not in use. */
  data(slot: Slot): DataView {
    return this.viewsOf(slot).data
  }

  /** All arenas of the annex in which a slot's arena lies, one behind the other; undefined for all but a far arena of this heap. */
  annexData(slot: Slot): DataView | undefined {
    return this.space.isNear(slot) || !this.isArena(slot) ? undefined : this.space.annexData(slot)
  }

  /** Opens an arena, with a clear ledger. */
  openArena(): Slot {
    const slot = this.budget.map(ARENA_BYTES, () => {
      const taken = this.space.takeArena()
      return taken && this.orPutBack(taken, () => this.set(taken, this.space.ledger(taken), NO_VIEWS))
    })
    this.space.tenants.note(slot, this.heap, ARENA)
    this.arenas++
    this.peakArenas = Math.max(this.peakArenas, this.arenas)
    if (arenaOpenChannel.isHeard) {
      const { arenas, budget } = this
      arenaOpenChannel.tell({ ...budget.tag, arenas, mappedBytes: budget.mappedBytes })
    }
    return slot
  }

  /** Closes an arena: every pointer into it is refused from now on, and its memory goes back. */
  closeArena(slot: Slot): void {
    this.clear(slot)
    this.arenas--
    this.budget.unmap(ARENA_BYTES)
    this.space.put(slot)
  }

  /** Takes a slot for a large block and puts the block behind it. 0: no slot is left. Whatever is thrown, nothing is taken. */
  takeLarge(byteLength: number, isPageAligned: boolean): Slot | 0 {
    const slot = this.space.takeLarge(byteLength, isPageAligned)
    return slot && this.orPutBack(slot, () => this.openLarge(slot, byteLength))
  }

  /** Puts a large block behind a slot that was taken for one, or gives the one behind it another length. If it throws, all is as before. */
  openLarge(slot: Slot, byteLength: number): void {
    this.set(slot, LARGE_LEDGER, this.space.isNear(slot) ? NO_VIEWS : this.look(slot, byteLength))
    this.space.tenants.note(slot, this.heap, LARGE, byteLength)
  }

  /** Bytes of a large block. */
  largeBytes(slot: Slot): number {
    return this.space.tenants.poolsOf(slot) * POOL_BYTES
  }

  /** Opens a slot that was just taken; where that fails, gives it and its memory back. */
  private orPutBack(slot: Slot, open: () => void): Slot {
    try {
      open()
      return slot
    } catch (failure) {
      this.space.put(slot)
      throw failure
    }
  }

  /** Notes that the memory behind a slot is kept, and how many of its first bytes have gone back. */
  noteKept(slot: Slot, byteLength: number, discarded: number): void {
    this.space.tenants.note(slot, this.heap, KEPT, byteLength, discarded)
  }

  /** Takes a slot out of the table: every pointer into it is refused from now on. Its memory is the caller's to put. */
  clear(slot: Slot): void {
    this.own.delete(slot)
    this.write(slot, NULL_LEDGER, NO_VIEWS)
  }

  /** Gives back the slots that the heap still has. It was collected, which is no reason to empty what somebody has a view on. */
  close(): void {
    for (const slot of this.own) this.space.put(slot, true)
    this.own.clear()
    // No purger of this heap comes by any more: the pages of its books go back here.
    this.space.tidy()
  }

  /** Drops contents and memory of the OS pages that lie wholly in a range of a payload. Throws `EBB_OS` where the system refuses. */
  discard(slot: Slot, byteOffset: number, byteLength: number): void {
    discarding(byteLength, () => this.space.discardPages(this.space.home(slot), POOL_BYTES + byteOffset, byteLength))
  }

  /** The same with all memory of a slot, of which `byteLength` bytes count. */
  discardSlot(slot: Slot, byteLength: number): void {
    discarding(byteLength, () => this.space.discardSlot(slot))
  }

  /**
   * Makes bytes of a slot read zero, whoever wrote there last.
   * @param byteOffset - from the start of the payload
   * @param isFresh - nothing was written by the books: what is not resident stays so
   */
  clearBytes(slot: Slot, byteOffset: number, byteLength: number, isFresh: boolean): void {
    const { region, byteOffset: start } = this.space.home(slot)
    const at = start + POOL_BYTES + byteOffset
    const page = region.osPageSize
    const isWhole = at % page === 0 && byteLength % page === 0
    if (isFresh && isWhole && this.space.os.discardsWork) {
      try {
        region.discard(at, byteLength)
        return
      } catch {
        // Locked memory cannot be discarded, but cleared.
      }
    }
    region.clear(at, byteLength)
  }

  /** Bytes of a slot's home that are resident, by what the kernel says; of a near arena without its ledger, which lies elsewhere. */
  residentBytes(slot: Slot): number {
    const { region, byteOffset } = this.space.home(slot)
    const page = region.osPageSize
    const start = Math.floor((byteOffset + (this.isArena(slot) ? 0 : POOL_BYTES)) / page) * page
    const bytes = this.isArena(slot)
      ? ARENA_BYTES
      : Math.ceil((byteOffset + POOL_BYTES + this.largeBytes(slot) - start) / page) * page
    let pages = 0
    for (const isResident of region.residentPages(start, bytes)) pages += isResident
    return pages * page
  }

  private arrays(slot: Slot): BySlot {
    return this.space.isNear(slot) ? this.near : this.far
  }

  private index(slot: Slot): number {
    const { nearFirst, nearEnd } = this.space
    if (slot < nearFirst) return slot
    return slot < nearEnd ? slot - nearFirst : slot - (nearEnd - nearFirst)
  }

  private viewsOf(slot: Slot): Views {
    const { views } = this.arrays(slot)
    const index = this.index(slot)
    const known = views[index] ?? NO_VIEWS
    if (known !== NO_VIEWS || !this.isOwn(slot)) return known
    const made = this.look(slot, this.isArena(slot) ? ARENA_BYTES - POOL_BYTES : this.largeBytes(slot))
    views[index] = made
    return made
  }

  private look(slot: Slot, byteLength: number): Views {
    const { region, byteOffset } = this.space.home(slot)
    return viewsOf(region, byteOffset + POOL_BYTES, byteLength)
  }

  /** Puts something behind a slot that is this heap's from now on. An ArrayBuffer that user code got before is not given out again. */
  private set(slot: Slot, ledger: Int32Array, views: Views): void {
    this.own.add(slot)
    this.write(slot, ledger, views)
  }

  private write(slot: Slot, ledger: Int32Array, views: Views): void {
    const arrays = this.arrays(slot)
    const index = this.index(slot)
    while (arrays.ledgers.length <= index) {
      arrays.ledgers.push(NULL_LEDGER)
      arrays.views.push(NO_VIEWS)
      arrays.buffers.push(NO_BUFFER)
    }
    arrays.ledgers[index] = ledger
    arrays.views[index] = views
    arrays.buffers[index] = NO_BUFFER
  }
}

function discarding(byteLength: number, discard: () => void): void {
  try {
    discard()
  } catch (cause) {
    const { syscall = 'discard', code, message } = cause as OsFailure & Error
    throw new HeapError('EBB_OS', `ebb: discarding ${byteLength} bytes failed (${syscall}: ${code ?? message})`, cause)
  }
}
