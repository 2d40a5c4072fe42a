/**
 * Homes: where the memory of each slot lies. Every slot in use has one.
 *
 *     near      an arena, or a large block over several slots: in the space, at the address that the slot stands for
 *     annexed   an arena: in an annex, more address space for ANNEX_SLOTS far slots, reserved when the near slots are taken
 *     shelved   a large block: on a shelf, more address space for many of them, shared by whoever is on it
 *
 * Address space costs nothing until it is touched, so annexes and shelves are reserved long. Not on Windows, where the system wants a
 * promise for what is reserved: there are no annexes there, and a shelf is as long as its first block.
 */
import { ARENA_BYTES, GRANULES_PER_ARENA, POOL_BYTES, type Slot } from '../base/layout'
import type { OsPages, Region } from '../os/region'
import { leavesRoom } from '../os/room'
import { Extents } from './extents'

/** Where the memory of a slot lies: an arena, or a large block with an empty pool in front, so that offsets count alike. */
export interface Home {
  readonly region: Region
  readonly byteOffset: number
}

/** The home of a shelved block. */
interface ShelvedHome extends Home {
  /** Bytes that the block may take. */
  capacity: number
}

/** Address space for large blocks, in OS pages. The first page is left empty: a part begins behind the start of a region. */
interface Shelf {
  readonly region: Region
  readonly extents: Extents
}

/** Slots of an annex. The first arena is left empty, for the same reason. */
export const ANNEX_SHIFT = 13
const ANNEX_SLOTS = 1 << ANNEX_SHIFT
const ANNEX_BYTES = (ANNEX_SLOTS + 1) * ARENA_BYTES

/** Where in its annex an arena with a far slot lies, bytes. */
export const annexOffset = (slot: Slot): number => ((slot & (ANNEX_SLOTS - 1)) + 1) * ARENA_BYTES

/** Where a far pointer's block begins in the data of its annex: this many of its low bits, in granules. */
export const ANNEX_GRANULE_MASK = ANNEX_SLOTS * GRANULES_PER_ARENA - 1

const NO_DATA = new DataView(new ArrayBuffer(0))
const IS_PROMISED = process.platform === 'win32'
const SHELF_BYTES = IS_PROMISED ? 0 : 2 ** 31

export class Homes {
  private readonly os: OsPages
  /** By slot >>> ANNEX_SHIFT; null: refused. */
  private readonly annexes: (Region | null)[] = []
  /** All arenas of each annex, one behind the other, by slot >>> ANNEX_SHIFT; an empty one where there is no annex. */
  readonly annexData: DataView[] = []
  private readonly shelves = new Set<Shelf>()
  private readonly shelved = new Map<Slot, ShelvedHome>()
  private readonly nearFirst: Slot
  /** By near slot: how many slots the large block takes that begins there. */
  private readonly spans: Uint16Array

  /** Near slots: nearFirst <= slot < nearEnd. */
  constructor(os: OsPages, nearFirst: Slot, nearEnd: Slot) {
    this.os = os
    this.nearFirst = nearFirst
    this.spans = new Uint16Array(nearEnd - nearFirst)
  }

  /** Where the memory of a far slot in use lies. */
  far(slot: Slot): Home {
    return this.shelved.get(slot) ?? this.annexed(slot)
  }

  private annexed(slot: Slot): Home {
    return {
      region: this.annexes[slot >>> ANNEX_SHIFT] as Region,
      byteOffset: annexOffset(slot),
    }
  }

  /** Near slots that the large block at a slot takes; 0: it is far, or an arena. */
  spanOf(slot: Slot): number {
    const { spans } = this
    const at = slot - this.nearFirst
    return at >= 0 && at < spans.length ? (spans[at] as number) : 0
  }

  /** Bytes that the large block at a slot may take; 0: it is an arena. */
  capacity(slot: Slot): number {
    const span = this.spanOf(slot)
    return span > 0 ? span * ARENA_BYTES - POOL_BYTES : (this.shelved.get(slot)?.capacity ?? 0)
  }

  /** Memory of the annexes by slot >>> ANNEX_SHIFT; null: there is none. */
  annexBuffers(): (ArrayBufferLike | null)[] {
    return this.annexes.map((region) => region?.buffer ?? null)
  }

