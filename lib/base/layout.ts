/**
 * Every number of the heap, each derived from the one above it, and the encoding of pointers.
 *
 *     arena (256 KiB of OS pages; of a near one the ledger lies elsewhere, in the space, and pool 0 is empty)
 *     +----------+----------+----------+----     ----+----------+
 *     | pool 0   | pool 1   | pool 2   |     ...     | pool 63  |
 *     | ledger   | 256 x 16 | 8 x 512  |             | free     |
 *     +----------+----------+----------+----     ----+----------+
 *
 *     pointer (31 bits)   | slot: 17 | pool: 6 | granule in pool: 8 |
 *
 * A pointer is a small integer, so it costs no JavaScript object, and everything about it (its slot in
 * the arena table, its pool, its bit in the free map) is a shift away: nothing is searched.
 *
 * Source of the arena/pool/block geometry: Evan Jones, "Improving Python's Memory Allocator" (2005).
 */

/** Number of an arena or a large block (slots.ts); slot 0 is the null slot. */
export type Slot = number & { readonly __slot: unique symbol }
/** Index of a pool in its arena, 0..63; pool 0 is the ledger. */
export type PoolIndex = number & { readonly __poolIndex: unique symbol }
/** Index of a block size; see size-classes.ts. */
export type SizeClass = number & { readonly __sizeClass: unique symbol }
/**
 * What `alloc` returns: `slot << 14 | granule`, a 31-bit integer. 0 is the null pointer. It is meaningful only to
 * the heap that made it, and only until it is freed.
 */
export type Pointer = number & { readonly __pointer: unique symbol }

/** log2 of the granule: block sizes and block positions are multiples of 16 bytes. */
export const GRANULE_SHIFT = 4
export const GRANULE_BYTES = 1 << GRANULE_SHIFT
/** log2 of the pool: one OS page where those have 4 KiB. */
export const POOL_BYTES_SHIFT = 12
export const POOL_BYTES = 1 << POOL_BYTES_SHIFT
export const POOLS_PER_ARENA = 64
export const ARENA_BYTES = POOLS_PER_ARENA * POOL_BYTES
/** Pools an arena can hand out: all but the ledger. */
export const FREE_POOLS_MAX = POOLS_PER_ARENA - 1

/** Shift from a pointer to its pool (pool index in the low six bits of the result). */
export const POOL_SHIFT = POOL_BYTES_SHIFT - GRANULE_SHIFT
export const GRANULES_PER_POOL = 1 << POOL_SHIFT
/** Shift from a pointer to its slot. */
export const SLOT_SHIFT = POOL_SHIFT + Math.log2(POOLS_PER_ARENA)
export const GRANULES_PER_ARENA = 1 << SLOT_SHIFT
/** Mask of a pointer's granule within its arena. */
export const GRANULE_MASK = GRANULES_PER_ARENA - 1
/** Slots a heap can have: pointers stay below 2^31, the range of a small integer. */
export const SLOTS_MAX = 1 << (31 - SLOT_SHIFT)

/** A pool's record in the ledger: sixteen 32-bit words, one cache line. */
export const RECORD_BYTES = POOL_BYTES / POOLS_PER_ARENA
export const RECORD_WORDS = RECORD_BYTES / 4
export const RECORD_WORDS_SHIFT = Math.log2(RECORD_WORDS)
/** Words of a pool's free map: one bit per granule. */
export const MAP_WORDS = GRANULES_PER_POOL / 32

/** Largest request served from a pool of equal blocks in steps of one granule. */
export const SMALL_MAX_BYTES = 512
/** Largest request that shares a run with others of its class. */
export const MEDIUM_MAX_BYTES = 32 * 1024
/** No more than this share of a run may be left over behind its last block. */
export const RUN_LOSS_MAX = 1 / 8

const relations: readonly (readonly [boolean, string])[] = [
  [POOLS_PER_ARENA * RECORD_BYTES === POOL_BYTES, 'the ledger is exactly one pool'],
  [SLOT_SHIFT === 14, 'a pointer has 14 granule bits'],
  [SLOTS_MAX * GRANULES_PER_ARENA === 2 ** 31, 'pointers fill 31 bits'],
  [SMALL_MAX_BYTES % GRANULE_BYTES === 0, 'small sizes are whole granules'],
]
for (const [holds, what] of relations) {
  if (!holds) throw new Error(`ebb: layout.ts contradicts itself: ${what}`)
}

export const slotOf = (pointer: Pointer): Slot => (pointer >>> SLOT_SHIFT) as Slot
export const poolOf = (pointer: Pointer): PoolIndex => ((pointer >>> POOL_SHIFT) & (POOLS_PER_ARENA - 1)) as PoolIndex
/** Granule within the pool, 0..255. */
export const granuleOf = (pointer: Pointer): number => pointer & (GRANULES_PER_POOL - 1)
/** The pointer at a granule (0..255) of a pool. */
export const pointerTo = (slot: Slot, pool: PoolIndex, granule: number): Pointer =>
  ((slot << SLOT_SHIFT) | (pool << POOL_SHIFT) | granule) as Pointer
/** Offset of a pointer in its arena, bytes. */
export const arenaOffset = (pointer: Pointer): number => (pointer & GRANULE_MASK) << GRANULE_SHIFT
/** First word of a pool's record in its ledger. */
export const recordOf = (pool: PoolIndex): number => pool << RECORD_WORDS_SHIFT

/** First word of the record of the pool that a pointer points into. */
export const recordAt = (pointer: Pointer): number => recordOf(poolOf(pointer))
/** Granule 0 of the pool that a pointer points into. */
export const poolStart = (pointer: Pointer): Pointer => (pointer & -GRANULES_PER_POOL) as Pointer
/** Granule 0 of the pool `distance` pools before a run. */
export const runBefore = (run: Pointer, distance: number): Pointer => (run - distance * GRANULES_PER_POOL) as Pointer

/** Where a large block points: the first granule behind a ledger, so that byte offsets count alike in arenas and large blocks. */
export const LARGE_GRANULE = GRANULES_PER_POOL
export const largePointer = (slot: Slot): Pointer => ((slot << SLOT_SHIFT) | LARGE_GRANULE) as Pointer
/** Near slots that a large block of so many bytes takes: it begins behind an empty pool, as the first block of an arena does. */
export const slotsFor = (byteLength: number): number => Math.ceil((POOL_BYTES + byteLength) / ARENA_BYTES)
