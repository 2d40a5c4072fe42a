/** Seeded random numbers for workloads: the same on every machine. */

/** Gives whole numbers from 0 up to, not including, `limit` (at most 2^32). */
export type Random = (limit: number) => number

/** xorshift128 (Marsaglia), its state spread from a seed by a multiplicative hash. */
export function generator(seed: number): Random {
  let x = Math.imul(seed + 1, 0x9e3779b1) | 1
  let y = Math.imul(x, 0x85ebca6b) ^ 0x243f6a88
  let z = Math.imul(y, 0xc2b2ae35) ^ 0x13198a2e
  let w = Math.imul(z, 0x27d4eb2f) ^ 0x03707344
  return (limit) => {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
    return Math.floor(((w >>> 0) / 2 ** 32) * limit)
  }
}

/** Fisher and Yates, in place. */
export function shuffle(list: Uint32Array | Int32Array | number[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const other = random(i + 1)
    const kept = list[i]!
    list[i] = list[other]!
    list[other] = kept
  }
}

/** Numbers from 0 up to, not including, 1: a linear congruential generator with the constants of Numerical Recipes. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
