/**
 * The space: address space that is reserved once for all heaps of a thread. In front lie the books of every block, as columns
 * indexed by the pointer itself; behind them arenas, each at the address that its slot stands for.
 *
 *     byte 0                                                           nearFirst                nearEnd
 *     +-------------+--------+-------+---------+---------+-----------+-----------+-----------+-- --+
 *     | live        | owners | taken | tenants | ledgers | magazines | arena     | arena     | ... |
 *     | a bit for   | a word | a word| 4 words | 4 KiB a | 16 KiB a  | 256 KiB   |           |     |
 *     | each granule| a pool | a pool| a slot  | near sl.| heap      |           |           |     |
 *     +-------------+--------+-------+---------+---------+-----------+-----------+-----------+-- --+
 *
 *     live[pointer >>> 5]      bit pointer & 31: a live block starts there
 *     owners[pointer >>> 8]    where a pool's freed blocks go: the word of the top of a magazine; 0: not for the fast path
 *     taken[pointer >>> 8]     blocks of a run that are live or in a magazine, at its first pool
 *     near + (pointer << 2)    the word at which a block in a near arena starts
 *
 * It is one typed array that never changes, in a constant of a module (thread-space.ts): V8 compiles its address and length into the
 * code of alloc, free and the accessors, which leaves one load for each word. An array in a field that may change costs four more,
 * each waiting for the one before (docs/performance.md has the numbers).
 *
 * Pages that nobody has touched cost nothing, so the reservation is generous. What finds no room in it has a far slot, and its home
 * elsewhere (homes.ts).
 */
import { HeapError, type OsFailure } from '../base/errors'
import {
  ARENA_BYTES,
  largePointer,
  POOL_BYTES,
  POOL_SHIFT,
  POOLS_PER_ARENA,
  type Pointer,
  SLOTS_MAX,
  type Slot,
} from '../base/layout'
import { limitsOf } from '../os/limits'
import type { OsPages, Region } from '../os/region'
import { addressRoom, leavesRoom } from '../os/room'
import {
  COLUMN_ALIGNMENT,
  columnBytes,
  HEAP_BYTES,
  HEAP_WORDS_SHIFT,
  LIVE_WORDS_PER_SLOT,
  planSpace,
  type SpaceSize,
  TALLY_AT,
} from './plan'
import { Slots } from './slots'
import { Tally } from './tally'

export class Space extends Slots {
  /** Columns, as indices of words. `live` begins at 0. */
  readonly owners: number
  readonly taken: number
  readonly tenantsAt: number
  /** Columns, in bytes. */
  readonly ledgers: number
  private readonly magazines: number
  private readonly heaps: number
  /** Places in the column of magazines: those given back, and how many were ever taken. The first is `noMagazines`. */
  private readonly freeHeaps: number[] = []
  private heapsTaken = 1
  /** Slots given back whose books may still be resident. */
  private readonly untidy = new Set<Slot>()

  constructor(os: OsPages, region: Region, size: SpaceSize) {
    const plan = planSpace(size, region.byteLength)
    super(os, region, size.slots, plan)
    this.heaps = size.heaps
    this.owners = plan.owners / 4
    this.taken = plan.taken / 4
    this.tenantsAt = plan.tenants / 4
    this.ledgers = plan.ledgers
    this.magazines = plan.magazines
  }

  /**
   * Gives a slot back: no pointer into it is one from now on.
   * @param keepsShared - what somebody has an ArrayBuffer over keeps its contents until that is collected
   * @param isEmpty - its memory has gone back by {@link discardSlot}
   */
  put(slot: Slot, keepsShared = false, isEmpty = false): void {
    if (this.capacity(slot) > 0) this.clearLarge(largePointer(slot))
    else this.clearArena(slot)
    this.tenants.forget(slot)
    this.leave(slot, keepsShared, isEmpty)
    this.untidy.add(slot)
  }

  private clearArena(slot: Slot): void {
    this.region.clear(slot * LIVE_WORDS_PER_SLOT * 4, LIVE_WORDS_PER_SLOT * 4)
    this.region.clear((this.owners + slot * POOLS_PER_ARENA) * 4, POOLS_PER_ARENA * 4)
    this.region.clear((this.taken + slot * POOLS_PER_ARENA) * 4, POOLS_PER_ARENA * 4)
  }

  /** A large block has one word in each column. */
  private clearLarge(pointer: Pointer): void {
    this.words[pointer >>> 5] = 0
    this.words[this.owners + (pointer >>> POOL_SHIFT)] = 0
    this.words[this.taken + (pointer >>> POOL_SHIFT)] = 0
  }

  /** Whether pages of books may be given back. */
  get isUntidy(): boolean {
    return this.untidy.size > 0
  }

  /** Gives back the pages of books of which nothing is in use any more, and memory that nobody can reach any more. */
  tidy(): void {
    this.releaseStale()
    const slots = [...this.untidy].filter((slot) => this.isFree(slot)).sort((a, b) => a - b)
    this.untidy.clear()
    this.tidyColumn(0, LIVE_WORDS_PER_SLOT * 4, slots)
    this.tidyColumn(this.owners * 4, POOLS_PER_ARENA * 4, slots)
    this.tidyColumn(this.taken * 4, POOLS_PER_ARENA * 4, slots)
    const near = slots.filter((slot) => this.isNear(slot))
    this.tidyColumn(this.ledgers - this.nearFirst * POOL_BYTES, POOL_BYTES, near)
  }

