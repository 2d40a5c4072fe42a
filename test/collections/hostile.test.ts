/** Random calls of the collections' public faces with random arguments: none ends the process, none harms the heap or what is stored. */
import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { Cache } from '../../lib/collections/cache'
import { Dict } from '../../lib/collections/dict'
import { HashSet } from '../../lib/collections/hash-set'
import { bytes, str, value } from '../../lib/collections/kinds'
import { List } from '../../lib/collections/list'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { f64, i32, struct, u8 } from '../../lib/records/types'
import { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { detach } from '../support/test-pages'

type Face = Record<string, (...values: unknown[]) => unknown>

const FACES: readonly [string, readonly string[]][] = [
  ['Dict', 'get set has delete getOr getOrInsert getInto reserve keys values entries forEach clear'.split(' ')],
  ['HashSet', 'add has delete reserve keys values entries forEach clear'.split(' ')],
  [
    'List',
    'push pop at get set insert remove slice sort fill includes indexOf forEach toArray pushAll copyOut clear'.split(
      ' ',
    ),
  ],
  [
    'Cache',
    'get getInto peek has set delete purgeStale resize shrinkTo stats keys values entries forEach clear'.split(' '),
  ],
]

const gone = new Uint8Array(16)
detach(gone.buffer)

const oddities: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Infinity,
  -0,
  -1,
  0.5,
  2 ** 31,
  2 ** 53,
  7n,
  true,
  Symbol('s'),
  '',
  '\ud800',
  'lone \udfff end',
  'k\0k',
  [],
  {},
  gone,
  new Uint8Array(0),
  new Uint8Array(new SharedArrayBuffer(8)),
  new Float64Array(3),
  new Proxy([], {}),
  Object.freeze({ a: 1, s: 2 }),
  {
    get a(): never {
      throw new TypeError('a getter of the caller')
    },
  },
  {
    valueOf(): never {
      throw new TypeError('valueOf was run')
    },
  },
]

/** Anything: often what some kind takes. */
function anything(random: Random): unknown {
  switch (random.below(7)) {
    case 0:
      return random.pick(oddities)
    case 1:
    case 2:
      return random.below(300)
    case 3:
      return `key ${random.below(200)}`
    case 4:
      return 'é☃'.repeat(random.logUniform(300))
    case 5:
      return new Uint8Array(random.logUniform(2000)).fill(7)
    default:
      return random.pick<unknown>([{ a: 1, s: random.below(9) }, [1, [2, { three: '3' }]], 1.5, null, [1, 2, 3]])
  }
}

/** Calls a method; a list that it makes is closed. */
function call(target: Face, method: string, ...values: unknown[]): unknown {
  const result = target[method]?.(...values)
  if (result instanceof List && result !== (target as unknown)) result.close()
  return result
}

/** A callback that calls back: what it does to the collection is a hostile call too. */
function callback(random: Random, target: Face, methods: readonly string[]): () => unknown {
  let calls = 0
  return () => {
    if (calls++ > 50) throw new TypeError('enough')
    const method = random.pick(methods.filter((name) => name !== 'forEach' && name !== 'sort'))
    return call(target, method, anything(random), anything(random))
  }
}

const isExpected = (error: unknown): boolean =>
  error instanceof HeapError || error instanceof TypeError || error instanceof RangeError

function hostileCall(random: Random, target: Face, methods: readonly string[]): void {
  const method = random.pick(methods)
  if (method === 'clear' && !random.oneIn(30)) return
  const wantsCallback = method === 'forEach' || method === 'sort' || random.oneIn(20)
  const first = wantsCallback ? callback(random, target, methods) : anything(random)
  const result = call(target, method, first, anything(random), anything(random))
  // Iterators are walked for a while, and dropped.
  if (typeof (result as Iterator<unknown> | undefined)?.next === 'function') {
    for (let i = 0; i < 5; i++) (result as Iterator<unknown>).next()
  }
}

/** What a walk shows, which must be as many as `size` or `length` says. */
const shown = (target: Iterable<unknown>): number => Array.from(target).length

describe('hostile calls of collections', () => {
  it('40,000 of them leave the heap sound and every collection whole', () => {
    const random = new Random('hostile collections')
    const clock = new ManualClock()
    const heap = new Heap({ clock, limit: 24 * 2 ** 20 })
    const point = struct({ a: u8, s: f64 })
    const targets = [
      new Dict(heap, { key: i32, value: f64 }),
      new Dict(heap, { key: str, value }),
      new Dict(heap, { key: bytes, value: str }),
      new Dict(heap, { key: f64, value: point }),
      new HashSet(heap, str),
      new HashSet(heap, i32),
      new List(heap, f64),
      new List(heap, str),
      new List(heap, value),
      new Cache(heap, { key: str, value: bytes, maxBytes: 300_000 }),
      new Cache(heap, { key: i32, value, maxEntries: 100, policy: 'lru' }),
    ] as const
    const methodsOf = (target: object): readonly string[] =>
      FACES.find(([name]) => target instanceof { Dict, HashSet, List, Cache }[name as 'Dict'])![1]
    let refused = 0
    for (let i = 0; i < 40_000; i++) {
      const target = random.pick(targets)
      try {
        hostileCall(random, target as unknown as Face, methodsOf(target))
      } catch (error) {
        if (!isExpected(error)) throw error
        refused++
      }
      if (i % 500 === 0) heap.compact()
      if (i % 2000 === 0) checkHeap(partsOf(heap))
    }
    expect(refused).toBeGreaterThan(1000)
    checkHeap(partsOf(heap))
    for (const target of targets) {
      const count = target instanceof List ? target.length : target.size
      expect(shown(target as Iterable<unknown>)).toBe(count)
      target.close()
    }
    clock.advance(10)
    checkHeap(partsOf(heap))
    expect(heap.stats().blocks).toBe(0)
    heap.close()
  })
})
