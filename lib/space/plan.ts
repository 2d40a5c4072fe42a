/** Where the columns of a space lie (space.ts has the picture), and the numbers that follow from it. */
import { ARENA_BYTES, GRANULES_PER_ARENA, POOL_BYTES, POOLS_PER_ARENA } from '../base/layout'
import { TENANT_WORDS } from './tenants'

/**
 * Words of a heap: the tops of its magazines, its counts, its tally, and the segments of its magazines, those of the smallest blocks first, so
 * that a heap of few blocks touches one page of them. A power of two, so that a magazine's heap is told by a shift.
 */
export const HEAP_WORDS_SHIFT = 12
export const HEAP_BYTES = 4 << HEAP_WORDS_SHIFT
/** Words of the tops, and of one segment (magazines.ts): a power of two, so that the last word is found by a mask. */
export const SEGMENT_WORDS = 64
/** Its counts (books/counts.ts). */
export const COUNTS_AT = SEGMENT_WORDS
export const COUNTS_WORDS = 120
/** Its tally (tally.ts). */
export const TALLY_AT = COUNTS_AT + COUNTS_WORDS
/** The first segment, that of class 1. */
export const SEGMENTS_AT = COUNTS_AT + 2 * SEGMENT_WORDS
/** Slots below the near ones. With them, the word of a near block still is a 31-bit integer. */
const LOW_FAR_SLOTS = 1 << 14
/** Columns begin at multiples of the largest OS page there is. */
export const COLUMN_ALIGNMENT = 65536

/**
 * Slots from one to the next whose blocks begin at the same word modulo 2^32. Far slots that are so far from near ones are not used: the
 * word of a far pointer must not be one of near memory (numbers.ts).
 */
export const FAR_ALIASES = 2 ** 32 / (ARENA_BYTES / 4)

export const LIVE_WORDS_PER_SLOT = GRANULES_PER_ARENA / 32
/** Bytes of books of a slot, beside the ledger. */
export const BOOK_BYTES_PER_SLOT = 4 * (LIVE_WORDS_PER_SLOT + 2 * POOLS_PER_ARENA + TENANT_WORDS)

/** How much of each a space has. */
export interface SpaceSize {
  /** Slots: near, far, and the null slot. */
  readonly slots: number
  /** Heaps that can have magazines at once, and one more. */
  readonly heaps: number
}

/** Where the columns of a space lie, in bytes, and which slots are near. */
export function planSpace({ slots, heaps }: SpaceSize, byteLength: number) {
  let end = 0
  const column = (bytes: number): number => {
    const start = end
    end = Math.ceil((end + bytes) / COLUMN_ALIGNMENT) * COLUMN_ALIGNMENT
    return start
  }
  column(slots * LIVE_WORDS_PER_SLOT * 4)
  const owners = column(slots * POOLS_PER_ARENA * 4)
  const taken = column(slots * POOLS_PER_ARENA * 4)
  const tenants = column(slots * TENANT_WORDS * 4)
  const ledgers = column(Math.ceil(byteLength / ARENA_BYTES) * POOL_BYTES)
  const magazines = column(heaps * HEAP_BYTES)
  // Behind the last arena room is left for an access that begins in it and leaves it.
  const near = Math.max(0, Math.floor((byteLength - POOL_BYTES - end) / ARENA_BYTES))
  const nearFirst = Math.min(slots, LOW_FAR_SLOTS)
  const nearEnd = Math.min(slots, nearFirst + near)
  return { owners, taken, tenants, ledgers, magazines, nearFirst, nearEnd, byteLength: end }
}

/** Bytes that the columns of a space without near arenas take. */
export const columnBytes = (size: SpaceSize): number => planSpace(size, 0).byteLength

export type SpacePlan = ReturnType<typeof planSpace>
