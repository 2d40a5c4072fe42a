/**
 * Slots: which of them are taken. homes.ts has where their memory lies.
 *
 *     far     0 ... nearFirst     arenas in annexes, large blocks on shelves; the lowest first
 *     near    nearFirst ...       arenas, the lowest first; they come into the second half when the first is full
 *             nearMiddle ...      large blocks, over several neighbouring slots
 *     far     nearEnd ...         as below
 *
 * A word for each slot, its hold, counts who can reach the memory: the heap that has taken the slot, and every ArrayBuffer over a part of
 * it, until nobody can reach that. The slot is free when its hold is 0.
 */
import { ARENA_BYTES, POOL_BYTES, type Pointer, type Slot, slotsFor } from '../base/layout'
import type { OsPages, Region } from '../os/region'
import { Extents } from './extents'
import { ANNEX_SHIFT, type Home, Homes } from './homes'
import { FAR_ALIASES, type SpacePlan } from './plan'
import { Tenants } from './tenants'

/** No large block takes more than this share of the near slots, so that arenas find room there. */
const NEAR_SHARE = 1 / 16

export abstract class Slots {
  readonly words: Int32Array
  /** Slots there are; the null slot and those that cannot be used count. */
  readonly slots: number
  /** Near slots: nearFirst <= slot < nearEnd. */
  readonly nearFirst: Slot
  readonly nearEnd: Slot
  /** Word of the arena that slot 0 would have, if it were near: below 0. That of near slot n is n * ARENA_BYTES / 4 further. */
  readonly near: number
  readonly os: OsPages
  readonly region: Region
  /** What each slot holds, for readers of the words. */
  readonly tenants: Tenants
  private readonly homes: Homes
  /** Large blocks begin at this near slot or later. */
  private readonly nearMiddle: Slot
  /** Free slots from nearMiddle on. */
  private readonly upper: Extents
  /** Every slot from nearFirst on and below nearHint is taken; every far slot below farHint is. */
  private nearHint: number
  private farHint = 1
  /** Slots given back while somebody had an ArrayBuffer over them: free when nobody has. */
  private readonly stale = new Set<Slot>()
  /** Whether pages were ever moved: then large memory that goes back has to become one mapping with its neighbours again. */
  private hasMoved = false

  protected constructor(os: OsPages, region: Region, slots: number, plan: SpacePlan) {
    this.os = os
    this.region = region
    this.words = new Int32Array(region.buffer, 0, region.byteLength / 4)
    this.tenants = new Tenants(this.words, plan.tenants / 4)
    this.slots = slots
    this.nearFirst = plan.nearFirst as Slot
    this.nearEnd = plan.nearEnd as Slot
    this.nearMiddle = ((plan.nearFirst + plan.nearEnd) >>> 1) as Slot
    this.upper = new Extents(this.nearMiddle, plan.nearEnd)
    this.near = (plan.byteLength - plan.nearFirst * ARENA_BYTES) / 4
    this.homes = new Homes(os, this.nearFirst, this.nearEnd)
    this.nearHint = plan.nearFirst
  }

  /** All arenas of the annex that a far slot lies in, one behind the other. */
  annexData(slot: Slot): DataView {
    return this.homes.annexData[slot >>> ANNEX_SHIFT] as DataView
  }

  /** Memory of the annexes, for readers of the ledgers in it. */
  annexBuffers(): (ArrayBufferLike | null)[] {
    return this.homes.annexBuffers()
  }

  isNear(slot: Slot): boolean {
    return slot >= this.nearFirst && slot < this.nearEnd
  }

  /** The word at which a block in near memory begins. */
  wordAt(pointer: Pointer): number {
    return this.near + (pointer << 2)
  }

  /** Where the memory of a slot in use lies. */
  home(slot: Slot): Home {
    if (!this.isNear(slot)) return this.homes.far(slot)
    return { region: this.region, byteOffset: this.near * 4 + slot * ARENA_BYTES }
  }

  /** Takes a slot for an arena: the lowest near one, else one in an annex. 0: there is none. */
  takeArena(): Slot | 0 {
    return this.takeNear() || this.takeAnnexed() || (this.releaseStale() ? this.takeNear() || this.takeAnnexed() : 0)
  }

  private takeNear(): Slot | 0 {
    const slot = this.firstFree(this.nearHint, this.nearMiddle)
    this.nearHint = slot === 0 ? this.nearMiddle : slot + 1
    if (slot !== 0) return this.hold(slot, 1)
    const upper = this.upper.take(1)
    return upper < 0 ? 0 : this.hold(upper as Slot, 1)
  }

  private takeAnnexed(): Slot | 0 {
    const slot = this.freeFar()
    return slot === 0 || !this.homes.hasAnnex(slot) ? 0 : this.hold(slot, 1)
  }

