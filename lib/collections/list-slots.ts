/**
 * The memory of a list: chunks of 32 KiB behind a directory, so that growth copies no elements and shrinking gives chunks back. An
 * element goes by its position, which counts from the first slot of the directory on:
 *
 *     directory   | place, pointer | place, pointer | place, pointer | free |      one block, two words a slot
 *     chunks      | . . . x x x x x|x x x x x x x x x|x x x x . . . .|
 *                         ^ firstAt                           ^ endAt  ^ limitAt
 *
 * `place + position` is an element of the constant typed array of the list's kind (near.ts); of a far chunk, no element of any. Bytes have
 * too many elements for that, and their place is the one at which the chunk begins. A list with one chunk that is not full yet has a smaller
 * one, in slot 0. `tailAt + position` is the place of an element of the last chunk, where `push` writes.
 */
import { HeapError, rangeError, refuseClosed } from '../base/errors'
import { MEDIUM_MAX_BYTES, type Pointer, slotOf } from '../base/layout'
import type { Heap } from '../heap/heap'
import { payloadOffset } from '../heap/live-blocks'
import { partsOf } from '../heap/numbers'
import { type Owners, ownersOf, type PlacedOwner } from '../heap/owners'
import { NEAR } from '../space/near'
import { addReader } from '../supply/parts'
import { take } from './pending'

const { i32, near1, near2, near4, near8 } = NEAR

/** Bytes of a chunk: the largest block that shares arenas with others. */
export const CHUNK_BYTES = MEDIUM_MAX_BYTES
/** Bytes of a slot of the directory: place and pointer. */
const SLOT_BYTES = 8
export const SMALLEST_DIRECTORY_SLOTS = 2
/** Positions are 31-bit integers, the one behind the last element too. */
const POSITIONS = 2 ** 31
/** Beyond the end of every typed array over near memory, or below its start, with every position; for bytes, with every offset in a chunk. */
const FAR = 0x7fff0000
const FAR_BYTES = 0xffff0000
/** A word that no typed array over near memory has. */
export const FAR_DIRECTORY = 0x50000000
/** Numbers that the registry has for blocks that are not in a slot. */
const DIRECTORY = -1e12
const SPARE = -2e12

/** A typed array of elements. */
export type Elements =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

export interface ElementsConstructor {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (length: number): Elements
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Elements
}

const nearOf: Readonly<Record<number, number>> = { 1: near1, 2: near2, 4: near4, 8: near8 }

export abstract class ListSlots implements PlacedOwner {
  readonly heap: Heap
  readonly elements: ElementsConstructor
  isClosed = false
  protected firstAt = 0
  protected endAt = 0
  protected limitAt = 0
  protected tailAt = 0
  /** Word of the directory's first slot, or FAR_DIRECTORY. */
  protected directoryAt = FAR_DIRECTORY
  protected directory: Pointer | 0 = 0
  protected slots = 0
  /** Slots that were taken from the front of the directory since the list began: a chunk keeps its number in the registry. */
  protected slid = 0
  /** A chunk that was emptied last, for the next that is wanted: pushing and popping by turns allocates nothing. */
  private spare: Pointer | 0 = 0
  /** Bytes of the one chunk of a list, while it is smaller than others. */
  protected smallBytes = 0
  /** Bytes of an element as a shift, and elements of a chunk as a shift. */
  protected readonly byteShift: number
  protected readonly chunkShift: number
  protected readonly owned: Owners

  constructor(heap: Heap, elements: ElementsConstructor) {
    this.heap = heap
    this.elements = elements
    this.byteShift = Math.log2(elements.BYTES_PER_ELEMENT)
    this.chunkShift = Math.log2(CHUNK_BYTES) - this.byteShift
    this.owned = ownersOf(heap)
    addReader(partsOf(heap), this)
    if (this.isClosed) refuseClosed('new List')
  }

  get byteLength(): number {
    if (this.directory === 0) return 0
    const slots = this.limitAt === 0 ? 0 : this.lastSlot - this.firstSlot + 1
    const chunks = this.smallBytes > 0 ? this.smallBytes : slots * CHUNK_BYTES
    return chunks + this.heap.usableSize(this.directory) + (this.spare === 0 ? 0 : CHUNK_BYTES)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    if (partsOf(this.heap).isClosed) this.forget()
    else this.empty()
  }

