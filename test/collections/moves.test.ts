/** Collections while their blocks move: by compact() with and without a callback, and by themselves. */
import { afterEach, describe, expect, it } from 'vitest'
import { f64, i32, struct, u8 } from '../../lib'
import type { HeapError } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import { bytes, Cache, Dict, HashSet, type KeyKind, List, str, type ValueKind, value } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import type { HeapOptions } from '../../lib/heap/options'
import { ownersOf } from '../../lib/heap/owners'
import { checkHeap } from '../../lib/inspect/check-heap'
import { KEYS, type Sample, VALUES } from '../support/dict-model'
import { ManualClock, TickingClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

const opened: Heap[] = []
const openHeap = (options: HeapOptions = {}): Heap => {
  const heap = new Heap(options)
  opened.push(heap)
  return heap
}
afterEach(() => {
  for (const heap of opened.splice(0)) heap.close()
})

/** Blocks of a user, between those of collections: each begins with its number. */
class Strangers {
  readonly pointers: Pointer[] = []

  constructor(
    private readonly heap: Heap,
    private readonly random: Random,
  ) {}

  /** Allocates one that looks like a block of a collection, as far as its first word goes. */
  add(): void {
    const pointer = this.heap.alloc(16 + this.random.below(200))
    this.heap.setInt32(pointer, 0, (1 + this.random.below(4)) << 12)
    for (let at = 4; at < 16; at += 4) this.heap.setInt32(pointer, at, this.random.below(9))
    this.pointers.push(pointer)
    if (this.pointers.length > 300) this.heap.free(this.pointers.splice(this.random.below(300), 1)[0]!)
  }

  readonly moved = (from: Pointer, to: Pointer): void => {
    const at = this.pointers.indexOf(from)
    if (at >= 0) this.pointers[at] = to
  }

  areLive(): boolean {
    return this.pointers.every((pointer) => this.heap.isLive(pointer) && ownersOf(this.heap).whose(pointer) === 'user')
  }
}

/** The ways in which blocks move. Returns how many have. */
interface Way {
  readonly options: HeapOptions
  compact(heap: Heap, strangers: Strangers): number
}

function ways(): Record<string, Way> {
  const clock = new TickingClock()
  let calls = 0
  return {
    'compact()': { options: {}, compact: (heap) => heap.compact().moved },
    'compact() in small steps': { options: {}, compact: (heap) => heap.compact(undefined, { maxBlocks: 20 }).moved },
    'compact(moved)': { options: { decay: 0 }, compact: (heap, strangers) => heap.compact(strangers.moved).moved },
    'idle slices': {
      options: { compact: 'idle', clock },
      compact(heap) {
        if (calls++ % 20 === 0) sparse(heap, 60_000, 20)
        const { moves } = heap.stats()
        clock.advance(100)
        return heap.stats().moves - moves
      },
    },
  }
}

const PAIRS = [
  ['i32', 'f64'],
  ['i32', 'str'],
  ['u32', 'bytes'],
  ['i8', 'value'],
  ['str', 'f64'],
  ['str', 'str'],
  ['f64', 'struct'],
  ['i64', 'value'],
  ['str', 'bytes'],
] as const

interface Model {
  step(): void
  verify(): void
  close(): void
}

function dictModel(heap: Heap, key: Sample<KeyKind>, kind: Sample<ValueKind>, random: Random, keys: number): Model {
  const dict = new Dict(heap, { key: key.kind, value: kind.kind }) as Dict<unknown, unknown>
  const model = new Map<unknown, unknown>()
  let step = 0
  return {
    step() {
      const k = key.make(random.below(keys))
      if (random.below(10) < (step++ % 4000 < 2000 ? 8 : 2)) {
        const v = kind.make(random.below(1000))
        dict.set(k, v)
        model.set(k, v)
      } else if (dict.delete(k) !== model.delete(k)) expect.fail(`delete(${String(k)}) said the opposite`)
    },
    verify() {
      expect(dict.size).toBe(model.size)
      for (const [k, v] of model) expect(dict.get(k)).toEqual(v)
      expect([...dict].length).toBe(model.size)
    },
    close: () => dict.close(),
  }
}

function setModel(heap: Heap, key: Sample<KeyKind>, random: Random): Model {
  const set = new HashSet(heap, key.kind) as HashSet<unknown>
  const model = new Set<unknown>()
  return {
    step() {
      const k = key.make(random.below(1000))
      if (random.oneIn(2)) {
        set.add(k)
        model.add(k)
      } else if (set.delete(k) !== model.delete(k)) expect.fail(`delete(${String(k)}) said the opposite`)
    },
    verify() {
      expect(new Set(set)).toEqual(model)
    },
    close: () => set.close(),
  }
}

function cacheModel(heap: Heap, random: Random): Model {
  const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 1e8 })
  const model = new Map<string, string>()
  return {
    step() {
      const key = `key ${random.below(1500)}`
      if (random.oneIn(2)) {
        const text = key.repeat(1 + random.below(5))
        cache.set(key, Buffer.from(text))
        model.set(key, text)
      } else if (cache.delete(key) !== model.delete(key)) expect.fail(`delete(${key}) said the opposite`)
    },
    verify() {
      expect(cache.size).toBe(model.size)
      for (const [key, text] of model) expect(Buffer.from(cache.get(key)!).toString()).toBe(text)
    },
    close: () => cache.close(),
  }
}

