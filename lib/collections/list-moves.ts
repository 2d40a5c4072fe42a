/** Which block belongs to which list: one registry a heap follows what `compact()` moves, in O(1) a block. */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'

/** Who has blocks that may move. */
export interface Owner {
  /** A block of its own is at `to` now. `number` is what it was registered with. */
  follow(to: Pointer, number: number): void
}

/** Who has blocks that hold their owner's number, and their own, in front: one for each element. */
export interface EntryOwner {
  /** Whether a block is an entry of its own; if `to` is another, it is there now. */
  ownsEntry(pointer: Pointer, to: Pointer): boolean
}

/** Words in front of an entry: its owner's number, and its own. */
export const ENTRY_WORDS = 2
const FIRST_OWNER = 0x6c697374

interface Place {
  owner: Owner
  number: number
}

/** The blocks of all lists of a heap. It takes about 200 bytes of JavaScript's memory for 32 KiB of elements. */
export class ListBlocks {
  private readonly places = new Map<Pointer, Place>()
  private readonly owners = new Map<number, EntryOwner>()
  private nextOwner = FIRST_OWNER

  constructor(private readonly heap: Heap) {}

  /** Gives somebody a number for entries. */
  addOwner(owner: EntryOwner): number {
    this.owners.set(this.nextOwner, owner)
    return this.nextOwner++
  }

  /** Has somebody else own the entries with a number. */
  setOwner(number: number, owner: EntryOwner): void {
    this.owners.set(number, owner)
  }

  deleteOwner(number: number): void {
    this.owners.delete(number)
  }

  add(pointer: Pointer, owner: Owner, number: number): void {
    this.places.set(pointer, { owner, number })
  }

  /** Gives a block to another owner. */
  give(pointer: Pointer, owner: Owner): void {
    const place = this.places.get(pointer)
    if (place !== undefined) place.owner = owner
  }

  /** Gives a block of an owner another number. */
  renumber(pointer: Pointer, number: number): void {
    const place = this.places.get(pointer)
    if (place !== undefined) place.number = number
  }

  delete(pointer: Pointer): void {
    this.places.delete(pointer)
  }

  /** Whether a live block belongs to a list. */
  has(pointer: Pointer): boolean {
    return this.places.has(pointer) || this.isEntry(pointer, pointer)
  }

  move(from: Pointer, to: Pointer): void {
    const place = this.places.get(from)
    if (place === undefined) this.isEntry(from, to)
    else {
      this.places.delete(from)
      this.places.set(to, place)
      place.owner.follow(to, place.number)
    }
  }

  /** A block that somebody else wrote the same words into is in no list's chunks: its owner says no. */
  private isEntry(pointer: Pointer, to: Pointer): boolean {
    if (this.owners.size === 0) return false
    const owner = this.owners.get(this.heap.getInt32(pointer, 0))
    return owner?.ownsEntry(pointer, to) ?? false
  }
}

const registries = new WeakMap<Heap, ListBlocks>()

/** The registry of a heap, made when the first list asks for it. */
export function listBlocksOf(heap: Heap): ListBlocks {
  const known = registries.get(heap)
  if (known !== undefined) return known
  const made = new ListBlocks(heap)
  registries.set(heap, made)
  heap.onMoved((from, to) => made.move(from, to))
  return made
}
