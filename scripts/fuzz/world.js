'use strict'
/** Everything that the package's entries export, found by looking, and living objects of each class to call. */
const path = require('node:path')

const root = path.join(__dirname, '..', '..')
const { exports: entries } = require(path.join(root, 'package.json'))

/** [entry, name, value] of all functions and classes that the package exports. */
const EXPORTED = Object.entries(entries)
  .filter(([, entry]) => typeof entry === 'object')
  .flatMap(
    ([
      name,
      {
        require: { default: file },
      },
    ]) => Object.entries(require(path.join(root, file))).map(([key, value]) => [name, key, value]),
  )
  .filter(([, , value]) => typeof value === 'function')

const isClass = (value) => /^class\b/.test(Function.prototype.toString.call(value))
/** Made by ebb alone: what their constructors take is its own. */
const MADE_INSIDE = ['HeapStats', 'Snapshot', 'LivePage', 'BaseCache', 'BaseDict', 'BaseSet']
const isInside = (value) => value.prototype instanceof Error || MADE_INSIDE.includes(value.name)

const CLASSES = EXPORTED.filter(([, , value]) => isClass(value) && !isInside(value))
const FUNCTIONS = EXPORTED.filter(([, , value]) => !isClass(value))

const ebb = require(path.join(root, 'dist', 'index.js'))
const collections = require(path.join(root, 'dist', 'collections', 'index.js'))
const { RssRecorder } = require(path.join(root, 'dist', 'rss', 'index.js'))
const { checkHeap, partsOf } = require(path.join(root, 'dist', 'inside.js'))

const LIMIT = 32 * 2 ** 20
const quiet = { stacks: 0, leaks: 'ignore', idle: false }

/** Heaps of each kind, and what is made on them. Heaps with collections get no made-up pointers: those would be right ones now and then. */
class World {
  constructor() {
    const { Heap } = ebb
    this.heaps = [
      new Heap({ limit: LIMIT, name: 'ordinary' }),
      new Heap({ limit: LIMIT, decay: 0, clearOnFree: true }),
      new Heap({ limit: LIMIT, debug: quiet }),
      new Heap({ limit: LIMIT, profile: 4096 }),
    ]
    this.homes = [
      new Heap({ limit: LIMIT, compact: 'idle' }),
      new Heap({ limit: LIMIT, debug: quiet, name: 'debug, with collections' }),
    ]
    this.pointers = this.heaps.map(() => [])
    this.records = this.heaps.map((heap) => this.record(heap))
    this.made = []
    for (const heap of this.homes) this.fill(heap)
  }

  record(heap) {
    const { bool, f64, i64, ref, struct, u8 } = ebb
    return ebb.record(heap, { a: u8, x: f64, big: i64, is: bool, next: ref, inner: struct({ b: u8 }) })
  }

  fill(heap) {
    const { f64, i32, i64, struct, u8 } = ebb
    const { bytes, Cache, Dict, fromObject, HashSet, List, str, value } = collections
    const many = [
      new Dict(heap, { key: str, value: bytes }),
      new Dict(heap, { key: i32, value: f64 }),
      new Dict(heap, { key: i64, value: struct({ a: u8, x: f64 }) }),
      new Dict(heap, { key: bytes, value }),
      new HashSet(heap, str),
      new HashSet(heap, f64),
      new List(heap, str),
      new List(heap, f64),
      new List(heap, value),
      new List(heap, struct({ a: u8, x: f64 })),
      new Cache(heap, { key: str, value: bytes, maxBytes: 100_000 }),
      new Cache(heap, {
        key: str,
        value: f64,
        maxEntries: 50,
        ttl: 20,
        policy: 'lru',
        onEvict: (...told) => this.told(...told),
      }),
      fromObject(heap, { a: [1, 2, { b: 'c' }], bytes: new Uint8Array(9) }),
      new RssRecorder({ interval: 10_000 }),
    ]
    this.made.push(...many)
  }

  /** Which face each of what `fill` makes has. */
  faces = [
    'Dict',
    'Dict',
    'Dict',
    'Dict',
    'HashSet',
    'HashSet',
    'List',
    'List',
    'List',
    'List',
    'Cache',
    'Cache',
    'Tree',
    'RssRecorder',
  ]

  /** What `onEvict` does; the fuzzer says. */
  told() {}

  check() {
    for (const heap of [...this.heaps, ...this.homes]) checkHeap(partsOf(heap))
    for (const each of this.made) {
      try {
        each.toJSON?.()
      } catch (error) {
        if (error.code !== 'EBB_CLOSED') throw error
      }
    }
  }

  close() {
    for (const heap of [...this.heaps, ...this.homes]) heap.close()
  }
}

module.exports = { CLASSES, collections, ebb, FUNCTIONS, LIMIT, World }
