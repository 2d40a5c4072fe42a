/**
 * The lists of kept memory: all stretches by age, and by the bits of what a block can have there. Both are rings through the stretches
 * themselves, and a stretch that is gone serves again: in a loop over large blocks nothing is left to V8's collector.
 */
import type { Slot } from '../base/layout'

/** A stretch of kept memory, or the head of a ring. */
export class Kept {
  slot = 0 as Slot
  /** Bytes by the books; the first `discarded` of them have gone back. */
  byteLength = 0
  discarded = 0
  /** Epoch in which it was freed. */
  stamp = 0
  /** Bytes that a block can have there. */
  capacity = 0
  older: Kept = this
  newer: Kept = this
  previous: Kept = this
  next: Kept = this
}

/** Bits of the longest block: no region has 2^53 bytes. */
const BINS = 53

export class KeptLists {
  /** Its `newer` is the oldest stretch, or itself. */
  readonly ages = new Kept()
  /** Heads: `next` is the stretch that is there for longest, or the head itself. */
  readonly #bins = Array.from({ length: BINS }, () => new Kept())
  /** Bins above are empty. */
  #binsUsed = 0
  /** Stretches that are gone, linked by `next`. */
  #spare: Kept | undefined

  /** The oldest stretch. */
  get oldest(): Kept | undefined {
    return this.ages.newer === this.ages ? undefined : this.ages.newer
  }

  get bins(): number {
    return this.#binsUsed
  }

  bin(bits: number): Kept {
    return this.#bins[bits] as Kept
  }

  /** Adds the newest stretch, in no bin. */
  add(slot: Slot, byteLength: number, stamp: number): Kept {
    const kept = this.#spare ?? new Kept()
    if (kept === this.#spare) this.#spare = kept.next === kept ? undefined : kept.next
    kept.slot = slot
    kept.byteLength = byteLength
    kept.discarded = 0
    kept.stamp = stamp
    const { ages } = this
    kept.older = ages.older
    kept.newer = ages
    ages.older.newer = kept
    ages.older = kept
    return kept
  }

  /** Takes a stretch, in no bin, out of the ages. */
  remove(kept: Kept): void {
    kept.older.newer = kept.newer
    kept.newer.older = kept.older
    kept.next = this.#spare ?? kept
    this.#spare = kept
  }

  /** Puts a stretch into the bin of what a block can have there. */
  enterBin(kept: Kept, capacity: number): void {
    const bits = bitsOf(capacity)
    if (bits >= this.#binsUsed) this.#binsUsed = bits + 1
    const head = this.bin(bits)
    kept.capacity = capacity
    kept.previous = head.previous
    kept.next = head
    head.previous.next = kept
    head.previous = kept
  }

  leaveBin(kept: Kept): void {
    kept.previous.next = kept.next
    kept.next.previous = kept.previous
  }
}

/** Bits of a number of bytes below the highest one that is set. */
export const bitsOf = (length: number): number =>
  length < 2 ** 31 ? 31 - Math.clz32(length) : Math.floor(Math.log2(length))
