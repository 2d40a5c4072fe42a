/**
 * The arena table: which slots of the space are this heap's, and the memory behind each.
 *
 *     near slot   an arena in the space, its ledger in the column of ledgers; or the first of the slots of a large block (large-memory.ts)
 *     far slot    an arena in an annex of the space, or in a mapping of its own, its ledger in pool 0; or the mapping of a large block
 *
 * Near memory is read through views on the space. An ArrayBuffer over a near slot is made only for user code that wants one: it has to
 * be detached when the memory goes back, and after the first detach V8 guards every access to a typed array.
 *
 * `ledger(slot)` is never undefined: an unused slot has NULL_LEDGER, a large block LARGE_LEDGER. Only what has a mapping of its own can
 * be lost: what user code does with another buffer leaves the memory where it is.
 */

import { HeapError } from '../base/errors'
import { ARENA_BYTES, POOL_BYTES, type Slot, slotsFor } from '../base/layout'
import { BOOK_BYTES_PER_SLOT } from '../space/plan'
import type { Space } from '../space/space'
import { BlockMap } from './block-map'
import type { Budget } from './budget'

const LEDGER_WORDS = POOL_BYTES / 4
/** Ledger of an unused slot: nothing is live. Never written. */
export const NULL_LEDGER = new Int32Array(LEDGER_WORDS)
/** Stands for the ledger of every large block, which needs none. Never written. */
export const LARGE_LEDGER = new Int32Array(LEDGER_WORDS)

/** Stands in for the ledger of a lost arena until the books are rebuilt without it. */
const SCRATCH_LEDGER = new Int32Array(LEDGER_WORDS)

/** What blocks may use of a slot (an arena behind pool 0, a large block whole). */
export interface Views {
  readonly payload: Uint8Array
  readonly data: DataView
}

export const viewsOf = (
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength = buffer.byteLength - byteOffset,
): Views => ({
  payload: new Uint8Array(buffer, byteOffset, byteLength),
  data: new DataView(buffer, byteOffset, byteLength),
})
/** Stands where there is no ArrayBuffer. */
export const NO_BUFFER = new ArrayBuffer(0)
const NO_VIEWS = viewsOf(NO_BUFFER, 0)

/** What is kept for each slot of a kind. What lies beyond the ends is unused; there are no holes, which V8 reads more slowly. */
interface Rooms {
  readonly ledgers: Int32Array[]
  /** Of an arena in the space or an annex none until somebody asks. */
  readonly views: Views[]
  /** Mappings; of what lies in the space or an annex, the ArrayBuffers that user code has got. */
  readonly buffers: ArrayBuffer[]
}

/** Slots of arenas and large blocks of a heap, with their memory. */
export class ArenaTable {
  /** Which pointers are those of live blocks. */
  readonly map: BlockMap
  readonly space: Space
  /** Slots in use. */
  readonly own = new Set<Slot>()
  /** Slots whose buffer user code has detached or transferred away: written off, never used again. */
  readonly lostSlots = new Set<Slot>()
  /** Set when a lost ledger was met: the lists have to be rebuilt (recover.ts) before the operation returns. */
  sawLost = false
  /** How often a block has got another mapping: views that somebody keeps may be dead. */
  replaced = 0
  private readonly near: Rooms = { ledgers: [], views: [], buffers: [] }
  private readonly far: Rooms = { ledgers: [], views: [], buffers: [] }
  private readonly budget: Budget

  constructor(budget: Budget, space: Space, base: number) {
    this.map = new BlockMap(space, base)
    this.space = space
    this.budget = budget
  }

  /** The slots in use, in the order of their numbers. */
  slots(): Slot[] {
    return [...this.own].sort((a, b) => a - b)
  }

  /** Whether a slot is in use by this heap. */
  isOwn(slot: Slot): boolean {
    return this.knownLedger(slot) !== NULL_LEDGER
  }

  isArena(slot: Slot): boolean {
    const ledger = this.knownLedger(slot)
    return ledger !== NULL_LEDGER && ledger !== LARGE_LEDGER
  }

  isLarge(slot: Slot): boolean {
    return this.knownLedger(slot) === LARGE_LEDGER
  }

  private knownLedger(slot: Slot): Int32Array {
    return this.rooms(slot).ledgers[this.room(slot)] ?? NULL_LEDGER
  }

