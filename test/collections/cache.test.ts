import { describe, expect, expectTypeOf, it } from 'vitest'
import { f64, Heap, i32 } from '../../lib'
import type { HeapError } from '../../lib/base/errors'
import { bytes, Cache, str } from '../../lib/collections'
import { caught } from '../support/caught'
import { liveBytes, textOf } from '../support/dict-model'
import { TickingClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { refuseEvery } from '../support/refuse-every'
import { testHeap } from '../support/test-heap'

/** A cache that does what LRU says, with a Map. */
class NaiveLru {
  readonly map = new Map<number, string>()
  readonly max: number
  constructor(max: number) {
    this.max = max
  }
  get(key: number): string | undefined {
    const value = this.map.get(key)
    if (value === undefined) return undefined
    this.map.delete(key)
    this.map.set(key, value)
    return value
  }
  set(key: number, value: string): void {
    this.map.delete(key)
    this.map.set(key, value)
    for (const oldest of this.map.keys()) {
      if (this.map.size <= this.max) break
      this.map.delete(oldest)
    }
  }
}

describe('a Cache', () => {
  it('of policy lru holds what a naive one holds', () => {
    for (const heap of [new Heap(), testHeap({ isFar: true }).heap]) {
      const random = new Random('lru')
      const cache = new Cache(heap, { key: i32, value: str, maxEntries: 100, policy: 'lru' })
      const naive = new NaiveLru(100)
      for (let step = 0; step < 20_000; step++) {
        const key = random.logUniform(2000)
        const draw = random.below(10)
        if (draw < 6) expect(cache.get(key)).toBe(naive.get(key))
        else if (draw < 9) {
          cache.set(key, textOf(step))
          naive.set(key, textOf(step))
        } else expect(cache.delete(key)).toBe(naive.map.delete(key))
        expect(cache.size).toBe(naive.map.size)
      }
      expect(new Map(cache)).toEqual(naive.map)
      expect(cache.byteLength).toBe(liveBytes(heap))
      heap.close()
    }
  })

  it('never returns another value than was set last, and holds its bounds', () => {
    using heap = new Heap()
    const random = new Random('s3-fifo')
    const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 200_000, maxEntries: 700 })
    const last = new Map<string, Uint8Array>()
    let hits = 0
    for (let step = 0; step < 50_000; step++) {
      const key = textOf(random.logUniform(5000))
      const found = cache.get(key)
      if (found !== undefined) {
        hits++
        if (Buffer.compare(found, last.get(key) as Uint8Array) !== 0) expect.fail(`get(${key}) has another value`)
        if (random.oneIn(20)) cache.delete(key)
      } else {
        const value = new Uint8Array(random.logUniform(3000)).fill(step)
        cache.set(key, value)
        last.set(key, value)
      }
      if (cache.byteLength > 200_000 || cache.size > 700) expect.fail('a bound is passed')
    }
    expect(cache.byteLength).toBe(liveBytes(heap))
    const stats = cache.stats()
    expect([stats.hits, stats.hits + stats.misses, stats.entries, stats.bytes]).toEqual([
      hits,
      50_000,
      cache.size,
      cache.byteLength,
    ])
    expect(stats.evictions).toBeGreaterThan(1000)
    expect(stats.evictedBytes).toBeGreaterThan(0)
    expect(cache.shrinkTo(50_000)).toBeGreaterThan(100_000)
    expect(cache.byteLength).toBeLessThanOrEqual(50_000)
  })

  it('of policy s3-fifo keeps what is used through a scan that lru loses it in', () => {
    using heap = new Heap()
    const kept = (['s3-fifo', 'lru'] as const).map((policy) => {
      const cache = new Cache(heap, { key: i32, value: f64, maxEntries: 100, policy })
      for (let i = 0; i < 50; i++) cache.set(i, i)
      for (let i = 0; i < 50; i++) cache.get(i)
      for (let i = 1000; i < 2000; i++) cache.set(i, i)
      let kept = 0
      for (let i = 0; i < 50; i++) if (cache.has(i)) kept++
      return kept
    })
    expect(kept).toEqual([50, 0])
  })

  it('lets values expire by the clock of its heap', () => {
    const { heap, clock } = testHeap()
    const told: unknown[] = []
    const cache = new Cache(heap, {
      key: str,
      value: f64,
      maxEntries: 100,
      ttl: 1000,
      onEvict: (key, value, reason) => told.push([key, value, reason]),
    })
    cache.set('a', 1)
    clock.advance(600)
    cache.set('b', 2)
    expect([cache.get('a'), cache.peek('b'), cache.has('a')]).toEqual([1, 2, true])
    clock.advance(400)
    expect([cache.get('a'), cache.peek('a'), cache.has('a'), cache.get('b'), cache.size]).toEqual([
      undefined,
      undefined,
      false,
      2,
      2,
    ])
    expect([cache.purgeStale(), cache.size, told]).toEqual([1, 1, [['a', 1, 'expired']]])
    clock.advance(1000)
    cache.set('c', 3)
    expect([cache.size, told.length, cache.stats().expired]).toEqual([1, 2, 2])
    expect(new Cache(heap, { key: str, value: f64, maxEntries: 1 }).purgeStale()).toBe(0)
  })

  it('tells of evictions, and refuses to be changed meanwhile', () => {
    using heap = new Heap()
    const told: unknown[] = []
    const cache: Cache<number, string> = new Cache(heap, {
      key: i32,
      value: str,
      maxEntries: 2,
      onEvict: (key, value, reason) => {
        told.push([key, value, reason, cache.get(key), cache.size])
        for (const change of [() => cache.set(1, ''), () => cache.delete(1), () => cache.clear(), () => cache.close()])
          expect(caught(change).code).toBe('EBB_BUSY')
        if (key === 2) throw new Error('from onEvict')
      },
    })
    cache.set(1, 'one').set(2, 'two').set(3, 'three')
    expect(told).toEqual([[1, 'one', 'evicted', undefined, 2]])
    expect(() => cache.set(4, 'four')).toThrow('from onEvict')
    expect([cache.size, cache.get(4)]).toEqual([2, 'four'])
  })

  it('does not store a value larger than all it may hold', () => {
    using heap = new Heap()
    const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 10_000 })
    cache.set('a', new Uint8Array(10)).set('b', new Uint8Array(10)).set('a', new Uint8Array(20_000))
    expect([cache.has('a'), cache.has('b'), cache.stats().rejected]).toEqual([false, true, 1])
  })

  it('evicts where the heap refuses a block', () => {
    using heap = new Heap({ limit: 2 ** 20, decay: 0 })
    const cache = new Cache(heap, { key: i32, value: bytes, maxBytes: 1e9 })
    for (let i = 0; i < 5000; i++) cache.set(i, new Uint8Array(1000).fill(i))
    expect(cache.get(4999)).toEqual(new Uint8Array(1000).fill(4999))
    expect(cache.stats().evictions).toBeGreaterThan(3000)
    const none = new Heap({ limit: 2 ** 18, decay: 0 })
    const empty = new Cache(none, { key: i32, value: bytes, maxBytes: 1e9 })
    expect(caught(() => empty.set(1, new Uint8Array(2 ** 20))).code).toBe('EBB_LIMIT')
    expect(empty.size).toBe(0)
  })

  it('loses nothing where every n-th allocation is refused and blocks move in between', () => {
    for (const n of [1, 2, 3, 5, 8]) {
      for (const policy of ['s3-fifo', 'lru'] as const) {
        using heap = new Heap()
        const random = new Random(`refused ${n} ${policy}`)
        const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 100_000, policy })
        const last = new Map<string, Uint8Array>()
        const counts = refuseEvery(heap, n)
        let refused = 0
        for (let step = 0; step < 3000; step++) {
          const key = textOf(random.logUniform(500))
          const value = new Uint8Array(random.logUniform(2000)).fill(step)
          try {
            cache.set(key, value)
            last.set(key, value)
          } catch (error) {
            expect((error as HeapError).code).toBe('EBB_OUT_OF_MEMORY')
            refused++
          }
          const found = cache.get(key)
          if (found !== undefined) expect(Buffer.compare(found, last.get(key) as Uint8Array)).toBe(0)
          if (step % 300 === 299) heap.compact()
        }
        counts.stop()
        expect([refused > 0, cache.size > 0]).toEqual([n === 1, n > 1])
        expect(counts.refusals).toBeGreaterThan(100)
        expect(cache.byteLength).toBe(liveBytes(heap))
        for (const [key, value] of cache) expect(Buffer.compare(value, last.get(key) as Uint8Array)).toBe(0)
        cache.set('a', new Uint8Array(10))
        cache.shrinkTo(0)
        expect([cache.size, cache.stats().bytes]).toEqual([0, cache.byteLength])
      }
    }
  })

  it('counts what it evicts in usable bytes', () => {
    using heap = new Heap()
    const told: number[] = []
    const onEvict = (_: number, value: Uint8Array): void => {
      told.push(value.length)
    }
    for (const options of [{}, { onEvict }]) {
      const cache = new Cache(heap, { key: i32, value: bytes, maxEntries: 10, ...options })
      cache.set(0, new Uint8Array(1000))
      const usable = Math.max(...[...heap.blocks()].map((block) => block.usableSize))
      for (let i = 1; i < 30; i++) cache.set(i, new Uint8Array(1000))
      const { evictions, evictedBytes } = cache.stats()
      expect([evictions, evictedBytes]).toEqual([20, 20 * usable])
      cache.close()
    }
    expect(told).toEqual(new Array(20).fill(1000))
  })

  it('takes other bounds', () => {
    const { heap } = testHeap()
    const cache = new Cache(heap, { key: i32, value: f64, maxEntries: 100 })
    for (let i = 0; i < 100; i++) cache.set(i, i)
    cache.resize({ maxEntries: 10 })
    expect(cache.size).toBe(10)
    cache.resize({ maxBytes: 1e6, maxEntries: Infinity })
    for (let i = 0; i < 100; i++) cache.set(i, i)
    expect(cache.size).toBe(100)
    expect(() => cache.resize({ maxEntries: -1 })).toThrow(RangeError)
    cache.resize({ maxEntries: 5, maxBytes: undefined as never })
    cache.resize({})
    expect(cache.size).toBe(5)
  })

  describe('that is given a far smaller bound', () => {
    const full = (options: object = {}): { cache: Cache<number, number>; clock: TickingClock; heap: Heap } => {
      const clock = new TickingClock()
      const heap = new Heap({ clock })
      const cache = new Cache(heap, { key: i32, value: f64, maxEntries: 30_000, ...options })
      for (let i = 0; i < 30_000; i++) cache.set(i, i)
      cache.resize({ maxEntries: 100 })
      return { cache, clock, heap }
    }

    it('evicts in slices, holds what it holds meanwhile and takes no more', () => {
      const { cache, clock, heap } = full()
      const { size } = cache
      expect(size).toBeGreaterThan(10_000)
      expect(size).toBeLessThan(30_000)
      cache.set(-1, 1)
      cache.set(-2, 2)
      expect(cache.size).toBe(size)
      expect([cache.get(-1), cache.get(-2)]).toEqual([1, 2])
      clock.advance(1)
      expect(cache.size).toBeLessThan(size - 1000)
      clock.advance(1000)
      expect(cache.size).toBe(100)
      expect(cache.stats().evictions).toBe(30_002 - 100)
      expect(cache.byteLength).toBe(liveBytes(heap))
      heap.close()
    })

    it('goes on although onEvict throws, and does not once it is cleared or closed', () => {
      let isThrowing = false
      const onEvict = (): void => {
        if (isThrowing) throw new Error('not now')
      }
      const { cache, clock, heap } = full({ onEvict })
      isThrowing = true
      expect(() => clock.advance(1)).toThrow('not now')
      isThrowing = false
      clock.advance(1000)
      expect(cache.size).toBe(100)
      heap.close()
      for (const end of ['clear', 'close'] as const) {
        const { cache, clock, heap } = full()
        cache[end]()
        const { evictions } = cache.stats()
        clock.advance(1000)
        expect([cache.size, cache.stats().evictions]).toEqual([0, evictions])
        heap.close()
      }
      const { clock: after, heap: closed } = full()
      closed.close()
      after.advance(1000)
      expect(after.pending).toBe(0)
    })
  })

  it('refuses options that cannot be', () => {
    using heap = new Heap()
    const make = (options: object) => () => new Cache(heap, { key: str, value: str, ...options } as never)
    expect(make({})).toThrow(/needs a bound/)
    expect(make({ maxBytes: '1' })).toThrow(TypeError)
    expect(make({ maxBytes: Number.NaN })).toThrow(RangeError)
    expect(make({ maxEntries: 1, policy: 'fifo' })).toThrow(/policy must be/)
    expect(make({ maxEntries: 1, onEvict: 1 })).toThrow(/onEvict must be/)
    expect(make({ maxEntries: 1, ttl: -1 })).toThrow(RangeError)
    expect(() => new Cache(heap, undefined as never)).toThrow(/needs options/)
    expect(make({ maxEntries: 1, max: 5 })).toThrow(
      /"max" is not an option of a Cache; there are key, value, maxBytes,/,
    )
    const cache = make({ maxEntries: 1 })()
    expect(() => cache.resize({ ttl: 5 } as never)).toThrow(/"ttl" is not a bound of a Cache/)
    expect(() => cache.resize(5 as never)).toThrow(/a bound of a Cache comes in an object/)
    expect(() => cache.shrinkTo(undefined as never)).toThrow(
      'ebb: what shrinkTo is given must be a number of bytes, got undefined (undefined)',
    )
    expect(() => cache.shrinkTo(-1)).toThrow(RangeError)
    expect(cache.shrinkTo(Infinity)).toBe(0)
  })

  it('has the types of its kinds and the rest of the face', () => {
    using heap = new Heap()
    const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 1e6 })
    expectTypeOf(cache).toEqualTypeOf<Cache<string, Uint8Array>>()
    cache.set('a', Uint8Array.of(1, 2)).set('b', new Uint8Array(0))
    const target = new Uint8Array(2)
    expect([cache.getInto('a', target), cache.getInto('c', target), [...target]]).toEqual([2, -1, [1, 2]])
    expect([...cache.keys()].sort()).toEqual(['a', 'b'])
    expect([...cache.values()].map((one) => one.length).sort()).toEqual([0, 2])
    expect([...cache.entries()].length).toBe([...cache].length)
    const seen: string[] = []
    cache.forEach((_, key) => {
      seen.push(key)
    })
    expect(seen.sort()).toEqual(['a', 'b'])
    cache.clear()
    expect([cache.size, cache.get('a'), String(cache), cache.heap]).toEqual([0, undefined, '[object Cache]', heap])
    cache.close()
    cache.close()
    expect(caught(() => cache.set('a', target)).code).toBe('EBB_CLOSED')
    expect(caught(() => cache.get('a')).code).toBe('EBB_CLOSED')
  })
})
