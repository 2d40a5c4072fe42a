/** Numbers of segments (directory.ts), and the sizes they have. */

/** Words of a segment before its slots, and what each holds. */
export const HEADER_WORDS = 4
export const OWNER = 0
export const COUNT = 1
export const PREFIX = 2
export const SHAPE = 3
/** Lower bits of a hash that choose the slot. */
export const SLOT_BITS = 14
/** A segment is full at 13/16 of its slots. */
export const limitOf = (slots: number): number => (slots * 13) >>> 4
/** Up to this many slots a segment holds before it splits: 16 KiB of two-word slots. */
const SLOTS_MAX = 2046

/** Bytes of segments, smallest first, for slots of so many words. */
export function segmentSizes(slotWords: number): readonly number[] {
  const most = 4 * (HEADER_WORDS + 1 + Math.max(16, Math.min(SLOTS_MAX, Math.floor(8000 / slotWords))) * slotWords)
  const sizes: number[] = []
  let byteLength = 4 * HEADER_WORDS + Math.max(96, 32 * slotWords)
  for (; byteLength < most; byteLength *= 2) sizes.push(byteLength)
  return [...sizes, most]
}
