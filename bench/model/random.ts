/** A seeded generator that is fast and does not repeat itself in 1e9 operations. (Doty-Humphrey's sfc32) */
export class FastRandom {
  #a = 0x9e3779b9 | 0
  #b = 0x243f6a88
  #c = 1
  #d: number

  constructor(seed: number) {
    this.#d = seed | 0
    for (let i = 0; i < 16; i++) this.bits()
  }

  /** 32 random bits, as a signed number. */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum
  }

  /** A whole number from 0 up to, not including, `limit`, which is at most 2^31. */
  below(limit: number): number {
    return Math.floor(((this.bits() >>> 0) / 2 ** 32) * limit)
  }

  /** From 1 to `max`, each doubling as likely as any other. */
  logUniform(max: number): number {
    return Math.floor(2 ** (((this.bits() >>> 0) / 2 ** 32) * Math.log2(max + 1)))
  }
}