function listModel<T>(heap: Heap, kind: ValueKind, make: (n: number) => T, random: Random): Model {
  const list = new List(heap, kind) as unknown as List<T>
  const model: T[] = []
  return {
    step() {
      const v = make(random.below(1000))
      const choice = random.below(8)
      if (choice < 3) expect(list.push(v)).toBe(model.push(v))
      else if (choice < 5) expect(list.unshift(v)).toBe(model.unshift(v))
      else if (choice === 5 && model.length > 0) {
        const at = random.below(model.length)
        expect(list.remove(at)).toEqual(model.splice(at, 1)[0])
      } else if (choice === 6) expect(list.pop()).toEqual(model.pop())
      else expect(list.shift()).toEqual(model.shift())
    },
    verify() {
      expect(list.toArray()).toEqual(model)
    },
    close: () => list.close(),
  }
}

/** Every kind of collection on one heap, some steps of each by turns. */
function modelsOf(heap: Heap, random: Random, keys: number): Model[] {
  return [
    ...PAIRS.map(([key, kind]) => dictModel(heap, KEYS[key]!, VALUES[kind]!, random, keys)),
    setModel(heap, KEYS.i32!, random),
    setModel(heap, KEYS.str!, random),
    cacheModel(heap, random),
    listModel(heap, f64, (n) => n / 3, random),
    listModel(heap, str, (n) => `text ${n}`.repeat(n % 5), random),
    listModel(heap, struct({ a: u8, b: f64 }), (n) => ({ a: n & 255, b: n / 3 }), random),
    listModel(heap, value, (n) => ({ n, all: [n, `${n}`] }), random),
  ]
}

describe('collections', () => {
  for (const [name, way] of Object.entries(ways())) {
    it(`are what their models are while blocks move by ${name}`, () => {
      const heap = openHeap(way.options)
      const random = new Random(name)
      const strangers = new Strangers(heap, random)
      const models = modelsOf(heap, random, 2000)
      let moved = 0
      for (let step = 1; step <= 60_000; step++) {
        random.pick(models).step()
        if (step % 16 === 0) strangers.add()
        if (step % 500 === 0) moved += way.compact(heap, strangers)
        if (step % 6000 === 0) {
          expect(strangers.areLive()).toBe(true)
          checkHeap(partsOf(heap))
          for (const model of models) model.verify()
        }
      }
      expect(moved).toBeGreaterThan(20)
      expect(strangers.areLive()).toBe(true)
      for (const model of models) model.close()
      checkHeap(partsOf(heap))
    })
  }

  it('are what their models are in far memory', () => {
    const { heap } = testHeap({ isFar: true })
    const random = new Random('far')
    const models = modelsOf(heap, random, 500)
    for (let step = 1; step <= 8000; step++) {
      random.pick(models).step()
      if (step % 500 === 0) heap.compact()
    }
    checkHeap(partsOf(heap))
    for (const model of models) model.verify()
    for (const model of models) model.close()
  })
})

