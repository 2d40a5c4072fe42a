/** Code of the caller that runs in the middle of a call: getters of values, and onEvict. What it changes, the call sees. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import { bytes, Cache, Dict, fromObject, List, value } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { i32, struct, u8 } from '../../lib/records/types'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'
import { refuseEvery } from '../support/refuse-every'
import { detach } from '../support/test-pages'

/** Bytes of an entry of a cache with a ttl, from i32 to i32. */
const ENTRY_BYTES = 48

let heap: Heap
beforeEach(() => {
  heap = new Heap()
})
afterEach(() => heap.close())

/** A struct whose getter calls back. */
const calling = (call: () => void) => ({
  get a(): number {
    call()
    return 99
  },
})

function filled(count: number): List<{ a: number }> {
  const list = new List(heap, struct({ a: i32 }))
  list.pushAll(Array.from({ length: count }, (_, a) => ({ a })))
  return list
}

const numbers = (list: List<{ a: number }>): number[] => list.toArray().map(({ a }) => a)

/** Closes a list that must be whole, and looks what it has left. */
function expectNothingLeft(list: { close(): void }): void {
  list.close()
  checkHeap(partsOf(heap))
  expect(heap.stats().blocks).toBe(0)
}

describe('getters of a value, while it is put into a list,', () => {
  it('may take elements away from one that is filled', () => {
    const list = filled(5)
    list.fill(calling(() => void list.pop()))
    expect(numbers(list)).toEqual([99, 99, 99, 99])
    list.fill(
      calling(() => list.clear()),
      1,
      3,
    )
    expect(numbers(list)).toEqual([])
    expectNothingLeft(list)
  })

  it('may make it shorter than the index at which that is inserted', () => {
    const list = filled(10)
    const error = caught(() =>
      list.insert(
        9,
        calling(() => {
          list.length = 3
        }),
      ),
    )
    expect([error.code, error.message]).toEqual([
      'ERR_OUT_OF_RANGE',
      'ebb: index 9 is not in the list; a whole number from 0 to 2 is',
    ])
    expect(numbers(list)).toEqual([0, 1, 2])
    list.insert(
      1,
      calling(() => void list.shift()),
    )
    expect(numbers(list)).toEqual([1, 99, 2])
    expectNothingLeft(list)
  })

  it('may have its heap compacted: the list follows later moves too', () => {
    const list = new List(heap, struct({ a: i32 }))
    const between: Pointer[] = []
    for (let a = 0; a < 1500; a++) {
      list.push({ a })
      between.push(heap.alloc(12))
    }
    list.insert(
      100,
      calling(() => void heap.compact()),
    )
    const before = numbers(list)
    heap.freeMany(between)
    expect(heap.compact(() => {}).moved).toBeGreaterThan(0)
    expect(numbers(list)).toEqual(before)
    expectNothingLeft(list)
  })

  it('may throw after they have made it shorter: that comes out', () => {
    const list = filled(3)
    const clearing = calling(() => {
      list.clear()
      throw new Error('of the caller')
    })
    expect(() => list.pushAll([{ a: 3 }, clearing])).toThrow('of the caller')
    expect(numbers(list)).toEqual([])
    expectNothingLeft(list)
  })
})

describe('a struct within a struct', () => {
  it('is read once, and each of its fields', () => {
    const list = new List(heap, struct({ a: i32, inner: struct({ b: i32, c: i32 }) }))
    const reads: string[] = []
    const noted = <T extends object>(object: T): T =>
      new Proxy(object, {
        get(target, name) {
          reads.push(String(name))
          return Reflect.get(target, name)
        },
      })
    list.push(noted({ inner: noted({ c: 3, b: 2 }), a: 1 }))
    expect(reads).toEqual(['a', 'inner', 'b', 'c'])
    expect(list.toArray()).toEqual([{ a: 1, inner: { b: 2, c: 3 } }])
  })
})

describe('fill of a list of trees', () => {
  it('reads the value once and replaces nothing where the heap has no room for all', () => {
    const list = new List(heap, value)
    list.pushAll([1, 'two', [3], null])
    let reads = 0
    const tree = {
      get read(): number {
        return ++reads
      },
    }
    const counts = refuseEvery(heap, 3)
    expect(caught(() => list.fill(tree)).code).toBe('EBB_OUT_OF_MEMORY')
    counts.stop()
    expect(list.toArray()).toEqual([1, 'two', [3], null])
    list.fill(tree, 1, 3)
    expect(list.toArray()).toEqual([1, { read: 2 }, { read: 2 }, null])
    expect(list.byteLength).toBe(heap.stats().liveBytes)
    expectNothingLeft(list)
  })
})

