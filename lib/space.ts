/**
 * The space: address space that is reserved once for all heaps of a thread. In front lie the books of every block, as columns
 * indexed by the pointer itself; behind them arenas, each at the address that its slot stands for.
 *
 *     byte 0                                                         nearFirst                nearEnd
 *     +-------------+--------+-------+-------+---------+-----------+-----------+-----------+-- --+
 *     | live        | owners | taken | holds | ledgers | magazines | arena     | arena     | ... |
 *     | a bit for   | a word | a word| a word| 4 KiB a | 16 KiB a  | 256 KiB   |           |     |
 *     | each granule| a pool | a pool| a slot| near sl.| heap      |           |           |     |
 *     +-------------+--------+-------+-------+---------+-----------+-----------+-----------+-- --+
 *
 *     live[pointer >>> 5]      bit pointer & 31: a live block starts there
 *     owners[pointer >>> 8]    where a pool's freed blocks go: the word of the top of a magazine; 0: not for the fast path
 *     taken[pointer >>> 8]     blocks of a run that are live or in a magazine, at its first pool
 *     near + (pointer << 2)    the word at which a block in a near arena starts
 *
 * It is one typed array that never changes, in a constant of a module (os-pages.ts): V8 compiles its address and length into the
 * code of alloc, free and the accessors, which leaves one load for each word. An array in a field that may change costs four more,
 * each waiting for the one before (docs/performance.md has the numbers).
 *
 * A large block near by takes as many neighbouring slots as it is long, of the second half of them; arenas begin in the first.
 *
 * Pages that nobody has touched cost nothing, so the reservation is generous. What finds no room in it (very large blocks, and arenas
 * once all near slots are taken) gets a mapping of its own and a far slot: a number without an address, below or above the near ones.
 */
import { ARENA_BYTES, POOL_BYTES, POOLS_PER_ARENA, type Pointer, SLOTS_MAX, type Slot } from './layout'
import {
  COLUMN_ALIGNMENT,
  columnBytes,
  FAR_ALIASES,
  HEAP_BYTES,
  HEAP_WORDS_SHIFT,
  LIVE_WORDS_PER_SLOT,
  planSpace,
  type SpaceSize,
} from './space-plan'

/** What a space lies in, and how its pages are given back. */
export interface SpaceMemory {
  readonly buffer: ArrayBuffer
  /** Bytes of a page of the kernel. */
  readonly osPageSize: number
  /** Gives the memory of whole OS pages back; they read zero then. */
  discard(byteOffset: number, byteLength: number): void
  /** An ArrayBuffer over a range, which the word at `hold` counts until it is gone. Undefined: there are no near arenas. */
  part?(byteOffset: number, byteLength: number, hold: number): ArrayBuffer
  /** Moves the pages of a range to another, where the system can: the one they leave reads zero. False: nothing has changed. */
  move?(from: number, to: number, byteLength: number): boolean
}

export class Space {
  readonly words: Int32Array
  /** Slots there are; the null slot and those that cannot be used count. */
  readonly slots: number
  /** Near slots: from the one up to and without the other. */
  readonly nearFirst: Slot
  readonly nearEnd: Slot
  /** Word of the arena that slot 0 would have, if it were near: below 0. That of near slot n is n * ARENA_BYTES / 4 further. */
  readonly near: number
  /** Columns, as indices of words. `live` begins at 0. */
  readonly owners: number
  readonly taken: number
  readonly buffer: ArrayBuffer
  private readonly memory: SpaceMemory
  private readonly holds: number
  private readonly ledgers: number
  private readonly magazines: number
  private readonly heaps: number
  /** Places in the column of magazines: those given back, and how many were ever taken. The first is `noMagazines`. */
  private readonly freeHeaps: number[] = []
  private heapsTaken = 1
  /** Large blocks begin at this near slot or later. */
  private readonly nearMiddle: Slot
  /** No free near slot lies below; no free far slot below the other. */
  private nearHint: number
  private farHint = 1
  /**
   * Near slots that were given back while somebody had an ArrayBuffer over them, and how many belong together: to be discarded before
   * they are used.
   */
  private readonly stale = new Map<Slot, number>()
  /** Slots given back whose books may still be resident. */
  private readonly untidy: Slot[] = []