/** A dict of texts from which most are deleted at random. */
function sparse(heap: Heap, count: number, keep: number): Dict<string, number> {
  const dict = new Dict(heap, { key: str, value: f64 })
  for (let n = 0; n < count; n++) dict.set(`key number ${n}`, n)
  for (let n = 0; n < count; n++) if (n % keep !== 0) dict.delete(`key number ${n}`)
  return dict
}

describe('compact() without a callback', () => {
  it('moves what a dict owns, in any number of steps, and leaves what a user has', () => {
    const heap = openHeap()
    const mine = Array.from({ length: 5000 }, () => heap.alloc(48))
    for (const [n, pointer] of mine.entries()) heap.setInt32(pointer, 0, n)
    const dict = sparse(heap, 40_000, 20)
    const before = heap.stats()
    let steps = 0
    for (let done = false; !done; steps++) ({ done } = heap.compact(undefined, { maxBlocks: 100 }))
    expect(steps).toBeGreaterThan(5)
    const after = heap.stats()
    expect(after.residentBytes - after.liveBytes).toBeLessThan((before.residentBytes - before.liveBytes) / 3)
    for (let n = 0; n < 40_000; n += 20) expect(dict.get(`key number ${n}`)).toBe(n)
    for (const [n, pointer] of mine.entries()) expect(heap.getInt32(pointer, 0)).toBe(n)
    checkHeap(partsOf(heap))
  })

  it('moves nothing of a heap without collections', () => {
    const heap = openHeap()
    const mine = Array.from({ length: 5000 }, () => heap.alloc(48))
    for (const [n, pointer] of mine.entries()) if (n % 9 !== 0) heap.free(pointer)
    expect(heap.compact()).toMatchObject({ moved: 0, done: true })
  })

  it('leaves a pinned block, and all of its run', () => {
    const heap = openHeap()
    const dict = sparse(heap, 20_000, 20)
    const owned = [...heap.blocks()].map(({ pointer }) => pointer)
    for (const pointer of owned) heap.pin(pointer)
    expect(heap.compact().moved).toBe(0)
    for (const pointer of owned) heap.unpin(pointer)
    expect(heap.compact().moved).toBeGreaterThan(100)
    expect(dict.get('key number 20')).toBe(20)
  })
})

describe('an iteration', () => {
  for (const [key, kind] of PAIRS) {
    it(`over ${key} to ${kind} shows what lasts once while blocks move and others come and go`, () => {
      const heap = openHeap()
      const random = new Random(`${key} ${kind}`)
      const dict = new Dict(heap, { key: KEYS[key]!.kind, value: VALUES[kind]!.kind }) as Dict<unknown, unknown>
      const make = KEYS[key]!.make
      const range = key === 'i8' ? 200 : 6000
      const all = new Set(Array.from({ length: range }, (_, n) => n))
      for (const n of all) dict.set(make(n), VALUES[kind]!.make(n))
      for (const n of all) if (n % 7 !== 0) all.delete(n)
      for (let n = 0; n < range; n++) if (n % 7 !== 0) dict.delete(make(n))
      const lasting = new Set([...all].map((n) => make(n)))
      const seen: unknown[] = []
      let moved = 0
      for (const shown of dict.keys()) {
        if (lasting.has(shown)) seen.push(shown)
        const n = random.below(range)
        if (n % 7 !== 0 && random.oneIn(2)) dict.set(make(n), VALUES[kind]!.make(n))
        else if (n % 7 !== 0) dict.delete(make(n))
        if (random.oneIn(20)) moved += heap.compact(random.oneIn(2) ? () => {} : undefined, { maxBlocks: 40 }).moved
      }
      expect(seen.length).toBe(lasting.size)
      expect(new Set(seen)).toEqual(lasting)
      if (key !== 'i8' && kind !== 'f64') expect(moved).toBeGreaterThan(20) // entries with blocks of their own
    })
  }
})

