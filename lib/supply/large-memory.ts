/**
 * Where the memory of large blocks is, and how it becomes longer.
 *
 *     near    neighbouring slots of the space (up to NEAR_SHARE of them): no call to the system, no ArrayBuffer
 *             longer: takes the slots behind it, or moves its OS pages to other slots, or becomes far
 *     far     a mapping of its own: the system's pages are not the real ones, or the space has no room
 *             longer: moves its OS pages to a longer mapping
 */

import { POOL_BYTES, type Slot, slotsFor } from '../base/layout'
import { type ArenaTable, LARGE_LEDGER, NO_BUFFER, viewsOf } from '../books/arena-table'
import type { Budget } from '../books/budget'

/** No block takes more than this share of the near slots, so that arenas find room there. */
const NEAR_SHARE = 1 / 16

/** Bytes moved or discarded in one step: some tenths of a millisecond of the kernel's time. */
export const STEP_BYTES = 2 * 1024 * 1024

/** The memory of a large block, whether in use or kept. */
export interface Memory {
  /** The first near slot; 0: the memory is far. */
  readonly slot: Slot | 0
  /** Far: the mapping. Near: the ArrayBuffer that user code has got; of length 0 where it has none. */
  readonly buffer: ArrayBuffer
  /** Bytes, whole OS pages. */
  readonly byteLength: number
}

export class LargeMemory {
  readonly #table: ArenaTable
  readonly #budget: Budget
  readonly #nearMax: number

  constructor(table: ArenaTable, budget: Budget) {
    const { nearFirst, nearEnd } = table.space
    this.#table = table
    this.#budget = budget
    this.#nearMax = budget.os.hasNear === true ? Math.floor((nearEnd - nearFirst) * NEAR_SHARE) : 0
  }

  /** Whether memory begins at a multiple of an OS page. Near memory begins behind an empty pool. */
  isPageAligned({ slot }: Memory): boolean {
    return slot === 0 || this.#budget.os.osPageSize <= POOL_BYTES
  }

