/** Makes dicts of all kinds. */
import { show, typeError } from '../base/errors'
import type { Heap } from '../heap/heap'
import { Scalar } from '../records/types'
import { BaseDict } from './base-dict'
import type { Codec } from './codec'
import { codecOf, noValue } from './codecs'
import { Int32F64Face, Int32I32Face, TextDoubleFace } from './dict-faces'
import type { DictTable } from './dict-table'
import { EntryDict, TextDoubleDict } from './entry-dict'
import { ofClass } from './extended'
import { bigKey, bytesKey, doubleKey, type PackedKey, textKey, wordKey } from './keys'
import {
  type KeyKind,
  mustBeHeap,
  mustBeKeyKind,
  mustBeValueKind,
  type ValueKind,
  type ValueOf,
  Variable,
} from './kinds'
import { keyOf, NumberDict, wordOf } from './number-dict'
import { Int32F64Dict, Int32I32Dict } from './number-kinds'

/** Kinds of a dict. */
export interface DictKinds<K extends KeyKind = KeyKind, V extends ValueKind = ValueKind> {
  readonly key: K
  readonly value: V
}

/** A dict off the heap of JavaScript, from keys of one kind to values of one kind. See {@link BaseDict}. */
export interface Dict<K, V> extends BaseDict<K, V> {}

const WORD_KINDS = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'bool', 'ref']

/** Chooses the class for the kinds: each pair that is often used has its own, so that V8 compiles it for these kinds alone. */
function makeDict(heap: Heap, key: KeyKind, value: ValueKind): BaseDict<unknown, unknown> {
  if (key instanceof Scalar && WORD_KINDS.includes(key.kind)) {
    const codec = codecOf(value) as Codec<never>
    const valueKind = value instanceof Scalar ? value.kind : ''
    if (key.kind === 'i32' && valueKind === 'f64')
      return new Int32F64Face(new Int32F64Dict(heap, 'i32', codec, false)) as never
    if (key.kind === 'i32' && valueKind === 'i32')
      return new Int32I32Face(new Int32I32Dict(heap, 'i32', codec, false)) as never
    return new BaseDict(new NumberDict(heap, key.kind, codec, false))
  }
  if (key instanceof Variable && key.kind === 'str' && value instanceof Scalar && value.kind === 'f64')
    return new TextDoubleFace(new TextDoubleDict(heap, codecOf(value) as Codec<number>)) as never
  return new BaseDict(new EntryDict(heap, packedKeyOf(key), codecOf(value)))
}

/** The table without values of a set. */
export function tableOfKeys(heap: Heap, key: KeyKind): DictTable<unknown, unknown> {
  if (key instanceof Scalar && WORD_KINDS.includes(key.kind)) return new NumberDict(heap, key.kind, noValue, true)
  return new EntryDict(heap, packedKeyOf(key), noValue)
}

/** How keys are packed in a table of entries. */
export function packedKeyOf(key: KeyKind): PackedKey<unknown> {
  if (key instanceof Variable) return key.kind === 'str' ? textKey : bytesKey
  if (key.kind === 'f64') return doubleKey
  if (key.kind === 'i64' || key.kind === 'u64') return bigKey(key.kind)
  const { kind } = key
  return wordKey(
    (value) => wordOf(kind, value),
    (word) => keyOf(kind, word),
  )
}

function DictOf(heap: Heap, kinds: DictKinds): BaseDict<unknown, unknown> {
  mustBeHeap(heap, 'a Dict')
  if (typeof kinds !== 'object' || kinds === null)
    throw typeError(`ebb: a Dict needs its kinds, such as { key: str, value: f64 }, got ${show(kinds)}`)
  const { key, value } = kinds
  mustBeKeyKind(key, 'key')
  mustBeValueKind(value, 'value')
  return ofClass(makeDict(heap, key, value), new.target, DictOf)
}
DictOf.prototype = BaseDict.prototype

/**
 * `new Dict(heap, { key: str, value: f64 })` is a `Dict<string, number>`.
 * @throws TypeError for what is no heap or no kind; as `heap.alloc`
 */
export const Dict = DictOf as unknown as {
  new <K extends KeyKind, V extends ValueKind>(heap: Heap, kinds: DictKinds<K, V>): Dict<ValueOf<K>, ValueOf<V>>
  readonly prototype: BaseDict<unknown, unknown>
}
