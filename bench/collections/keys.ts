/** Keys of the benches: distinct, in random order, and texts made anew for each look-up, as a server's are. */

/** Texts of a batch: few enough for the caches of the processor, enough for its clock. */
export const BATCH = 2048
const TEXT_BYTES = 20

/** Distinct 32-bit keys, in no order. */
export const keyOf = (index: number): number => Math.imul(index + 1, 0x9e3779b1) ^ 0x5bd1e995

/** The whole numbers below `count` in random order, the same for each seed. */
export function shuffled(count: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index)
  let state = seed | 0
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const other = Math.floor(((state >>> 0) / 2 ** 32) * (i + 1))
    const kept = order[i] as number
    order[i] = order[other] as number
    order[other] = kept
  }
  return order
}

const letters = Buffer.alloc(BATCH * TEXT_BYTES)

/** Makes texts of 20 characters for so many indices of the order, from one on: new strings each time. */
export function makeTexts(order: Int32Array, from: number, count: number, into: string[], salt = 0): void {
  for (let i = 0; i < count; i++) {
    let bits = keyOf((order[from + i] as number) + salt)
    const at = i * TEXT_BYTES
    for (let c = 0; c < TEXT_BYTES; c++) {
      letters[at + c] = 97 + (bits & 15)
      bits = c % 8 === 7 ? Math.imul(bits, 0x85ebca6b) ^ 0x27d4eb2f : (bits >>> 4) | (bits << 28)
    }
  }
  for (let i = 0; i < count; i++) into[i] = letters.toString('latin1', i * TEXT_BYTES, (i + 1) * TEXT_BYTES)
}
