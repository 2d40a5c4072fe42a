/**
 * Which entries a cache evicts.
 *
 * S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023): a new entry goes into a small
 * queue; one that was asked for again before it leaves goes on into the main queue, and so does one that comes back soon after it was
 * evicted (ghosts.ts). A hit counts a use and touches no other entry. LRU moves each hit to the front of one queue.
 *
 * How large the small queue should be is learnt, as in Megiddo and Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003:
 * a key that comes back right after the small queue has evicted it would have been a hit if that were a little longer, and one that
 * the main queue has evicted, if the small one were shorter. Where few keys stay in demand long, it gets nearly all of the cache.
 *
 * Where bytes are what is short, entries with few of them are worth more, because more get hits in the same room. One that goes more than
 * LIGHT times into the average enters the small queue with a use, so that it goes on into the main one; and that one an entry enters with
 * as many uses as it goes into USE_WORTH averages. What these and the other numbers do on six sequences stands in docs/collections.md.
 */
import type { Pointer } from '../base/layout'
import { partsOf } from '../heap/numbers'
import type { CacheOptions } from './cache-options'
import { checkBounds, newStats } from './cache-options'
import { type CacheTable, type Queue, USES_MAX } from './cache-table'
import { Ghosts } from './ghosts'
import { Slices } from './slices'

/** Share of the small queue in the beginning, and what it may be. */
const SHARE = 0.1
const SHARE_MIN = 0.01
const SHARE_MAX = 0.9
/** Entries of the cache for each evicted one that is remembered: half as many more. A key that comes back later than that is not worth it. */
const ENTRIES_A_GHOST = 1.5
const GHOSTS_MIN = 1024
/** Entries of the cache for each that a queue has evicted last: "a little longer". */
const ENTRIES_A_LATEST = 64
const LATEST_MIN = 64
/** By how much the share changes for one of those: of its inverse. */
const LEARN = 2
/** An entry that goes more often than that into the average has a use from the start. */
const LIGHT = 2.2
/** Averages for each use that an entry enters the main queue with. */
const USE_WORTH = 1.1
/** Entries that are looked at for one to evict: those behind them are evicted although they were used. */
const LOOKS_MAX = 1000
/** Entries at the end of a queue that each `set` looks at for stale ones. */
const SWEEP = 2
/** Entries that are evicted between two looks at the clock. */
const EVICTED_AT_ONCE = 8

export class Eviction<K, V> {
  readonly counts = newStats()
  readonly isLru: boolean
  maxBytes = Infinity
  maxEntries = Infinity
  /** Whether `onEvict` is running. */
  isTelling = false
  private readonly table: CacheTable<K, V>
  private readonly ghosts = new Ghosts(ENTRIES_A_GHOST, GHOSTS_MIN)
  private readonly latestOfSmall = new Ghosts(ENTRIES_A_LATEST, LATEST_MIN)
  private readonly latestOfMain = new Ghosts(ENTRIES_A_LATEST, LATEST_MIN)
  private smallShare = SHARE
  private readonly slices: Slices
  /** Of no types, so that a cache of some kinds is a cache: a class that extends one has to be. */
  private readonly onEvict: CacheOptions<never, never>['onEvict']

  constructor(table: CacheTable<K, V>, options: CacheOptions<K, V>) {
    this.table = table
    this.isLru = options.policy === 'lru'
    this.onEvict = options.onEvict
    this.bound(options)
    this.slices = new Slices(partsOf(table.heap).clock, () => this.evictSome())
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
    if (this.isLru) table.enter(table.main, entry, 0)
    else {
      this.learn(hash)
      if (this.ghosts.take(hash)) table.enter(table.main, entry, this.credit(entry))
      else table.enter(table.small, entry, this.lightness(entry) > LIGHT ? 1 : 0)
    }
  }

  /** Makes the small queue's share larger where it has just evicted this one, smaller where the main queue has. */
  private learn(hash: number): void {
    const { latestOfSmall, latestOfMain } = this
    if (latestOfSmall.take(hash)) this.smallShare = Math.min(SHARE_MAX, this.smallShare + LEARN / latestOfSmall.length)
    else if (latestOfMain.take(hash))
      this.smallShare = Math.max(SHARE_MIN, this.smallShare - LEARN / latestOfMain.length)
  }

  /** Whether bytes are nearer to their bound than entries are to theirs. */
  private get isBoundByBytes(): boolean {
    return this.table.bytes * this.maxEntries > this.table.count * this.maxBytes
  }

  /** How often an entry goes into the average bytes; 0 where bytes do not count. */
  private lightness(entry: Pointer): number {
    const { small, main } = this.table
    if (!this.isBoundByBytes) return 0
    return (small.bytes + main.bytes) / (this.table.usable(entry) * (small.count + main.count)) || 0
  }

  /** Uses that an entry enters the main queue with. */
  private credit(entry: Pointer): number {
    return Math.min(USES_MAX, Math.floor(USE_WORTH * this.lightness(entry)))
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
    this.slices.cancel()
    this.table.small.clear()
    this.table.main.clear()
    this.table.next = 0
    this.ghosts.clear()
    this.latestOfSmall.clear()
    this.latestOfMain.clear()
    this.smallShare = SHARE
  }

  /** Evicts what is above the bounds, in slices where that is much. */
  shrink(): void {
    this.slices.run()
  }

  /** Evicts until both bounds hold, or as much as before is left where that was above them: the rest goes in slices. */
  settle(bytes: number, entries: number): void {
    this.evictTo(Math.max(this.maxBytes, bytes), Math.max(this.maxEntries, entries))
    if (this.isAbove) this.slices.wake()
  }

  private evictSome(): boolean {
    if (this.table.isClosed) return false
    for (let count = 0; count < EVICTED_AT_ONCE; count++) if (!this.isAbove || !this.evictOne()) return false
    return true
  }

  /** Evicts until there is no more than so much. */
  evictTo(maxBytes: number, maxEntries: number): void {
    const { table } = this
    while ((table.bytes > maxBytes || table.count > maxEntries) && this.evictOne());
  }

  /** Evicts one entry. False where there is none. */
  evictOne(): boolean {
    const { table } = this
    for (let looks = 0; ; looks++) {
      const isSmall = table.main.count === 0 || this.isAboveShare(table.small)
      const entry = isSmall ? table.small.oldest : table.main.oldest
      if (entry === 0) return false
      const uses = looks < LOOKS_MAX ? table.uses(entry) : 0
      if (this.isLru || uses === 0) {
        if (!this.isLru) this.note(table.hash(entry), isSmall)
        this.drop(entry)
        return true
      }
      table.reenter(table.main, entry, isSmall ? this.credit(entry) : uses - 1)
    }
  }

  private note(hash: number, isSmall: boolean): void {
    const { count } = this.table
    this.ghosts.add(hash, count)
    const latest = isSmall ? this.latestOfSmall : this.latestOfMain
    latest.add(hash, count)
  }

  /** Whether the small queue is too long. The newest entry alone never is: it was put there by the call that evicts. */
  private isAboveShare(small: Queue): boolean {
    if (small.count <= 1) return false
    return this.isBoundByBytes
      ? small.bytes > this.maxBytes * this.smallShare
      : small.count > this.maxEntries * this.smallShare
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
      onEvict(key as never, value as never, reason)
    } finally {
      this.isTelling = false
      if (table.isClosed) this.forget() // onEvict has closed the heap: who goes along a queue is at its end
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
