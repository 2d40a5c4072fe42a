'use strict'
/** Arguments that nobody would pass: values of every kind, objects that act when they are looked at, buffers without memory. */

/** Errors that an argument throws by itself; ebb must let them through as they are. */
class Thrown extends Error {
  code = 'FUZZ_THROWN'
}

const throws = () => {
  throw new Thrown('an argument of the fuzzer threw')
}

const detached = new Uint8Array(16)
structuredClone(detached.buffer, { transfer: [detached.buffer] })

const resizable = () => {
  try {
    return new Uint8Array(new ArrayBuffer(8, { maxByteLength: 64 }))
  } catch {
    return new Uint8Array(8)
  }
}

const TEXTS = [
  '',
  '7',
  'key',
  'é',
  '€uro',
  '\ud800',
  'k\0k',
  '__proto__',
  'constructor',
  'x'.repeat(5000),
  '☃'.repeat(700),
]
const NUMBERS = [
  Number.NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  -1,
  0.5,
  1e-320,
  3,
  8,
  16,
  48,
  511.5,
  512,
  4096,
  40_000,
  2 ** 20,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 32 + 16,
  2 ** 52 + 0.5,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  -(2 ** 31),
  -(2 ** 53),
]

/** Plain values and objects that are the same each time. */
const FIXED = [
  undefined,
  null,
  true,
  false,
  7n,
  -1n,
  2n ** 64n,
  2n ** 200n,
  Symbol('s'),
  Symbol.iterator,
  detached,
  detached.buffer,
  new DataView(new ArrayBuffer(8)),
  new Uint8Array(new SharedArrayBuffer(8)),
  new SharedArrayBuffer(8),
  new Float64Array(3),
  new BigInt64Array(2),
  Object.freeze([1, 2, 3]),
  Object.freeze({ a: 1 }),
  Object.create(null),
  new Date(Number.NaN),
  /x/y,
  new Map([[1, 2]]),
  new Set([1]),
  new WeakMap(),
  Promise.resolve(1),
  new Error('e'),
  globalThis,
  Math,
  function* () {
    yield 1
  },
  class {},
  async () => {},
]

/** Objects whose looking at them does something. `act` is a call of the fuzzer's own, or throws. */
function acting(random, act) {
  switch (random.below(12)) {
    case 0:
      return { valueOf: act, toString: act }
    case 1:
      return { [Symbol.toPrimitive]: act }
    case 2:
      return new Proxy({}, { get: act, has: act, ownKeys: act, getOwnPropertyDescriptor: act, getPrototypeOf: act })
    case 3:
      return new Proxy([], { get: (target, name) => (name === 'length' ? act() : Reflect.get(target, name)) })
    case 4:
      return new Proxy(() => {}, { apply: act, construct: act, get: act })
    case 5:
      return { [Symbol.iterator]: act, length: 3 }
    case 6: {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    }
    case 7:
      return Object.defineProperty([1, 2, 3], 1, { get: act })
    case 8:
      return {
        get length() {
          return act()
        },
      }
    case 9:
      return Object.defineProperty(new Uint8Array(8), 'length', { get: act })
    case 10:
      return new Proxy(new Uint8Array(8), {})
    default: {
      const names = [
        'decay',
        'limit',
        'name',
        'key',
        'value',
        'maxBytes',
        'maxEntries',
        'port',
        'interval',
        'a',
        'x',
        'maxMs',
        'share',
      ]
      return Object.defineProperty({}, random.pick(names), { get: act, enumerable: true })
    }
  }
}

/** Arrays, views and plain objects, made anew, so that ebb may write into them. */
function fresh(random) {
  switch (random.below(10)) {
    case 0:
      return Array.from({ length: random.below(40) }, () => random.below(300))
    case 1:
      return new Int32Array(random.below(40))
    case 2:
      return new Uint8Array(random.below(3000)).fill(random.below(256))
    case 3:
      return resizable()
    case 4:
      return { a: random.below(9), x: 1.5, s: 'text', list: [1, [2, { three: 3 }]] }
    case 5: {
      const circle = { a: 1 }
      circle.self = circle
      return circle
    }
    case 6:
      return Array.from({ length: random.below(9) }, () => random.pick(TEXTS))
    case 7:
      return [[1, 2], ['a', null], new Uint8Array(3)]
    case 8:
      return new Array(random.below(50)) // holes
    default:
      return Buffer.from(random.pick(TEXTS))
  }
}

module.exports = { acting, FIXED, fresh, NUMBERS, TEXTS, Thrown, throws }
