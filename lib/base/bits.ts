/** Bit tricks on 32-bit words and on 64-bit maps held as two of them. */

/** Index of the lowest set bit, 0..31; 32 for a word without one. */
export const lowestBit = (word: number): number => (word === 0 ? 32 : 31 - Math.clz32(word & -word))

/** Number of set bits. */
export function countBits(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Low word of a 64-bit map with bits first..first+length-1 set. */
export const rangeLow = (first: number, length: number): number => rangeIn(first, first + length)
/** High word of the same. */
export const rangeHigh = (first: number, length: number): number => rangeIn(first - 32, first + length - 32)

function rangeIn(from: number, to: number): number {
  const start = from < 0 ? 0 : from
  const end = to > 32 ? 32 : to
  if (start >= end) return 0
  // A shift by 32 is a shift by 0 in JavaScript, hence the two steps.
  return (-1 << start) & (-1 >>> (32 - end))
}

/** Index of the first bit at or after `from` that is set in the 64-bit map; 64 where there is none. */
export function nextSet(low: number, high: number, from: number): number {
  if (from < 32) {
    const rest = low & (-1 << from)
    if (rest !== 0) return lowestBit(rest)
    return high === 0 ? 64 : 32 + lowestBit(high)
  }
  if (from >= 64) return 64
  const rest = high & (-1 << (from - 32))
  return rest === 0 ? 64 : 32 + lowestBit(rest)
}

/** Index of the first bit at or after `from` that is clear in the 64-bit map; 64 where there is none. */
export const nextClear = (low: number, high: number, from: number): number => nextSet(~low, ~high, from)
