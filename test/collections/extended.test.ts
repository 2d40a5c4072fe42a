/** Classes of a caller that extend those of collections, and how all collections show themselves. */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Cache, Dict, fromObject, HashSet, List, str } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'
import { f64, i32, struct } from '../../lib/records/types'
import { caught } from '../support/caught'

class Prices extends List<typeof f64> {
  readonly currency = 'EUR'
  total(): number {
    let sum = 0
    for (const price of this) sum += price
    return sum
  }
}

class Counts extends Dict<typeof str, typeof i32> {
  add(key: string): number {
    const count = this.getOr(key, 0) + 1
    this.set(key, count)
    return count
  }
}

class Doubles extends Dict<typeof i32, typeof f64> {
  half(key: number): number {
    return this.getOr(key, 0) / 2
  }
}

describe('a class that extends', () => {
  it('List has its methods and the methods of a list', () => {
    using heap = new Heap()
    const prices = new Prices(heap, f64)
    expect([prices.push(1.5, 2, 3), prices.unshift(0.5), prices.total()]).toEqual([3, 4, 7])
    prices.length = 3
    prices.set(0, 10)
    expect([prices.get(0), prices.at(-1), prices.length, prices.total()]).toEqual([10, 2, 3, 13.5])
    const seen: unknown[] = []
    prices.forEach((price, index, list) => {
      seen.push(price, index, list === prices)
    })
    expect(seen).toEqual([10, 0, true, 1.5, 1, true, 2, 2, true])
    expect([prices instanceof Prices, prices instanceof List, prices.currency]).toEqual([true, true, 'EUR'])
    expect([...prices.slice(1)]).toEqual([1.5, 2])
  })

  it('Dict has its methods and the methods of a dict', () => {
    using heap = new Heap()
    const counts = new Counts(heap, { key: str, value: i32 })
    expect([counts.add('a'), counts.add('a'), counts.has('a'), counts.delete('a'), counts.size]).toEqual([
      1,
      2,
      true,
      true,
      0,
    ])
    const doubles = new Doubles(heap, { key: i32, value: f64 }).set(1, 5)
    expect([doubles.half(1), doubles.half(2), [...doubles]]).toEqual([2.5, 0, [[1, 5]]])
    expect([counts instanceof Counts, doubles instanceof Doubles, doubles instanceof Dict]).toEqual([true, true, true])
  })

  it('HashSet and Cache has theirs', () => {
    using heap = new Heap()
    class Names extends HashSet<typeof str> {
      readonly first = this.add('Evan').size
    }
    class Small extends Cache<typeof str, typeof f64> {
      readonly first = this.set('one', 1).get('one')
    }
    expect(new Names(heap, str).first).toBe(1)
    expect(new Small(heap, { key: str, value: f64, maxEntries: 1 }).first).toBe(1)
  })
})

describe('each collection', () => {
  it('shows its kind and its contents', () => {
    using heap = new Heap()
    const list = new List(heap, f64)
    list.push(1)
    const cache = new Cache(heap, { key: str, value: f64, maxEntries: 20 }).set('one', 1)
    const dict = new Dict(heap, { key: str, value: f64 }).set('one', 1)
    const all = [list, dict, new HashSet(heap, str).add('one'), cache, fromObject(heap, [1])]
    expect(all.map((one) => inspect(one))).toEqual([
      'List(f64) [1]',
      'Dict(1) { "one" => 1 }',
      'HashSet(1) { "one" }',
      'Cache(1) { "one" => 1 }',
      'Tree of 16 bytes',
    ])
    expect(all.map(String)).toEqual(['List', 'Dict', 'HashSet', 'Cache', 'Tree'].map((name) => `[object ${name}]`))
    expect([cache.stats().hits, cache.stats().misses]).toEqual([0, 0])
    for (const one of all) one.close()
    expect(all.map((one) => inspect(one))).toEqual([
      'List(f64) closed',
      'Dict closed',
      'HashSet closed',
      'Cache closed',
      'Tree closed',
    ])
  })
})

describe('a struct within a struct', () => {
  it('is named when it is no object', () => {
    using heap = new Heap()
    const list = new List(heap, struct({ a: struct({ b: struct({ c: i32 }) }) }))
    const messages = [null, { a: 5 }, { a: { b: 'x' } }].map((value) => caught(() => list.push(value as never)).message)
    expect(messages).toEqual([
      'ebb: value is a struct, an object, got null (object)',
      'ebb: field a is a struct, an object, got 5 (number)',
      'ebb: field a.b is a struct, an object, got "x" (string)',
    ])
  })
})