  /**
   * Takes a slot for a large block, near if it is not too long.
   * @param byteLength - bytes of whole OS pages
   * @param isPageAligned - at a multiple of an OS page, and not only of a pool
   * @returns 0 where no slot is left
   * @throws what the operating system says where it gives no address space
   */
  takeLarge(byteLength: number, isPageAligned: boolean): Slot | 0 {
    const slot = this.takeLargeNear(byteLength, isPageAligned) || this.takeShelved(byteLength)
    if (slot !== 0 || !this.releaseStale()) return slot
    return this.takeLargeNear(byteLength, isPageAligned) || this.takeShelved(byteLength)
  }

  private takeLargeNear(byteLength: number, isPageAligned: boolean): Slot | 0 {
    if (!this.mayBeNear(byteLength) || (isPageAligned && this.os.osPageSize > POOL_BYTES)) return 0
    const slots = slotsFor(byteLength)
    const first = this.upper.take(slots) as Slot
    if (first < 0) return 0
    this.homes.settle(first, slots)
    return this.hold(first, slots)
  }

  private takeShelved(byteLength: number): Slot | 0 {
    const slot = this.freeFar()
    if (slot === 0) return 0
    this.homes.shelve(slot, byteLength)
    return this.hold(slot, 1)
  }

  private mayBeNear(byteLength: number): boolean {
    return slotsFor(byteLength) <= (this.nearEnd - this.nearFirst) * NEAR_SHARE
  }

  /** Bytes that a large block may take where it is. */
  capacity(slot: Slot): number {
    return this.homes.capacity(slot)
  }

  /** Slots that the memory behind a slot in use takes: several for a near large block. */
  slotsOf(slot: Slot): number {
    return this.homes.spanOf(slot) || 1
  }

  /** Bytes that one large block can have: a shelf has an empty OS page in front. */
  get maxLargeBytes(): number {
    return this.os.maxByteLength - this.os.osPageSize
  }

  /** Whether a large block begins at a multiple of an OS page. */
  isPageAligned(slot: Slot): boolean {
    return (this.home(slot).byteOffset + POOL_BYTES) % this.os.osPageSize === 0
  }

  /** Gives a large block room for so many bytes where it is. False: there is none. */
  extendLarge(slot: Slot, byteLength: number): boolean {
    if (byteLength <= this.capacity(slot)) return true
    const slots = this.homes.spanOf(slot)
    if (slots === 0) return this.homes.extendShelved(slot, byteLength)
    const longer = slotsFor(byteLength)
    if (!this.mayBeNear(byteLength) || !this.upper.takeAt(slot + slots, longer - slots)) return false
    this.hold((slot + slots) as Slot, longer - slots)
    this.homes.settle(slot, longer)
    return true
  }

  /**
   * Cuts a large block's memory in two: the first `byteLength` bytes (whole OS pages) stay, the rest gets a slot of its own.
   * @returns that slot; 0 where nothing can be cut off, or somebody has an ArrayBuffer over it
   */
  splitLarge(slot: Slot, byteLength: number): Slot | 0 {
    if (this.isShared(slot)) return 0
    const slots = this.homes.spanOf(slot)
    if (slots > 0) return slotsFor(byteLength) < slots ? this.homes.splitNear(slot, slotsFor(byteLength)) : 0
    const tail = byteLength < this.capacity(slot) ? this.freeFar() : 0
    if (tail === 0) return 0
    this.homes.splitShelved(slot, byteLength, tail)
    return this.hold(tail, 1)
  }

  /**
   * Moves the contents of a large block to another slot, where it can be longer: its OS pages where the system can, else step by step, each
   * step discarded before the next is copied. The old slot is the caller's to put, and its contents are gone.
   * @param used - bytes in use, whole OS pages
   */
  moveLarge(slot: Slot, used: number, to: Slot, stepBytes: number): void {
    const source = this.home(slot)
    const target = this.home(to)
    const page = this.os.osPageSize
    // The pages that are moved begin at the OS page in which the payload does, so it has to begin alike in both.
    const lead = (source.byteOffset + POOL_BYTES) % page
    const from = source.byteOffset + POOL_BYTES - lead
    const at = target.byteOffset + POOL_BYTES - lead
    const canMove = at % page === 0
    const room = Math.floor((this.capacity(to) + lead) / page) * page
    if (canMove && source.region.move(from, Math.ceil((used + lead) / page) * page, target.region, at, room)) {
      this.hasMoved = true
      return
    }
    for (let step = 0; step < used; step += stepBytes) {
      const bytes = Math.min(stepBytes, used - step)
      source.region.copy(
        source.byteOffset + POOL_BYTES + step,
        bytes,
        target.region,
        target.byteOffset + POOL_BYTES + step,
      )
      quietly(() => this.discardPages(source, POOL_BYTES + step, bytes))
    }
  }