  /**
   * @param byteLength - bytes, whole OS pages
   * @param isPageAligned - as {@link isPageAligned} tells
   */
  map(byteLength: number, isPageAligned: boolean): Memory {
    const mayBeNear = !isPageAligned || this.#budget.os.osPageSize <= POOL_BYTES
    const slot = mayBeNear ? this.#takeNear(byteLength) : 0
    if (slot !== 0) return { slot, buffer: NO_BUFFER, byteLength }
    this.#table.reserve()
    return { slot: 0, buffer: this.#budget.map(byteLength), byteLength }
  }

  /** Puts memory behind a slot. */
  open({ slot, buffer, byteLength }: Memory): Slot {
    if (slot === 0) return this.#table.open(buffer, LARGE_LEDGER, 0)
    this.#look(slot, byteLength, buffer)
    return slot
  }

  /** Takes the memory of a slot out of the table: every pointer to it is refused from now on. */
  close(slot: Slot): Memory {
    const byteLength = this.#table.payload(slot).length
    if (!this.#table.space.isNear(slot)) return { slot: 0, buffer: this.#table.closeFar(slot), byteLength }
    const buffer = this.#table.bufferOf(slot)
    this.#table.clear(slot)
    return { slot, buffer, byteLength }
  }

  /** False: user code has taken the mapping away. */
  isAttached({ slot, buffer }: Memory): boolean {
    return slot !== 0 || buffer.byteLength !== 0
  }

  /**
   * Drops the contents and the physical memory of whole OS pages, counted from the start.
   * @returns false where the mapping is not there any more
   */
  discard({ slot, buffer }: Memory, byteOffset: number, byteLength: number): boolean {
    if (slot === 0) return this.#budget.discard(buffer, byteOffset, byteLength)
    const { space } = this.#table
    return this.#budget.discard(space.buffer, space.arenaAt(slot) + byteOffset, byteLength)
  }

  unmap({ slot, buffer, byteLength }: Memory): void {
    if (slot === 0) {
      this.#budget.unmap(buffer, byteLength)
      return
    }
    this.#budget.unmapNear(buffer, byteLength)
    this.#table.space.putStretch(slot, slotsFor(byteLength))
  }

  /** Gives near slots back where the heap is gone: what is far goes with its ArrayBuffer. */
  abandon({ slot, byteLength }: Memory): void {
    if (slot !== 0) this.#table.space.putStretch(slot, slotsFor(byteLength))
  }

  /** Makes the memory of a slot longer without copying; false where that cannot be. */
  grow(slot: Slot, byteLength: number): boolean {
    const { space } = this.#table
    if (!space.isNear(slot)) return this.#growFar(slot, byteLength)
    const before = this.#table.payload(slot).length
    const slots = slotsFor(before)
    const longer = slotsFor(byteLength)
    const isWrapped = this.#table.bufferOf(slot).byteLength > 0 // by an ArrayBuffer that ends with the slots
    if (longer > this.#nearMax || (longer > slots && isWrapped)) return false
    this.#budget.admit(byteLength - before)
    if (longer > slots && !space.extendStretch(slot, slots, longer)) return false
    this.#budget.count(byteLength - before)
    this.#table.replaced++
    this.#look(slot, byteLength, this.#table.bufferOf(slot))
    return true
  }

  /** Moves near memory to where it is longer; its old slots go back. Returns its new slot; 0 where it is far. */
  move(slot: Slot, byteLength: number): Slot | 0 {
    const { space } = this.#table
    if (!space.isNear(slot)) return 0
    const longer = slotsFor(byteLength)
    const before = this.#table.payload(slot).length
    if (longer > this.#nearMax) return this.#moveFar(slot, byteLength)
    this.#budget.admit(byteLength - before) // may give slots back, so it is asked first
    const to = space.takeStretch(longer)
    if (to === 0) return this.#moveFar(slot, byteLength)
    space.moveStretch(slot, POOL_BYTES + before, to, longer)
    this.unmap(this.close(slot))
    this.#budget.countNear(byteLength)
    this.#look(to, byteLength, NO_BUFFER)
    return to
  }

  /** Copies near memory into a mapping, step by step: what was copied goes back before the next step becomes resident. */
  #moveFar(slot: Slot, byteLength: number): Slot {
    const { space } = this.#table
    this.#table.reserve()
    const source = this.#table.payload(slot)
    const buffer = this.#budget.map(byteLength, source.length)
    const target = new Uint8Array(buffer)
    for (let at = 0; at < source.length; at += STEP_BYTES) {
      target.set(source.subarray(at, at + STEP_BYTES), at)
      this.#discardQuietly(slot, at, Math.min(STEP_BYTES, source.length - at))
    }
    const { buffer: wrapped } = this.close(slot)
    this.#budget.unmapNear(wrapped, 0) // its bytes count as the mapping's already
    space.putStretch(slot, slotsFor(source.length))
    return this.#table.open(buffer, LARGE_LEDGER, 0)
  }

  /** Should the system refuse, the copied memory stays resident until all of it is copied. */
  #discardQuietly(slot: Slot, byteOffset: number, byteLength: number): void {
    const { space } = this.#table
    try {
      this.#budget.discard(space.buffer, space.arenaAt(slot) + byteOffset, byteLength)
    } catch {
      // putStretch gives it back
    }
  }

  #growFar(slot: Slot, byteLength: number): boolean {
    const grown = this.#budget.grow(this.#table.bufferOf(slot), byteLength)
    if (grown === undefined) return false
    this.#table.replaced++
    this.#table.set(slot, LARGE_LEDGER, viewsOf(grown, 0), grown)
    return true
  }

  #takeNear(byteLength: number): Slot | 0 {
    const slots = slotsFor(byteLength)
    if (slots > this.#nearMax) return 0
    this.#budget.admit(byteLength) // may give slots back, so it is asked first
    const slot = this.#table.space.takeStretch(slots)
    if (slot !== 0) this.#budget.countNear(byteLength)
    return slot
  }

  #look(slot: Slot, byteLength: number, buffer: ArrayBuffer): void {
    const { space } = this.#table
    this.#table.set(slot, LARGE_LEDGER, viewsOf(space.buffer, space.arenaAt(slot) + POOL_BYTES, byteLength), buffer)
  }
}
