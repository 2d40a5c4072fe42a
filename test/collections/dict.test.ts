import { describe, expect, expectTypeOf, it } from 'vitest'
import { bool, f64, Heap, i32, i64, type Pointer, ref, struct, u8, u32 } from '../../lib'
import { bytes, Dict, HashSet, type Plain, str, value } from '../../lib/collections'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { KEYS, liveBytes, same, VALUES, walkDict } from '../support/dict-model'
import { Random } from '../support/random'
import { refuseEvery } from '../support/refuse-every'
import { testHeap } from '../support/test-heap'

describe('a Dict against a Map', () => {
  for (const [keyName, key] of Object.entries(KEYS)) {
    it(`holds the same with keys of ${keyName} and values of every kind, and counts its bytes`, () => {
      using heap = new Heap()
      const random = new Random(`dict ${keyName}`)
      for (const sample of Object.values(VALUES)) {
        walkDict(heap, key, sample, random, {
          between: (dict) => expect(dict.byteLength).toBe(liveBytes(heap)),
        })
        expect(liveBytes(heap)).toBe(0)
      }
    })
  }

  it('holds the same in far memory', () => {
    const { heap } = testHeap({ isFar: true })
    const random = new Random('dict far')
    for (const key of ['i32', 'u32', 'str', 'f64'] as const)
      for (const sample of Object.values(VALUES))
        walkDict(heap, KEYS[key]!, sample, random, { keys: 2000, phases: 2, steps: 800 })
    expect(liveBytes(heap)).toBe(0)
  })

  it.each([
    ['i32', 'f64'],
    ['i32', 'i32'],
    ['str', 'f64'],
  ] as const)('holds the same through a million operations, moves and refused requests, %s to %s', (key, kind) => {
    const { heap } = testHeap()
    const random = new Random(`dict million ${key} ${kind}`)
    const dict = new Dict(heap, { key: key === 'i32' ? i32 : str, value: kind === 'f64' ? f64 : i32 }) as Dict<
      unknown,
      number
    >
    const model = new Map<unknown, number>()
    const refused = refuseEvery(heap, 7)
    let thrown = 0
    for (let phase = 0; phase < 4; phase++) {
      for (let step = 0; step < 250_000; step++) {
        const n = random.below(60_000)
        const k = key === 'i32' ? Math.imul(n, 0x9e3779b1) : `the key ${n}`
        if (random.below(10) >= (phase % 2 === 0 ? 8 : 2)) {
          if (dict.delete(k) !== model.delete(k)) expect.fail(`delete(${k}) said the opposite`)
        } else
          try {
            dict.set(k, step)
            model.set(k, step)
          } catch (error) {
            expect(error).toHaveProperty('code', 'EBB_OUT_OF_MEMORY')
            thrown++
          }
        if (step % 20_000 === 0) heap.compact()
      }
      expect(dict.size).toBe(model.size)
      let wrong = 0
      for (const [k, v] of model) if (dict.get(k) !== v) wrong++
      expect(wrong).toBe(0)
      checkHeap(partsOf(heap))
    }
    expect(thrown).toBeGreaterThan(20)
    // A refusal in the middle of shrinking is nobody's error: the segment stays as it is.
    expect(refused.refusals).toBeGreaterThan(thrown)
  })
})

