/** The shape of the tables: how far entries lie from home, whatever the keys, and that segments come and go one by one. */
import { describe, expect, it, vi } from 'vitest'
import { f64, Heap, i32, type Pointer } from '../../lib'
import { Dict, str } from '../../lib/collections'
import { tableOf } from '../../lib/collections/base-dict'
import { hashWord } from '../../lib/collections/hash'
import { packText } from '../../lib/collections/keys'
import { COUNT, HEADER_WORDS, limitOf, PREFIX, SHAPE, SLOT_BITS, segmentSizes } from '../../lib/collections/segments'

// How full each segment gets depends on the seeds of the hashes: here they are the same in every run.
vi.hoisted(() => {
  const seeds = [0x1b873593, 0x7f4a7c15, 0x2545f491, 0x5bd1e995]
  vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((array) => {
    ;(array as Int32Array).set(seeds)
    return array
  })
})

interface Segment {
  readonly pointer: Pointer
  readonly slots: number
  readonly count: number
}

/** All segments of a table, in the order of their hashes; checks that each is where its prefix says. */
function segmentsOf(dict: Dict<never, never>): Segment[] {
  const { heap } = dict
  const table = tableOf(dict)
  const segments: Segment[] = []
  for (let hash = 0; hash < 2 ** 32; ) {
    const pointer = table.segmentOf(hash)
    const word = (n: number): number => heap.getInt32(pointer, n * 4)
    expect(word(PREFIX) >>> 0).toBe(hash)
    segments.push({ pointer, slots: table.slotsOf(hash), count: word(COUNT) })
    hash += 2 ** (32 - (word(SHAPE) & 0xff))
  }
  expect(segments.reduce((sum, { count }) => sum + count, 0)).toBe(dict.size)
  return segments
}

/** Mean and most of the slots between where entries lie and where their hashes say. */
function distances(dict: Dict<never, never>, isPairs: boolean): { mean: number; most: number } {
  let sum = 0
  let most = 0
  for (const { pointer, slots, count } of segmentsOf(dict)) {
    expect(count).toBeLessThanOrEqual(limitOf(slots))
    for (let slot = 0; slot < slots; slot++) {
      const at = 4 * (HEADER_WORDS + (isPairs ? 2 * slot : slot))
      const word = dict.heap.getInt32(pointer, at)
      const hash = isPairs ? word : hashWord(word)
      if (isPairs ? dict.heap.getInt32(pointer, at + 4) === 0 : tableOf(dict).segmentOf(hash) !== pointer) continue
      const home = ((hash & ((1 << SLOT_BITS) - 1)) * slots) >>> SLOT_BITS
      const distance = (slot - home + slots) % slots
      sum += distance
      most = Math.max(most, distance)
    }
  }
  return { mean: sum / dict.size, most }
}

/** Linear probing at 3/4 looks at 2.5 slots on average for what is there, 1.5 beyond the first. */
const MEAN_MAX = 3.5
const MOST_MAX = 700

describe('a table of words', () => {
  // Keys that collide in multiplicative hashes without a seed, in their lower or upper bits, and plain ones.
  const inverse = 0x0144cbc89 | 0
  const patterns: Record<string, (i: number) => number> = {
    'in order': (i) => i,
    'multiples of 2^12': (i) => i << 12,
    'whose product has zeros below': (i) => Math.imul(i << 15, inverse),
    'whose product is small': (i) => Math.imul(i, inverse),
    negative: (i) => -i,
    'in two crowds': (i) => (i & 1 ? 0x7fff0000 : 0) + (i >> 1),
  }
  for (const [name, keyOf] of Object.entries(patterns)) {
    it(`keeps keys ${name} near their home`, () => {
      using heap = new Heap()
      const dict = new Dict(heap, { key: i32, value: f64 })
      for (let i = 0; i < 60_000; i++) dict.set(keyOf(i) | 0, i)
      const { mean, most } = distances(dict as never, false)
      expect(mean).toBeLessThan(MEAN_MAX)
      expect(most).toBeLessThan(MOST_MAX)
      for (let i = 0; i < 60_000; i++) if (i % 3 > 0) dict.delete(keyOf(i) | 0)
      expect(distances(dict as never, false).mean).toBeLessThan(MEAN_MAX)
    })
  }
})