  moved(to: Pointer, number: number): void {
    if (number === DIRECTORY) this.setDirectory(to)
    else if (number === SPARE) this.spare = to
    else this.link(number - this.slid, to)
  }

  mustBeOpen(verb: string): void {
    if (!this.isClosed) return
    if (partsOf(this.heap).isClosed) refuseClosed(verb)
    throw new HeapError('EBB_CLOSED', `ebb: ${verb} on a closed list; make a new List, or close this one later`)
  }

  /** Chunk of a position. */
  protected pointerAt(at: number): Pointer {
    return this.chunkIn(at >>> this.chunkShift)
  }

  /** Offset of a position in its chunk, bytes. */
  protected offsetOf(at: number): number {
    return (at & this.mask) << this.byteShift
  }

  protected get mask(): number {
    return (1 << this.chunkShift) - 1
  }

  /** A typed array over the elements from a position to the end of its chunk, or to `end` if that is before. Stale after any change. */
  protected viewAt(at: number, end: number): Elements {
    const offset = at & this.mask
    const length = Math.min(end - at, (1 << this.chunkShift) - offset)
    return this.viewOn(this.pointerAt(at), offset, length)
  }

  protected viewOn(chunk: Pointer, offset: number, length: number): Elements {
    const payload = partsOf(this.heap).table.payload(slotOf(chunk))
    const start = payload.byteOffset + payloadOffset(chunk) + (offset << this.byteShift)
    return new this.elements(payload.buffer, start, length)
  }

  /** Elements from a position on up to another are taken out of the list. */
  protected drop(_at: number, _end: number): void {}

  /** Elements from a position on will be taken out. May leave some of the last ones to somebody else. */
  protected leaveFrom(_at: number): void {}

  /** Takes all elements out. */
  protected empty(): void {
    this.freeAll()
  }

  /** Hands all blocks over to an empty list of the same kind; this one is as new then. */
  protected giveTo(other: ListSlots): void {
    for (let slot = this.firstSlot; this.limitAt > 0 && slot <= this.lastSlot; slot++)
      this.owned.giveBlock(this.chunkIn(slot), other)
    if (this.directory !== 0) this.owned.giveBlock(this.directory, other)
    if (this.spare !== 0) this.owned.giveBlock(this.spare, other)
    const { firstAt, endAt, limitAt, tailAt, directoryAt, directory, slots, slid, spare, smallBytes } = this
    Object.assign(other, { firstAt, endAt, limitAt, tailAt, directoryAt, directory, slots, slid, spare, smallBytes })
    this.forget()
  }

  /** Frees all blocks: a list as new. */
  protected freeAll(): void {
    this.drop(this.firstAt, this.endAt)
    if (this.limitAt > 0) for (let slot = this.firstSlot; slot <= this.lastSlot; slot++) this.free(this.chunkIn(slot))
    if (this.directory !== 0) this.free(this.directory)
    this.freeSpare()
    this.forget()
  }

  private forget(): void {
    this.firstAt = this.endAt = this.limitAt = this.tailAt = this.slots = this.slid = this.smallBytes = 0
    this.directory = this.spare = 0
    this.directoryAt = FAR_DIRECTORY
  }

  protected get firstSlot(): number {
    return Math.min(this.firstAt >>> this.chunkShift, this.lastSlot)
  }

  protected get lastSlot(): number {
    return (this.limitAt - 1) >>> this.chunkShift
  }

  protected chunkIn(slot: number): Pointer {
    return this.heap.getInt32(this.directory as Pointer, slot * SLOT_BYTES + 4) as Pointer
  }

  protected link(slot: number, chunk: Pointer): void {
    const directory = this.directory as Pointer
    this.heap.setInt32(directory, slot * SLOT_BYTES, this.placeIn(slot, chunk))
    this.heap.setInt32(directory, slot * SLOT_BYTES + 4, chunk)
    if (slot === this.lastSlot) this.setTail()
  }

  /** What a slot has for a chunk. */
  private placeIn(slot: number, chunk: Pointer): number {
    const place = this.placeOf(chunk)
    return this.byteShift === 0 || place === FAR ? place : (place - (slot << this.chunkShift)) | 0
  }