describe('keys and values', () => {
  it('are of the types that their kinds say', () => {
    using heap = new Heap()
    const numbers = new Dict(heap, { key: str, value: f64 })
    expectTypeOf(numbers).toEqualTypeOf<Dict<string, number>>()
    expectTypeOf(numbers.get).returns.toEqualTypeOf<number | undefined>()
    const structs = new Dict(heap, { key: i64, value: struct({ a: u8, b: struct({ c: bool }) }) })
    expectTypeOf(structs).toEqualTypeOf<Dict<bigint, { a: number; b: { c: boolean } }>>()
    expectTypeOf(new Dict(heap, { key: bytes, value })).toEqualTypeOf<Dict<Uint8Array, Plain>>()
    // @ts-expect-error: a text is no number
    expect(() => numbers.set('a', 'b')).toThrow(TypeError)
    // @ts-expect-error: a number is no text
    expect(() => numbers.get(1)).toThrow(TypeError)
    // @ts-expect-error: a tree is no kind of keys
    expect(() => new Dict(heap, { key: value, value: f64 })).toThrow(TypeError)
  })

  it('compare as those of a Map do', () => {
    using heap = new Heap()
    const doubles = new Dict(heap, { key: f64, value: f64 })
    doubles.set(-0, 1).set(Number.NaN, 2)
    expect([doubles.get(0), doubles.get(Number.NaN), doubles.size]).toEqual([1, 2, 2])
    expect([...doubles.keys()]).toContainEqual(0)
    const ints = new Dict(heap, { key: i32, value: f64 })
    ints.set(-0, -0)
    expect(Object.is(ints.get(0), -0)).toBe(true)
    const blobs = new Dict(heap, { key: bytes, value: str })
    blobs
      .set(Uint8Array.of(1, 2, 3), 'one')
      .set(Buffer.from([1, 2, 3, 0]), 'other')
      .set(new Uint8Array(5000), 'long')
    expect(blobs.get(Uint8Array.of(1, 2, 3))).toBe('one')
    expect(blobs.get(new Uint8Array(5000))).toBe('long')
    expect(blobs.get(new Uint8Array(4999))).toBeUndefined()
    expect([...blobs.keys()].map((key) => key.length).sort()).toEqual([3, 4, 5000])
  })

  it('are refused with their value where they are not of the kind, and nothing changes', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: i32, value: u8 }) as Dict<unknown, unknown>
    const doubles = new Dict(heap, { key: i32, value: f64 }) as Dict<unknown, unknown>
    const texts = new Dict(heap, { key: str, value: str }) as Dict<unknown, unknown>
    const structs = new Dict(heap, { key: u32, value: struct({ a: u8 }) }) as Dict<unknown, unknown>
    const before = liveBytes(heap)
    for (const one of [dict, doubles]) {
      for (const call of [one.get, one.has, one.delete, (key: unknown) => one.set(key, 1)]) {
        expect(() => call.call(one, '7')).toThrow(TypeError)
        expect(() => call.call(one, 1.5)).toThrow(/key is i32.*got 1\.5/)
        expect(() => call.call(one, 2 ** 31)).toThrow(RangeError)
        expect(() => call.call(one, Number.NaN)).toThrow(RangeError)
      }
    }
    expect(() => dict.set(1, 256)).toThrow(RangeError)
    expect(() => dict.set(1, '1')).toThrow(TypeError)
    expect(() => doubles.set(1, '1')).toThrow(TypeError)
    expect(() => texts.set('a', 1)).toThrow(/value is str, a string, got 1/)
    expect(() => texts.has(1)).toThrow(/key is str/)
    expect(() => structs.set(1, { a: 1, b: 2 })).toThrow(/no field b/)
    expect(() => structs.set(1, {})).toThrow(/field a has no value/)
    expect(() => structs.set(1, 1)).toThrow(TypeError)
    expect(() => structs.set(-1, { a: 1 })).toThrow(RangeError)
    expect([dict.size, doubles.size, texts.size, structs.size, liveBytes(heap)]).toEqual([0, 0, 0, 0, before])
  })

  it('can be texts of 100 MB', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: str, value: str })
    const long = 'x'.repeat(1e8)
    dict.set(long, long).set(`${long}y`, '')
    expect(dict.get(long) === long).toBe(true)
    expect(dict.get(`${long}y`)).toBe('')
    expect(dict.has(`${long}z`)).toBe(false)
    expect(dict.delete(long)).toBe(true)
    expect(dict.size).toBe(1)
  })

  it('can be copied into memory of the caller', () => {
    using heap = new Heap()
    const target = new Uint8Array(8)
    for (const dict of [new Dict(heap, { key: u8, value: bytes }), new Dict(heap, { key: f64, value: bytes })]) {
      dict.set(1, Uint8Array.of(1, 2, 3)).set(2, new Uint8Array(9))
      expect([dict.getInto(1, target), dict.getInto(3, target)]).toEqual([3, -1])
      expect([...target]).toEqual([1, 2, 3, 0, 0, 0, 0, 0])
      expect(() => dict.getInto(2, target)).toThrow(/9 bytes.*room for 8/)
      expect(() => dict.getInto(2, 'x' as never)).toThrow(TypeError)
    }
    expect(() => new Dict(heap, { key: u8, value: f64 }).getInto(1, target)).toThrow(TypeError)
  })
})