describe('a cache', () => {
  for (const policy of ['s3-fifo', 'lru'] as const) {
    it(`with ${policy} keeps its queues while its entries move`, () => {
      const heap = openHeap()
      const random = new Random(policy)
      const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 400_000, policy, ttl: 5 })
      let moved = 0
      for (let step = 1; step <= 30_000; step++) {
        const key = `key ${random.below(4000)}`
        const found = cache.get(key)
        if (found === undefined) cache.set(key, Buffer.from(key.repeat(1 + random.below(9))))
        else expect(Buffer.from(found).toString().startsWith(key)).toBe(true)
        if (random.oneIn(5)) cache.delete(`key ${random.below(4000)}`)
        if (step % 1000 === 0) moved += heap.compact().moved
      }
      expect(moved).toBeGreaterThan(100)
      const { size } = cache
      const { evictions } = cache.stats()
      cache.shrinkTo(0)
      expect(cache.stats()).toMatchObject({ entries: 0, evictions: evictions + size })
      checkHeap(partsOf(heap))
    })
  }

  it('goes on with purgeStale when onEvict compacts the heap', () => {
    const clock = new ManualClock()
    const heap = openHeap({ clock })
    const gone: string[] = []
    let moved = 0
    const cache = new Cache(heap, {
      key: str,
      value: str,
      ttl: 100,
      maxBytes: 1e7,
      onEvict(key) {
        gone.push(key)
        if (gone.length % 50 === 0) moved += heap.compact().moved
      },
    })
    for (let n = 0; n < 3000; n++) cache.set(`key ${n}`, `the value of ${n}`)
    for (let n = 0; n < 3000; n++) if (n % 5 !== 0) cache.delete(`key ${n}`)
    clock.advance(101)
    expect(cache.purgeStale()).toBe(600)
    expect(moved).toBeGreaterThan(50)
    expect(new Set(gone).size).toBe(600)
    expect(cache.size).toBe(0)
  })
})

describe('a list', () => {
  it('refuses a sort whose function has its entries moved, and is whole', () => {
    const heap = openHeap()
    const list = new List(heap, str)
    for (let n = 0; n < 3000; n++) list.push(`text ${n}`)
    for (let n = 2999; n >= 0; n--) if (n % 9 !== 0) list.remove(n)
    const before = list.toArray()
    let moved = 0
    const sort = (): unknown =>
      list.sort((a, b) => {
        moved += heap.compact().moved
        return a < b ? 1 : -1
      })
    expect(sort).toThrow('its function changed the list')
    expect(moved).toBeGreaterThan(50)
    expect(list.toArray()).toEqual(before)
    list.sort()
    expect(list.toArray()).toEqual(before.sort())
  })
})

describe('while compact runs', () => {
  it('its callback may change collections, and refused requests lose nothing', () => {
    const heap = openHeap({ limit: 2 ** 21, decay: 0 })
    const dict = sparse(heap, 12_000, 6)
    const list = new List(heap, str)
    const model = new Map<string, number>(dict)
    let refused = 0
    let n = 0
    heap.compact(() => {
      try {
        list.push(`text ${n}`.repeat(200))
        dict.set(`new ${n}`, n)
        model.set(`new ${n}`, n)
        n++
        if (n % 3 === 0 && model.delete(`key number ${n * 6}`)) dict.delete(`key number ${n * 6}`)
      } catch (error) {
        expect((error as HeapError).code).toBe('EBB_LIMIT')
        refused++
      }
    })
    expect(n).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(10)
    expect(new Map(dict)).toEqual(model)
    for (let at = 0; at < n; at++) expect(list.get(at)).toBe(`text ${at}`.repeat(200))
    checkHeap(partsOf(heap))
  })

  it('a dict that its callback makes is followed too', () => {
    const heap = openHeap()
    const mine = Array.from({ length: 4000 }, () => heap.alloc(48))
    for (const [n, pointer] of mine.entries()) if (n % 9 !== 0) heap.free(pointer)
    const dicts: Dict<number, number>[] = []
    heap.compact(() => {
      const dict = new Dict(heap, { key: i32, value: f64 })
      dict.set(1, dicts.length)
      dicts.push(dict)
    })
    expect(dicts.length).toBeGreaterThan(100)
    expect(dicts.map((dict) => dict.get(1))).toEqual(dicts.map((_, n) => n))
  })

  it('what a large dict left to be freed stays, and is freed', async () => {
    const heap = openHeap()
    const dict = sparse(heap, 60_000, 10)
    dict.clear()
    dict.set('after', 1)
    heap.compact(() => {})
    heap.compact()
    expect(dict.get('after')).toBe(1)
    dict.close()
    while (heap.stats().blocks > 0) await new Promise((resolve) => setTimeout(resolve, 2))
    checkHeap(partsOf(heap))
  })
})
