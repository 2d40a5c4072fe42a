/**
 * Large blocks: whole OS pages each, one slot of the arena table each. The space has where their memory lies (slots.ts), kept-memory.ts
 * what becomes of it when they are freed.
 *
 *     longer:     into what is free behind it, or its OS pages move to where there is room
 *     shorter:    in place; the rest is kept
 */
import { HeapError } from '../base/errors'
import { largePointer, POOL_BYTES, type Pointer, type Slot, slotOf } from '../base/layout'
import { WHOLE_RUN } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import type { Budget } from '../books/budget'
import type { Decay } from '../release/decay'
import type { Purger } from '../release/purger'
import { KeptMemory, STEP_BYTES } from './kept-memory'

/** Up to so many bytes freed blocks go to the magazine of lone blocks. */
export const LONE_MAX_BYTES = 2 ** 20

export class LargeBlocks {
  /** Live blocks, and their bytes. */
  count = 0
  bytes = 0
  readonly kept: KeptMemory
  /** Whether the block taken last was never written. */
  tookFresh = false
  readonly #table: ArenaTable
  readonly #budget: Budget
  readonly #decay: Decay
  readonly #purger: Purger

  constructor(table: ArenaTable, budget: Budget, decay: Decay, purger: Purger) {
    this.kept = new KeptMemory(table, budget, decay)
    this.#table = table
    this.#budget = budget
    this.#decay = decay
    this.#purger = purger
  }

  /** Bytes one block can have. */
  get maxByteLength(): number {
    return this.#table.space.maxLargeBytes
  }

  /** Pools of the block that serves a request. */
  poolsFor(byteLength: number): number {
    return this.#round(byteLength) / POOL_BYTES
  }

  /** @param isPageAligned - at a multiple of an OS page, and not only of a pool */
  take(byteLength: number, isPageAligned: boolean): Pointer {
    const rounded = this.#round(byteLength)
    const kept = this.#takeKept(rounded, isPageAligned)
    const slot = kept || this.#budget.map(rounded, () => this.#table.takeLarge(rounded, isPageAligned))
    this.tookFresh = kept === 0
    return this.#open(slot, rounded)
  }