describe('the face of a Dict', () => {
  it('is that of a Map, and more', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: str, value: f64 })
    dict.set('a', 1).set('b', 2)
    expect([dict.getOr('a', 7), dict.getOr('c', 7)]).toEqual([1, 7])
    expect([dict.getOrInsert('b', 9), dict.getOrInsert('c', 9)]).toEqual([2, 9])
    expect([...dict.keys()].sort()).toEqual(['a', 'b', 'c'])
    expect([...dict.values()].sort()).toEqual([1, 2, 9])
    expect(new Map(dict.entries())).toEqual(new Map(dict))
    const seen: unknown[] = []
    dict.forEach((v, k, self) => {
      seen.push([v, k, self === dict])
    })
    expect(seen).toContainEqual([2, 'b', true])
    expect(Object.prototype.toString.call(dict)).toBe('[object Dict]')
    expect(dict instanceof Dict).toBe(true)
    expect(dict.heap).toBe(heap)
    const ints = new Dict(heap, { key: i32, value: f64 })
    expect([ints.getOr(1, 0.5), ints.getOrInsert(1, 2.5), ints.getOr(1, 0)]).toEqual([0.5, 2.5, 2.5])
  })

  it('clears itself in a heap that has no room left for another block', () => {
    const { heap } = testHeap({ limit: 8 * 2 ** 20, decay: 0 })
    const numbers = new Dict(heap, { key: i32, value: f64 })
    for (let i = 0; i < 500; i++) numbers.set(i, i)
    const texts = new Dict(heap, { key: str, value: str })
    for (let i = 0; i < 30_000; i++) texts.set(`key ${i}`, `value ${i}`)
    const fillers: Pointer[] = []
    for (const size of [32_768, 2048, 512, 272, 256, 128, 64, 48, 32, 16]) {
      expect(() => {
        for (;;) fillers.push(heap.alloc(size))
      }).toThrow('limit')
    }
    numbers.clear()
    expect([numbers.size, numbers.get(1), [...numbers]]).toEqual([0, undefined, []])
    texts.clear()
    expect([texts.size, texts.get('key 1'), [...texts]]).toEqual([0, undefined, []])
    for (let i = 0; i < 100; i++) {
      numbers.set(i, i)
      texts.set(`key ${i}`, `value ${i}`)
    }
    expect([numbers.size, numbers.get(7), texts.size, texts.get('key 7')]).toEqual([100, 7, 100, 'value 7'])
    heap.freeMany(fillers)
    expect(numbers.byteLength + texts.byteLength).toBe(liveBytes(heap))
    heap.close()
  })

  it('frees what it has reserved in vain', () => {
    using heap = new Heap({ limit: 4 * 2 ** 20, decay: 0 })
    const dict = new Dict(heap, { key: i32, value: f64 })
    for (let i = 0; i < 1000; i++) dict.set(i, i)
    const { byteLength } = dict
    expect(caught(() => dict.reserve(300_000)).code).toBe('EBB_LIMIT')
    expect(dict.byteLength).toBeLessThan(2 * byteLength)
    expect(dict.byteLength).toBe(liveBytes(heap))
    // These are refused before anything is allocated.
    const before = heap.stats().maps
    expect(caught(() => dict.reserve(350_000))).toMatchObject({
      code: 'EBB_LIMIT',
      message: expect.stringContaining('350000 entries take 4200000 bytes at least'),
    })
    using other = new Heap()
    const set = new HashSet(other, i32)
    expect(caught(() => set.reserve(2 ** 40)).code).toBe('EBB_OUT_OF_MEMORY')
    expect(heap.stats().maps).toBe(before)
    expect([...dict].every(([key, held]) => key === held)).toBe(true)
    dict.reserve(100_000)
    expect([dict.size, dict.get(999)]).toEqual([1000, 999])
  })

  it('reserves what it is told, and then grows without an allocation', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: i32, value: f64 })
    dict.reserve(50_000)
    const { byteLength } = dict
    for (let i = 0; i < 50_000; i++) dict.set(i, i)
    expect(dict.byteLength).toBe(byteLength)
    const large = new Dict(heap, { key: i32, value: f64 })
    large.reserve(2_000_000)
    expect(large.byteLength).toBeGreaterThan(2_000_000 * 12)
    expect(() => dict.reserve(-1)).toThrow('ebb: reserve must be a whole number of entries from 0 to 2^53 - 1, got -1')
    expect(() => dict.reserve('1' as never)).toThrow(TypeError)
  })

  it('refuses what is no heap and what is no kind', () => {
    using heap = new Heap()
    expect(() => new Dict({} as never, { key: str, value: f64 })).toThrow(/needs a Heap/)
    expect(() => new Dict(heap, undefined as never)).toThrow(/needs its kinds/)
    expect(() => new Dict(heap, { key: 'str' as never, value: f64 })).toThrow(/key must be a scalar.*got "str"/)
    expect(() => new Dict(heap, { key: str, value: String as never })).toThrow(/value must be a kind/)
    expect(() => new Dict(heap, { key: ref, value: undefined as never })).toThrow(TypeError)
  })

  it('is shut by close, and by the close of its heap', () => {
    const heap = new Heap()
    const kinds = [
      { key: i32, value: f64 },
      { key: str, value: f64 },
      { key: u8, value: str },
    ] as const
    const closed = kinds.map((of) => new Dict(heap, of as { key: typeof u8; value: typeof f64 }))
    for (const dict of closed) dict.close()
    expect(liveBytes(heap)).toBe(0)
    const shut = kinds.map((of) => new Dict(heap, of as { key: typeof u8; value: typeof f64 }))
    heap.close()
    for (const [i, dict] of [...closed, ...shut].entries()) {
      const key = (i % 3 === 1 ? 'a' : 1) as number
      const put = (i % 3 === 2 ? 'a' : 1) as number
      dict.close()
      expect([dict.size, dict.byteLength]).toEqual([0, 0])
      const calls: (() => unknown)[] = [
        () => dict.get(key),
        () => dict.set(key, put),
        () => dict.has(key),
        () => dict.delete(key),
      ]
      calls.push(
        () => dict.clear(),
        () => dict.keys(),
        () => dict.forEach(() => {}),
        () => dict.reserve(1),
      )
      for (const call of calls) expect(caught(call).code).toBe('EBB_CLOSED')
    }
    expect(caught(() => new Dict(heap, { key: i32, value: f64 })).code).toBe('EBB_CLOSED')
  })
})

