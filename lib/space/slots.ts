/**
 * Slots: which of them are taken, and where their memory is.
 *
 *     near       in the space, at the address that the slot stands for: an arena, or the first of the slots of a large block
 *     annexed    an arena in an annex: more address space, reserved when the near slots are taken, for ANNEX_SLOTS far slots
 *     far        a mapping of its own, which is somebody else's to make
 *
 * A word for each slot, its hold, counts those who can reach the memory: the heap that has taken the slot, and every ArrayBuffer over it.
 * The slot is free when that is 0.
 */
import { ARENA_BYTES, type Pointer, type Slot } from '../base/layout'
import type { Region } from '../os/region'
import { FAR_ALIASES, type SpacePlan } from './plan'

/** Where the arena of a slot lies. */
export interface Home {
  readonly memory: Region
  readonly byteOffset: number
}

/** Slots of an annex. In front of its arenas one is left empty: an ArrayBuffer over a part begins behind the start of the whole. */
const ANNEX_SHIFT = 13
const ANNEX_SLOTS = 1 << ANNEX_SHIFT
const ANNEX_BYTES = (ANNEX_SLOTS + 1) * ARENA_BYTES

export abstract class Slots {
  readonly words: Int32Array
  readonly buffer: ArrayBuffer
  /** Slots there are; the null slot and those that cannot be used count. */
  readonly slots: number
  /** Near slots: from the one up to and without the other. */
  readonly nearFirst: Slot
  readonly nearEnd: Slot
  /** Word of the arena that slot 0 would have, if it were near: below 0. That of near slot n is n * ARENA_BYTES / 4 further. */
  readonly near: number
  protected readonly memory: Region
  /** Word of the column of holds. */
  private readonly holds: number
  /** By slot >>> ANNEX_SHIFT; null: refused. */
  private readonly annexes: (Region | null)[] = []
  /** Far slots whose arenas lie in an annex. */
  private readonly annexed = new Set<Slot>()
  /** Large blocks begin at this near slot or later. */
  private readonly nearMiddle: Slot
  /** No free near slot lies below; no free far slot below the other. */
  private nearHint: number
  private farHint = 1
  /**
   * Slots that were given back while somebody had an ArrayBuffer over them, and how many belong together: to be discarded before they
   * are used.
   */
  private readonly stale = new Map<Slot, number>()

  protected constructor(memory: Region, slots: number, plan: SpacePlan) {
    this.memory = memory
    this.buffer = memory.buffer
    this.words = new Int32Array(memory.buffer)
    this.slots = slots
    this.nearFirst = plan.nearFirst as Slot
    this.nearEnd = plan.nearEnd as Slot
    this.nearMiddle = ((plan.nearFirst + plan.nearEnd) >>> 1) as Slot
    this.near = (plan.byteLength - plan.nearFirst * ARENA_BYTES) / 4
    this.holds = plan.holds / 4
    this.nearHint = plan.nearFirst
  }

  isNear(slot: Slot): boolean {
    return slot >= this.nearFirst && slot < this.nearEnd
  }

  /** The word at which a block in a near arena begins. */
  wordAt(pointer: Pointer): number {
    return this.near + (pointer << 2)
  }

  /** Where the arena of a near slot begins, in bytes. */
  arenaAt(slot: Slot): number {
    return this.near * 4 + slot * ARENA_BYTES
  }

  /** Whether the arena of a slot is a part of larger memory: of the space, or of an annex. */
  hasHome(slot: Slot): boolean {
    return this.isNear(slot) || this.annexed.has(slot)
  }

  /** Where the arena of a slot that has a home lies. */
  home(slot: Slot): Home {
    if (this.isNear(slot)) return { memory: this.memory, byteOffset: this.arenaAt(slot) }
    const memory = this.annexes[slot >>> ANNEX_SHIFT] as Region
    return { memory, byteOffset: ((slot & (ANNEX_SLOTS - 1)) + 1) * ARENA_BYTES }
  }

  /** Takes a near slot, the lowest there is. Its arena reads zero. 0: none is left. */
  takeNear(): Slot | 0 {
    let slot = this.firstFree(this.nearHint, this.nearEnd)
    if (slot === 0 && this.stale.size > 0) {
      this.releaseStale()
      slot = this.firstFree(this.nearHint, this.nearEnd)
    }
    this.nearHint = slot === 0 ? this.nearEnd : slot + 1
    if (slot === 0) return 0
    this.releaseIfStale(slot)
    return this.hold(slot)
  }

  /** Takes a far slot with a place in an annex. Its arena reads zero. 0: there is none. */
  takeAnnexed(): Slot | 0 {
    const slot = this.freeFar()
    if (slot === 0 || this.annexOf(slot) === null) return 0
    this.releaseIfStale(slot)
    this.annexed.add(slot)
    this.farHint = slot + 1
    return this.hold(slot)
  }

  private annexOf(slot: Slot): Region | null {
    const index = slot >>> ANNEX_SHIFT
    const known = this.annexes[index]
    if (known !== undefined) return known
    let annex: Region | null = null
    try {
      annex = this.memory.reserve?.(ANNEX_BYTES) ?? null
    } catch {
      // Where so much address space is refused, as under a limit of it, arenas have mappings of their own.
    }
    while (this.annexes.length < index) this.annexes.push(null)
    this.annexes[index] = annex
    return annex
  }

