/** What a cache is made with, and what it tells of itself. */
import { rangeError, show, typeError } from '../base/errors'

/** Bounds and behaviour of a cache: one bound at least. */
export interface CacheOptions<K, V> {
  /** Usable bytes that its blocks may take, table included. Default Infinity. */
  readonly maxBytes?: number
  /** Entries it may hold. Default Infinity. */
  readonly maxEntries?: number
  /** Milliseconds after which an entry is stale. Default Infinity. */
  readonly ttl?: number
  /** `'s3-fifo'`, the default, keeps what was asked for more than once; `'lru'` what was asked for last. */
  readonly policy?: 's3-fifo' | 'lru'
  /**
   * Told of each entry that was evicted or had expired, when it is out. It may read the cache, but not change it. What it throws comes out
   * of the call that evicted.
   */
  readonly onEvict?: (key: K, value: V, reason: 'evicted' | 'expired') => void
}

/** Counts since a cache was made, and what it holds now. */
export interface CacheStats {
  readonly hits: number
  readonly misses: number
  /** Entries that were evicted, and their usable bytes. */
  readonly evictions: number
  readonly evictedBytes: number
  /** Entries that were found stale and taken out. */
  readonly expired: number
  /** Values that were larger than `maxBytes`. */
  readonly rejected: number
  /** Entries held. */
  readonly entries: number
  /** Usable bytes of all blocks, table included. */
  readonly bytes: number
}

export const newStats = () => ({ hits: 0, misses: 0, evictions: 0, evictedBytes: 0, expired: 0, rejected: 0 })

/** Refuses options that cannot be; returns the bounds. */
export function checkBounds(options: CacheOptions<never, never>): {
  maxBytes: number
  maxEntries: number
  ttl: number
} {
  const maxBytes = checked('maxBytes', options.maxBytes)
  const maxEntries = checked('maxEntries', options.maxEntries)
  if (maxBytes === Infinity && maxEntries === Infinity)
    throw typeError('ebb: a Cache needs a bound: maxBytes, or maxEntries, or both')
  const { policy, onEvict } = options
  if (policy !== undefined && policy !== 's3-fifo' && policy !== 'lru')
    throw typeError(`ebb: policy must be 's3-fifo' or 'lru', got ${show(policy)}`)
  if (onEvict !== undefined && typeof onEvict !== 'function')
    throw typeError(`ebb: onEvict must be a function, got ${show(onEvict)} (${typeof onEvict})`)
  return { maxBytes, maxEntries, ttl: checked('ttl', options.ttl) }
}

function checked(name: string, value: number = Infinity): number {
  if (typeof value !== 'number')
    throw typeError(`ebb: option ${name} must be a number, got ${show(value)} (${typeof value})`)
  if (!(value >= 0)) throw rangeError(`ebb: option ${name} must be from 0 to Infinity, got ${show(value)}`)
  return value
}
