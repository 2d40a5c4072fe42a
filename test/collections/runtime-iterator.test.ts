/** Iterators of collections have what the runtime's own have, and refuse to leave their thread. */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bool, f64, Heap, i32 } from '../../lib'
import { Cache, Dict, HashSet, List, str } from '../../lib/collections'

const ITERATOR = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object

describe('iterators', () => {
  const heap = new Heap()
  const cache = new Cache(heap, { key: i32, value: f64, maxEntries: 9 }).set(1, 1.5).set(2, 2.5)
  const dict = new Dict(heap, { key: i32, value: f64 }).set(1, 1.5)
  const list = new List(heap, f64)
  const texts = new List(heap, str)
  list.pushAll([1, 2, 3])
  texts.push('a')
  const made: Readonly<Record<string, () => IterableIterator<unknown>>> = {
    'keys of a Dict': () => dict.keys(),
    'values of a HashSet': () => new HashSet(heap, str).add('b').values(),
    'entries of a HashSet': () => new HashSet(heap, str).add('b').entries(),
    'a Cache': () => cache[Symbol.iterator](),
    'a List of f64': () => list[Symbol.iterator](),
    'a List of bool': () => new List(heap, bool)[Symbol.iterator](),
    'a List of str': () => texts[Symbol.iterator](),
  }

  it('print as what they are', () => {
    expect([inspect(dict.keys()), inspect(list[Symbol.iterator]())]).toEqual(['Iterator {}', 'Iterator {}'])
  })

  it.each(Object.keys(made))('of %s have all that the iterators of this runtime have', (name) => {
    const iterator = made[name]!()
    expect(Object.prototype.isPrototypeOf.call(ITERATOR, iterator)).toBe(true)
    expect(iterator[Symbol.iterator]()).toBe(iterator)
    const all = [...made[name]!()]
    if (!('toArray' in [].values())) return
    const helped = made[name]!() as unknown as { drop(count: number): { toArray(): unknown[] } }
    expect(helped.drop(1).toArray()).toEqual(all.slice(1))
  })
})