  /**
   * Gives back a slot, or the slots of a large block: its memory goes now, the address when nobody can reach it any more.
   * @param keepsShared - the memory stays, too, where somebody has an ArrayBuffer over it
   * @param isEmpty - the memory has gone by {@link discardSlot}
   */
  protected leave(slot: Slot, keepsShared: boolean, isEmpty: boolean): void {
    this.tenants.setHolds(slot, 1, this.tenants.holdOf(slot) - 1)
    const isFree = this.isFree(slot)
    if (!isEmpty && (isFree || !keepsShared)) this.giveBackPages(slot)
    if (isFree) this.release(slot)
    else this.stale.add(slot)
  }

  /** Nobody can reach a slot any more, and its memory has gone back: it is free. */
  private release(slot: Slot): void {
    const slots = this.slotsOf(slot)
    this.homes.forget(slot)
    this.tenants.setHolds(slot, slots, 0)
    if (!this.isNear(slot)) this.farHint = Math.min(this.farHint, slot)
    else if (slot >= this.nearMiddle) this.upper.put(slot, slots)
    else this.nearHint = Math.min(this.nearHint, slot)
  }

  /** Discards all memory behind a slot in one call. Throws what the operating system says. */
  discardSlot(slot: Slot): void {
    const home = this.home(slot)
    const capacity = this.capacity(slot)
    if (capacity === 0) this.discardPages(home, 0, ARENA_BYTES)
    else if (this.isNear(slot)) this.discardPages(home, 0, POOL_BYTES + capacity, this.hasMoved)
    else this.discardPages(home, POOL_BYTES, capacity, this.hasMoved)
  }

  private giveBackPages(slot: Slot): void {
    quietly(() => this.discardSlot(slot))
  }

  /** Frees the slots whose last ArrayBuffer is gone. Returns whether there were any. */
  protected releaseStale(): boolean {
    const before = this.stale.size
    for (const slot of this.stale) {
      if (!this.isFree(slot)) continue
      this.stale.delete(slot)
      this.giveBackPages(slot)
      this.release(slot)
    }
    return this.stale.size < before
  }

  /** An ArrayBuffer over the memory of a slot from byte `byteOffset` of its home. The slot is not used again before that is gone. */
  wrap(slot: Slot, byteOffset: number, byteLength: number): ArrayBuffer {
    const home = this.home(slot)
    return home.region.part(home.byteOffset + byteOffset, byteLength, this.region, 4 * this.tenants.holdAt(slot))
  }

  /** Whether somebody has an ArrayBuffer over the memory of a slot in use. */
  isShared(slot: Slot): boolean {
    return this.tenants.holdOf(slot) > 1
  }

  /** Whether nobody has a slot, nor an ArrayBuffer over its memory. */
  isFree(slot: number): boolean {
    return this.tenants.holdOf(slot) === 0
  }

  private hold(first: Slot, slots: number): Slot {
    if (!this.isNear(first)) this.farHint = first + 1
    this.tenants.setHolds(first, slots, 1)
    return first
  }

  private firstFree(from: number, to: number): Slot | 0 {
    for (let slot = from; slot < to; slot++) if (this.isFree(slot)) return slot as Slot
    return 0
  }

  private freeFar(): Slot | 0 {
    const { farHint, nearFirst, nearEnd, slots } = this
    return (
      this.firstFree(farHint, nearFirst) ||
      this.firstFree(Math.max(farHint, nearEnd), Math.min(slots, nearFirst + FAR_ALIASES)) ||
      this.firstFree(Math.max(farHint, nearEnd + FAR_ALIASES), slots)
    )
  }

  /** Gives back the OS pages that lie wholly in a range of a large block; what the system refuses stays resident. */
  discardPayload(slot: Slot, byteOffset: number, byteLength: number): void {
    quietly(() => this.discardPages(this.home(slot), POOL_BYTES + byteOffset, byteLength))
  }

  /** Discards the OS pages that lie wholly in a range of a home. Throws what the operating system says. */
  discardPages({ region, byteOffset }: Home, at: number, byteLength: number, isMoved = false): void {
    const page = this.os.osPageSize
    const start = Math.ceil((byteOffset + at) / page) * page
    const end = Math.floor((byteOffset + at + byteLength) / page) * page
    if (end <= start) return
    if (isMoved) region.renew(start, end - start)
    else region.discard(start, end - start)
  }
}

/** Discards what nobody relies on to read zero: what the system refuses only stays resident until it is used again. */
function quietly(discard: () => void): void {
  try {
    discard()
  } catch {
    // It stays resident.
  }
}
