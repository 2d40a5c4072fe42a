/** Numbers of segments (directory.ts), and the sizes they have. */

/** Words of a segment before its slots, and what each holds. */
export const HEADER_WORDS = 4
export const OWNER = 0
export const COUNT = 1
export const PREFIX = 2
export const SHAPE = 3
/** Bits of the shape that are the depth; those above are the number of the size. */
export const DEPTH_MASK = 0xff
/** Lower bits of a hash that choose the slot. */
export const SLOT_BITS = 14
/** Segments of more slots are longest ones, unless slots are wide. */
const LONG_SLOTS = 1400
/** A longest segment is full at three quarters of its slots, a shorter one, whose growth costs less, at 11/16. */
export const limitOf = (slots: number): number => (slots * (slots > LONG_SLOTS ? 12 : 11)) >>> 4
/**
 * A longest segment is sparse below 5/16, a shorter one below 3/16: it is merged with its buddy, where both fill no more than half, or gets
 * smaller, to at most two thirds. (5/16 for both: delete at 1e3 37 -> 55 ns.)
 */
export const isSparse = (count: number, slots: number): boolean => count < (slots * (slots > LONG_SLOTS ? 5 : 3)) >>> 4
/** Bytes of the longest segment for each word of a slot: some 1500 to 1700 slots. */
const BYTES_PER_WORD = 6144
/** Segments are no longer than that, except for slots so long that LEAST of them need it. */
const BYTES_MAX = 32768
const LEAST = 16

/** Bytes of segments, smallest first, for slots of so many words: doubling except at the end, and blocks of the heap to the last byte. */
export function segmentSizes(slotWords: number): readonly number[] {
  const least = 4 * (HEADER_WORDS + 1 + LEAST * slotWords)
  const most = Math.max(Math.min(quartersOf(slotWords * BYTES_PER_WORD), BYTES_MAX), 2 ** Math.ceil(Math.log2(least)))
  const sizes: number[] = []
  for (let byteLength = Math.max(128, 2 ** Math.ceil(Math.log2(least / 2))); byteLength < most; byteLength *= 2) {
    sizes.push(byteLength)
  }
  return [...sizes, most]
}

/** Rounded up to a power of two, or one and a quarter, a half, three quarters of it. */
function quartersOf(byteLength: number): number {
  const quarter = 2 ** Math.floor(Math.log2(byteLength)) / 4
  return Math.ceil(byteLength / quarter) * quarter
}
