import { describe, expect, it } from 'vitest'
import { f64, Heap, i32 } from '../../lib'
import { bytes, Cache } from '../../lib/collections'
import { packedKeyOf } from '../../lib/collections/dict'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

const { pack } = packedKeyOf(i32)

/** Hashes at places, as plain as can be. */
class NaiveGhosts {
  private readonly ratio: number
  private readonly noted = new Map<number, number>()
  length: number
  constructor(ratio: number, length: number) {
    this.ratio = ratio
    this.length = length
  }
  add(hash: number, entries: number): void {
    if (entries > this.length * this.ratio) {
      while (entries > this.length * this.ratio) this.length = Math.ceil(this.length * 1.25)
      const all = [...this.noted].sort(([one], [other]) => one - other)
      this.noted.clear()
      for (const [, one] of all) this.noted.set(this.place(one), one)
    }
    this.noted.set(this.place(hash), hash)
  }
  take(hash: number): boolean {
    return this.noted.get(this.place(hash)) === hash && this.noted.delete(this.place(hash))
  }
  private place(hash: number): number {
    return (hash >>> 0) % this.length
  }
}

/** A cache of entries of one size that does what S3-FIFO says, with arrays: oldest first. */
class NaiveS3Fifo {
  readonly values = new Map<number, number>()
  private readonly uses = new Map<number, number>()
  private readonly small: number[] = []
  private readonly main: number[] = []
  private readonly ghosts = new NaiveGhosts(1.5, 1024)
  private readonly latestOfSmall = new NaiveGhosts(64, 64)
  private readonly latestOfMain = new NaiveGhosts(64, 64)
  private readonly max: number
  share = 0.1
  constructor(max: number) {
    this.max = max
  }
  get(key: number): number | undefined {
    const uses = this.uses.get(key)
    if (uses !== undefined) this.uses.set(key, Math.min(7, uses + 1))
    return this.values.get(key)
  }
  set(key: number, value: number): void {
    if (this.values.has(key)) this.get(key)
    else this.add(key)
    this.values.set(key, value)
    while (this.values.size > this.max) this.evict()
  }
  delete(key: number): boolean {
    for (const queue of [this.small, this.main]) if (queue.includes(key)) queue.splice(queue.indexOf(key), 1)
    this.uses.delete(key)
    return this.values.delete(key)
  }
  private add(key: number): void {
    const hash = pack(key)
    if (this.latestOfSmall.take(hash)) this.share = Math.min(0.9, this.share + 2 / this.latestOfSmall.length)
    else if (this.latestOfMain.take(hash)) this.share = Math.max(0.01, this.share - 2 / this.latestOfMain.length)
    ;(this.ghosts.take(hash) ? this.main : this.small).push(key)
    this.uses.set(key, 0)
  }
  private evict(): void {
    for (;;) {
      const isSmall = this.main.length === 0 || (this.small.length > 1 && this.small.length > this.max * this.share)
      const key = (isSmall ? this.small : this.main).shift() as number
      const uses = this.uses.get(key) as number
      if (uses > 0) {
        this.uses.set(key, isSmall ? 0 : uses - 1)
        this.main.push(key)
        continue
      }
      const count = this.values.size
      this.ghosts.add(pack(key), count)
      ;(isSmall ? this.latestOfSmall : this.latestOfMain).add(pack(key), count)
      this.delete(key)
      return
    }
  }
}

/** Share of requests that a cache has, where what is not there is put; the first tenth is not counted. */
function hitsOf(cache: Cache<number, number>, requests: readonly number[]): number {
  let hits = 0
  for (const [i, key] of requests.entries()) {
    if (cache.get(key) === undefined) cache.set(key, key)
    else if (i >= requests.length / 10) hits++
  }
  return hits / (requests.length * 0.9)
}