describe('a Cache that evicts because the heap refuses a block', () => {
  /** A cache of two entries, and a call of `set` whose first request for a block is refused. */
  function setWhileRefused<V>(kind: typeof value | typeof bytes, first: V, given: V, onEvict: () => void): unknown {
    const cache = new Cache(heap, { key: i32, value: kind as never, maxEntries: 100, onEvict })
    cache.set(1, first as never)
    const real = heap.alloc
    heap.alloc = () => {
      heap.alloc = real
      throw caught(() => new Heap({ limit: 1 }).alloc(1))
    }
    cache.set(2, given as never)
    const found = cache.get(2)
    expect(cache.byteLength).toBe(heap.stats().liveBytes)
    expectNothingLeft(cache)
    return found
  }

  it('stores the value as onEvict has left it, however long', () => {
    const given = { text: 'short' }
    const found = setWhileRefused<object>(value, {}, given, () => {
      given.text = 'long'.repeat(100)
    })
    expect(found).toEqual({ text: 'long'.repeat(100) })
  })

  it('stores bytes that onEvict has detached as none', () => {
    const given = new Uint8Array(40)
    expect(setWhileRefused(bytes, new Uint8Array(3), given, () => detach(given.buffer))).toEqual(new Uint8Array(0))
  })
})

describe('onEvict', () => {
  it('may close the heap: nothing is written where the entries were', () => {
    for (const call of ['set', 'purgeStale'] as const) {
      const clock = new ManualClock()
      const closing = new Heap({ clock })
      const others: Pointer[] = []
      /** Closes the heap and has another take its memory, in which each block is full of the pointer of the next. */
      const onEvict = (): void => {
        closing.close()
        heap.allocMany(ENTRY_BYTES, others)
        for (const [i, other] of others.entries())
          for (let at = 0; at < ENTRY_BYTES; at += 4) heap.setInt32(other, at, others[(i + 1) % 100] as Pointer)
      }
      others.length = 100
      const cache = new Cache(closing, { key: i32, value: i32, maxEntries: 100, ttl: 5, onEvict })
      for (let key = 0; key < 10; key++) cache.set(key, key)
      clock.advance(10)
      if (call === 'set') cache.set(10, 10)
      else expect(cache.purgeStale()).toBe(1)
      for (const [i, other] of others.entries())
        for (let at = 0; at < ENTRY_BYTES; at += 4) expect(heap.getInt32(other, at)).toBe(others[(i + 1) % 100])
      expect([cache.size, cache.stats().expired]).toEqual([0, 1])
    }
  })
})

describe('onEvict', () => {
  it('may close the heap in a slice of evictions, and throw: nothing is evicted after that', () => {
    const clock = new ManualClock()
    const closing = new Heap({ clock })
    let told = 0
    const onEvict = (): void => {
      if (++told < 600) clock.advance(1)
      else {
        closing.close()
        throw new Error('of the caller')
      }
    }
    const cache = new Cache(closing, { key: i32, value: i32, maxEntries: 1000, onEvict })
    for (let key = 0; key < 1000; key++) cache.set(key, key)
    cache.resize({ maxEntries: 10 })
    expect(cache.size).toBeGreaterThan(10)
    expect(() => clock.advance(5000)).toThrow('of the caller')
    clock.advance(5000)
    expect([told, cache.size, cache.byteLength]).toEqual([600, 0, 0])
  })
})

describe('options', () => {
  it('of a Cache and a Dict are read once', () => {
    const read: string[] = []
    const noted = (options: object) =>
      new Proxy(options, {
        get(target, name) {
          read.push(String(name))
          return Reflect.get(target, name)
        },
      })
    new Cache(heap, noted({ key: i32, value, maxEntries: 5, policy: 'lru' }) as never).close()
    new Dict(heap, noted({ key: i32, value }) as never).close()
    expect(read).toEqual(['key', 'value', 'maxBytes', 'maxEntries', 'ttl', 'policy', 'onEvict', 'key', 'value'])
  })
})

describe('a detached array', () => {
  it('is a key of no bytes, as it is a value of none', () => {
    const gone = new Uint8Array(40)
    detach(gone.buffer)
    const dict = new Dict(heap, { key: bytes, value: bytes })
    dict.set(gone, gone)
    expect([dict.has(gone), dict.get(new Uint8Array(0)), dict.size]).toEqual([true, new Uint8Array(0), 1])
    expect(fromObject(heap, [gone, 1]).toObject()).toEqual([new Uint8Array(0), 1])
  })
})

describe('an array that lies', () => {
  class Liar extends Uint8Array {
    override get length(): number {
      return 600
    }
    override get buffer(): ArrayBuffer {
      return new ArrayBuffer(0)
    }
    override get byteOffset(): number {
      return 7
    }
  }

  it('gets the bytes of a value, and none of what lies behind it', () => {
    const dict = new Dict(heap, { key: i32, value: bytes })
    for (let key = 0; key < 20; key++) dict.set(key, new Uint8Array(600).fill(key + 1))
    const target = new Liar(4096)
    expect(dict.getInto(5, target)).toBe(600)
    const got = Uint8Array.prototype.slice.call(new Uint8Array(4096).map((_, at) => target[at] as number))
    expect(got.slice(0, 600)).toEqual(new Uint8Array(600).fill(6))
    expect(got.slice(600)).toEqual(new Uint8Array(4096 - 600))
  })

  it('is copied in and out of a list by what the engine knows of it', () => {
    const list = new List(heap, u8)
    const source = new Liar(1000)
    for (let at = 0; at < 1000; at++) source[at] = at & 127
    expect(list.pushAll(source)).toBe(1000)
    const target = new Liar(1000)
    expect(list.copyOut(target)).toBe(1000)
    expect(Array.from({ length: 1000 }, (_, at) => target[at])).toEqual(list.toArray())
    expect(list.get(999)).toBe(999 & 127)
  })
})
