/** Kinds of dicts with values of theirs, and a walk of random operations on a dict and a Map side by side. */
import { expect } from 'vitest'
import { bool, f32, f64, i8, i32, i64, ref, struct, u8, u16, u32, u64 } from '../../lib'
import { bytes, Dict, type KeyKind, str, type ValueKind, value } from '../../lib/collections'
import type { Heap } from '../../lib/heap/heap'
import type { Random } from './random'

/** A kind, and the n-th of its values. */
export interface Sample<T> {
  readonly kind: T
  readonly make: (n: number) => unknown
}

const TEXTS = ['', 'a', 'é', '€', '\ud800', '\0', 'long enough to be encoded by the engine ', '€uro and some more text']

/** Texts of all lengths and encodings, lone surrogates among them. */
export function textOf(n: number): string {
  const text = (TEXTS[n % TEXTS.length] as string) + (n < TEXTS.length ? '' : n)
  return n % 97 === 96 ? text.repeat(400) : text
}

const bytesOf = (n: number): Uint8Array => Uint8Array.from({ length: n % 75 }, (_, i) => (n * 31 + i * 7) & 255)

export const KEYS: Record<string, Sample<KeyKind>> = {
  i8: { kind: i8, make: (n) => (n % 256) - 128 },
  u16: { kind: u16, make: (n) => (n * 7919) % 65536 },
  i32: { kind: i32, make: (n) => Math.imul(n, 0x9e3779b1) },
  u32: { kind: u32, make: (n) => Math.imul(n, 0x9e3779b1) >>> 0 },
  f32: { kind: f32, make: (n) => (n === 3 ? Number.NaN : Math.fround(n / 3)) },
  f64: { kind: f64, make: (n) => (n === 3 ? Number.NaN : n === 4 ? -Infinity : n / 3) },
  i64: { kind: i64, make: (n) => BigInt(n) * -7777777777n },
  u64: { kind: u64, make: (n) => BigInt(n) * 7777777777777n },
  bool: { kind: bool, make: (n) => n % 2 === 0 },
  ref: { kind: ref, make: (n) => n },
  str: { kind: str, make: textOf },
}

export const VALUES: Record<string, Sample<ValueKind>> = {
  u8: { kind: u8, make: (n) => n & 255 },
  i32: { kind: i32, make: (n) => Math.imul(n, 0x9e3779b1) },
  u32: { kind: u32, make: (n) => Math.imul(n, 0x9e3779b1) >>> 0 },
  f32: { kind: f32, make: (n) => Math.fround(n / 7) },
  f64: { kind: f64, make: (n) => n / 7 },
  i64: { kind: i64, make: (n) => -BigInt(n) * 77777777777n },
  u64: { kind: u64, make: (n) => BigInt(n) * 7777777777777n },
  bool: { kind: bool, make: (n) => n % 2 === 0 },
  str: { kind: str, make: (n) => textOf(n * 5) },
  bytes: { kind: bytes, make: bytesOf },
  struct: {
    kind: struct({ a: u8, b: f64, c: struct({ d: i32, e: bool }), f: i64 }),
    make: (n) => ({ a: n & 255, b: n / 3, c: { d: n, e: n % 2 === 0 }, f: BigInt(n) }),
  },
  value: {
    kind: value,
    make: (n) => ({ n, list: [textOf(n), null, true, n / 3], 'a dict': { [textOf(n)]: bytesOf(n) } }),
  },
}

type AnyDict = Dict<unknown, unknown>

/** Random changes to a dict and a Map, growing and shrinking in turn; compared in full after each phase. */
export function walkDict(
  heap: Heap,
  key: Sample<KeyKind>,
  value: Sample<ValueKind>,
  random: Random,
  { keys = 500, phases = 4, steps = 1500, between = (_dict: AnyDict): void => {} } = {},
): void {
  const dict = new Dict(heap, { key: key.kind, value: value.kind }) as AnyDict
  const model = new Map<unknown, unknown>()
  for (let phase = 0; phase < phases; phase++) {
    const isGrowing = phase % 2 === 0
    for (let step = 0; step < steps; step++) {
      const k = key.make(random.below(keys))
      if (random.below(10) < (isGrowing ? 8 : 1)) {
        const v = value.make(random.below(1000))
        expect(dict.set(k, v)).toBe(dict)
        model.set(k, v)
      } else if (dict.delete(k) !== model.delete(k)) expect.fail(`delete(${String(k)}) said the opposite`)
    }
    between(dict)
    same(dict, model)
  }
  dict.close()
}

/** A dict holds what a Map does. */
export function same(dict: AnyDict, model: Map<unknown, unknown>): void {
  expect(dict.size).toBe(model.size)
  for (const [k, v] of model) expect(dict.get(k)).toEqual(v)
  let seen = 0
  for (const [k, v] of dict) {
    expect(model.has(k)).toBe(true)
    expect(v).toEqual(model.get(k))
    seen++
  }
  expect(seen).toBe(model.size)
}

/** Usable bytes of all live blocks of a heap. */
export function liveBytes(heap: Heap): number {
  let bytes = 0
  for (const block of heap.blocks()) bytes += block.usableSize
  return bytes
}
