/** Caches off the heap of JavaScript, bounded by bytes as the heap counts them; eviction.ts has the policies. */
import { HeapError, mustBeFunction, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import { uncloneable } from '../base/uncloneable'
import type { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'
import { checkNumber, readOptions } from '../heap/read-options'
import { type CacheOptions, type CacheStats, checkBounds } from './cache-options'
import { CacheTable } from './cache-table'
import type { Codec } from './codec'
import { codecOf } from './codecs'
import { packedKeyOf } from './dict'
import { Eviction } from './eviction'
import { entriesLine } from './inspect'
import type { PackedKey } from './keys'
import { type KeyKind, mustBeHeap, mustBeKeyKind, mustBeValueKind, type ValueKind, type ValueOf } from './kinds'
import { isRefusal } from './pending'
import type { TableIterator } from './table-iterator'
import { Walk } from './walk'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const STAYS = uncloneable('a Cache', 'send new Map(cache)')
const BOUNDS = ['maxBytes', 'maxEntries'] as const
const OPTIONS = ['key', 'value', ...BOUNDS, 'ttl', 'policy', 'onEvict'] as const

/** A cache of some kinds: bounded, and what it evicts gives its memory back. Keys are compared as a Map does, bytes by their contents. */
export class BaseCache<K, V> {
  /** @internal */
  readonly uncloneable: symbol = STAYS
  readonly #table: CacheTable<K, V>
  readonly #eviction: Eviction<K, V>
  readonly #ttl: number
  readonly #now: () => number

  /** @internal */
  constructor(heap: Heap, options: CacheOptions<K, V> & { readonly key: KeyKind; readonly value: ValueKind }) {
    mustBeHeap(heap, 'a Cache')
    if (typeof options !== 'object' || options === null)
      throw typeError(
        `ebb: a Cache needs options, such as { key: str, value: bytes, maxBytes: 64e6 }, got ${show(options)}`,
      )
    const { key, value, ...rest } = readOptions(options, OPTIONS, 'an option of a Cache')
    mustBeKeyKind(key, 'key')
    mustBeValueKind(value, 'value')
    const bounds = rest as CacheOptions<K, V>
    const { ttl } = checkBounds(bounds)
    this.#ttl = ttl
    this.#now = () => partsOf(heap).clock.now()
    const keys = packedKeyOf(key) as PackedKey<K>
    this.#table = new CacheTable<K, V>(heap, keys, codecOf(value) as Codec<V>, ttl !== Infinity)
    this.#eviction = new Eviction(this.#table, bounds)
  }

  /** The heap that holds it. */
  get heap(): Heap {
    return this.#table.heap
  }

  /** Entries held, stale ones included; 0 after close. */
  get size(): number {
    return this.#table.size
  }

  /** Usable bytes of all of its blocks: what `maxBytes` bounds. */
  get byteLength(): number {
    return this.#table.byteLength
  }

  /**
   * The value of a key, which counts as a use; undefined where it is not there, or stale.
   * @throws TypeError, RangeError for what is no key of the kind; HeapError `EBB_CLOSED`
   */
  get(key: K): V | undefined {
    const entry = this.#used(key)
    return entry === 0 ? undefined : this.#table.value(entry)
  }

  /** Copies the bytes of a key's value; returns how many, or -1. Otherwise as {@link get}. @throws RangeError where they do not fit */
  getInto(key: K, target: Uint8Array): number {
    const entry = this.#used(key)
    return entry === 0 ? -1 : this.#table.copyInto(entry, target)
  }

  /** The value of a key, without a use and not counted as a hit or a miss. */
  peek(key: K): V | undefined {
    const entry = this.#fresh(key)
    return entry === 0 ? undefined : this.#table.value(entry)
  }

  /** Whether a key is there and not stale, without a use. */
  has(key: K): boolean {
    return this.#fresh(key) !== 0
  }

  /**
   * Puts a value for a key, and evicts others where a bound is passed. A value that does not fit into `maxBytes` is not stored; what the
   * key had before goes, and `stats().rejected` counts it.
   * @throws TypeError, RangeError for what is not of the kinds; HeapError `EBB_CLOSED`; `EBB_BUSY` inside of `onEvict`; `EBB_LIMIT`,
   *   `EBB_OUT_OF_MEMORY` where the heap refuses a block although nothing is left to be evicted
   */
  set(key: K, value: V): this {
    this.#mayChange('set')
    const table = this.#table
    const { bytes, count } = table
    const entry = this.#store(key, value)
    if (entry === 0) return this
    table.setExpiry(entry, this.#ttl === Infinity ? Infinity : this.#now() + this.#ttl)
    const eviction = this.#eviction
    if (this.#ttl !== Infinity) eviction.sweep(this.#now())
    if (eviction.isAbove) eviction.settle(bytes, count)
    return this
  }

  /** Takes a key out. Returns whether it was there, stale or not. */
  delete(key: K): boolean {
    this.#mayChange('delete')
    const entry = this.#table.lookUp(key)
    if (entry === 0) return false
    this.#table.remove(entry)
    return true
  }

  /** Takes all entries out, without a call of `onEvict`. */
  clear(): void {
    this.#mayChange('clear')
    this.#table.clear()
    this.#eviction.forget()
  }

  /** Takes stale entries out. Returns how many. */
  purgeStale(): number {
    this.#mayChange('purgeStale')
    const before = this.#eviction.counts.expired
    if (this.#ttl === Infinity) return 0
    const table = this.#table
    const now = this.#now()
    for (const queue of [table.small, table.main]) {
      for (let entry = queue.oldest; entry !== 0; entry = table.next) {
        table.next = table.newer(entry)
        if (table.expiry(entry) <= now) this.#eviction.expire(entry) // onEvict may compact the heap
      }
    }
    return this.#eviction.counts.expired - before
  }

  /**
   * Sets other bounds, and evicts what is above them: for 1.5 ms at once, and what is left in slices while the event loop turns. Until
   * then a `set` evicts as much as it adds.
   * @throws TypeError, RangeError for bounds that cannot be, TypeError for another option
   */
  resize(bounds: { readonly maxBytes?: number; readonly maxEntries?: number }): void {
    this.#mayChange('resize')
    const given = readOptions(bounds, BOUNDS, 'a bound of a Cache') as typeof bounds
    const eviction = this.#eviction
    const { maxBytes = eviction.maxBytes, maxEntries = eviction.maxEntries } = given
    eviction.bound({ maxBytes, maxEntries })
    eviction.shrink()
  }

  /**
   * Evicts until its blocks take no more than so many bytes, once: the bounds stay. For memory pressure, so all of it at once: a million
   * small entries take a quarter of a second.
   * @returns bytes less than before
   * @throws TypeError, RangeError for what is no number of bytes
   */
  shrinkTo(bytes: number): number {
    this.#mayChange('shrinkTo')
    const most = checkNumber('what shrinkTo is given', bytes, 'bytes')
    const before = this.byteLength
    this.#eviction.evictTo(most, Infinity)
    return before - this.byteLength
  }

  /** What happened since it was made. */
  stats(): CacheStats {
    return { ...this.#eviction.counts, entries: this.size, bytes: this.byteLength }
  }

  keys(): TableIterator<K> {
    this.#table.mustBeOpen('keys')
    return this.#table.keys()
  }

  values(): TableIterator<V> {
    return this.#table.values()
  }

  entries(): TableIterator<[K, V]> {
    return this.#table.entries()
  }

  /** All entries, stale ones included; none counts as used. */
  [Symbol.iterator](): TableIterator<[K, V]> {
    return this.#table.entries()
  }

  /** Calls `visit` for each entry. */
  forEach(visit: (value: V, key: K, cache: this) => void): void {
    this.#table.mustBeOpen('forEach')
    mustBeFunction(visit, 'forEach')
    const walk = new Walk(this.#table)
    while (walk.step()) {
      const key = this.#table.keyAt(walk)
      visit(this.#table.valueAt(walk), key, this)
    }
  }

  /** Gives everything back, in slices where that is much. */
  close(): void {
    if (!this.#table.isClosed) this.#mayChange('close')
    this.#table.close()
    this.#eviction.forget()
  }

  /** `using` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** One line for `console.log`, stale entries included. @internal */
  [INSPECT](): string {
    return entriesLine(
      'Cache',
      this.#table,
      () => this.entries(),
      ([key, value]) => `${show(key)} => ${show(value)}`,
    )
  }

  get [Symbol.toStringTag](): string {
    return 'Cache'
  }

  /** The entry of a key with a use counted, or 0. */
  #used(key: K): Pointer | 0 {
    const table = this.#table
    const entry = table.lookUp(key)
    if (entry === 0 || (this.#ttl !== Infinity && this.#isStale(entry))) {
      this.#eviction.counts.misses++
      return 0
    }
    this.#eviction.counts.hits++
    this.#eviction.use(entry)
    return entry
  }

  /** The entry of a key that is not stale, or 0. */
  #fresh(key: K): Pointer | 0 {
    const entry = this.#table.lookUp(key)
    return entry !== 0 && this.#ttl !== Infinity && this.#isStale(entry) ? 0 : entry
  }

  #isStale(entry: Pointer): boolean {
    return this.#table.expiry(entry) <= this.#now()
  }

  /** Puts a value; where the heap refuses, others are evicted until it does not. Returns 0 where it is larger than all bytes. */
  #store(key: K, value: V): Pointer | 0 {
    const table = this.#table
    for (;;) {
      // Anew each time, the key last: onEvict and getters of the value may pack other keys, or change the bytes or the object given.
      const words = table.prepare(value)
      const hash = table.pack(key)
      if (table.bytesFor(words) > this.#eviction.maxBytes) return this.#reject(hash)
      try {
        const old = table.lookUpHash(hash)
        if (old !== 0) return this.#replaced(table.replace(old, value, words))
        const entry = table.add(hash, value, words)
        this.#eviction.enter(entry, hash)
        return entry
      } catch (error) {
        if (!isRefusal(error) || !this.#eviction.evictOne()) throw error
      }
    }
  }

  #reject(hash: number): 0 {
    this.#eviction.counts.rejected++
    const old = this.#table.lookUpHash(hash)
    if (old !== 0) this.#eviction.drop(old)
    return 0
  }

  #replaced(entry: Pointer): Pointer {
    this.#eviction.use(entry)
    return entry
  }

  #mayChange(verb: string): void {
    this.#table.mustBeOpen(verb)
    if (this.#eviction.isTelling)
      throw new HeapError('EBB_BUSY', `ebb: ${verb} of a Cache inside of its own onEvict; do it after`)
  }
}

/** A cache off the heap of JavaScript. See {@link BaseCache}. */
export interface Cache<K, V> extends BaseCache<K, V> {}

/**
 * `new Cache(heap, { key: str, value: bytes, maxBytes: 64e6 })` is a `Cache<string, Uint8Array>`.
 * @throws TypeError, RangeError for options that cannot be; as `heap.alloc`
 */
export const Cache = BaseCache as unknown as {
  new <K extends KeyKind, V extends ValueKind>(
    heap: Heap,
    options: CacheOptions<ValueOf<K>, ValueOf<V>> & { readonly key: K; readonly value: V },
  ): Cache<ValueOf<K>, ValueOf<V>>
  readonly prototype: BaseCache<unknown, unknown>
}
