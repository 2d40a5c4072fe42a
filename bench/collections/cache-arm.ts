/** A cache in front of a store, in a process of its own: requests by Zipf's law, a value put on each miss. */
import { Heap } from 'ebb'
import { bytes, Cache, str } from 'ebb/collections'
import { LRUCache } from 'lru-cache'
import { residentBytes } from '../common/resident'
import { keyOf } from './keys'

const KEYS = 1_000_000
const BUDGET = 64e6
const EXPONENT = 0.9
const CHUNK = 1000

export interface CacheResult {
  /** CPU nanoseconds a request. */
  readonly ns: number
  /** Share of requests that hit, %: once the cache is full, and from an empty one on. */
  readonly hits: number
  readonly fromEmpty: number
  /** Bytes of resident memory more than with a cache of a 64th. */
  readonly resident: number
  /** The longest thousand requests, ms. */
  readonly longestMs: number
  [name: string]: number
}

/** Indices of keys by Zipf's law; `scans`: the share that is asked for once only. */
function requests(count: number, scans: number): Int32Array {
  const sums = new Float64Array(KEYS)
  let total = 0
  for (let i = 0; i < KEYS; i++) {
    total += (i + 1) ** -EXPONENT
    sums[i] = total
  }
  let state = 42
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const drawn = new Int32Array(count)
  let once = KEYS
  for (let i = 0; i < count; i++) {
    if (random() < scans) {
      drawn[i] = once++
      continue
    }
    const wanted = random() * total
    let low = 0
    let high = KEYS - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] as number) < wanted) low = middle + 1
      else high = middle
    }
    drawn[i] = low
  }
  return drawn
}

interface Subject {
  get(key: string): Uint8Array | undefined
  set(key: string, value: Uint8Array): unknown
}

/** Bytes of an entry as ebb's heap counts them: value, key, 24 bytes of its own, in blocks of 16 bytes or an eighth, and its slot. */
function sizeCalculation(value: Uint8Array, key: string): number {
  const byteLength = value.length + key.length + 24
  return (byteLength <= 512 ? Math.ceil(byteLength / 16) * 16 : Math.ceil(byteLength / 128) * 128) + 14
}

function make(arm: string, maxBytes: number): Subject {
  if (arm === 'lru-cache') return new LRUCache<string, Uint8Array>({ maxSize: maxBytes, sizeCalculation })
  const heap = new Heap()
  const policy = arm === 'ebb-lru' ? 'lru' : 's3-fifo'
  const cache = new Cache(heap, { key: str, value: bytes, maxBytes, policy })
  if (arm !== 'ebb-into') return cache
  // As a server does that writes each value to a socket: into one array, without garbage.
  const target = new Uint8Array(2048)
  return {
    get: (key) => (cache.getInto(key, target) < 0 ? undefined : target),
    set: (key, value) => cache.set(key, value),
  }
}

/** Asks for keys in order, and puts a value for each that is not there. Returns hits and the longest thousand requests. */
function ask(subject: Subject, drawn: Int32Array, store: Buffer): { hits: number; longestMs: number } {
  let hits = 0
  let longestMs = 0
  for (let from = 0; from < drawn.length; from += CHUNK) {
    const start = performance.now()
    const end = Math.min(drawn.length, from + CHUNK)
    for (let i = from; i < end; i++) {
      const index = drawn[i] as number
      const key = `user:${index}:profile`
      if (subject.get(key) !== undefined) hits++
      else subject.set(key, Buffer.from(store.subarray(0, 64 + (keyOf(index) & 1023))))
    }
    longestMs = Math.max(longestMs, performance.now() - start)
  }
  return { hits, longestMs }
}

/** Objects that outlive a collection, twice as many as V8 has room for among new ones. */
const SURVIVORS = 1e6

/**
 * Has V8 take all the memory for new objects that it may: it does where many of them survive. Values that a cache of JavaScript holds do,
 * those that a heap holds have no object; what an arm measures should not depend on that.
 */
function growYoungGeneration(): void {
  for (let turn = 0; turn < 4; turn++) Array.from({ length: SURVIVORS }, (_, index) => ({ index }))
  globalThis.gc?.()
}

/**
 * Before it all the same loop runs with a cache of a 64th, so that code is compiled and V8's memory for new objects has its full size.
 * A quarter of as many requests then fills the cache: hits and time are those of `count` more, `fromEmpty` has the hits of the first `count`.
 * @param arm - `lru-cache`, `ebb`, `ebb-into` (values are copied into one array), `ebb-lru`
 * @param scans - share of keys that are asked for once
 */
export function measureCache(arm: string, count: number, scans: number): CacheResult {
  const filling = count / 4
  const drawn = requests(count + filling, scans)
  const store = Buffer.alloc(2048, 'store ')
  growYoungGeneration()
  ask(make(arm, BUDGET / 64), drawn.subarray(0, filling), store)
  const before = residentBytes()
  const subject = make(arm, BUDGET)
  const first = ask(subject, drawn.subarray(0, filling), store)
  const cpu = process.cpuUsage()
  const middle = ask(subject, drawn.subarray(filling, count), store)
  const last = ask(subject, drawn.subarray(count), store)
  const { user, system } = process.cpuUsage(cpu)
  return {
    ns: ((user + system) * 1000) / count,
    hits: (100 * (middle.hits + last.hits)) / count,
    fromEmpty: (100 * (first.hits + middle.hits)) / count,
    resident: residentBytes() - before,
    longestMs: Math.max(first.longestMs, middle.longestMs, last.longestMs),
  }
}