  /** Bytes of books in the space beside the ledgers. */
  get bookBytes(): number {
    return this.own.size * BOOK_BYTES_PER_SLOT
  }

  /** Whether user code has detached or transferred away the mapping of a far slot in use, and nobody has noticed yet. */
  isLost(slot: Slot): boolean {
    return !this.space.hasHome(slot) && this.isOwn(slot) && this.bufferOf(slot).byteLength === 0
  }

  /**
   * The ledger of a slot in use. For a lost arena a scratch page, on which whatever list operation is under way ends
   * without harm; `sawLost` is set then.
   */
  ledger(slot: Slot): Int32Array {
    const ledger = this.knownLedger(slot)
    if (ledger.length !== 0) return ledger
    this.sawLost = true
    return SCRATCH_LEDGER
  }

  /** Writes off every slot whose buffer is gone. Returns how many arenas and large blocks went with them. */
  writeOffLost(): number {
    SCRATCH_LEDGER.fill(0)
    this.sawLost = false
    let lost = 0
    for (const slot of this.slots()) {
      if (!this.isLost(slot)) continue
      this.clear(slot)
      this.space.forget(slot)
      this.lostSlots.add(slot)
      lost++
    }
    return lost
  }

  /** An ArrayBuffer for user code over a slot in use: the same one each time while it is attached. */
  buffer(slot: Slot): ArrayBuffer {
    const buffer = this.bufferOf(slot)
    if (buffer.byteLength > 0 || !this.space.hasHome(slot) || !this.isOwn(slot)) return buffer
    const wrapped = this.space.wrap(slot, this.slotsOf(slot))
    this.rooms(slot).buffers[this.room(slot)] = wrapped
    return wrapped
  }

  /** The mapping of a far slot, or the ArrayBuffer over a near one, of length 0 where nobody has asked for one. */
  bufferOf(slot: Slot): ArrayBuffer {
    return this.rooms(slot).buffers[this.room(slot)] ?? NO_BUFFER
  }

  /** Where in {@link buffer} the payload begins, bytes. */
  payloadStart(slot: Slot): number {
    return this.space.isNear(slot) || this.isArena(slot) ? POOL_BYTES : 0
  }

  /** Slots that the memory of a slot in use takes: several for a near large block. */
  slotsOf(slot: Slot): number {
    return this.isLarge(slot) && this.space.isNear(slot) ? slotsFor(this.payload(slot).length) : 1
  }

  payload(slot: Slot): Uint8Array {
    return this.viewsOf(slot).payload
  }

  /** The payload of a slot as a DataView; an empty one for a slot not in use. */
  data(slot: Slot): DataView {
    return this.viewsOf(slot).data
  }

  /** Throws EBB_OUT_OF_MEMORY where no far slot is left: to be asked before something is mapped for one. */
  reserve(): void {
    if (this.space.hasFar) return
    throw new HeapError(
      'EBB_OUT_OF_MEMORY',
      `ebb: all ${this.space.slots} slots of this thread's heaps are in use; free memory or use another thread`,
    )
  }

  /** Opens an arena: near where there is room, else in an annex, else in a mapping of its own. */
  openArena(): Slot {
    return this.openHome() || this.openMapping()
  }

  /** Opens an arena in the space, or in an annex of it; 0 where there is no room. */
  private openHome(): Slot | 0 {
    if (this.budget.os.hasNear !== true) return 0
    this.budget.admit(ARENA_BYTES) // may give slots back, so it is asked first
    const slot = this.space.takeNear() || this.space.takeAnnexed()
    if (slot === 0) return 0
    this.budget.countNear(ARENA_BYTES)
    this.set(slot, this.space.ledger(slot), NO_VIEWS, NO_BUFFER)
    return slot
  }

  private openMapping(): Slot {
    this.reserve()
    const buffer = this.budget.map(ARENA_BYTES)
    return this.open(buffer, new Int32Array(buffer, 0, LEDGER_WORDS), POOL_BYTES)
  }

  /** Unmaps an arena: every pointer into it is refused from now on, every view on it is empty. */
  unmapArena(slot: Slot): void {
    if (!this.space.hasHome(slot)) {
      this.budget.unmap(this.closeFar(slot), ARENA_BYTES)
      return
    }
    const buffer = this.bufferOf(slot)
    this.clear(slot)
    this.budget.unmapNear(buffer, ARENA_BYTES)
    this.space.put(slot)
  }

