/**
 * Hashes of entries that were evicted not long ago. A table with one place for each hash, so that new ones push out old ones; it grows
 * with the cache, a quarter at a time: in a table of twice the length, keys that come back too seldom would be found.
 */
const MAX = 1 << 24
const GROWTH = 1.25

export class Ghosts {
  private readonly ratio: number
  private readonly first: number
  private hashes: Int32Array

  /**
   * @param ratio - entries of a cache for each place, at most
   * @param first - places in the beginning
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
    if (entries > this.hashes.length * this.ratio && this.hashes.length < MAX) this.grow(entries)
    this.put(hash)
  }

  /** Whether the hash is noted; it is not any more. */
  take(hash: number): boolean {
    const { hashes } = this
    const index = (hash >>> 0) % hashes.length
    if (hashes[index] !== hash) return false
    hashes[index] = 0
    return true
  }

  clear(): void {
    this.hashes = new Int32Array(this.first)
  }

  private put(hash: number): void {
    this.hashes[(hash >>> 0) % this.hashes.length] = hash
  }

  private grow(entries: number): void {
    const before = this.hashes
    let { length } = before
    while (entries > length * this.ratio && length < MAX) length = Math.ceil(length * GROWTH)
    this.hashes = new Int32Array(length)
    for (const hash of before) if (hash !== 0) this.put(hash)
  }
}
