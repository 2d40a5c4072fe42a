/**
 * The memory of a list: chunks of 32 KiB behind a directory, so that growth copies no elements and shrinking gives chunks back. An
 * element goes by its position, which counts from the first slot of the directory on:
 *
 *     directory   | place, pointer | place, pointer | place, pointer | free |      one block, two words a slot
 *     chunks      | . . . x x x x x|x x x x x x x x x|x x x x . . . .|
 *                         ^ first                             ^ end    ^ limit
 *
 * The place of a chunk is the element of the constant typed array of its kind at which it begins (near.ts), or FAR. A list with one chunk
 * that is not full yet has a smaller one, in slot 0. `tail + position` is the place of an element of the last chunk, where `push` writes.
 */
import { HeapError, refuseClosed, show } from '../base/errors'
import { MEDIUM_MAX_BYTES, type Pointer, slotOf } from '../base/layout'
import { Heap } from '../heap/heap'
import { payloadOffset } from '../heap/live-blocks'
import { NEAR } from '../space/near'
import { addReader } from '../supply/parts'
import { type OwnedBlocks, type Owner, ownedBlocksOf } from './list-moves'

const { i32, near1, near2, near4, near8 } = NEAR

/** Bytes of a chunk: the largest block that shares arenas with others. */
export const CHUNK_BYTES = MEDIUM_MAX_BYTES
const SMALLEST_CHUNK_BYTES = 64
/** Bytes of a slot of the directory: place and pointer. */
const SLOT_BYTES = 8
const SMALLEST_DIRECTORY_SLOTS = 2
/** Positions are 31-bit integers. */
export const MAX_LENGTH = 2 ** 31 - 1
/** Beyond the end of every typed array over near memory, with every offset in a chunk; for elements of 1 byte, another. */
const FAR = 0x7fff0000
const FAR_BYTES = 0xffff0000
const FAR_DIRECTORY = 0x50000000
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

export abstract class ListChunks implements Owner {
  readonly heap: Heap
  /** @internal */
  readonly elements: ElementsConstructor
  protected isClosed = false
  protected first = 0
  protected end = 0
  protected limit = 0
  protected tail = 0
  /** Word of the directory's first slot, or FAR_DIRECTORY. */
  protected directoryAt = FAR_DIRECTORY
  private directory: Pointer | 0 = 0
  private slots = 0
  /** Slots that were taken from the front of the directory since the list began: a chunk keeps its number in the registry. */
  private slid = 0
  /** A chunk that was emptied last, for the next that is wanted: pushing and popping by turns allocates nothing. */
  private spare: Pointer | 0 = 0
  private smallBytes = 0
  /** Bytes of an element as a shift, and elements of a chunk as a shift. */
  private readonly byteShift: number
  private readonly shift: number
  private readonly owned: OwnedBlocks

  protected constructor(heap: Heap, elements: ElementsConstructor) {
    if (!(heap instanceof Heap)) throw new TypeError(`ebb: a list needs a Heap, got ${show(heap)}`)
    this.heap = heap
    this.elements = elements
    this.byteShift = Math.log2(elements.BYTES_PER_ELEMENT)
    this.shift = Math.log2(CHUNK_BYTES) - this.byteShift
    this.owned = ownedBlocksOf(heap)
    addReader(heap.internals, this)
    if (this.isClosed) refuseClosed('new List')
  }

  /** Usable bytes of all blocks of the list, the directory included. */
  get byteLength(): number {
    if (this.directory === 0) return 0
    const chunks = this.smallBytes > 0 ? this.smallBytes : (this.lastSlot - this.firstSlot + 1) * CHUNK_BYTES
    return chunks + this.heap.usableSize(this.directory) + (this.spare === 0 ? 0 : CHUNK_BYTES)
  }

  /** Frees all of the list's blocks. Every later call but `close` is refused. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    if (this.heap.internals.budget.isClosed) this.forget()
    else this.freeAll()
  }

  /** @internal */
  follow(to: Pointer, number: number): void {
    if (number === DIRECTORY) this.setDirectory(to)
    else if (number === SPARE) this.spare = to
    else this.link(number - this.slid, to)
  }

  protected mustBeOpen(verb: string): void {
    if (!this.isClosed) return
    if (this.heap.internals.budget.isClosed) refuseClosed(verb)
    throw new HeapError('EBB_CLOSED', `ebb: ${verb} on a closed list; make a new List, or close this one later`)
  }

  /** Chunk of a position. */
  protected pointerAt(at: number): Pointer {
    return this.chunkIn(at >>> this.shift)
  }

  /** Offset of a position in its chunk, bytes. */
  protected offsetOf(at: number): number {
    return (at & this.mask) << this.byteShift
  }

  protected get mask(): number {
    return (1 << this.shift) - 1
  }