  /** Takes the mapping of a far slot out of the table; every pointer into it is refused from now on. */
  closeFar(slot: Slot): ArrayBuffer {
    const buffer = this.bufferOf(slot)
    this.clear(slot)
    this.space.put(slot)
    return buffer
  }

  /** Gives the heap's slots back. Far mappings and ArrayBuffers over near slots live as long as somebody has them. */
  close(): void {
    for (const slot of this.own) {
      if (this.isLarge(slot) && this.space.isNear(slot)) this.space.putStretch(slot, this.slotsOf(slot))
      else this.space.put(slot)
    }
    this.own.clear()
    // No purger of this heap comes by any more: the pages of its books go back here.
    this.space.tidy()
  }

  /**
   * Drops the contents and the memory of whole OS pages of an arena.
   * @returns false where the arena is not there any more
   */
  discard(slot: Slot, byteOffset: number, byteLength: number): boolean {
    if (!this.space.hasHome(slot)) return this.budget.discard(this.bufferOf(slot), byteOffset, byteLength)
    const home = this.space.home(slot)
    return this.budget.discard(home.memory.buffer, home.byteOffset + byteOffset, byteLength)
  }

  /** One byte for each OS page of a slot's mapping, a near arena's ledger not among them: 1 resident, 0 not. */
  residentPages(slot: Slot): Uint8Array {
    const { os } = this.budget
    if (!this.space.hasHome(slot)) return os.residentPages(this.bufferOf(slot))
    const { memory, byteOffset } = this.space.home(slot)
    return os.residentPages(memory.buffer, byteOffset, this.slotsOf(slot) * ARENA_BYTES)
  }

  private rooms(slot: Slot): Rooms {
    return this.space.isNear(slot) ? this.near : this.far
  }

  private room(slot: Slot): number {
    const { nearFirst, nearEnd } = this.space
    if (slot < nearFirst) return slot
    return slot < nearEnd ? slot - nearFirst : slot - (nearEnd - nearFirst)
  }

  private viewsOf(slot: Slot): Views {
    const views = this.rooms(slot).views[this.room(slot)] ?? NO_VIEWS
    return views === NO_VIEWS && this.space.hasHome(slot) && this.isOwn(slot) ? this.lookAtArena(slot) : views
  }

  private lookAtArena(slot: Slot): Views {
    const { memory, byteOffset } = this.space.home(slot)
    const views = viewsOf(memory.buffer, byteOffset + POOL_BYTES, ARENA_BYTES - POOL_BYTES)
    this.rooms(slot).views[this.room(slot)] = views
    return views
  }

  /**
   * Puts a mapping into a far slot. To make room for it the heap may have given back all else: where no slot is left the mapping
   * is given back, and this throws as reserve() does.
   */
  open(buffer: ArrayBuffer, ledger: Int32Array, payloadOffset: number): Slot {
    const slot = this.space.takeFar()
    if (slot === 0) {
      this.budget.unmap(buffer, buffer.byteLength)
      this.reserve()
    }
    this.set(slot as Slot, ledger, viewsOf(buffer, payloadOffset), buffer)
    return slot as Slot
  }

  /** Puts something behind a slot that is this heap's from now on. */
  set(slot: Slot, ledger: Int32Array, views: Views, buffer: ArrayBuffer): void {
    this.own.add(slot)
    this.put(slot, ledger, views, buffer)
  }

  /** Takes a slot out of the table: every pointer into it is refused from now on. */
  clear(slot: Slot): void {
    this.own.delete(slot)
    this.put(slot, NULL_LEDGER, NO_VIEWS, NO_BUFFER)
  }

  private put(slot: Slot, ledger: Int32Array, views: Views, buffer: ArrayBuffer): void {
    const rooms = this.rooms(slot)
    const room = this.room(slot)
    while (rooms.ledgers.length <= room) {
      rooms.ledgers.push(NULL_LEDGER)
      rooms.views.push(NO_VIEWS)
      rooms.buffers.push(NO_BUFFER)
    }
    rooms.ledgers[room] = ledger
    rooms.views[room] = views
    rooms.buffers[room] = buffer
  }
}
