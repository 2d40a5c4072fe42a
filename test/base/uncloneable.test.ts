/** What structuredClone and postMessage make of all that ebb exports and hands out: a copy that is whole, or a refusal; never `{}`. */
import path from 'node:path'
import { inspect } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { f64, HeapError, record, ref, struct } from '../../lib'
import { bytes, Cache, Dict, fromObject, HashSet, List, str, value } from '../../lib/collections'
import { BaseCache } from '../../lib/collections/cache'
import { BaseSet } from '../../lib/collections/hash-set'
import { DebugError, DebugHeap, ProfiledHeap } from '../../lib/debug'
import { serve } from '../../lib/live'
import { onMemoryPressure, watchMemoryPressure } from '../../lib/pressure'
import { RssError, RssRecorder } from '../../lib/rss'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

const { entries } = require('../../scripts/entries.js') as { entries: readonly string[] }

const closed = <T extends { close(): unknown }>(it: T): T => {
  onTestFinished(async () => void (await it.close()))
  return it
}
const debugHeap = (): DebugHeap => closed(new DebugHeap({ name: 'cache' }))

function ofRecords() {
  const { heap } = testHeap({ name: 'cache' })
  const type = record(heap, { x: f64, in: struct({ next: ref }) })
  return { type, cursor: type.cursor(type.alloc()) }
}
const heapOf = () => testHeap({ name: 'cache' }).heap
const dict = () => new Dict(heapOf(), { key: str, value: f64 }).set('a', 1)
const listOf = (kind: typeof f64 | typeof str) => new List(heapOf(), kind)
const cache = () => new Cache(heapOf(), { key: str, value: bytes, maxBytes: 1e6 })

/** What stays in its thread: makes one, and what the refusal says. */
const REFUSED: Readonly<Record<string, readonly [make: () => unknown, says: string]>> = {
  Heap: [heapOf, 'ebb: heap "cache", which stays in its thread; send copies of bytes, from copyOut'],
  DebugHeap: [debugHeap, 'ebb: heap "cache", which stays in its thread'],
  ProfiledHeap: [() => closed(new ProfiledHeap({ name: 'cache' })), 'ebb: heap "cache", which stays in its thread'],
  List: [() => listOf(f64), 'ebb: a List, which stays in its thread; send list.toArray()'],
  BaseList: [() => listOf(str), 'ebb: a List, which stays in its thread; send list.toArray()'],
  Dict: [dict, 'ebb: a Dict, which stays in its thread; send new Map(dict)'],
  BaseDict: [() => new Dict(heapOf(), { key: bytes, value }), 'ebb: a Dict, which stays in its thread'],
  HashSet: [() => new HashSet(heapOf(), str), 'ebb: a HashSet, which stays in its thread; send new Set(set)'],
  BaseSet: [() => new BaseSet(heapOf(), f64), 'ebb: a HashSet, which stays in its thread'],
  Cache: [cache, 'ebb: a Cache, which stays in its thread; send new Map(cache)'],
  BaseCache: [() => new BaseCache(heapOf(), { key: str, value, maxEntries: 1 }), 'ebb: a Cache'],
  RssRecorder: [() => new RssRecorder(), 'ebb: an RssRecorder, which stays in its thread; send recorder.samples'],
  LivePage: [async () => closed(await serve()), 'ebb: a LivePage, which stays in its thread; send page.url'],
  // Not exported as values, but handed out.
  Tree: [() => fromObject(heapOf(), { a: 1 }), 'ebb: a Tree, which stays in its thread; send tree.toObject()'],
  RecordType: [() => ofRecords().type, 'ebb: heap "cache", which stays in its thread'],
  Field: [() => ofRecords().type.fields.x, 'ebb: heap "cache", which stays in its thread'],
  'entries of a Set': [() => new HashSet(heapOf(), str).entries(), 'Generator'],
  'iterator of a List of texts': [() => listOf(str)[Symbol.iterator](), 'Generator'],
  'walk over blocks': [() => heapOf().blocks(), 'Generator'],
  'walk over records': [() => ofRecords().cursor[Symbol.iterator](), 'Generator'],
  PressureWatch: [
    () => closed(watchMemoryPressure()),
    'ebb: a PressureWatch, which stays in its thread; send watch.sour',
  ],
  Unsubscribe: [
    () => {
      const off = onMemoryPressure(() => {})
      onTestFinished(off)
      return off
    },
    'could not be cloned',
  ],
}

