/** Which block belongs to which list: one registry a heap follows what `compact()` moves, in O(1) a block. */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'

/** Who has blocks that may move. */
export interface Owner {
  /** A block of its own is at `to` now. `number` is what it was registered with. */
  follow(to: Pointer, number: number): void
}

interface Place {
  readonly owner: Owner
  number: number
}

/** The blocks of all lists of a heap. An entry costs about 70 bytes of JavaScript memory for 32 KiB of elements. */
export class OwnedBlocks {
  private readonly places = new Map<Pointer, Place>()

  add(pointer: Pointer, owner: Owner, number: number): void {
    this.places.set(pointer, { owner, number })
  }

  /** Gives a block of an owner another number. */
  renumber(pointer: Pointer, number: number): void {
    const place = this.places.get(pointer)
    if (place !== undefined) place.number = number
  }

  delete(pointer: Pointer): void {
    this.places.delete(pointer)
  }

  /** Whether a block belongs to a list. */
  has(pointer: Pointer): boolean {
    return this.places.has(pointer)
  }

  move(from: Pointer, to: Pointer): void {
    const place = this.places.get(from)
    if (place === undefined) return
    this.places.delete(from)
    this.places.set(to, place)
    place.owner.follow(to, place.number)
  }
}

const registries = new WeakMap<Heap, OwnedBlocks>()

/** The registry of a heap, made when the first list asks for it. */
export function ownedBlocksOf(heap: Heap): OwnedBlocks {
  const known = registries.get(heap)
  if (known !== undefined) return known
  const made = new OwnedBlocks()
  registries.set(heap, made)
  heap.onMoved((from, to) => made.move(from, to))
  return made
}