  /** Element at which a chunk begins. */
  private placeOf(chunk: Pointer): number {
    const { byteShift } = this
    if (i32[(near4 + (chunk << 2)) | 0] === undefined) return byteShift === 0 ? FAR_BYTES | 0 : FAR
    return ((nearOf[1 << byteShift] as number) + (chunk << (4 - byteShift))) | 0
  }

  protected setTail(): void {
    const place = this.placeOf(this.chunkIn(this.lastSlot))
    this.tailAt = (this.byteShift === 0 ? place >>> 0 : place) - (this.lastSlot << this.chunkShift)
  }

  protected openDirectory(slots = SMALLEST_DIRECTORY_SLOTS): void {
    const directory = take(this.heap, slots * SLOT_BYTES)
    this.slots = slots
    this.owned.place(directory, this, DIRECTORY)
    this.setDirectory(directory)
  }

  private setDirectory(directory: Pointer): void {
    this.directory = directory
    const word = (near4 + (directory << 2)) | 0
    this.directoryAt = i32[word] === undefined ? FAR_DIRECTORY : word
  }

  /** Makes a slot free at one end of the directory: by moving the others where half are free, or else by doubling it. */
  protected makeSlots(isFront: boolean): void {
    const used = this.lastSlot - this.firstSlot + 1
    const most = POSITIONS / (this.mask + 1) - 1
    if (used >= most)
      throw rangeError(`ebb: a list has less than 2^31 elements, and this one ${this.endAt - this.firstAt}`)
    const slots = used <= this.slots >> 1 ? this.slots : Math.min(this.slots * 2, most)
    if (slots > this.slots) this.resizeDirectory(slots)
    this.slideSlots(isFront ? (slots - used + 1) >> 1 : 0)
  }

  protected shrinkDirectory(used: number): void {
    this.slideSlots(0)
    this.resizeDirectory(Math.max(SMALLEST_DIRECTORY_SLOTS, used * 2))
  }

  private resizeDirectory(slots: number): void {
    const before = this.directory as Pointer
    const directory = this.heap.realloc(before, slots * SLOT_BYTES)
    this.slots = slots
    this.owned.unplace(before)
    this.owned.place(directory, this, DIRECTORY)
    this.setDirectory(directory)
  }

  /** Moves the used slots of the directory so that they begin at `to`; positions change with them. */
  private slideSlots(to: number): void {
    const from = this.firstSlot
    const count = this.lastSlot - from + 1
    if (to === from) return
    const bytes = this.directoryBytes()
    bytes.copyWithin(to * SLOT_BYTES, from * SLOT_BYTES, (from + count) * SLOT_BYTES)
    const distance = (to - from) * (this.mask + 1)
    this.slid += from - to
    this.firstAt += distance
    this.endAt += distance
    this.limitAt += distance
    if (this.byteShift > 0) this.shiftPlaces(to, to + count, distance)
    this.setTail()
  }

  /** The positions of the chunks in some slots have grown by a distance. */
  private shiftPlaces(from: number, to: number, distance: number): void {
    const { buffer, byteOffset } = this.directoryBytes()
    const words = new Int32Array(buffer, byteOffset, 2 * to)
    for (let at = 2 * from; at < 2 * to; at += 2) if (words[at] !== FAR) words[at] = (words[at] as number) - distance
  }

  private directoryBytes(): Uint8Array {
    const directory = this.directory as Pointer
    const payload = partsOf(this.heap).table.payload(slotOf(directory))
    const start = payload.byteOffset + payloadOffset(directory)
    return new Uint8Array(payload.buffer, start, this.slots * SLOT_BYTES)
  }

  protected takeChunk(slot: number): Pointer {
    const chunk = this.spare
    if (chunk === 0) {
      const taken = take(this.heap, CHUNK_BYTES)
      this.owned.place(taken, this, slot + this.slid)
      return taken
    }
    this.spare = 0
    this.owned.renumber(chunk, slot + this.slid)
    return chunk
  }

  protected release(chunk: Pointer): void {
    if (this.spare !== 0) this.free(chunk)
    else {
      this.spare = chunk
      this.owned.renumber(chunk, SPARE)
    }
  }

  protected free(pointer: Pointer): void {
    this.owned.unplace(pointer)
    this.heap.free(pointer)
  }

  protected freeSpare(): void {
    if (this.spare === 0) return
    this.free(this.spare)
    this.spare = 0
  }
}