/** What is data, or says what went wrong: makes one, and what its copy has. */
const CLONED: Readonly<Record<string, () => readonly [value: object, has: object]>> = {
  HeapStats: () => {
    const stats = heapOf().stats()
    return [stats, { ...stats }]
  },
  Snapshot: () => {
    const heap = debugHeap()
    heap.alloc(10)
    const { heap: name, blocks, bytes, leaks } = heap.snapshot()
    return [heap.snapshot(), { heap: name, blocks: blocks && 1, bytes: bytes && 10, leaks }]
  },
  HeapError: () => [new HeapError('EBB_CLOSED', 'ebb: closed'), { message: 'ebb: closed' }],
  DebugError: () => {
    const heap = debugHeap()
    const pointer = heap.alloc(10)
    heap.free(pointer)
    const error = caught(() => heap.free(pointer))
    expect(error).toBeInstanceOf(DebugError)
    return [error, { message: error.message }]
  },
  RssError: () => [new RssError('EBB_RSS_GONE', 1, 'ebb/rss: gone'), { message: 'ebb/rss: gone' }],
}

/** Whether an export makes objects: a function with more in its prototype than functions have by themselves. */
function isClass(value: unknown): boolean {
  if (typeof value !== 'function') return false
  const { prototype } = value as { prototype?: object }
  const own = prototype === undefined ? [] : Reflect.ownKeys(prototype)
  return own.length > 1 || String(value).startsWith('class')
}

/** Names of all classes that the package exports. */
async function classes(): Promise<string[]> {
  const names = new Set<string>()
  for (const entry of entries) {
    const exported = (await import(path.join(__dirname, '../../lib', entry))) as Record<string, unknown>
    for (const [name, value] of Object.entries(exported)) if (isClass(value)) names.add(name)
  }
  return [...names].sort()
}

it('every class of every entry is known here, as one that is refused or as one that is copied', async () => {
  const found = await classes()
  expect(found.length).toBeGreaterThan(15)
  expect(found.filter((name) => !(name in REFUSED) && !(name in CLONED))).toEqual([])
})

describe('refused', () => {
  it.each(Object.keys(REFUSED))('%s, by itself and within others, in words that name it', async (name) => {
    const [make, says] = REFUSED[name]!
    const value = await make()
    const { port1, port2 } = new MessageChannel()
    onTestFinished(() => {
      port1.close()
      port2.close()
    })
    for (const given of [value, { value }, [value], new Map([[1, value]])]) {
      for (const call of [() => structuredClone(given), () => port1.postMessage(given)]) {
        const error = caught(call)
        expect(error.name).toBe('DataCloneError')
        expect(error.message).toContain(says)
      }
    }
  })

  it('without a trace in what is printed and in JSON, nor in how objects compare', async () => {
    for (const [name, [make]] of Object.entries(REFUSED)) {
      const value = await make()
      expect([name, inspect(value)]).toEqual([name, expect.not.stringContaining('uncloneable')])
      expect([name, JSON.stringify({ value })]).toEqual([name, expect.not.stringContaining('uncloneable')])
    }
    const heap = heapOf()
    const [one, other] = [new List(heap, f64), new List(heap, f64)]
    for (const list of [one, other]) list.pushAll([1, 2])
    expect(one).toEqual(other)
  })
})

describe('copied', () => {
  it.each(Object.keys(CLONED))('%s, as what it holds', (name) => {
    const [value, has] = CLONED[name]!()
    const clone = structuredClone(value)
    expect(clone).toMatchObject(has)
    if (value instanceof Error) expect(clone).toBeInstanceOf(Error)
  })
})
