/**
 * The arena table: which slots of the space are this heap's, and the memory behind each.
 *
 *     near slot   the arena lies in the space, its ledger in the column of ledgers; an ArrayBuffer over it is made when asked for
 *     far slot    a mapping of its own: an arena with its ledger in pool 0, or a large block
 *
 * `ledger(slot)` is never undefined: an unused slot has NULL_LEDGER, a large block LARGE_LEDGER. Only far slots can be lost: what
 * user code does with the buffer of a near arena leaves the memory where it is.
 */
import { BlockMap } from './block-map'
import { HeapError } from './errors'
import { ARENA_BYTES, GRANULES_PER_ARENA, POOL_BYTES, type Slot } from './layout'
import type { Mappings } from './mappings'
import { BOOK_BYTES_PER_SLOT, type Space } from './space'

const LEDGER_WORDS = POOL_BYTES / 4
/** Ledger of an unused slot: nothing is live. Never written. */
export const NULL_LEDGER = new Int32Array(LEDGER_WORDS)
/** Stands for the ledger of every large block, which needs none. Never written. */
export const LARGE_LEDGER = new Int32Array(LEDGER_WORDS)

/** Stands in for the ledger of a lost arena until the books are rebuilt without it. */
const SCRATCH_LEDGER = new Int32Array(LEDGER_WORDS)

/** What blocks may use of a mapping (an arena behind pool 0, a large block whole), for those who want an ArrayBuffer. */
interface Views {
  readonly buffer: ArrayBuffer
  readonly payload: Uint8Array
  readonly data: DataView
}

const viewsOf = (buffer: ArrayBuffer, payloadOffset: number): Views => ({
  buffer,
  payload: new Uint8Array(buffer, payloadOffset),
  data: new DataView(buffer, payloadOffset),
})
const NO_VIEWS = viewsOf(new ArrayBuffer(0), 0)

/** What is kept for each slot of a kind. What lies beyond the ends is unused; there are no holes, which V8 reads more slowly. */
interface Rooms {
  readonly ledgers: Int32Array[]
  readonly views: Views[]
}

/** Slots of arenas and large blocks of a heap, with their memory. */
export class ArenaTable {
  /** Which pointers are those of live blocks. */
  readonly live: BlockMap
  readonly space: Space
  /** Slots in use. */
  readonly own = new Set<Slot>()
  /** Slots whose buffer user code has detached or transferred away: written off, never used again. */
  readonly lostSlots = new Set<Slot>()
  /** Set when a lost ledger was met: the lists have to be rebuilt (recover.ts) before the operation returns. */
  sawLost = false
  /** The near pointers of this heap are below: the end of the last near slot that it has had. */
  nearPointerEnd = 0
  /** How often a block has got another mapping: views that somebody keeps may be dead. */
  replaced = 0
  private readonly near: Rooms = { ledgers: [], views: [] }
  private readonly far: Rooms = { ledgers: [], views: [] }
  private readonly mappings: Mappings

