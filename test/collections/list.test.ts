import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { List } from '../../lib/collections/list'
import { Heap } from '../../lib/heap/heap'
import { bool, f32, f64, i8, i16, i32, i64, ref, type Scalar, u8, u16, u32, u64 } from '../../lib/records/types'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

let heap: Heap
beforeEach(() => {
  heap = new Heap()
})
afterEach(() => heap.close())

const listOf = <V>(kind: Scalar<V>, values: readonly V[]): List<V> => {
  const list = new List(heap, kind) as unknown as List<V>
  list.pushAll(values)
  return list
}
const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

/** What a call throws, as `kind: message` or `code: message`. */
function thrown(call: () => unknown): string {
  const error = caught(call)
  return error instanceof HeapError ? `${error.code}: ${error.message}` : String(error)
}

describe('making a list', () => {
  it('gives an empty one that takes no memory yet', () => {
    const list = new List(heap, f64)
    expect([list.length, list.byteLength, list.kind, list.toArray()]).toEqual([0, 0, 'f64', []])
    expect(heap.stats().blocks).toBe(0)
    expect(list).toBeInstanceOf(List)
    expect([]).not.toBeInstanceOf(List)
  })

  it('infers the type of elements from their kind', () => {
    const numbers: List<number> = new List(heap, f64)
    const flags: List<boolean> = new List(heap, bool)
    // @ts-expect-error a text is no number
    expect(() => numbers.push('1')).toThrow(TypeError)
    // @ts-expect-error nor is a number a boolean
    expect(() => flags.fill(1)).toThrow(TypeError)
    // @ts-expect-error and there is no list without a kind
    expect(() => new List(heap)).toThrow(TypeError)
  })

  it('refuses what is no heap, no kind, or closed', () => {
    expect(thrown(() => new List({} as never, f64))).toMatch(/^TypeError: ebb: a list needs a Heap/)
    expect(thrown(() => new List(heap, 'f64' as never))).toMatch(/^TypeError: ebb: a list's kind must be/)
    const closed = new Heap()
    closed.close()
    expect(thrown(() => new List(closed, f64))).toMatch(/^EBB_CLOSED: ebb: new List on a closed heap/)
  })
})

describe('both ends', () => {
  it('are those of an Array', () => {
    const list = new List(heap, i32)
    expect([list.push(1), list.push(2), list.unshift(0), list.unshift(-1)]).toEqual([1, 2, 3, 4])
    expect(list.toArray()).toEqual([-1, 0, 1, 2])
    expect([list.pop(), list.shift(), list.pop(), list.shift()]).toEqual([2, -1, 1, 0])
    expect([list.pop(), list.shift(), list.length]).toEqual([undefined, undefined, 0])
  })

  it('can each be used alone over many chunks, forwards and backwards', () => {
    const count = 50_000
    const list = new List(heap, f64)
    for (let i = 0; i < count; i++) list.unshift(i)
    for (let i = 0; i < count; i++) if (list.pop() !== i) expect.unreachable(`${i} came in another order`)
    for (let i = 0; i < count; i++) list.push(i)
    for (let i = 0; i < count; i++) if (list.shift() !== i) expect.unreachable(`${i} came in another order`)
    expect(list.byteLength).toBeLessThan(1000)
  })

  it('serve a queue for ever in the memory of its elements', () => {
    const list = new List(heap, f64)
    for (let i = 0; i < 10_000; i++) list.push(i)
    for (let i = 0; i < 300_000; i++) {
      list.push(10_000 + i)
      if (list.shift() !== i) expect.unreachable(`${i} came in another order`)
    }
    expect(list.byteLength).toBeLessThan(6 * 32 * 1024)
  })
})

describe('the memory of a list', () => {
  it('is 8 bytes a float and little more when there are many', () => {
    const list = new List(heap, f64)
    for (let i = 0; i < 500_000; i++) list.push(i)
    expect(list.byteLength / list.length).toBeLessThan(8.2)
    expect(heap.stats().liveBytes).toBe(list.byteLength)
  })

  it('is given back by pop, by length and by clear', () => {
    const list = new List(heap, f64)
    const fill = (): void => {
      while (list.length < 200_000) list.push(1)
    }
    fill()
    const full = list.byteLength
    while (list.length > 10_000) list.pop()
    expect(list.byteLength).toBeLessThan(full * 0.09)
    fill()
    list.length = 10_000
    expect(list.byteLength).toBeLessThan(full * 0.09)
    list.length = 10
    expect(list.byteLength).toBeLessThan(1000)
    expect(list.toArray()).toEqual(new Array(10).fill(1))
    list.clear()
    expect([list.byteLength, heap.stats().blocks]).toEqual([0, 0])
  })

  it('starts small: a hundred lists of ten take less than 200 bytes each', () => {
    const lists = range(100).map(() => listOf(f64, range(10)))
    expect(heap.stats().liveBytes).toBeLessThan(100 * 200)
    for (const list of lists) expect(list.toArray()).toEqual(range(10))
  })

  it('is kept between a push and a pop at the end of a chunk', () => {
    const list = listOf(f64, range(8192))
    list.push(1)
    const { blocks } = heap.stats()
    for (let i = 0; i < 100; i++) {
      list.pop()
      list.push(i)
    }
    expect(heap.stats().blocks).toBe(blocks)
  })

  it('follows compaction, while it is read and written in the callback too', () => {
    const lists = range(40).map((seed) =>
      listOf(
        f64,
        range(8192).map((i) => i + seed),
      ),
    )
    for (const list of lists.filter((_, index) => index % 4 !== 0)) list.close()
    const left = lists.filter((_, index) => index % 4 === 0)
    heap.purge()
    let moves = 0
    heap.compact(() => {
      moves++
      for (const list of left) list.set(5, list.get(5) + 1)
    })
    expect(moves).toBeGreaterThan(0)
    for (const [index, list] of left.entries()) {
      expect(list.get(5)).toBe(5 + index * 4 + moves)
      expect(list.get(8191)).toBe(8191 + index * 4)
      list.push(-1)
      expect(list.at(-1)).toBe(-1)
    }
  })
})

describe('an index', () => {
  it('is from 0 to length - 1 for get and set', () => {
    const list = listOf(f64, [1, 2, 3])
    for (const index of [-1, 3, 1.5, Number.NaN, Infinity, 2 ** 32]) {
      expect(thrown(() => list.get(index))).toMatch(/^RangeError: ebb: index .* is not in the list; .* 0 to 2 is$/)
      expect(thrown(() => list.set(index, 1))).toMatch(/^RangeError/)
    }
    for (const index of ['1', undefined, null, 1n]) {
      expect(thrown(() => list.get(index as never))).toMatch(/^TypeError: ebb: an index must be a number/)
      expect(thrown(() => list.at(index as never))).toMatch(/^TypeError: ebb: an index must be a number/)
    }
    expect(thrown(() => new List(heap, f64).get(0))).toMatch(/the list is empty/)
  })

  it('is as for an Array in at, slice, fill, indexOf and includes', () => {
    const array = [5, 6, 7, 8, 9]
    const list = listOf(f64, array)
    for (const a of [-7, -2, 0, 1.7, 3, 8, Number.NaN, Infinity, -Infinity, undefined]) {
      if (a !== undefined) expect(list.at(a)).toBe(array.at(a))
      expect(list.indexOf(7, a)).toBe(array.indexOf(7, a))
      expect(list.includes(6, a)).toBe(array.includes(6, a))
      for (const b of [-1, 2, 9, undefined]) {
        expect(list.slice(a, b).toArray()).toEqual(array.slice(a, b))
        expect(list.slice().fill(0, a, b).toArray()).toEqual(array.slice().fill(0, a, b))
      }
    }
  })

  it('may be the length for insert, not for remove', () => {
    const list = listOf(f64, [1])
    expect([list.insert(1, 3), list.insert(1, 2), list.insert(0, 0)]).toEqual([2, 3, 4])
    expect(list.toArray()).toEqual([0, 1, 2, 3])
    expect([list.remove(0), list.remove(2), list.toArray()]).toEqual([0, 3, [1, 2]])
    expect(thrown(() => list.remove(2))).toMatch(/^RangeError/)
    expect(thrown(() => list.insert(3, 1))).toMatch(/^RangeError/)
    expect(thrown(() => list.insert(-1, 1))).toMatch(/^RangeError/)
  })
})

const WRONG: readonly (readonly [Scalar<never>, readonly unknown[], readonly unknown[]])[] = (
  [
    [i8, [-129, 128, 0.5], ['1', 1n]],
    [u8, [-1, 256, Number.NaN], [true, null]],
    [i16, [-32769, 32768], [undefined]],
    [u16, [-1, 65536], ['']],
    [i32, [2 ** 31, -(2 ** 31) - 1, Infinity], [{}]],
    [u32, [-1, 2 ** 32, 0.1], [[]]],
    [f32, [], ['1', 1n, null]],
    [f64, [], ['1', 1n, undefined]],
    [i64, [2n ** 63n, -(2n ** 63n) - 1n], [1]],
    [u64, [-1n, 2n ** 64n], [1]],
    [bool, [], [0, 1, 'true']],
    [ref, [-1, 2 ** 31, 1.5], ['1']],
  ] as const
).map(([kind, magnitudes, kinds]) => [kind as never, magnitudes, kinds])

describe('a value that is not of the kind', () => {
  for (const [kind, magnitudes, kinds] of WRONG) {
    it(`is refused by a list of ${kind.kind}, which stays as it is`, () => {
      const list = new List(heap, kind) as unknown as List<unknown>
      const zero = kind.kind === 'bool' ? false : kind.kind === 'i64' || kind.kind === 'u64' ? 0n : 0
      list.push(zero)
      for (const wrong of [...magnitudes, ...kinds]) {
        const name = magnitudes.includes(wrong) ? 'RangeError' : 'TypeError'
        const calls = [
          () => list.push(wrong),
          () => list.unshift(wrong),
          () => list.set(0, wrong),
          () => list.insert(0, wrong),
          () => list.fill(wrong),
          () => list.indexOf(wrong),
          () => list.includes(wrong),
          () => list.pushAll([zero, zero, wrong]),
        ]
        for (const call of calls)
          expect(thrown(call)).toMatch(new RegExp(`^${name}: ebb: a list of ${kind.kind} holds`))
        expect(list.toArray()).toEqual([zero])
      }
    })
  }
})

describe('searching', () => {
  it('finds NaN by includes alone, 0 by -0, and across chunks', () => {
    const list = listOf(f64, [...range(10_000), Number.NaN, 0])
    expect([list.indexOf(9000), list.indexOf(0, 1), list.indexOf(-0)]).toEqual([9000, 10_001, 0])
    expect([list.indexOf(Number.NaN), list.includes(Number.NaN), list.includes(0.5)]).toEqual([-1, true, false])
    const flags = listOf(bool, [false, true])
    expect([flags.indexOf(true), flags.includes(false)]).toEqual([1, true])
    expect(listOf(u64, [1n, 2n ** 64n - 1n]).indexOf(2n ** 64n - 1n)).toBe(1)
  })
})

describe('sorting', () => {
  it('is by number without a function, NaN last', () => {
    const list = listOf(f64, [3, Number.NaN, -1, 10, 2, -Infinity])
    expect(list.sort()).toBe(list)
    expect(list.toArray()).toEqual([-Infinity, -1, 2, 3, 10, Number.NaN])
    expect(listOf(bool, [true, false, true]).sort().toArray()).toEqual([false, true, true])
    expect(listOf(i64, [3n, -5n]).sort().toArray()).toEqual([-5n, 3n])
  })

  it('is stable with one, over several chunks', () => {
    const values = range(20_000).map((i) => ((i * 7919) % 10) * 100_000 + i)
    const byHead = (a: number, b: number): number => Math.floor(a / 100_000) - Math.floor(b / 100_000)
    const list = listOf(i32, values).sort(byHead)
    expect(list.toArray()).toEqual([...values].sort(byHead))
  })

  it('gives the function values of the kind', () => {
    const seen = new Set<string>()
    listOf(bool, [true, false]).sort((a, b) => {
      seen.add(`${typeof a} ${typeof b}`)
      return Number(a) - Number(b)
    })
    expect([...seen]).toEqual(['boolean boolean'])
  })

  it('leaves the list as it was where the function throws, changes it or closes it', () => {
    const list = listOf(f64, [3, 1, 2])
    const fails = (): never => {
      throw new Error('no order')
    }
    expect(() => list.sort(fails)).toThrow('no order')
    expect(list.toArray()).toEqual([3, 1, 2])
    expect(thrown(() => list.sort(() => list.push(0)))).toMatch(/^EBB_BUSY/)
    expect(list.toArray().slice(0, 3)).toEqual([3, 1, 2])
    expect(thrown(() => list.sort('up' as never))).toMatch(/^TypeError: ebb: sort needs a function/)
    const closing = (): number => {
      list.close()
      return 0
    }
    expect(thrown(() => list.sort(closing))).toMatch(/^EBB_CLOSED/)
  })
})

describe('iteration', () => {
  it('shows what an Array shows while it changes', () => {
    const show = (list: { push(value: number): unknown; pop(): unknown; shift(): unknown } & Iterable<number>) => {
      const seen: number[] = []
      for (const value of list) {
        seen.push(value)
        if (value === 2) list.push(100)
        if (value === 4) list.shift()
        if (value === 6) list.pop()
      }
      return seen
    }
    expect(show(listOf(f64, range(9)))).toEqual(show(range(9)))
  })

  it('ends for good, and works with everything that iterates', () => {
    const list = listOf(f64, [1, 2])
    const values = list[Symbol.iterator]()
    expect([...values]).toEqual([1, 2])
    list.push(3)
    expect(values.next()).toEqual({ value: undefined, done: true })
    const [first, ...rest] = list
    expect([first, rest, Math.max(...list)]).toEqual([1, [2, 3], 3])
  })

  it('goes on through compaction', () => {
    const lists = range(24).map(() => listOf(f64, range(9000)))
    for (const list of lists.slice(1)) if (lists.indexOf(list) % 3 !== 0) list.close()
    const seen: number[] = []
    for (const value of lists[0]!) {
      if (value % 1000 === 0) heap.compact(() => {})
      seen.push(value)
    }
    expect(seen).toEqual(range(9000))
  })

  it('by forEach is over those that were there at its start', () => {
    const list = listOf(i32, [1, 2, 3])
    const seen: unknown[] = []
    list.forEach((value, index, all) => {
      seen.push([value, index, all === list])
      list.push(9)
      if (index === 1) list.length = 2
    })
    expect(seen).toEqual([
      [1, 0, true],
      [2, 1, true],
    ])
    expect(thrown(() => list.forEach(3 as never))).toMatch(/^TypeError: ebb: forEach needs a function/)
  })
})

describe('many at once', () => {
  it('are added from arrays and typed arrays, and copied out', () => {
    const list = new List(heap, f64)
    const source = Float64Array.from(range(10_000))
    expect(list.pushAll(source)).toBe(10_000)
    expect(list.pushAll(Int32Array.of(1, 2))).toBe(10_002)
    expect(list.pushAll([0.5])).toBe(10_003)
    const target = new Float64Array(10_100).fill(-1)
    expect(list.copyOut(target)).toBe(10_003)
    expect([...target.slice(0, 10_004)]).toEqual([...source, 1, 2, 0.5, -1])
    expect(list.copyOut(target, -1)).toBe(1)
    expect(target[0]).toBe(0.5)
    expect(list.copyOut(new Float64Array(5), 9999)).toBe(4)
  })

  it('are refused where they are not of the kind', () => {
    const list = listOf(f64, [1])
    expect(thrown(() => list.copyOut(new Int32Array(1)))).toMatch(
      /^TypeError: ebb: copyOut of a list of f64 needs a Float64/,
    )
    expect(thrown(() => list.pushAll(3 as never))).toMatch(/^TypeError: ebb: pushAll needs an array/)
    expect(thrown(() => listOf(bool, []).pushAll(Uint8Array.of(1) as never))).toMatch(/^TypeError: ebb: a list of bool/)
    const flags = new Uint8Array(2)
    expect([listOf(bool, [true, false]).copyOut(flags), ...flags]).toEqual([2, 1, 0])
  })
})

describe('length', () => {
  it('is only made smaller', () => {
    const list = listOf(f64, [1, 2, 3])
    list.length = 3
    list.length = 1
    expect(list.toArray()).toEqual([1])
    for (const length of [2, -1, 0.5, Number.NaN]) {
      const set = (): void => {
        list.length = length
      }
      expect(thrown(set)).toMatch(/^RangeError: ebb: a list of 1 can be made shorter/)
    }
    const set = (): void => {
      list.length = '1' as never
    }
    expect(thrown(set)).toMatch(/^TypeError: ebb: a list's length is a number/)
  })
})

/** Every public method, as a call on a list with elements. */
const CALLS: Record<string, (list: List<number>) => unknown> = {
  get: (list) => list.get(0),
  set: (list) => list.set(0, 1),
  at: (list) => list.at(0),
  push: (list) => list.push(1),
  pop: (list) => list.pop(),
  shift: (list) => list.shift(),
  unshift: (list) => list.unshift(1),
  insert: (list) => list.insert(0, 1),
  remove: (list) => list.remove(0),
  slice: (list) => list.slice(),
  fill: (list) => list.fill(1),
  indexOf: (list) => list.indexOf(1),
  includes: (list) => list.includes(1),
  sort: (list) => list.sort(),
  toArray: (list) => list.toArray(),
  pushAll: (list) => list.pushAll([1]),
  copyOut: (list) => list.copyOut(new Float64Array(1)),
  forEach: (list) => list.forEach(() => {}),
  clear: (list) => list.clear(),
  iterate: (list) => [...list],
  length: (list) => {
    list.length = 0
  },
}

describe('closing', () => {
  for (const [name, call] of Object.entries(CALLS)) {
    it(`has ${name} refused, whether the list or its heap is closed`, () => {
      const list = listOf(f64, range(5000))
      list.close()
      expect(heap.stats().blocks).toBe(0)
      expect(thrown(() => call(list))).toMatch(/^EBB_CLOSED: ebb: \w+ on a closed list; make a new List/)
      const other = listOf(f64, range(5000))
      heap.close()
      expect(thrown(() => call(other))).toMatch(/^EBB_CLOSED: ebb: \w+ on a closed heap; make a new Heap/)
      expect([list.length, other.length, other.byteLength]).toEqual([0, 0, 0])
    })
  }

  it('may be done twice, and by using', () => {
    const list = listOf(f64, [1])
    list[Symbol.dispose]()
    list.close()
    heap.close()
    list.close()
    expect(list.length).toBe(0)
  })

  it('in the middle of an iteration ends it with an error', () => {
    const list = listOf(f64, [1, 2])
    const visit = (): void => {
      for (const _ of list) list.close()
    }
    expect(thrown(visit)).toMatch(/^EBB_CLOSED: ebb: iterate on a closed list/)
  })
})

describe('a list as a value', () => {
  it('is one line in console.log and an array in JSON', () => {
    const list = listOf(f64, range(30))
    expect(inspect({ list })).toContain(
      'List(f64) [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, ... 10 more]',
    )
    expect(inspect(listOf(i64, [1n]))).toBe('List(i64) [1n]')
    expect(JSON.stringify({ list: listOf(bool, [true]) })).toBe('{"list":[true]}')
    list.close()
    expect(inspect(list)).toBe('List(f64) closed')
  })
})

describe('far memory', () => {
  it('serves lists as near memory does', () => {
    const { heap: far } = testHeap({ isFar: true })
    const list = new List(far, u8)
    for (let i = 0; i < 100_000; i++) list.push(i & 255)
    for (let i = 0; i < 100_000; i += 777) expect(list.get(i)).toBe(i & 255)
    list.set(40_000, 7)
    expect([list.at(40_000), list.indexOf(255), list.pop()]).toEqual([7, 255, 99_999 & 255])
  })
})
