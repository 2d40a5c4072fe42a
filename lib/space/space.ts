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
 * once all near slots are taken) has a far slot, below or above the near ones: an arena its place in an annex, reserved when the first
 * is wanted there; anything else, and all where the system refuses annexes, a mapping of its own.
 */
import { ARENA_BYTES, POOL_BYTES, POOLS_PER_ARENA, SLOTS_MAX, type Slot } from '../base/layout'
import type { Region } from '../os/region'
import {
  COLUMN_ALIGNMENT,
  columnBytes,
  HEAP_BYTES,
  HEAP_WORDS_SHIFT,
  LIVE_WORDS_PER_SLOT,
  planSpace,
  type SpaceSize,
} from './plan'
import { Slots } from './slots'

export class Space extends Slots {
  /** Columns, as indices of words. `live` begins at 0. */
  readonly owners: number
  readonly taken: number
  /** Columns, in bytes. */
  private readonly ledgers: number
  private readonly magazines: number
  private readonly heaps: number
  /** Places in the column of magazines: those given back, and how many were ever taken. The first is `noMagazines`. */
  private readonly freeHeaps: number[] = []
  private heapsTaken = 1
  /** Slots given back whose books may still be resident. */
  private readonly untidy: Slot[] = []

  constructor(memory: Region, size: SpaceSize) {
    const plan = planSpace(size, memory.buffer.byteLength, memory.part !== undefined)
    super(memory, size.slots, plan)
    this.heaps = size.heaps
    this.owners = plan.owners / 4
    this.taken = plan.taken / 4
    this.ledgers = plan.ledgers
    this.magazines = plan.magazines
  }

  /** Gives a slot back: nothing in it is live. An arena that lies in the space or in an annex goes back to the system. */
  put(slot: Slot): void {
    if (this.isNear(slot)) this.words.fill(0, this.ledgerAt(slot), this.ledgerAt(slot) + POOL_BYTES / 4)
    this.putStretch(slot, 1)
  }

  /** Gives back slots that were taken together, and have no ledger among the books. */
  putStretch(first: Slot, count: number): void {
    this.forget(first)
    this.leaveAll(first, count)
    this.untidy.push(first)
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

  /** The ledger of a slot that has a home: in the column of ledgers, or in pool 0 of an annexed arena. */
  ledger(slot: Slot): Int32Array {
    if (!this.isNear(slot)) {
      const { memory, byteOffset } = this.home(slot)
      return new Int32Array(memory.buffer, byteOffset, POOL_BYTES / 4)
    }
    return this.words.subarray(this.ledgerAt(slot), this.ledgerAt(slot) + POOL_BYTES / 4)
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

  /** Gives the OS pages back in which a column has its entry of a slot, if it has no entry of a slot in use in them. */
  private giveBack(column: number, entryBytes: number, slot: Slot): void {
    const page = this.memory.osPageSize
    const start = Math.floor((slot * entryBytes) / page) * page
    const end = Math.ceil(((slot + 1) * entryBytes) / page) * page
    for (let other = start / entryBytes; other < end / entryBytes; other++) if (!this.isFree(other)) return
    this.discard(column + start, end - start)
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
export function reserveSpace(reserve: (byteLength: number) => Region, maxByteLength: number): Space {
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