describe('a table of entries', () => {
  const patterns: Record<string, (i: number) => string> = {
    'in order': (i) => `user:${i}`,
    'of one length': (i) => String(i).padStart(20, '0'),
    'that differ in one bit of each word': (i) => {
      // In a hash of XOR and products alone, a changed top bit of one word is undone by that of the next, whatever the seed.
      let text = ''
      for (let bit = 0; bit < 16; bit++) text += (i >> bit) & 1 ? 'abc\u00e1abc\u00e1' : 'abcaabca'
      return text
    },
    'of few characters': (i) => i.toString(2),
  }
  for (const [name, keyOf] of Object.entries(patterns)) {
    it(`keeps texts ${name} near their home`, () => {
      using heap = new Heap()
      const dict = new Dict(heap, { key: str, value: f64 })
      for (let i = 0; i < 40_000; i++) dict.set(keyOf(i), i)
      const { mean, most } = distances(dict as never, true)
      expect(mean).toBeLessThan(MEAN_MAX)
      expect(most).toBeLessThan(MOST_MAX)
      expect(new Set(Array.from({ length: 40_000 }, (_, i) => packText(keyOf(i)))).size).toBeGreaterThan(39_900)
    })
  }
})

describe('keys whose hashes are all the same', () => {
  it('are held up to the slots of one segment, then refused, and nothing is lost', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: str, value: f64 })
    const table = tableOf(dict) as unknown as { find(hash: number): number }
    const find = table.find.bind(table)
    // A hash of a few values, as if somebody knew the seed.
    const few = (hash: number): number => hash & 0x7
    const insert = table as unknown as Record<
      'insertEntry' | 'insertNear',
      (hash: number, value: number, words: number) => number
    >
    const real = insert.insertEntry.bind(table)
    table.find = (hash) => find(few(hash))
    insert.insertEntry = (hash, value, words) => real(few(hash), value, words)
    insert.insertNear = (hash, value) => insert.insertEntry(hash, value, 2)
    let held = 0
    expect(() => {
      for (;;) {
        dict.set(`key ${held}`, held)
        held++
      }
    }).toThrow(/too many of their hashes are the same/)
    expect(held).toBeGreaterThan(4000)
    expect(dict.size).toBe(held)
    expect(new Set(dict.values()).size).toBe(held)
    expect(dict.byteLength).toBeLessThan(held * 64 + 2 ** 20)
  }, 120_000)
})

describe('segments', () => {
  it('split one by one as a table grows, and merge as it shrinks', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: i32, value: f64 })
    const largest = segmentSizes(3).at(-1) as number
    let most = 0
    for (let i = 0; i < 50_000; i++) {
      const before = dict.byteLength
      dict.set(i, i)
      most = Math.max(most, dict.byteLength - before)
    }
    // One more segment, and the directory twice as large.
    expect(most).toBeLessThan(2 * largest)
    const full = segmentsOf(dict as never).length
    expect(full).toBeGreaterThan(20)
    for (let i = 0; i < 49_000; i++) dict.delete(i)
    expect(segmentsOf(dict as never).length).toBeLessThan(full / 8)
    for (let i = 49_000; i < 50_000; i++) expect(dict.get(i)).toBe(i)
  })

  it('that have just grown, split, merged or shrunk stay as they are for a while', () => {
    using heap = new Heap()
    for (const dict of [new Dict(heap, { key: i32, value: f64 }), new Dict(heap, { key: i32, value: i32 })]) {
      const keys: number[] = []
      let changes = 0
      for (let key = 0; key < 6000; key++) {
        const before = dict.byteLength
        dict.set(key, key)
        keys.push(key)
        const { byteLength } = dict
        if (byteLength === before) continue
        changes++
        // A tenth of what is held goes and comes again.
        const some = keys.slice(-Math.ceil(keys.length / 10))
        for (const one of some) dict.delete(one)
        for (const one of some) dict.set(one, one)
        expect(dict.byteLength, `${keys.length} entries`).toBe(byteLength)
      }
      while (keys.length > 50) {
        const before = dict.byteLength
        const key = keys.pop() as number
        dict.delete(key)
        const { byteLength } = dict
        if (byteLength === before) continue
        changes++
        dict.set(key, key)
        expect(dict.byteLength, `${keys.length} entries left`).toBe(byteLength)
        dict.delete(key)
        expect(dict.byteLength).toBe(byteLength)
      }
      expect(changes).toBeGreaterThan(15)
    }
  })

  it('are dense in a table that was large, also where two are left', () => {
    using heap = new Heap()
    for (const [full, left] of [
      [3000, 500],
      [10_000, 100],
      [10_000, 500],
      [10_000, 1000],
      [100_000, 500],
    ] as const) {
      const dict = new Dict(heap, { key: i32, value: f64 })
      for (let i = 0; i < full; i++) dict.set(i, i)
      for (let i = left; i < full; i++) dict.delete(i)
      expect(dict.byteLength / left, `${left} of ${full}`).toBeLessThan(56)
      for (let i = 0; i < left; i++) expect(dict.get(i)).toBe(i)
    }
  })

  it('have sizes that waste nothing of the blocks of the heap', () => {
    using heap = new Heap()
    for (const slotWords of [1, 2, 3, 4, 9, 100, 1000]) {
      for (const byteLength of segmentSizes(slotWords)) {
        const pointer = heap.alloc(byteLength)
        expect(heap.usableSize(pointer)).toBe(byteLength)
      }
    }
  })
})