  constructor(memory: SpaceMemory, size: SpaceSize) {
    const { buffer } = memory
    const columns = planSpace(size, buffer.byteLength, memory.part !== undefined)
    this.memory = memory
    this.buffer = buffer
    this.words = new Int32Array(buffer)
    this.slots = size.slots
    this.heaps = size.heaps
    this.nearFirst = columns.nearFirst as Slot
    this.nearEnd = columns.nearEnd as Slot
    this.nearMiddle = ((columns.nearFirst + columns.nearEnd) >>> 1) as Slot
    this.near = (columns.byteLength - columns.nearFirst * ARENA_BYTES) / 4
    this.owners = columns.owners / 4
    this.taken = columns.taken / 4
    this.holds = columns.holds / 4
    this.ledgers = columns.ledgers
    this.magazines = columns.magazines
    this.nearHint = columns.nearFirst
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

  /** Takes a near slot, the lowest there is. Its arena reads zero. 0: none is left. */
  takeNear(): Slot | 0 {
    const slot = this.firstFree(this.nearHint, this.nearEnd) || this.firstFree(this.nearFirst, this.nearHint)
    if (slot === 0) return 0
    this.releaseIfStale(slot)
    this.nearHint = slot + 1
    return this.hold(slot)
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
  moveStretch(from: Slot, to: Slot, byteLength: number): boolean {
    const page = this.memory.osPageSize
    const bytes = Math.ceil(byteLength / page) * page
    if (this.memory.move?.(this.arenaAt(from), this.arenaAt(to), bytes) === true) return true
    const start = this.arenaAt(from) / 4
    this.words.copyWithin(this.arenaAt(to) / 4, start, start + bytes / 4)
    return false
  }

  /** Takes a slot for a mapping elsewhere. 0: none is left. */
  takeFar(): Slot | 0 {
    const slot = this.freeFar()
    if (slot === 0) return 0
    this.farHint = slot + 1
    return this.hold(slot)
  }

  get hasFar(): boolean {
    return this.freeFar() !== 0
  }

  /** Gives a slot back: nothing in it is live, the arena of a near one goes back to the system. */
  put(slot: Slot): void {
    if (this.isNear(slot)) {
      this.putStretch(slot, 1)
      this.words.fill(0, this.ledgerAt(slot), this.ledgerAt(slot) + POOL_BYTES / 4)
      return
    }
    this.forget(slot)
    this.leave(slot)
    if (slot < this.farHint) this.farHint = slot
    this.untidy.push(slot)
  }

  /** Gives back neighbouring near slots that were taken together and have no ledger. */
  putStretch(first: Slot, count: number): void {
    this.forget(first)
    if (this.leave(first) > 0) this.stale.set(first, count)
    else this.release(first, count)
    this.untidy.push(first)
  }

  /** Drops the heap's hold on a slot. Returns how many ArrayBuffers over it there are still. */
  private leave(slot: Slot): number {
    const others = (this.words[this.holds + slot] as number) - 1
    this.words[this.holds + slot] = others
    return others
  }

  /** Nobody can reach these slots any more: their memory goes back, and they are free. */
  private release(first: Slot, count: number): void {
    this.words.fill(0, this.holds + first, this.holds + first + count)
    this.discard(this.arenaAt(first), count * ARENA_BYTES)
    if (first < this.nearHint) this.nearHint = first
  }

  private releaseIfStale(first: Slot): void {
    const count = this.stale.get(first)
    if (count === undefined || !this.isFree(first)) return
    this.stale.delete(first)
    this.release(first, count)
  }

  private releaseStale(): void {
    for (const first of this.stale.keys()) this.releaseIfStale(first)
  }

  /** Gives back the pages of books of which nothing is in use any more, and arenas that nobody can reach any more. */
  tidy(): void {
    this.releaseStale()
    for (const slot of this.untidy.splice(0)) {
      if (!this.isFree(slot)) continue
      this.giveBack(0, LIVE_WORDS_PER_SLOT * 4, slot)
      this.giveBack(this.owners * 4, POOLS_PER_ARENA * 4, slot)
      this.giveBack(this.taken * 4, POOLS_PER_ARENA * 4, slot)
      if (this.isNear(slot)) this.giveBack(this.ledgers - this.nearFirst * POOL_BYTES, POOL_BYTES, slot)
    }
  }

  /** Clears the books of a slot: no pointer into it is one. */
  forget(slot: Slot): void {
    const live = slot * LIVE_WORDS_PER_SLOT
    const pool = slot * POOLS_PER_ARENA
    this.words.fill(0, live, live + LIVE_WORDS_PER_SLOT)
    this.words.fill(0, this.owners + pool, this.owners + pool + POOLS_PER_ARENA)
    this.words.fill(0, this.taken + pool, this.taken + pool + POOLS_PER_ARENA)
  }

  /** The ledger of a near slot. */
  ledger(slot: Slot): Int32Array {
    return this.words.subarray(this.ledgerAt(slot), this.ledgerAt(slot) + POOL_BYTES / 4)
  }

  /** An ArrayBuffer over near slots that were taken together. They are not used again before that is gone. */
  wrap(first: Slot, count: number): ArrayBuffer {
    return (this.memory.part as NonNullable<SpaceMemory['part']>)(
      this.arenaAt(first),
      count * ARENA_BYTES,
      4 * (this.holds + first),
    )
  }

  /** Takes the words for the magazines of one more heap, all zero. Where too many heaps are open, those of `noMagazines`. */
  takeHeap(): number {
    const heap = this.freeHeaps.pop() ?? (this.heapsTaken < this.heaps ? this.heapsTaken++ : 0)
    return this.noMagazines + (heap << HEAP_WORDS_SHIFT)
  }

  /** The words of magazines that are always asleep, shared by all heaps that cannot have their own. */
  get noMagazines(): number {
    return this.magazines / 4
  }

  putHeap(base: number): void {
    if (base === this.noMagazines) return
    this.words.fill(0, base, base + (1 << HEAP_WORDS_SHIFT))
    if (HEAP_BYTES % this.memory.osPageSize === 0) this.discard(base * 4, HEAP_BYTES)
    this.freeHeaps.push((base - this.noMagazines) >> HEAP_WORDS_SHIFT)
  }

  private ledgerAt(slot: Slot): number {
    return (this.ledgers + (slot - this.nearFirst) * POOL_BYTES) / 4
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
    const { farHint, nearFirst, nearEnd, slots } = this
    return (
      this.firstFree(farHint, nearFirst) ||
      this.firstFree(Math.max(farHint, nearEnd), Math.min(slots, nearFirst + FAR_ALIASES)) ||
      this.firstFree(Math.max(farHint, nearEnd + FAR_ALIASES), slots)
    )
  }

  /** Gives the OS pages back in which a column has its entry of a slot, if it has no entry of a slot in use in them. */
  private giveBack(column: number, entryBytes: number, slot: Slot): void {
    const page = this.memory.osPageSize
    const start = Math.floor((slot * entryBytes) / page) * page
    const end = Math.ceil(((slot + 1) * entryBytes) / page) * page
    for (let other = start / entryBytes; other < end / entryBytes; other++) if (!this.isFree(other)) return
    this.discard(column + start, end - start)
  }

  /** What is discarded here reads zero before, or nobody reads it: should the system refuse, it only stays resident. */
  private discard(byteOffset: number, byteLength: number): void {
    try {
      this.memory.discard(byteOffset, byteLength)
    } catch (failure) {
      if (this.buffer.byteLength === 0) throw failure // the space itself is gone: docs/platforms.md
      this.words.fill(0, byteOffset / 4, (byteOffset + byteLength) / 4)
    }
  }
}

/** A space for nothing, where none can be had: no heap can be made on it. */
export function emptySpace(): Space {
  const size = { slots: 1, heaps: 1 }
  return new Space({ buffer: new ArrayBuffer(columnBytes(size)), osPageSize: COLUMN_ALIGNMENT, discard() {} }, size)
}

/** Bytes to try to reserve, the best first. Some systems count reserved address space as memory. */
const RESERVED_BYTES =
  process.platform === 'win32' ? [2 ** 29] : [2 ** 32 - ARENA_BYTES, 2 ** 31 - ARENA_BYTES, 2 ** 30, 2 ** 29]

/**
 * Reserves the space of this thread.
 * @throws what the operating system says to the smallest reservation
 */
export function reserveSpace(reserve: (byteLength: number) => SpaceMemory, maxByteLength: number): Space {
  const size: SpaceSize = { slots: SLOTS_MAX, heaps: process.platform === 'win32' ? 1024 : 4096 }
  let refused: unknown
  for (const byteLength of RESERVED_BYTES) {
    if (byteLength > maxByteLength) continue
    try {
      return new Space(reserve(byteLength), size)
    } catch (error) {
      refused = error
    }
  }
  throw refused
}
