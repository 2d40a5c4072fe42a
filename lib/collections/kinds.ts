/**
 * What the collections hold: every scalar of records, structs as values, and three kinds without a fixed length. TypeScript infers the
 * element types from them: `new Dict(heap, { key: str, value: f64 })` is a `Dict<string, number>`.
 */
import { markAsOurs, refuseForeign } from '../base/copy'
import { show, typeError } from '../base/errors'
import { Heap } from '../heap/heap'
import { remedyOf } from '../records/kind-remedy'
import { Scalar, Struct, type ValuesOf } from '../records/types'

/** A kind whose values have lengths of their own. `Value` is what JavaScript sees. */
export class Variable<Value> {
  readonly kind: 'str' | 'bytes' | 'value'
  /** Only for the compiler: never there. */
  declare readonly value: Value

  /** @internal */
  constructor(kind: 'str' | 'bytes' | 'value') {
    this.kind = kind
  }
}
markAsOurs(Variable, 'kind')

/** What JSON can say, and bytes. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [name: string]: Plain }

/** Any string: stored as latin1 where all of its characters are below U+0100, else as UTF-16; lone surrogates survive. */
export const str = new Variable<string>('str')
/** Bytes, copied in and out. */
export const bytes = new Variable<Uint8Array>('bytes')
/** A whole tree of null, booleans, numbers, strings, bytes, lists and dicts: a JSON document. Freed with the entry that holds it. */
export const value = new Variable<Plain>('value')

/** What keys can be. */
export type KeyKind = Scalar<unknown> | Variable<string> | Variable<Uint8Array>
/** What values can be. */
export type ValueKind = Scalar<unknown> | Variable<Plain> | StructKind
/** A struct of any shape. */
export interface StructKind {
  readonly shape: object
  readonly offsets: object
  readonly byteLength: number
  readonly alignment: number
}

/** The JavaScript type of a kind. */
export type ValueOf<K> =
  K extends Scalar<infer V> ? V : K extends Variable<infer V> ? V : K extends Struct<infer S> ? ValuesOf<S> : never

/** Refuses what is no heap. */
export function mustBeHeap(heap: unknown, what: string): asserts heap is Heap {
  refuseForeign(heap, what)
  if (!(heap instanceof Heap))
    throw typeError(`ebb: ${what} needs a Heap as its first argument, got ${show(heap)} (${typeof heap})`)
}

/** Refuses what is no kind of a key. */
export function mustBeKeyKind(kind: unknown, what: string): asserts kind is KeyKind {
  refuseForeign(kind, what)
  if (kind instanceof Scalar || (kind instanceof Variable && kind.kind !== 'value')) return
  throw typeError(
    `ebb: ${what} must be a scalar such as i32, or str, or bytes, got ${showKind(kind)}; ${remedyOfKey(kind)}`,
  )
}

/** Refuses what is no kind of a value. */
export function mustBeValueKind(kind: unknown, what: string): asserts kind is ValueKind {
  refuseForeign(kind, what)
  if (kind instanceof Scalar || kind instanceof Variable || kind instanceof Struct) return
  throw typeError(
    `ebb: ${what} must be a kind such as f64, str, bytes, value or struct(...), got ${showKind(kind)}; ${remedyOf(kind)}`,
  )
}

function showKind(kind: unknown): string {
  if (kind instanceof Struct) return 'a struct'
  return kind instanceof Variable ? `the kind ${kind.kind}` : show(kind)
}

const remedyOfKey = (kind: unknown): string =>
  kind instanceof Struct || kind instanceof Variable
    ? 'a key is compared whole, so take the number or the text in it that is unique'
    : remedyOf(kind)