describe('S3-FIFO', () => {
  it('holds what a naive one holds, whatever the share of its small queue', () => {
    for (const heap of [new Heap(), testHeap({ isFar: true }).heap]) {
      const random = new Random('s3-fifo')
      const cache = new Cache(heap, { key: i32, value: f64, maxEntries: 200 })
      const naive = new NaiveS3Fifo(200)
      const shares: number[] = []
      for (let step = 0; step < 30_000; step++) {
        // By turns: keys of lasting demand, keys asked for again soon and then never.
        const isLasting = (step / 3000) & 1
        const key = isLasting ? random.logUniform(3000) : 10_000 + step - random.below(250)
        const draw = random.below(20)
        if (draw < 10) expect(cache.get(key)).toBe(naive.get(key))
        else if (draw < 19) {
          cache.set(key, step)
          naive.set(key, step)
        } else expect(cache.delete(key)).toBe(naive.delete(key))
        if (step % 3000 === 2999) {
          expect(new Map(cache)).toEqual(naive.values)
          shares.push(naive.share)
        }
      }
      // By how much depends on the process: ghosts are found by hashes, which are seeded.
      expect(Math.max(...shares)).toBeGreaterThan(Math.min(...shares))
      heap.close()
    }
  })

  it('keeps what was put last, however few entries it may hold', () => {
    using heap = new Heap()
    for (const maxEntries of [1, 2, 3, 5, 9]) {
      const cache = new Cache(heap, { key: i32, value: f64, maxEntries })
      for (let key = 0; key < 100; key++) {
        cache.set(key, key)
        expect([cache.get(key), cache.size]).toEqual([key, Math.min(key + 1, maxEntries)])
      }
    }
    const cache = new Cache(heap, { key: i32, value: bytes, maxBytes: 20_000 })
    for (let key = 0; key < 100; key++) {
      cache.set(key, new Uint8Array(key % 10 === 9 ? 15_000 : 100).fill(key))
      expect(cache.get(key)?.[0]).toBe(key)
    }
  })

  it('gives the small queue room where keys come back soon and then no more: hits as LRU', () => {
    using heap = new Heap()
    const random = new Random('soon')
    // Each key is asked for while it is one of the 800 latest.
    const requests = Array.from({ length: 40_000 }, (_, i) => (i & 1 ? i >> 1 : (i >> 1) - random.below(800)))
    const [s3, lru] = (['s3-fifo', 'lru'] as const).map((policy) =>
      hitsOf(new Cache(heap, { key: i32, value: f64, maxEntries: 1000, policy }), requests),
    ) as [number, number]
    expect(lru).toBeGreaterThan(0.45)
    expect(s3).toBeGreaterThan(lru - 0.03)
  })

  it('takes room from the small queue where demand lasts: hits more than LRU', () => {
    using heap = new Heap()
    const random = new Random('lasting')
    const requests = Array.from({ length: 60_000 }, () => Math.floor(20_000 * random.next() ** 4))
    const [s3, lru] = (['s3-fifo', 'lru'] as const).map((policy) =>
      hitsOf(new Cache(heap, { key: i32, value: f64, maxEntries: 1000, policy }), requests),
    ) as [number, number]
    expect(s3).toBeGreaterThan(lru + 0.04)
  })

  it('counts entries where those are what is short, although bytes have a bound too', () => {
    using heap = new Heap()
    const random = new Random('both bounds')
    const requests = Array.from({ length: 20_000 }, () => Math.floor(20_000 * random.next() ** 4))
    const [both, entries] = [{ maxBytes: 1e9 }, {}].map((bound) =>
      hitsOf(new Cache(heap, { key: i32, value: f64, maxEntries: 1000, ...bound }), requests),
    )
    expect(both).toBe(entries)
  })

  it('keeps more of the small entries than of the large ones, of which as many are asked for', () => {
    using heap = new Heap()
    const random = new Random('sizes')
    const cache = new Cache(heap, { key: i32, value: bytes, maxBytes: 300_000 })
    for (let i = 0; i < 40_000; i++) {
      const key = Math.floor(4000 * random.next() ** 3)
      if (cache.get(key) === undefined) cache.set(key, new Uint8Array(key & 1 ? 100 : 1000))
    }
    let small = 0
    for (const key of cache.keys()) small += key & 1
    expect(small).toBeGreaterThan(0.6 * cache.size)
  })
})