describe('memory of a Dict', () => {
  it('shrinks to what an empty one takes when all is deleted', () => {
    using heap = new Heap()
    for (const make of [
      () => new Dict(heap, { key: i32, value: f64 }),
      () => new Dict(heap, { key: f64, value: f64 }),
    ]) {
      const dict = make()
      const empty = dict.byteLength
      for (let i = 0; i < 30_000; i++) dict.set(i, i)
      for (let i = 0; i < 30_000; i++) expect(dict.delete(i)).toBe(true)
      expect(dict.byteLength).toBe(empty)
      dict.close()
    }
  })

  it('is freed by clear, that of many entries in slices', async () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: i32, value: str })
    const empty = dict.byteLength
    for (let i = 0; i < 100; i++) dict.set(i, 'text')
    dict.clear()
    expect(liveBytes(heap)).toBe(empty)
    for (let i = 0; i < 20_000; i++) dict.set(i, 'text')
    dict.clear()
    expect([dict.size, dict.byteLength, dict.get(1)]).toEqual([0, empty, undefined])
    expect(liveBytes(heap)).toBeGreaterThan(empty)
    while (liveBytes(heap) > empty) await new Promise((resolve) => setTimeout(resolve, 5))
    dict.set(1, 'again')
    expect([...dict]).toEqual([[1, 'again']])
  })

  it('is that of what was cleared where the heap refuses more', () => {
    using heap = new Heap({ limit: 4 * 2 ** 20, decay: 0 })
    const dict = new Dict(heap, { key: i32, value: f64 })
    let most = 0
    expect(
      caught(() => {
        for (;;) dict.set(most++, 1)
      }).code,
    ).toBe('EBB_LIMIT')
    dict.clear()
    const again = Math.floor(most * 0.8)
    for (let i = 0; i < again; i++) dict.set(i, 2)
    expect(dict.size).toBe(again)
  })

  it('is as before where any allocation fails', () => {
    for (const [key, sample] of [
      ['i32', 'f64'],
      ['i32', 'i32'],
      ['i32', 'str'],
      ['str', 'f64'],
      ['str', 'str'],
      ['f64', 'struct'],
    ] as const) {
      using heap = new Heap()
      const dict = new Dict(heap, { key: KEYS[key]!.kind, value: VALUES[sample]!.kind }) as Dict<unknown, unknown>
      const model = new Map<unknown, unknown>()
      const random = new Random(`failing ${key} ${sample}`)
      const alloc = heap.alloc.bind(heap)
      let left = 0
      let refused = 0
      heap.alloc = (byteLength) => {
        if (--left < 0) return alloc(byteLength)
        if (left === 0) {
          refused++
          const full = new Heap({ limit: 0 })
          full.alloc(byteLength)
        }
        return alloc(byteLength)
      }
      for (let step = 0; step < 2500; step++) {
        const k = KEYS[key]!.make(step)
        const v = VALUES[sample]!.make(step)
        for (let nth = 1; ; nth++) {
          const before = dict.byteLength
          left = nth
          try {
            dict.set(k, v)
            model.set(k, v)
            break
          } catch (error) {
            expect((error as { code: string }).code).toBe('EBB_LIMIT')
            expect(dict.has(k)).toBe(false)
            expect(dict.size).toBe(model.size)
            // A segment that has grown may stay grown.
            expect(dict.byteLength).toBeGreaterThanOrEqual(before)
          }
        }
        if (random.oneIn(7)) {
          left = 1
          expect(dict.delete(k)).toBe(model.delete(k))
        }
        left = 0
      }
      expect(refused).toBeGreaterThan(0)
      same(dict, model)
      expect(dict.byteLength).toBe(liveBytes(heap))
    }
  })
})

