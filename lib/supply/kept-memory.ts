/**
 * Kept memory: that of freed large blocks, dirty until the decay is over. A request that fits gets it back without a call to the system:
 * all of it, or a part, and the rest stays kept.
 *
 *     live + kept bytes <= most live bytes at a time of late (this decay and the one before)
 *
 * So a program that uses the same memory again and again finds it, and one that has sizes of its own each time does not pile it up.
 */
import type { Slot } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import type { Budget } from '../books/budget'
import type { Decay } from '../release/decay'
import { EPOCHS_PER_DECAY } from '../release/decay'
import type { Source } from '../release/purger'

/** Bytes discarded in one step: some tenths of a millisecond of the kernel's time. */
export const STEP_BYTES = 2 * 1024 * 1024
/** A rest that is shorter is not worth a slot of its own: its pages go back. */
const TAIL_MIN_BYTES = 256 * 1024
/** Entries of the bin of the wanted size that are looked at. */
const SEARCH_MAX = 16

interface Kept {
  readonly slot: Slot
  /** Bytes by the books; the first `discarded` of them have gone back. */
  byteLength: number
  discarded: number
  readonly stamp: number
}

export class KeptMemory implements Source {
  /** Bytes kept, and those of them that have gone back. */
  bytes = 0
  discardedBytes = 0
  readonly #table: ArenaTable
  readonly #budget: Budget
  readonly #decay: Decay
  /** Oldest first. */
  readonly #entries = new Map<Slot, Kept>()
  /** By the bits of what a block can have there. */
  readonly #bins: Set<Kept>[] = []
  /** Most live bytes in this decay and in the one before, and which this is. */
  #peak = 0
  #peakBefore = 0
  #window = 0

  constructor(table: ArenaTable, budget: Budget, decay: Decay) {
    this.#table = table
    this.#budget = budget
    this.#decay = decay
  }

  get isDirty(): boolean {
    return this.#entries.size > 0
  }

  /** Bytes that are resident by the books. */
  get residentBytes(): number {
    return this.bytes - this.discardedBytes
  }

  /** Keeps the memory of a slot, of which `byteLength` bytes were in use. */
  put(slot: Slot, byteLength: number, epoch: number, discarded = 0): void {
    const entry = { slot, byteLength, discarded, stamp: epoch }
    this.#entries.set(slot, entry)
    const bin = this.#binOf(slot)
    while (this.#bins.length <= bin) this.#bins.push(new Set())
    this.#bins[bin]?.add(entry)
    this.bytes += byteLength
    this.discardedBytes += discarded
    // A free gives back at least as many expired bytes as it adds, however seldom the event loop turns.
    for (let due = byteLength; due > 0; ) {
      const step = this.giveBackStep(epoch, false)
      if (step < 0) break
      due -= step
    }
  }

  /**
   * Takes memory for a block of whole OS pages.
   * @returns its slot, with what the block does not need given back or kept on; 0 where nothing fits
   */
  take(byteLength: number, isPageAligned: boolean, epoch: number): Slot | 0 {
    const entry = this.#find(byteLength, isPageAligned)
    if (entry === undefined || !this.#budget.allows(byteLength - entry.byteLength)) return 0
    this.#remove(entry)
    this.#budget.count(byteLength - entry.byteLength)
    this.cut(entry.slot, entry.byteLength, byteLength, epoch, entry.discarded)
    return entry.slot
  }

  /** Keeps, or gives back, what a block of `before` bytes does not need any more of its memory. The budget has been told. */
  cut(slot: Slot, before: number, byteLength: number, epoch: number, discarded = 0): void {
    const { space } = this.#table
    const isWorthIt = space.capacity(slot) - byteLength >= TAIL_MIN_BYTES
    const tail = isWorthIt ? space.splitLarge(slot, byteLength) : 0
    const at = tail === 0 ? Infinity : space.home(tail).byteOffset - space.home(slot).byteOffset
    if (before > byteLength) space.discardPayload(slot, byteLength, Math.min(before, at) - byteLength)
    if (tail === 0) return
    if (before <= at) {
      space.put(tail)
      return
    }
    this.#budget.count(before - at)
    this.put(tail, before - at, epoch, Math.max(0, discarded - at))
  }

  #find(byteLength: number, isPageAligned: boolean): Kept | undefined {
    const first = bitsOf(byteLength)
    for (let bin = first; bin < this.#bins.length; bin++) {
      let best: Kept | undefined
      let candidates = SEARCH_MAX
      for (const entry of this.#bins[bin] as Set<Kept>) {
        if (this.#fits(entry, byteLength, isPageAligned)) {
          if (best === undefined || this.#capacity(entry) < this.#capacity(best)) best = entry
          if (this.#capacity(entry) === byteLength || bin > first) break
        }
        if (--candidates === 0) break
      }
      if (best !== undefined) return best
    }
    return undefined
  }

  #fits(entry: Kept, byteLength: number, isPageAligned: boolean): boolean {
    const { space } = this.#table
    const capacity = this.#capacity(entry)
    if (capacity < byteLength || (isPageAligned && !space.isPageAligned(entry.slot))) return false
    // What somebody has an ArrayBuffer over cannot be cut.
    return !space.isShared(entry.slot) || capacity - byteLength < TAIL_MIN_BYTES
  }

  #capacity({ slot }: Kept): number {
    return this.#table.space.capacity(slot)
  }

  #binOf(slot: Slot): number {
    return bitsOf(this.#table.space.capacity(slot))
  }

  #remove(entry: Kept): void {
    this.#entries.delete(entry.slot)
    this.#bins[this.#binOf(entry.slot)]?.delete(entry)
    this.bytes -= entry.byteLength
    this.discardedBytes -= entry.discarded
  }

  /** Notes how many bytes are live in large blocks, and gives back the oldest memory that passes the bound. */
  noteLive(live: number, epoch: number): void {
    const window = Math.floor(epoch / (EPOCHS_PER_DECAY + 1))
    if (window !== this.#window) {
      this.#peakBefore = window === this.#window + 1 ? this.#peak : 0
      this.#peak = 0
      this.#window = window
    }
    if (live > this.#peak) this.#peak = live
    const bound = Math.max(this.#peak, this.#peakBefore) - live
    for (const entry of this.#entries.values()) {
      if (this.residentBytes <= bound) return
      this.#giveBack(entry)
    }
  }

  giveBackStep(epoch: number, all: boolean): number {
    for (const entry of this.#entries.values()) {
      if (!all && !this.#decay.hasExpired(entry.stamp, epoch)) return -1
      const step = Math.min(STEP_BYTES, entry.byteLength - entry.discarded)
      if (entry.discarded + step < entry.byteLength) {
        this.#table.discard(entry.slot, entry.discarded, step)
        entry.discarded += step
        this.discardedBytes += step
      } else this.#giveBack(entry)
      return step
    }
    return -1
  }

  #giveBack(entry: Kept): void {
    this.#remove(entry)
    this.#budget.unmap(entry.byteLength)
    this.#table.space.put(entry.slot)
  }

  /** Gives back everything. */
  close(): void {
    for (const entry of this.#entries.values()) this.#giveBack(entry)
  }
}

const bitsOf = (length: number): number => Math.floor(Math.log2(length))