  /** Takes kept memory for a block, and puts the block behind it. 0: none fits. */
  #takeKept(byteLength: number, isPageAligned: boolean): Slot | 0 {
    const slot = this.kept.take(byteLength, isPageAligned)
    if (slot === 0) return 0
    try {
      this.#table.openLarge(slot, byteLength)
      return slot
    } catch (failure) {
      this.#budget.unmap(byteLength)
      this.#table.space.put(slot)
      throw failure
    }
  }

  /** Counts a block that is in the table, and lets its pointer be one. */
  #open(slot: Slot, byteLength: number): Pointer {
    const pointer = largePointer(slot)
    this.count++
    this.#resize(0, byteLength)
    this.#noteLength(pointer, byteLength)
    this.#table.map.set(pointer)
    return pointer
  }

  /** Notes how long a block is. */
  #noteLength(pointer: Pointer, byteLength: number): void {
    this.#table.map.setTaken(pointer, byteLength / POOL_BYTES)
    this.sendToMagazine(pointer)
  }

  /** Lets a block go to the magazine of lone blocks when it is freed, unless it is too long. */
  sendToMagazine(pointer: Pointer): void {
    const { map } = this.#table
    map.setMagazine(pointer, map.takenOf(pointer) <= LONE_MAX_BYTES / POOL_BYTES ? WHOLE_RUN : 0)
  }

  /** Counts a block's bytes, and holds what is kept to its bound. */
  #resize(before: number, byteLength: number): void {
    this.bytes += byteLength - before
    this.#noteLive(byteLength - before)
  }

  /**
   * So many bytes were taken or freed: twice as many of what has expired or passes the bound go back, however seldom the event loop turns.
   * No call takes much longer than its size; the rest is the purger's.
   */
  #noteLive(change: number): void {
    this.kept.noteLive(this.bytes, this.#purger.epoch)
    this.#purger.giveBackQuietly(this.kept, 2 * Math.abs(change))
  }

  /** Puts back a block that is live, or was freed into a magazine. */
  put(pointer: Pointer): void {
    const slot = slotOf(pointer)
    const byteLength = this.#close(pointer)
    if (this.#decay.decayMs === 0) {
      this.#budget.unmap(byteLength)
      this.#table.space.put(slot)
      this.#purger.noteDiscarded(byteLength)
      return
    }
    this.#purger.wake()
    this.kept.put(slot, byteLength, this.#purger.epoch)
    this.#noteLive(byteLength)
    this.#purger.notePut()
  }

  /** Takes a block out of the books. Returns its bytes. */
  #close(pointer: Pointer): number {
    const byteLength = this.byteLength(pointer)
    this.#table.clear(slotOf(pointer))
    this.#table.map.clear(pointer)
    this.#table.map.setMagazine(pointer, 0)
    this.count--
    this.bytes -= byteLength
    return byteLength
  }

  /** Bytes of a large block. */
  byteLength(pointer: Pointer): number {
    return this.#table.largeBytes(slotOf(pointer))
  }

  /** Makes a block longer where it is. False: there is no room, or no view of it can be made. */
  growInPlace(pointer: Pointer, byteLength: number): boolean {
    const rounded = this.#round(byteLength)
    const slot = slotOf(pointer)
    const before = this.byteLength(pointer)
    this.#budget.admit(rounded - before)
    if (!this.#table.space.extendLarge(slot, rounded)) return false
    try {
      this.#table.openLarge(slot, rounded)
    } catch {
      this.kept.cut(slot, before, before, this.#purger.epoch) // the room goes back
      return false
    }
    this.#budget.count(rounded - before)
    this.#resize(before, rounded)
    this.#noteLength(pointer, rounded)
    return true
  }

  /** Makes a block shorter where it is. */
  shrinkInPlace(pointer: Pointer, byteLength: number): void {
    const rounded = this.#round(byteLength)
    const slot = slotOf(pointer)
    const before = this.byteLength(pointer)
    if (rounded === before) return
    this.#table.openLarge(slot, rounded)
    this.#noteLength(pointer, rounded)
    this.bytes += rounded - before
    this.#budget.count(rounded - before)
    this.#purger.wake()
    this.kept.cut(slot, before, rounded, this.#purger.epoch)
    this.#noteLive(before - rounded)
    this.#purger.notePut()
  }

  /** Moves a block to where it is longer, its OS pages where the system can. Returns where it is now. */
  move(pointer: Pointer, byteLength: number): Pointer {
    const rounded = this.#round(byteLength)
    const { space } = this.#table
    const slot = slotOf(pointer)
    const before = this.byteLength(pointer)
    const to = this.#budget.map(rounded, () => this.#table.takeLarge(rounded, false), before)
    space.moveLarge(slot, before, to, STEP_BYTES)
    this.#close(pointer)
    space.put(slot)
    return this.#open(to, rounded)
  }

  /** Gives back everything: the heap closes. */
  close(): void {
    for (const slot of this.#table.slots()) {
      if (!this.#table.isLarge(slot)) continue
      this.#budget.unmap(this.#close(largePointer(slot)))
      this.#table.space.put(slot)
    }
    this.kept.close()
  }

  #round(byteLength: number): number {
    const { maxByteLength } = this
    const page = this.#table.space.region.osPageSize
    const rounded = Math.ceil(byteLength / page) * page
    if (rounded <= maxByteLength) return rounded
    throw new HeapError(
      'EBB_OUT_OF_MEMORY',
      `ebb: one block can have at most ${maxByteLength} bytes in this version of Node, got ${byteLength}; split it, or use a newer Node`,
    )
  }
}