  /** Whether an arena can have the far slot: its annex is there, or can be reserved now. */
  hasAnnex(slot: Slot): boolean {
    const index = slot >>> ANNEX_SHIFT
    while (this.annexes.length <= index) {
      this.annexes.push(null)
      this.annexData.push(NO_DATA)
    }
    if (this.annexes[index] === null && !IS_PROMISED && leavesRoom(ANNEX_BYTES)) {
      try {
        const region = this.os.reserve(ANNEX_BYTES)
        this.annexData[index] = new DataView(region.buffer, ARENA_BYTES, ANNEX_BYTES - ARENA_BYTES)
        this.annexes[index] = region
      } catch {
        // More may be free the next time.
      }
    }
    return this.annexes[index] !== null
  }

  /** Notes how many near slots the large block at one takes. */
  settle(first: Slot, slots: number): void {
    this.spans[first - this.nearFirst] = slots
  }

  /**
   * Puts a large block of whole OS pages on a shelf.
   * @throws what the operating system says where no shelf has room and none can be made
   */
  shelve(slot: Slot, byteLength: number): void {
    const page = this.os.osPageSize
    for (const shelf of this.shelves) if (this.putOn(shelf, slot, byteLength)) return
    const region = this.reserveShelf(byteLength + page)
    const shelf = { region, extents: new Extents(1, region.byteLength / page) }
    this.shelves.add(shelf)
    this.putOn(shelf, slot, byteLength)
  }

  private putOn(shelf: Shelf, slot: Slot, byteLength: number): boolean {
    const page = this.os.osPageSize
    const first = shelf.extents.take(byteLength / page)
    if (first < 0) return false
    this.shelved.set(slot, { region: shelf.region, byteOffset: first * page - POOL_BYTES, capacity: byteLength })
    return true
  }

  /** A long shelf if it can be had, so that blocks find room to grow; else one for this block alone. */
  private reserveShelf(byteLength: number): Region {
    const long = Math.min(this.os.maxByteLength, Math.max(SHELF_BYTES, IS_PROMISED ? 0 : 2 * byteLength))
    if (long > byteLength && leavesRoom(long)) {
      try {
        return this.os.reserve(long)
      } catch {
        // As under a limit of address space.
      }
    }
    return this.os.reserve(byteLength)
  }

  /** Makes a shelved block longer in place. False: what lies behind it is not free. */
  extendShelved(slot: Slot, byteLength: number): boolean {
    const home = this.shelved.get(slot) as ShelvedHome
    const page = this.os.osPageSize
    const end = (home.byteOffset + POOL_BYTES + home.capacity) / page
    if (!this.shelfOf(home).extents.takeAt(end, (byteLength - home.capacity) / page)) return false
    home.capacity = byteLength
    return true
  }

  /** The memory of a shelved block behind its first `byteLength` bytes becomes that of another slot. */
  splitShelved(slot: Slot, byteLength: number, tail: Slot): void {
    const home = this.shelved.get(slot) as ShelvedHome
    const { region, byteOffset, capacity } = home
    this.shelved.set(tail, { region, byteOffset: byteOffset + byteLength, capacity: capacity - byteLength })
    home.capacity = byteLength
  }

  /** The near slots of a block behind the first `slots` become another block's. */
  splitNear(first: Slot, slots: number): Slot {
    const tail = (first + slots) as Slot
    this.settle(tail, this.spanOf(first) - slots)
    this.settle(first, slots)
    return tail
  }

  /** Forgets a large block, whose pages have been given back. */
  forget(slot: Slot): void {
    if (this.spanOf(slot) > 0) this.settle(slot, 0)
    else this.unshelve(slot)
  }

  private unshelve(slot: Slot): void {
    const home = this.shelved.get(slot)
    if (home === undefined) return
    this.shelved.delete(slot)
    const shelf = this.shelfOf(home)
    const page = this.os.osPageSize
    shelf.extents.put((home.byteOffset + POOL_BYTES) / page, home.capacity / page)
    const isEmpty = shelf.extents.free === shelf.region.byteLength / page - 1
    if (!isEmpty || (this.shelves.size === 1 && !IS_PROMISED)) return
    this.shelves.delete(shelf)
    shelf.region.drop()
  }

  private shelfOf({ region }: Home): Shelf {
    for (const shelf of this.shelves) if (shelf.region === region) return shelf
    throw new Error('ebb: a large block is on no shelf')
  }
}
