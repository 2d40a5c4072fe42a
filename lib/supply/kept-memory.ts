/**
 * Kept memory: that of freed large blocks, dirty until the decay is over. A request that fits gets it back without a call to the system:
 * all of it, or a part, and the rest stays kept; or it with what lies behind it, where that is free.
 *
 *     live + kept bytes <= most live bytes at a time of late (this decay and the one before)
 *
 * That is looked at when live bytes change; what passes it goes back by the purger's next tick at the latest.
 *
 * So a program that uses the same memory again and again finds it, and one that has sizes of its own each time does not pile it up.
 */
import type { Slot } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import type { Budget } from '../books/budget'
import type { Decay } from '../release/decay'
import { EPOCHS_PER_DECAY } from '../release/decay'
import type { Source } from '../release/purger'
import { bitsOf, type Kept, KeptLists } from './kept-lists'

/** Bytes discarded in one step: some tenths of a millisecond of the kernel's time. */
export const STEP_BYTES = 2 * 1024 * 1024
/** A rest that is shorter is not worth a slot of its own: its pages go back. */
const TAIL_MIN_BYTES = 256 * 1024
/** Entries of the bin of the wanted size that are looked at. */
const SEARCH_MAX = 16

export class KeptMemory implements Source {
  /** Bytes kept, and those of them that have gone back. */
  bytes = 0
  discardedBytes = 0
  readonly #table: ArenaTable
  readonly #budget: Budget
  readonly #decay: Decay
  readonly #lists = new KeptLists()
  /** Live bytes, most of them in this decay and in the one before, and which this is. */
  #live = 0
  /** Bytes that may be resident in kept memory. */
  #bound = 0
  #peak = 0
  #peakBefore = 0
  #window = 0

  constructor(table: ArenaTable, budget: Budget, decay: Decay) {
    this.#table = table
    this.#budget = budget
    this.#decay = decay
  }

  get isDirty(): boolean {
    return this.#lists.oldest !== undefined
  }

  /** Slots whose memory is kept. */
  *slots(): Generator<Slot> {
    const { ages } = this.#lists
    for (let entry = ages.newer; entry !== ages; entry = entry.newer) yield entry.slot
  }

  /** Bytes that are resident by the books. */
  get residentBytes(): number {
    return this.bytes - this.discardedBytes
  }

  /** Keeps the memory of a slot, of which `byteLength` bytes were in use. */
  put(slot: Slot, byteLength: number, epoch: number): void {
    this.#count(this.#lists.add(slot, byteLength, epoch))
  }

  /**
   * Takes memory for a block of whole OS pages.
   * @returns its slot, with what the block does not need given back or kept on, dirty for as long as before; 0 where nothing fits
   */
  take(byteLength: number, isPageAligned: boolean): Slot | 0 {
    const entry = this.#find(byteLength, isPageAligned) ?? this.#extend(byteLength, isPageAligned)
    if (entry === undefined || !this.#budget.allows(byteLength - entry.byteLength)) return 0
    const { slot, byteLength: before } = entry
    this.#uncount(entry)
    this.#budget.count(byteLength - before)
    const tail = this.#cutOff(slot, before, byteLength)
    if (tail === 0) {
      this.#lists.remove(entry)
      return slot
    }
    const rest = before - this.#distance(slot, tail)
    entry.discarded = Math.max(0, entry.discarded - (before - rest))
    entry.byteLength = rest
    entry.slot = tail
    this.#count(entry)
    return slot
  }

  /** Keeps, or gives back, what a block of `before` bytes does not need any more. The budget has been told that it is shorter. */
  cut(slot: Slot, before: number, byteLength: number, epoch: number): void {
    const tail = this.#cutOff(slot, before, byteLength)
    if (tail !== 0) this.put(tail, before - this.#distance(slot, tail), epoch)
  }

  /** Gives back what lies behind the first `byteLength` bytes of a slot. Returns the slot of what is worth to be kept of it; 0: nothing. */
  #cutOff(slot: Slot, before: number, byteLength: number): Slot | 0 {
    const { space } = this.#table
    const isWorthIt = space.capacity(slot) - byteLength >= TAIL_MIN_BYTES
    const tail = isWorthIt ? space.splitLarge(slot, byteLength) : 0
    const at = tail === 0 ? Infinity : this.#distance(slot, tail)
    if (before > byteLength) space.discardPayload(slot, byteLength, Math.min(before, at) - byteLength)
    if (tail === 0) return 0
    if (before <= at) {
      space.put(tail)
      return 0
    }
    this.#budget.count(before - at)
    return tail
  }

  #distance(slot: Slot, tail: Slot): number {
    const { space } = this.#table
    return space.home(tail).byteOffset - space.home(slot).byteOffset
  }

