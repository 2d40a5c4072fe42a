/**
 * Hashes of entries that were evicted not long ago. A table with one place for each hash, so that new ones push out old ones; it grows
 * with the cache, in powers of two.
 */
const MAX = 1 << 24

export class Ghosts {
  private readonly ratio: number
  private readonly first: number
  private hashes: Int32Array

  /**
   * @param ratio - entries of a cache for each place, at most
   * @param first - places in the beginning, a power of two
   */
  constructor(ratio: number, first: number) {
    this.ratio = ratio
    this.first = first
    this.hashes = new Int32Array(first)
  }

  /** How many it can note. */
  get length(): number {
    return this.hashes.length
  }

  /** Notes an evicted entry of a cache that has so many. */
  add(hash: number, entries: number): void {
    if (entries > this.hashes.length * this.ratio && this.hashes.length < MAX) this.grow()
    this.hashes[hash & (this.hashes.length - 1)] = hash
  }

  /** Whether the hash is noted; it is not any more. */
  take(hash: number): boolean {
    const index = hash & (this.hashes.length - 1)
    if (this.hashes[index] !== hash) return false
    this.hashes[index] = 0
    return true
  }

  clear(): void {
    this.hashes = new Int32Array(this.first)
  }

  private grow(): void {
    const larger = new Int32Array(this.hashes.length * 2)
    for (const hash of this.hashes) larger[hash & (larger.length - 1)] = hash
    this.hashes = larger
  }
}
