/** How the chunks of a list come and go: at both ends in O(1), and nothing is linked before all that is needed is there. */
import { HeapError } from '../base/errors'
import type { Pointer } from '../base/layout'
import { ListSlots, SMALLEST_DIRECTORY_SLOTS } from './list-slots'
import { take } from './pending'

const SMALLEST_CHUNK_BYTES = 64

export abstract class ListChunks extends ListSlots {
  /** Whether elements are at the positions that their entries say (list-entries.ts). */
  protected isNumbered = true
  /** Behind which position those may not be, counted as entries do. */
  protected numberedTo = -Infinity

  /** Makes room for one more element at the end. All is as it was if it throws. */
  protected growBack(): void {
    this.mustBeOpen('push')
    if (this.limitAt <= this.mask) this.growSmall(false)
    else if (this.firstAt === this.endAt) this.firstAt = this.endAt = this.limitAt - this.mask - 1
    else this.appendChunk()
  }

  /** Makes room for one more element before the first. All is as it was if it throws. */
  protected growFront(): void {
    this.mustBeOpen('unshift')
    if (this.limitAt <= this.mask) this.growSmall(true)
    else if (this.firstAt === this.endAt) this.firstAt = this.endAt = this.limitAt - (this.mask >> 1)
    else this.prependChunk()
  }

  /** Gives chunks behind the last element back. */
  protected trimBack(): void {
    const chunk = this.mask + 1
    while (this.limitAt - chunk >= this.endAt && this.lastSlot > this.firstSlot) {
      this.release(this.chunkIn(this.lastSlot))
      this.limitAt -= chunk
      this.setTail()
    }
    this.trim()
  }

  /** Gives the chunk before the first element back. */
  protected trimFront(): void {
    if ((this.firstAt & this.mask) === 0 && this.firstAt > 0 && this.firstAt < this.limitAt) {
      this.release(this.chunkIn((this.firstAt >>> this.chunkShift) - 1))
    }
    this.trim()
  }

  /**
   * Hands the chunks from a slot on over to a new list of the same kind, in which entries stay at the positions that they say. Nothing is
   * changed if it throws.
   */
  protected giveEnd(slot: number, other: ListChunks): void {
    const count = this.lastSlot - slot + 1
    other.openDirectory(count)
    const first = slot << this.chunkShift
    other.slid = this.slid + slot
    other.endAt = this.endAt - first
    other.limitAt = this.limitAt - first
    for (let to = 0; to < count; to++) {
      const chunk = this.chunkIn(slot + to)
      this.owned.giveBlock(chunk, other)
      other.link(to, chunk)
    }
    this.endAt = this.limitAt = first
    this.setTail()
  }

  /** Elements change their places. */
  protected unnumber(): void {
    this.isNumbered = false
    this.numberedTo = -Infinity
  }

  /** Makes room in a list of one chunk that is not full: in the middle of it, or in one twice as large. */
  private growSmall(isFront: boolean): void {
    const count = this.endAt - this.firstAt
    if (this.limitAt > 0 && count <= this.limitAt >> 1) this.slide(isFront ? (this.limitAt - count + 1) >> 1 : 0)
    else {
      const capacity = Math.max(this.limitAt * 2, SMALLEST_CHUNK_BYTES >> this.byteShift)
      this.replace(capacity, isFront ? (capacity - count + 1) >> 1 : 0)
    }
  }

  /** Moves all elements within the one chunk. */
  private slide(first: number): void {
    this.unnumber()
    const count = this.endAt - this.firstAt
    if (count > 0) this.viewOn(this.chunkIn(0), 0, this.limitAt).copyWithin(first, this.firstAt, this.endAt)
    this.firstAt = first
    this.endAt = first + count
  }

  /** Puts the elements of a list of one chunk into another, smaller or larger one. */
  private replace(capacity: number, first: number): void {
    this.unnumber()
    if (this.directory === 0) this.openDirectory()
    const chunk = take(this.heap, capacity << this.byteShift)
    const count = this.endAt - this.firstAt
    const old = this.limitAt > 0 ? this.chunkIn(this.firstSlot) : 0
    if (count > 0) {
      const elements = this.viewOn(old as Pointer, this.firstAt & this.mask, count)
      this.viewOn(chunk, first, count).set(elements as never)
    }
    this.firstAt = first
    this.endAt = first + count
    this.limitAt = capacity
    this.slid = 0
    this.smallBytes = capacity <= this.mask ? capacity << this.byteShift : 0
    this.owned.place(chunk, this, 0)
    this.link(0, chunk)
    if (old !== 0) this.free(old)
  }

  private appendChunk(): void {
    if (this.lastSlot + 1 === this.slots) this.makeSlots(false)
    const slot = this.lastSlot + 1
    const chunk = this.takeChunk(slot)
    this.limitAt += this.mask + 1
    this.link(slot, chunk)
  }

  private prependChunk(): void {
    if (this.firstSlot === 0) this.makeSlots(true)
    const slot = this.firstSlot - 1
    this.link(slot, this.takeChunk(slot))
  }

  /** After elements have gone: a smaller directory, a smaller chunk. The list keeps what it has where the heap has no block for that. */
  protected trim(): void {
    const used = this.lastSlot - this.firstSlot + 1
    if (this.limitAt === 0 || (used > 1 && used << 2 > this.slots)) return
    try {
      if (used === 1) this.shrinkOnly()
      if (this.slots > SMALLEST_DIRECTORY_SLOTS && used << 2 <= this.slots) this.shrinkDirectory(used)
    } catch (error) {
      if (!(error instanceof HeapError)) throw error
    }
  }

  private shrinkOnly(): void {
    const count = this.endAt - this.firstAt
    const capacity = Math.min(this.limitAt, this.mask + 1)
    if (count << 2 > capacity) return
    this.freeSpare()
    const smallest = SMALLEST_CHUNK_BYTES >> this.byteShift
    if (capacity <= smallest) return
    this.replace(Math.max(smallest, 1 << (32 - Math.clz32(2 * count - 1))), 0)
  }
}