  #find(byteLength: number, isPageAligned: boolean): Kept | undefined {
    const lists = this.#lists
    const first = bitsOf(byteLength)
    for (let bin = first; bin < lists.bins; bin++) {
      let best: Kept | undefined
      let candidates = SEARCH_MAX
      const head = lists.bin(bin)
      for (let entry = head.next; entry !== head && candidates > 0; entry = entry.next, candidates--) {
        if (!this.#fits(entry, byteLength, isPageAligned)) continue
        if (best === undefined || entry.capacity < best.capacity) best = entry
        if (entry.capacity === byteLength || bin > first) break
      }
      if (best !== undefined) return best
    }
    return undefined
  }

  /**
   * Makes one that is shorter, by half at most, as long as is wanted, where what lies behind it is free: but for that the block finds its
   * memory warm, and nothing has to go back for it.
   */
  #extend(byteLength: number, isPageAligned: boolean): Kept | undefined {
    const { space } = this.#table
    const lists = this.#lists
    const first = bitsOf(byteLength)
    for (let bin = first; bin >= first - 1; bin--) {
      let candidates = SEARCH_MAX
      const head = lists.bin(bin)
      for (let entry = head.next; entry !== head && candidates > 0; entry = entry.next, candidates--) {
        const { slot } = entry
        const mayGrow = !space.isShared(slot) && (!isPageAligned || space.isPageAligned(slot))
        if (mayGrow && this.#budget.allows(byteLength - entry.byteLength) && space.extendLarge(slot, byteLength)) {
          lists.leaveBin(entry)
          lists.enterBin(entry, space.capacity(slot))
          return entry
        }
      }
    }
    return undefined
  }

  #fits({ slot, capacity }: Kept, byteLength: number, isPageAligned: boolean): boolean {
    const { space } = this.#table
    if (capacity < byteLength || (isPageAligned && !space.isPageAligned(slot))) return false
    // What somebody has an ArrayBuffer over cannot be cut.
    return capacity - byteLength < TAIL_MIN_BYTES || !space.isShared(slot)
  }

  #count(entry: Kept): void {
    this.#lists.enterBin(entry, this.#table.space.capacity(entry.slot))
    this.bytes += entry.byteLength
    this.discardedBytes += entry.discarded
    this.#table.noteKept(entry.slot, entry.byteLength, entry.discarded)
  }

  #uncount(entry: Kept): void {
    this.#lists.leaveBin(entry)
    this.bytes -= entry.byteLength
    this.discardedBytes -= entry.discarded
  }

  /** Notes how many bytes are live in large blocks: what passes the bound from now on is due. */
  noteLive(live: number, epoch: number): void {
    const window = Math.floor(epoch / (EPOCHS_PER_DECAY + 1))
    if (window !== this.#window) {
      // What was live at the last change was live until now.
      this.#peakBefore = window === this.#window + 1 ? this.#peak : this.#live
      this.#peak = this.#live
      this.#window = window
    }
    this.#live = live
    if (live > this.#peak) this.#peak = live
    this.#bound = Math.max(this.#peak, this.#peakBefore) - live
  }

  giveBackStep(epoch: number, all: boolean, most = STEP_BYTES): number {
    const entry = this.#lists.oldest
    if (entry === undefined) return -1
    const passing = this.residentBytes - this.#bound
    const isExpired = all || this.#decay.hasExpired(entry.stamp, epoch)
    if (!isExpired && passing <= 0) return -1
    const due = isExpired ? most : Math.min(most, Math.max(STEP_BYTES, passing))
    const step = Math.min(due, entry.byteLength - entry.discarded)
    if (entry.discarded + step < entry.byteLength) {
      this.#table.discard(entry.slot, entry.discarded, step)
      entry.discarded += step
      this.discardedBytes += step
      this.#table.noteKept(entry.slot, entry.byteLength, entry.discarded)
    } else {
      // What the system refuses of the last step stays resident until it is used again; of more than that it is told, and tried again.
      const isTold = step > STEP_BYTES
      if (isTold) this.#table.discardSlot(entry.slot, step)
      this.#drop(entry, isTold)
    }
    return step
  }

  #drop(entry: Kept, isEmpty: boolean): void {
    const { slot, byteLength } = entry
    this.#uncount(entry)
    this.#lists.remove(entry)
    this.#budget.unmap(byteLength)
    this.#table.space.put(slot, false, isEmpty)
  }

  /** Gives back everything. */
  close(): void {
    for (let entry = this.#lists.oldest; entry !== undefined; entry = this.#lists.oldest) this.#drop(entry, false)
  }
}