  /** A clear ledger for a slot that was taken for an arena: in the column of ledgers, or in pool 0 of an annexed arena. */
  ledger(slot: Slot): Int32Array {
    const { region, byteOffset } = this.isNear(slot)
      ? { region: this.region, byteOffset: this.ledgerAt(slot) }
      : this.home(slot)
    region.clear(byteOffset, POOL_BYTES)
    return new Int32Array(region.buffer, byteOffset, POOL_BYTES / 4)
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

  /** Where a heap counts for readers; those that share the words of `noMagazines` do not. */
  tally(base: number): Tally {
    const at = base === this.noMagazines ? 0 : base + TALLY_AT
    return new Tally(this.words, at)
  }

  /** Number of a heap by its words; 0 of those that have none of their own. */
  heapNumber(base: number): number {
    return (base - this.noMagazines) >> HEAP_WORDS_SHIFT
  }

  putHeap(base: number): void {
    if (base === this.noMagazines) return
    this.region.clear(base * 4, HEAP_BYTES)
    if (HEAP_BYTES % this.region.osPageSize === 0) this.discardBooks(base * 4, HEAP_BYTES)
    this.freeHeaps.push((base - this.noMagazines) >> HEAP_WORDS_SHIFT)
  }

  private ledgerAt(slot: Slot): number {
    return this.ledgers + (slot - this.nearFirst) * POOL_BYTES
  }

  /** Gives back the OS pages in which a column has entries of the slots and of no slot in use, neighbours in one call. */
  private tidyColumn(column: number, entryBytes: number, slots: readonly Slot[]): void {
    const page = this.region.osPageSize
    let [start, end, seen] = [0, 0, 0]
    for (const slot of slots) {
      const from = Math.floor((slot * entryBytes) / page) * page
      const to = Math.ceil(((slot + 1) * entryBytes) / page) * page
      if (to <= seen) continue
      seen = to
      if (!this.areFree(from / entryBytes, to / entryBytes)) continue
      if (from !== end) {
        if (end > start) this.discardBooks(column + start, end - start)
        start = from
      }
      end = to
    }
    if (end > start) this.discardBooks(column + start, end - start)
  }

  private areFree(first: number, end: number): boolean {
    for (let slot = first; slot < end; slot++) if (!this.isFree(slot)) return false
    return true
  }

  /** These books are clear: should the system refuse, they only stay resident. */
  private discardBooks(byteOffset: number, byteLength: number): void {
    try {
      this.region.discard(byteOffset, byteLength)
    } catch {
      // The next slot that is given back beside these tries again.
    }
  }
}

/** A space for nothing, where none can be had: no heap can be made on it. */
export function emptySpace(): Space {
  const size = { slots: 1, heaps: 1 }
  const buffer = new ArrayBuffer(columnBytes(size))
  const refuse = (): never => {
    throw new Error('ebb: there is no space')
  }
  const region: Region = {
    buffer,
    byteLength: buffer.byteLength,
    osPageSize: COLUMN_ALIGNMENT,
    populate: refuse,
    discard: refuse,
    renew: refuse,
    drop: refuse,
    part: refuse,
    move: refuse,
    clear: refuse,
    copy: refuse,
    copyIn: refuse,
    copyOut: refuse,
    encode: refuse,
    decode: refuse,
    residentPages: refuse,
  }
  const os: OsPages = { osPageSize: COLUMN_ALIGNMENT, maxByteLength: 0, discardsWork: true, reserve: refuse }
  return new Space(os, region, size)
}

const HEAPS_MAX = process.platform === 'win32' ? 1024 : 4096

/** Bytes to try to reserve, the best first, and the slots and heaps that fit. Some systems count reserved address space as memory. */
const SIZES: readonly (SpaceSize & { readonly byteLength: number })[] = [
  { byteLength: 2 ** 32 - ARENA_BYTES, slots: SLOTS_MAX, heaps: HEAPS_MAX },
  { byteLength: 2 ** 31 - ARENA_BYTES, slots: SLOTS_MAX, heaps: HEAPS_MAX },
  { byteLength: 2 ** 30, slots: SLOTS_MAX, heaps: HEAPS_MAX },
  { byteLength: 2 ** 29, slots: SLOTS_MAX, heaps: HEAPS_MAX },
  { byteLength: 2 ** 28, slots: SLOTS_MAX / 4, heaps: HEAPS_MAX / 4 },
]

/** Bytes of the least space. */
const LEAST_SPACE_BYTES = Math.min(...SIZES.map(({ byteLength }) => byteLength))

/**
 * Reserves the space of this thread, at most half of what may be mapped.
 * @param room - how much that is, bytes
 * @throws HeapError `EBB_OUT_OF_MEMORY` with what the operating system says to the smallest reservation
 */
export function reserveSpace(os: OsPages, room = addressRoom()): Space {
  let refused: unknown
  for (const size of process.platform === 'win32' ? SIZES.slice(3) : SIZES) {
    if (size.byteLength > os.maxByteLength || !leavesRoom(size.byteLength, room)) continue
    try {
      return new Space(os, os.reserve(size.byteLength), size)
    } catch (error) {
      refused = error
    }
  }
  throw noSpace(refused, room)
}

function noSpace(cause: unknown, room: number): HeapError {
  const failure = cause as (OsFailure & Error) | undefined
  const said = failure?.syscall === undefined ? failure?.message : `${failure.syscall}: ${failure.code}`
  const why = said ?? `${room} more may be mapped, of which ebb leaves half to others`
  return new HeapError(
    'EBB_OUT_OF_MEMORY',
    `ebb: the operating system reserves no address space, not even ${LEAST_SPACE_BYTES} bytes beside what the process has (${why}); ` +
      `most of it is never touched. Raise what limits it: ${limitsOf()}`,
    cause,
  )
}
