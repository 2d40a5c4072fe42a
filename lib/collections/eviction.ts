/**
 * Which entries a cache evicts.
 *
 * S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023): a new entry goes into a small queue,
 * a tenth of the cache; one that was asked for again before it leaves goes on into the main queue, and so does one that comes back soon after
 * it was evicted (ghosts.ts). A hit counts a use and touches no other entry. LRU moves each hit to the front of one queue.
 */
import type { Pointer } from '../base/layout'
import type { CacheOptions } from './cache-options'
import { checkBounds, newStats } from './cache-options'
import type { CacheTable, Queue } from './cache-table'
import { Ghosts } from './ghosts'

/** Share of the small queue. */
const SMALL_SHARE = 0.1
/** Entries that are looked at for one to evict: those behind them are evicted although they were used. */
const LOOKS_MAX = 1000
/** Entries at the end of a queue that each `set` looks at for stale ones. */
const SWEEP = 2

export class Eviction<K, V> {
  readonly counts = newStats()
  readonly isLru: boolean
  maxBytes = Infinity
  maxEntries = Infinity
  /** Whether `onEvict` is running. */
  isTelling = false
  private readonly table: CacheTable<K, V>
  private readonly ghosts = new Ghosts()
  private readonly onEvict: CacheOptions<K, V>['onEvict']

  constructor(table: CacheTable<K, V>, options: CacheOptions<K, V>) {
    this.table = table
    this.isLru = options.policy === 'lru'
    this.onEvict = options.onEvict
    this.bound(options)
  }

  /** Sets the bounds. @throws TypeError, RangeError for what cannot be one */
  bound(options: { readonly maxBytes?: number; readonly maxEntries?: number }): void {
    const { maxBytes, maxEntries } = checkBounds(options)
    this.maxBytes = maxBytes
    this.maxEntries = maxEntries
  }

  /** Puts a new entry into a queue. */
  enter(entry: Pointer, hash: number): void {
    const { table } = this
    table.enter(this.isLru || this.ghosts.take(hash) ? table.main : table.small, entry)
  }

  /** Counts a use of an entry. */
  use(entry: Pointer): void {
    if (this.isLru) this.table.renew(entry)
    else this.table.use(entry)
  }

  /** Whether a bound is passed. */
  get isAbove(): boolean {
    return this.table.bytes > this.maxBytes || this.table.count > this.maxEntries
  }

  /** The table has been emptied. */
  forget(): void {
    this.table.small.clear()
    this.table.main.clear()
    this.ghosts.clear()
  }

  /** Evicts until both bounds hold. */
  evictTo(maxBytes: number, maxEntries: number): void {
    const { table } = this
    while ((table.bytes > maxBytes || table.count > maxEntries) && this.evictOne());
  }

  /** Evicts one entry. False where there is none. */
  evictOne(): boolean {
    const { table } = this
    for (let looks = 0; ; looks++) {
      const isSmall = table.small.count > 0 && (table.main.count === 0 || this.isAboveShare(table.small))
      const queue = isSmall ? table.small : table.main
      const entry = queue.oldest
      if (entry === 0) return false
      const uses = looks < LOOKS_MAX ? table.uses(entry) : 0
      if (this.isLru || uses === 0) {
        if (isSmall) this.ghosts.add(table.hash(entry), table.count)
        this.drop(entry)
        return true
      }
      table.reenter(table.main, entry, isSmall ? 0 : uses - 1)
    }
  }

  private isAboveShare(queue: Queue): boolean {
    return this.maxBytes === Infinity
      ? queue.count > this.maxEntries * SMALL_SHARE
      : queue.bytes > this.maxBytes * SMALL_SHARE
  }

  /** Evicts an entry. */
  drop(entry: Pointer): void {
    this.counts.evictions++
    this.tell(entry, 'evicted')
  }

  /** Takes a stale entry out. */
  expire(entry: Pointer): void {
    this.counts.expired++
    this.tell(entry, 'expired')
  }

  /** Takes an entry out and tells of it. */
  private tell(entry: Pointer, reason: 'evicted' | 'expired'): void {
    const { table, onEvict } = this
    const isTold = onEvict !== undefined
    const key = isTold ? table.key(entry) : undefined
    const value = isTold ? table.value(entry) : undefined
    const usable = table.remove(entry)
    if (reason === 'evicted') this.counts.evictedBytes += usable
    if (!isTold) return
    this.isTelling = true
    try {
      onEvict(key as K, value as V, reason)
    } finally {
      this.isTelling = false
    }
  }

  /** Takes out what is stale at the ends of the queues. */
  sweep(now: number): void {
    for (const queue of [this.table.small, this.table.main]) {
      for (let looks = 0; looks < SWEEP && queue.oldest !== 0; looks++) {
        if (this.table.expiry(queue.oldest) > now) break
        this.expire(queue.oldest)
      }
    }
  }
}
