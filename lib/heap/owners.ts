/**
 * Whose a block is: one registry a heap, by which `compact()` finds in O(1) who follows the move of a block, and which blocks it may move
 * without telling anybody of it. An owner says so in one of three ways:
 *
 *     number    | owner : 20, the owner's own : 12 | ...    the first word of the block
 *     place     pointer -> owner                            for blocks without room for that word, 32 KiB or so each
 *     holder    whoever knows a set of pointers             for records that are followed
 *
 * The word is a hint. A block of somebody else's may hold the same one by accident, so its owner says whether the block is its own.
 */
import type { Pointer } from '../base/layout'
import type { Numbers } from './numbers'

/** Who has blocks that begin with its number. */
export interface Owner {
  /**
   * Whether a live block, of whomever, is its own; where `to` is another one, the block is there now. It must not throw.
   * @internal
   */
  follow(pointer: Pointer, to: Pointer): boolean
  /**
   * Does a part of what it needs before it can follow, less than a tenth of a millisecond. Returns false where more is left.
   * @internal
   */
  makeReady?(): boolean
}

/** Who has blocks that are entered by their pointers. */
export interface PlacedOwner {
  /**
   * A block of its own is at `to` now. `number` is what it was entered with.
   * @internal
   */
  moved(to: Pointer, number: number): void
}

/** Who knows pointers to blocks that may move, and hears of moves elsewhere. */
export interface Holder {
  has(pointer: Pointer): boolean
}

interface Place {
  owner: PlacedOwner
  number: number
}

/** Whose a block is. */
export type Whose = 'user' | 'collection' | 'followed' | 'leaving'

/** Lower bits of the word, which are the owner's. */
const OWN_BITS = 12
/** The last number: of all who come when there is no other. Their blocks are never moved. */
const CROWD = 2 ** 20 - 1

/** Who has gone, and left blocks that are being freed. */
const LEFT: Owner = { follow: () => true }

/** The owners of a heap's blocks. */
export class Owners {
  private readonly heap: Numbers
  /** By number; there is no number 0, so that a block of zeros is nobody's at the first look. */
  private readonly owners: (Owner | undefined)[] = [undefined]
  private readonly unused: number[] = []
  private readonly places = new Map<Pointer, Place>()
  private readonly holders = new Set<Holder>()
  private isCrowded = false

  constructor(heap: Numbers) {
    this.heap = heap
  }

  /** Gives somebody a number. Returns the first word of its blocks, whose lower 12 bits are free to use. */
  register(owner: Owner): number {
    const number = this.unused.pop() ?? Math.min(this.owners.length, CROWD)
    if (number === CROWD) this.isCrowded = true
    else this.owners[number] = owner
    return number << OWN_BITS
  }

  /** Has somebody else own the blocks with a word. */
  give(word: number, owner: Owner): void {
    const number = word >>> OWN_BITS
    if (number !== 0 && number !== CROWD) this.owners[number] = owner
  }

  /** Its owner goes, and the blocks with a word stay where they are until they are freed. */
  leave(word: number): void {
    this.give(word, LEFT)
  }

  /** The blocks with a word are freed: the number serves another. */
  release(word: number): void {
    const number = word >>> OWN_BITS
    if (number === CROWD || this.owners[number] === undefined) return
    this.owners[number] = undefined
    this.unused.push(number)
  }

  /** Enters a block by its pointer. */
  place(pointer: Pointer, owner: PlacedOwner, number: number): void {
    this.places.set(pointer, { owner, number })
  }

  /** Gives a block that was entered to another owner. */
  giveBlock(pointer: Pointer, owner: PlacedOwner): void {
    const place = this.places.get(pointer)
    if (place !== undefined) place.owner = owner
  }

  /** Gives a block that was entered another number. */
  renumber(pointer: Pointer, number: number): void {
    const place = this.places.get(pointer)
    if (place !== undefined) place.number = number
  }

  /** A block that was entered is freed. */
  unplace(pointer: Pointer): void {
    this.places.delete(pointer)
  }

  /** Adds somebody who knows pointers. */
  addHolder(holder: Holder): void {
    this.holders.add(holder)
  }

  /**
   * Whose a live block is: `leaving` where its owner has gone, and it waits to be freed.
   * @param isPatient - `leaving` too where its owner has to prepare itself for long before it can follow: ask again later
   */
  whose(pointer: Pointer, isPatient = false): Whose {
    if (this.places.has(pointer)) return 'collection'
    if (this.owners.length > 1) {
      const number = this.numberOf(pointer)
      const owner = this.owners[number]
      if (owner === LEFT || (number === CROWD && this.isCrowded)) return 'leaving'
      if (isPatient && owner?.makeReady?.() === false) return 'leaving'
      if (owner?.follow(pointer, pointer) === true) return 'collection'
    }
    for (const holder of this.holders) if (holder.has(pointer)) return 'followed'
    return 'user'
  }

  /** The bytes of a block are at `to` now: its owner follows. */
  move(from: Pointer, to: Pointer): void {
    const place = this.places.get(from)
    if (place === undefined) this.owners[this.numberOf(from)]?.follow(from, to)
    else {
      this.places.delete(from)
      this.places.set(to, place)
      place.owner.moved(to, place.number)
    }
  }

  private numberOf(pointer: Pointer): number {
    return this.firstWord(pointer) >>> OWN_BITS
  }

  /** The first word of a live block. */
  protected firstWord(pointer: Pointer): number {
    return this.heap.getInt32(pointer, 0)
  }
}

/** Not a field of the heap's parts: they outlive a heap that is dropped, and an owner holds its heap. */
const registries = new WeakMap<Numbers, Owners>()

/** The registry of a heap, made for the first who asks. */
export function ownersOf(heap: Numbers): Owners {
  const known = registries.get(heap)
  if (known !== undefined) return known
  const made = new Owners(heap)
  registries.set(heap, made)
  return made
}

/** Gives a heap a registry of another class, before anybody asks for it. */
export function setOwners(heap: Numbers, owners: Owners): void {
  registries.set(heap, owners)
}
