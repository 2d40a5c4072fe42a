/**
 * Hashes of 32 bits. Their upper bits choose a segment, their lower ones a slot in it (directory.ts). Seeds are drawn when the library is
 * loaded, so that keys made to collide in one process do not in another. It is no SipHash: whoever can time many look-ups of keys of
 * his choice may still find some.
 */

const drawn = globalThis.crypto.getRandomValues(new Int32Array(4)) as Int32Array

/** What hashing starts from, and two odd factors. A copy of each stands in the files whose loops use them. */
export const SEEDS = {
  first: drawn[0] as number,
  second: drawn[1] as number,
  /** Odd, with bits set at both ends. */
  factor: ((drawn[2] as number) & 0x3fff_ffff) | 0x4000_0001,
  another: ((drawn[3] as number) & 0x3fff_ffff) | 0x4000_0001,
} as const

const { first, second } = SEEDS

/** Hash of one word. No two words have the same. */
export function hashWord(word: number): number {
  let hash = Math.imul(word ^ first, 0x9e3779b1)
  hash ^= hash >>> 15
  hash = Math.imul(hash ^ second, 0x85ebca6b)
  return hash ^ (hash >>> 14)
}

function firstWhose(isNegative: boolean): number {
  let word = 0
  while (hashWord(word) < 0 !== isNegative) word++
  return word
}

/**
 * What stands in a free slot for a word key: a word that belongs into the other half of the table. `FREE_UPPER` in segments whose
 * hashes are negative, `FREE_LOWER` in the others.
 */
export const FREE_UPPER = firstWhose(false)
export const FREE_LOWER = firstWhose(true)
/** `FREE_LOWER ^ ((hash >> 31) & FREE_FLIP)` is what stands in a free slot: without a branch, as the sign of a hash is a coin toss. */
export const FREE_FLIP = FREE_LOWER ^ FREE_UPPER