  /** A typed array over the elements from a position to the end of its chunk, or to `end` if that is before. Stale after any change. */
  protected viewAt(at: number, end: number): Elements {
    const offset = at & this.mask
    const length = Math.min(end - at, (1 << this.shift) - offset)
    return this.viewOn(this.pointerAt(at), offset, length)
  }

  private viewOn(chunk: Pointer, offset: number, length: number): Elements {
    const payload = this.heap.internals.table.payload(slotOf(chunk))
    const start = payload.byteOffset + payloadOffset(chunk) + (offset << this.byteShift)
    return new this.elements(payload.buffer, start, length)
  }

  /** Makes room for one more element at the end. All is as it was if it throws. */
  protected growBack(): void {
    this.mustBeOpen('push')
    if (this.limit <= this.mask) this.growSmall(false)
    else if (this.first === this.end) this.first = this.end = this.limit - this.mask - 1
    else this.appendChunk()
  }

  /** Makes room for one more element before the first. All is as it was if it throws. */
  protected growFront(): void {
    this.mustBeOpen('unshift')
    if (this.limit <= this.mask) this.growSmall(true)
    else if (this.first === this.end) this.first = this.end = this.limit - (this.mask >> 1)
    else this.prependChunk()
  }

  /** Gives chunks behind the last element back. */
  protected trimBack(): void {
    const chunk = this.mask + 1
    while (this.limit - chunk >= this.end && this.lastSlot > this.firstSlot) {
      this.release(this.chunkIn(this.lastSlot))
      this.limit -= chunk
      this.setTail()
    }
    this.trim()
  }

  /** Gives the chunk before the first element back. */
  protected trimFront(): void {
    if ((this.first & this.mask) === 0 && this.first > 0 && this.first < this.limit) {
      this.release(this.chunkIn((this.first >>> this.shift) - 1))
    }
    this.trim()
  }

  /** Frees all blocks: a list as new. */
  protected freeAll(): void {
    if (this.directory !== 0) {
      for (let slot = this.firstSlot; slot <= this.lastSlot; slot++) this.free(this.chunkIn(slot))
      this.free(this.directory)
    }
    this.freeSpare()
    this.forget()
  }

  private forget(): void {
    this.first = this.end = this.limit = this.tail = this.slots = this.slid = this.smallBytes = 0
    this.directory = this.spare = 0
    this.directoryAt = FAR_DIRECTORY
  }

  private get firstSlot(): number {
    return Math.min(this.first >>> this.shift, this.lastSlot)
  }

  private get lastSlot(): number {
    return (this.limit - 1) >>> this.shift
  }

  private chunkIn(slot: number): Pointer {
    return this.heap.getInt32(this.directory as Pointer, slot * SLOT_BYTES + 4) as Pointer
  }

  private link(slot: number, chunk: Pointer): void {
    const directory = this.directory as Pointer
    this.heap.setInt32(directory, slot * SLOT_BYTES, this.placeOf(chunk))
    this.heap.setInt32(directory, slot * SLOT_BYTES + 4, chunk)
    if (slot === this.lastSlot) this.setTail()
  }

  private placeOf(chunk: Pointer): number {
    const { byteShift } = this
    if (i32[(near4 + (chunk << 2)) | 0] === undefined) return byteShift === 0 ? FAR_BYTES | 0 : FAR
    return ((nearOf[1 << byteShift] as number) + (chunk << (4 - byteShift))) | 0
  }

  private setTail(): void {
    const place = this.placeOf(this.chunkIn(this.lastSlot))
    this.tail = (this.byteShift === 0 ? place >>> 0 : place) - (this.lastSlot << this.shift)
  }

  private setDirectory(directory: Pointer): void {
    this.directory = directory
    const word = (near4 + (directory << 2)) | 0
    this.directoryAt = i32[word] === undefined ? FAR_DIRECTORY : word
  }

  /** Makes room in a list of one chunk that is not full: in the middle of it, or in one twice as large. */
  private growSmall(isFront: boolean): void {
    const count = this.end - this.first
    if (this.limit > 0 && count <= this.limit >> 1) this.slide(isFront ? (this.limit - count + 1) >> 1 : 0)
    else {
      const capacity = Math.max(this.limit * 2, SMALLEST_CHUNK_BYTES >> this.byteShift)
      this.replace(capacity, isFront ? (capacity - count + 1) >> 1 : 0)
    }
  }

  /** Moves all elements within the one chunk. */
  private slide(first: number): void {
    const count = this.end - this.first
    if (count > 0) this.viewOn(this.chunkIn(0), 0, this.limit).copyWithin(first, this.first, this.end)
    this.first = first
    this.end = first + count
  }