describe('an iteration while a Dict changes', () => {
  for (const [key, sample] of [
    ['i32', 'f64'],
    ['i32', 'i32'],
    ['str', 'str'],
  ] as const) {
    it(`shows what lasts exactly once, ${key} to ${sample}`, () => {
      using heap = new Heap()
      const random = new Random(`iterate ${key}`)
      for (let round = 0; round < 6; round++) {
        const dict = new Dict(heap, { key: KEYS[key]!.kind, value: VALUES[sample]!.kind }) as Dict<unknown, unknown>
        const total = [300, 5000, 20_000][round % 3] as number
        for (let i = 0; i < total; i++) dict.set(KEYS[key]!.make(i), VALUES[sample]!.make(i))
        const gone = new Set<unknown>()
        const shown = new Map<unknown, number>()
        let next = total
        for (const k of dict.keys()) {
          shown.set(k, (shown.get(k) ?? 0) + 1)
          expect(gone.has(k)).toBe(false)
          for (let i = 0; i < 3; i++) {
            const n = random.below(total)
            const other = KEYS[key]!.make(n)
            // Growing in some rounds, shrinking in others; each time some values get blocks of another size.
            if (round % 2 === 0 && next < 4 * total) dict.set(KEYS[key]!.make(next++), VALUES[sample]!.make(n))
            else if (round % 2 === 1 && n % 10 > 0 && dict.delete(other)) gone.add(other)
            else if (!gone.has(other)) dict.set(other, VALUES[sample]!.make(random.below(1000)))
          }
        }
        for (let i = 0; i < total; i++) {
          const k = KEYS[key]!.make(i)
          if (!gone.has(k)) expect(shown.get(k), String(k)).toBe(1)
        }
        dict.close()
      }
    })
  }
})
