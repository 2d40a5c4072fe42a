/**
 * Hashes of entries that were evicted not long ago: one that comes again was evicted too early. A table with one place for each hash, so
 * that new ones push out old ones; as long as the cache has entries, rounded up to a power of two.
 */
const FIRST = 1024
const MAX = 1 << 24

export class Ghosts {
  private hashes = new Int32Array(FIRST)

  /** Notes an evicted entry of a cache that has so many. */
  add(hash: number, entries: number): void {
    if (entries > this.hashes.length && entries <= MAX) this.grow()
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
    this.hashes = new Int32Array(FIRST)
  }

  private grow(): void {
    const larger = new Int32Array(this.hashes.length * 2)
    for (const hash of this.hashes) larger[hash & (larger.length - 1)] = hash
    this.hashes = larger
  }
}
