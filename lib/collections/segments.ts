/** Numbers of segments (directory.ts), and the sizes they have. */
import { GRANULE_BYTES } from '../base/layout'

/** Words of a segment before its slots, and what each holds. */
export const HEADER_WORDS = 4
export const OWNER = 0
export const COUNT = 1
export const PREFIX = 2
export const SHAPE = 3

/** The shape of a segment: its depth, the number of its size, and how many entries it has at least before it is made smaller. */
export const shapeOf = (depth: number, size: number, floor: number): number => depth | (size << 8) | (floor << 16)
export const depthIn = (shape: number): number => shape & 0xff
export const sizeIn = (shape: number): number => (shape >>> 8) & 0xff
export const floorIn = (shape: number): number => shape >>> 16

/** Lower bits of a hash that choose the slot. */
export const SLOT_BITS = 14
/** Segments of more slots are longest ones, unless slots are wide. */
const LONG_SLOTS = 1400
/** A longest segment is full at three quarters of its slots, a shorter one, whose growth costs less, at 11/16. */
export const limitOf = (slots: number): number => (slots * (slots > LONG_SLOTS ? 12 : 11)) >>> 4
/**
 * Entries below which a segment is sparse: it is merged with its buddy, where both fill no more than 9/16, or gets smaller, to at most two
 * thirds. One that has just grown is not: three eighths full where it split or grew twofold, 11/64 where it grew fourfold, as in a table of
 * two segments: those are loose, unless they come from a merge. (At 10/32 instead of 8/32 most are made smaller before they are merged, and
 * delete takes 1.16 to 1.2 of the time. At 8/32 for all, delete takes 1.15 at 1e3.)
 */
export const floorOf = (slots: number, isLoose: boolean): number => (slots * (isLoose ? 3 : 8)) >>> 5

/** Bytes of the longest segment for each word of a slot: some 1500 to 1700 slots. */
const BYTES_PER_WORD = 6144
/** Segments are no longer than that, except for slots so long that LEAST of them need it. */
const BYTES_MAX = 32768
const LEAST = 16
/** Slots of the smallest segment, at least. */
const FIRST = 4

/**
 * Bytes of segments, smallest first, for slots of so many words: halves of the longest, and blocks of the heap to the last byte.
 * A full one takes the size after the next while the table has only two, which halves the moves, and the next one later.
 */
export function segmentSizes(slotWords: number): readonly number[] {
  const most = Math.max(
    Math.min(quartersOf(slotWords * BYTES_PER_WORD), BYTES_MAX),
    2 ** Math.ceil(Math.log2(bytesFor(LEAST, slotWords))),
  )
  const sizes: number[] = []
  for (
    let byteLength = most;
    byteLength >= bytesFor(FIRST, slotWords) && byteLength % GRANULE_BYTES === 0;
    byteLength /= 2
  )
    sizes.unshift(byteLength)
  return sizes
}

const bytesFor = (slots: number, slotWords: number): number => 4 * (HEADER_WORDS + 1 + slots * slotWords)

/** Rounded up to a power of two, or one and a quarter, a half, three quarters of it. */
function quartersOf(byteLength: number): number {
  const quarter = 2 ** Math.floor(Math.log2(byteLength)) / 4
  return Math.ceil(byteLength / quarter) * quarter
}