  /** Takes `count` neighbouring near slots, the lowest in the second half, whose memory reads zero. 0: there are none. */
  takeStretch(count: number): Slot | 0 {
    this.releaseStale()
    let first = this.nearMiddle
    for (let slot = first; slot < this.nearEnd; slot++) {
      if (!this.isFree(slot)) first = (slot + 1) as Slot
      else if (slot - first === count - 1) {
        this.words.fill(1, this.holds + first, this.holds + slot + 1)
        return first
      }
    }
    return 0
  }

  /** Makes a stretch longer. False: what lies behind it is not free. */
  extendStretch(first: Slot, count: number, longer: number): boolean {
    this.releaseStale()
    if (first + longer > this.nearEnd) return false
    for (let slot = first + count; slot < first + longer; slot++) if (!this.isFree(slot)) return false
    this.words.fill(1, this.holds + first + count, this.holds + first + longer)
    return true
  }

  /** Moves the memory of one stretch to another, its OS pages where the system can. Whether it did: the first reads zero then. */
  moveStretch(from: Slot, byteLength: number, to: Slot, count: number): boolean {
    const page = this.memory.osPageSize
    const bytes = Math.ceil(byteLength / page) * page
    if (this.memory.move?.(this.arenaAt(from), bytes, this.arenaAt(to), count * ARENA_BYTES) === true) return true
    const start = this.arenaAt(from) / 4
    this.words.copyWithin(this.arenaAt(to) / 4, start, start + bytes / 4)
    return false
  }

  /** Takes a slot for a mapping elsewhere. 0: none is left. */
  takeFar(): Slot | 0 {
    const slot = this.freeFar()
    if (slot === 0) return 0
    this.releaseIfStale(slot)
    this.farHint = slot + 1
    return this.hold(slot)
  }

  get hasFar(): boolean {
    return this.freeFar() !== 0
  }

  /** Gives back neighbouring slots that were taken together; their books are clear. Their memory goes back with the last who reaches it. */
  protected leaveAll(first: Slot, count: number): void {
    const others = (this.words[this.holds + first] as number) - 1
    this.words[this.holds + first] = others
    if (!this.hasHome(first)) this.farHint = Math.min(this.farHint, first)
    else if (others > 0) this.stale.set(first, count)
    else this.release(first, count)
  }

  /** Nobody can reach these slots any more: their memory goes back, and they are free. */
  private release(first: Slot, count: number): void {
    const { memory, byteOffset } = this.home(first)
    this.words.fill(0, this.holds + first, this.holds + first + count)
    this.discard(byteOffset, count * ARENA_BYTES, memory)
    if (!this.annexed.delete(first)) this.nearHint = Math.min(this.nearHint, first)
    else this.farHint = Math.min(this.farHint, first)
  }

  private releaseIfStale(first: Slot): void {
    const count = this.stale.get(first)
    if (count === undefined || !this.isFree(first)) return
    this.stale.delete(first)
    this.release(first, count)
  }

  protected releaseStale(): void {
    for (const first of this.stale.keys()) this.releaseIfStale(first)
  }

  /** An ArrayBuffer over slots that were taken together. They are not used again before that is gone. */
  wrap(first: Slot, count: number): ArrayBuffer {
    const { memory, byteOffset } = this.home(first)
    const part = memory.part as NonNullable<Region['part']>
    return part(byteOffset, count * ARENA_BYTES, 4 * (this.holds + first))
  }

  private hold(slot: Slot): Slot {
    this.words[this.holds + slot] = 1
    return slot
  }

  /** Whether nobody has a slot, nor an ArrayBuffer over its arena. */
  isFree(slot: number): boolean {
    return this.words[this.holds + slot] === 0
  }

  private firstFree(from: number, to: number): Slot | 0 {
    for (let slot = from; slot < to; slot++) if (this.isFree(slot)) return slot as Slot
    return 0
  }

  private freeFar(): Slot | 0 {
    const slot = this.firstFreeFar()
    if (slot !== 0 || this.stale.size === 0) return slot
    this.releaseStale()
    return this.firstFreeFar()
  }

  private firstFreeFar(): Slot | 0 {
    const { farHint, nearFirst, nearEnd, slots } = this
    return (
      this.firstFree(farHint, nearFirst) ||
      this.firstFree(Math.max(farHint, nearEnd), Math.min(slots, nearFirst + FAR_ALIASES)) ||
      this.firstFree(Math.max(farHint, nearEnd + FAR_ALIASES), slots)
    )
  }

  /** What is discarded here reads zero before, or nobody reads it: should the system refuse, it only stays resident. */
  protected discard(byteOffset: number, byteLength: number, memory = this.memory): void {
    try {
      memory.discard(byteOffset, byteLength)
    } catch (failure) {
      if (memory.buffer.byteLength === 0) throw failure // the memory itself is gone: docs/platforms.md
      new Uint8Array(memory.buffer, byteOffset, byteLength).fill(0)
    }
  }
}
