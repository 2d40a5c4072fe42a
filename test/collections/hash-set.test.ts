import { describe, expect, expectTypeOf, it } from 'vitest'
import { f64, Heap, i32 } from '../../lib'
import { bytes, HashSet, str, value } from '../../lib/collections'
import { caught } from '../support/caught'
import { KEYS, liveBytes } from '../support/dict-model'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

describe('a HashSet against a Set', () => {
  for (const [name, { kind, make }] of Object.entries(KEYS)) {
    it(`holds the same with keys of ${name}`, () => {
      for (const heap of [new Heap(), testHeap({ isFar: true }).heap]) {
        const random = new Random(`set ${name}`)
        const set = new HashSet(heap, kind) as HashSet<unknown>
        const model = new Set<unknown>()
        for (let phase = 0; phase < 4; phase++) {
          for (let step = 0; step < 2000; step++) {
            const key = make(random.below(1500))
            if (random.below(10) < (phase % 2 === 0 ? 8 : 2)) {
              set.add(key)
              model.add(key)
            } else if (set.delete(key) !== model.delete(key)) expect.fail(`delete(${String(key)}) said the opposite`)
          }
          expect(set.size).toBe(model.size)
          expect(new Set(set)).toEqual(model)
          for (const key of model) expect(set.has(key)).toBe(true)
          expect(set.byteLength).toBe(liveBytes(heap))
        }
        set.close()
        expect(liveBytes(heap)).toBe(0)
        heap.close()
      }
    })
  }
})

describe('the face of a HashSet', () => {
  it('is that of a Set', () => {
    using heap = new Heap()
    const set = new HashSet(heap, str)
    expectTypeOf(set).toEqualTypeOf<HashSet<string>>()
    expect(set.add('a').add('b').add('a')).toBe(set)
    expect([set.size, set.has('a'), set.has('c'), set.delete('c')]).toEqual([2, true, false, false])
    expect([...set.keys()].sort()).toEqual(['a', 'b'])
    expect([...set.values()].sort()).toEqual(['a', 'b'])
    expect([...set.entries()].sort()).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ])
    const seen: unknown[] = []
    set.forEach((key, again, self) => {
      seen.push(key === again && self === set)
    })
    expect(seen).toEqual([true, true])
    set.clear()
    expect([set.size, [...set]]).toEqual([0, []])
    set.reserve(100)
    expect([String(set), set.heap, set instanceof HashSet]).toEqual(['[object HashSet]', heap, true])
  })

  it('compares as a Set does', () => {
    using heap = new Heap()
    const doubles = new HashSet(heap, f64)
    doubles.add(-0).add(0).add(Number.NaN).add(Number.NaN)
    expect(new Set(doubles)).toEqual(new Set([0, Number.NaN]))
    const blobs = new HashSet(heap, bytes)
    blobs.add(Uint8Array.of(1)).add(Uint8Array.of(1))
    expect(blobs.size).toBe(1)
  })

  it('refuses what is no key, and all after close', () => {
    using heap = new Heap()
    const set = new HashSet(heap, i32)
    // @ts-expect-error: a text is no number
    expect(() => set.add('1')).toThrow(TypeError)
    expect(() => set.add(2 ** 31)).toThrow(RangeError)
    // @ts-expect-error: a tree is no kind of keys
    expect(() => new HashSet(heap, value)).toThrow(/got the kind value/)
    expect(() => new HashSet(undefined as never, i32)).toThrow(/needs a Heap/)
    {
      using one = set
      one.add(1)
    }
    expect([set.size, set.byteLength]).toEqual([0, 0])
    for (const call of [() => set.add(1), () => set.has(1), () => set.forEach(() => {}), () => set.keys()])
      expect(caught(call).code).toBe('EBB_CLOSED')
  })
})