  /** Puts the elements of a list of one chunk into another, smaller or larger one. */
  private replace(capacity: number, first: number): void {
    if (this.directory === 0) this.openDirectory()
    const chunk = this.heap.alloc(capacity << this.byteShift)
    const count = this.end - this.first
    const old = this.limit > 0 ? this.chunkIn(this.firstSlot) : 0
    if (count > 0) {
      const elements = this.viewOn(old as Pointer, this.first & this.mask, count)
      this.viewOn(chunk, first, count).set(elements as never)
    }
    this.first = first
    this.end = first + count
    this.limit = capacity
    this.slid = 0
    this.smallBytes = capacity <= this.mask ? capacity << this.byteShift : 0
    this.owned.add(chunk, this, 0)
    this.link(0, chunk)
    if (old !== 0) this.free(old)
  }

  private openDirectory(): void {
    const directory = this.heap.alloc(SMALLEST_DIRECTORY_SLOTS * SLOT_BYTES)
    this.slots = SMALLEST_DIRECTORY_SLOTS
    this.owned.add(directory, this, DIRECTORY)
    this.setDirectory(directory)
  }

  private appendChunk(): void {
    if (this.lastSlot + 1 === this.slots) this.makeSlots(false)
    const slot = this.lastSlot + 1
    const chunk = this.takeChunk(slot)
    this.limit += this.mask + 1
    this.link(slot, chunk)
  }

  private prependChunk(): void {
    if (this.firstSlot === 0) this.makeSlots(true)
    const slot = this.firstSlot - 1
    this.link(slot, this.takeChunk(slot))
  }

  private takeChunk(slot: number): Pointer {
    const chunk = this.spare
    if (chunk === 0) {
      const taken = this.heap.alloc(CHUNK_BYTES)
      this.owned.add(taken, this, slot + this.slid)
      return taken
    }
    this.spare = 0
    this.owned.renumber(chunk, slot + this.slid)
    return chunk
  }

  private release(chunk: Pointer): void {
    if (this.spare !== 0) this.free(chunk)
    else {
      this.spare = chunk
      this.owned.renumber(chunk, SPARE)
    }
  }

  private free(pointer: Pointer): void {
    this.owned.delete(pointer)
    this.heap.free(pointer)
  }

  private freeSpare(): void {
    if (this.spare === 0) return
    this.free(this.spare)
    this.spare = 0
  }

  /** Makes a slot free at one end of the directory: by moving the others where half are free, or else by doubling it. */
  private makeSlots(isFront: boolean): void {
    const used = this.lastSlot - this.firstSlot + 1
    if (this.end - this.first > MAX_LENGTH - 2 * (this.mask + 1))
      throw new RangeError(`ebb: a list holds at most 2^31 - 1 elements, and this one has ${this.end - this.first}`)
    const slots = used <= this.slots >> 1 ? this.slots : this.slots * 2
    if (slots > this.slots) this.resizeDirectory(slots)
    this.slideSlots(isFront ? (slots - used + 1) >> 1 : 0)
  }

  private resizeDirectory(slots: number): void {
    const before = this.directory as Pointer
    const directory = this.heap.realloc(before, slots * SLOT_BYTES)
    this.slots = slots
    this.owned.delete(before)
    this.owned.add(directory, this, DIRECTORY)
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
    this.first += distance
    this.end += distance
    this.limit += distance
    this.setTail()
  }

  private directoryBytes(): Uint8Array {
    const directory = this.directory as Pointer
    const payload = this.heap.internals.table.payload(slotOf(directory))
    const start = payload.byteOffset + payloadOffset(directory)
    return new Uint8Array(payload.buffer, start, this.slots * SLOT_BYTES)
  }

  /** After elements have gone: a smaller directory, a smaller chunk. The list keeps what it has where the heap has no block for that. */
  private trim(): void {
    const used = this.lastSlot - this.firstSlot + 1
    if (this.limit === 0 || (used > 1 && used << 2 > this.slots)) return
    try {
      if (used === 1) this.shrinkOnly()
      if (this.slots > SMALLEST_DIRECTORY_SLOTS && used << 2 <= this.slots) this.shrinkDirectory(used)
    } catch (error) {
      if (!(error instanceof HeapError)) throw error
    }
  }

  private shrinkOnly(): void {
    const count = this.end - this.first
    const capacity = Math.min(this.limit, this.mask + 1)
    if (count << 2 > capacity) return
    this.freeSpare()
    const smallest = SMALLEST_CHUNK_BYTES >> this.byteShift
    if (capacity <= smallest) return
    this.replace(Math.max(smallest, 1 << (32 - Math.clz32(2 * count))), 0)
  }

  private shrinkDirectory(used: number): void {
    this.slideSlots(0)
    this.resizeDirectory(Math.max(SMALLEST_DIRECTORY_SLOTS, used * 2))
  }
}