  constructor(mappings: Mappings, space: Space, base: number) {
    this.live = new BlockMap(space, base)
    this.space = space
    this.mappings = mappings
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
    return !this.space.isNear(slot) && this.isOwn(slot) && this.buffer(slot).byteLength === 0
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

  /** The mapping of a far slot in use, or an ArrayBuffer over a near arena: the same one each time while it is attached. */
  buffer(slot: Slot): ArrayBuffer {
    return this.viewsOf(slot).buffer
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

  /** Opens an arena: near where there is room, else in a mapping of its own. */
  openArena(): Slot {
    const near = this.openNear()
    return near !== 0 ? near : this.openFarArena()
  }

  private openNear(): Slot | 0 {
    const slot = this.mappings.os.hasNear === true ? this.space.takeNear() : 0
    if (slot === 0) return 0
    try {
      this.mappings.admitNear(ARENA_BYTES)
    } catch (failure) {
      this.space.put(slot)
      throw failure
    }
    this.set(slot, this.space.ledger(slot), NO_VIEWS)
    this.nearPointerEnd = Math.max(this.nearPointerEnd, (slot + 1) * GRANULES_PER_ARENA)
    return slot
  }

  private openFarArena(): Slot {
    this.reserve()
    const buffer = this.mappings.map(ARENA_BYTES)
    return this.open(buffer, new Int32Array(buffer, 0, LEDGER_WORDS), POOL_BYTES)
  }

  openLarge(buffer: ArrayBuffer): Slot {
    return this.open(buffer, LARGE_LEDGER, 0)
  }

  /** Puts another mapping behind the slot of a large block that was grown. */
  replaceLarge(slot: Slot, buffer: ArrayBuffer): void {
    this.replaced++
    this.set(slot, LARGE_LEDGER, viewsOf(buffer, 0))
  }

  /** Unmaps an arena: every pointer into it is refused from now on, every view on it is empty. */
  unmapArena(slot: Slot): void {
    if (!this.space.isNear(slot)) {
      this.mappings.unmap(this.closeFar(slot), ARENA_BYTES)
      return
    }
    const { buffer } = this.near.views[this.room(slot)] as Views
    this.clear(slot)
    this.mappings.unmapNear(buffer, ARENA_BYTES)
    this.space.put(slot)
  }

  /** Takes the mapping of a far slot out of the table; every pointer into it is refused from now on. */
  closeFar(slot: Slot): ArrayBuffer {
    const buffer = this.buffer(slot)
    this.clear(slot)
    this.space.put(slot)
    return buffer
  }

  /** Gives the heap's slots back. Far mappings and views on near arenas live as long as somebody has them. */
  close(): void {
    for (const slot of this.own) this.space.put(slot)
    this.own.clear()
    this.nearPointerEnd = 0
    // No purger of this heap comes by any more: the pages of its books go back here.
    this.space.tidy()
  }

  /**
   * Drops the contents and the memory of whole OS pages of an arena.
   * @returns false where the arena is not there any more
   */
  discard(slot: Slot, byteOffset: number, byteLength: number): boolean {
    return this.space.isNear(slot)
      ? this.mappings.discard(this.space.buffer, this.space.arenaAt(slot) + byteOffset, byteLength)
      : this.mappings.discard(this.buffer(slot), byteOffset, byteLength)
  }

  /** One byte for each OS page of a slot's mapping, a near arena's ledger not among them: 1 resident, 0 not. */
  residentPages(slot: Slot): Uint8Array {
    const { os } = this.mappings
    if (this.space.isNear(slot)) return os.residentPages(this.space.buffer, this.space.arenaAt(slot), ARENA_BYTES)
    return os.residentPages(this.buffer(slot))
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
    const isUnwrapped = this.space.isNear(slot) && views.buffer.byteLength === 0 && this.isOwn(slot)
    return isUnwrapped ? this.wrap(slot) : views
  }

  private wrap(slot: Slot): Views {
    const views = viewsOf(this.space.wrap(slot), POOL_BYTES)
    this.near.views[this.room(slot)] = views
    return views
  }

  private clear(slot: Slot): void {
    this.own.delete(slot)
    this.put(slot, NULL_LEDGER, NO_VIEWS)
  }

  /**
   * Puts a mapping into a far slot. To make room for it the heap may have given back all else: where no slot is left the mapping
   * is given back, and this throws as reserve() does.
   */
  private open(buffer: ArrayBuffer, ledger: Int32Array, payloadOffset: number): Slot {
    const slot = this.space.takeFar()
    if (slot === 0) {
      this.mappings.unmap(buffer, buffer.byteLength)
      this.reserve()
    }
    this.set(slot as Slot, ledger, viewsOf(buffer, payloadOffset))
    return slot as Slot
  }

  private set(slot: Slot, ledger: Int32Array, views: Views): void {
    this.own.add(slot)
    this.put(slot, ledger, views)
  }

  private put(slot: Slot, ledger: Int32Array, views: Views): void {
    const rooms = this.rooms(slot)
    const room = this.room(slot)
    while (rooms.ledgers.length <= room) {
      rooms.ledgers.push(NULL_LEDGER)
      rooms.views.push(NO_VIEWS)
    }
    rooms.ledgers[room] = ledger
    rooms.views[room] = views
  }
}
