/** A seeded generator. The seed is printed; `SEED=... npx vitest run` repeats a run with another. */
export class Random {
  readonly seed: number
  #state: number

  constructor(name: string, seed = Number(process.env.SEED ?? 20050323)) {
    this.seed = seed
    this.#state = seed | 0
    console.info(`${name}: SEED=${seed}`)
  }

  /** From 0 up to, not including, 1. (mulberry32) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** True once in `n`, on average. */
  oneIn(n: number): boolean {
    return this.below(n) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** From 0 to `max`, each doubling as likely as any other. */
  logUniform(max: number): number {
    return Math.floor(Math.exp(this.next() * Math.log(max + 2))) - 1
  }
}
