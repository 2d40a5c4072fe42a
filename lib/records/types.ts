/**
 * The types of a record: scalars, structs of them with C's alignment and padding, and what TypeScript infers from a shape. Nothing
 * here knows a heap.
 *
 *     struct({ tag: u8, x: f64, id: u16 })     | tag | 7 padding | x: 8 | id: 2 | 6 padding |     24 bytes, alignment 8
 */
import { markAsOurs, refuseForeign } from '../base/copy'
import { rangeError, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import { remedyOfField } from './kind-remedy'

/** Name of a scalar: i = signed, u = unsigned, f = IEEE 754, with its bits. */
export type ScalarKind = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64' | 'i64' | 'u64' | 'bool' | 'ref'

/** The type of one field. `Value` is its type in JavaScript. */
export class Scalar<Value> {
  readonly kind: ScalarKind
  /** Bytes of a value, which is also its alignment. */
  readonly byteLength: number
  readonly alignment: number
  /** For the compiler alone: no object has it. */
  declare readonly value: Value

  /** @internal */
  constructor(kind: ScalarKind, byteLength: number) {
    this.kind = kind
    this.byteLength = byteLength
    this.alignment = byteLength
  }
}

/** Signed 8-bit integer. */
export const i8 = new Scalar<number>('i8', 1)
/** Unsigned 8-bit integer. */
export const u8 = new Scalar<number>('u8', 1)
/** Signed 16-bit integer. */
export const i16 = new Scalar<number>('i16', 2)
/** Unsigned 16-bit integer. */
export const u16 = new Scalar<number>('u16', 2)
/** Signed 32-bit integer. */
export const i32 = new Scalar<number>('i32', 4)
/** Unsigned 32-bit integer. */
export const u32 = new Scalar<number>('u32', 4)
/** 32-bit IEEE 754 number. */
export const f32 = new Scalar<number>('f32', 4)
/** 64-bit IEEE 754 number. */
export const f64 = new Scalar<number>('f64', 8)
/** Signed 64-bit integer, a bigint. */
export const i64 = new Scalar<bigint>('i64', 8)
/** Unsigned 64-bit integer, a bigint. */
export const u64 = new Scalar<bigint>('u64', 8)
/** true or false, one byte. */
export const bool = new Scalar<boolean>('bool', 1)
/** Pointer to another block of the same heap, or 0 for none; 4 bytes. */
export const ref = new Scalar<Pointer | 0>('ref', 4)

/** Fields by name, in the order of their memory. */
export interface Shape {
  readonly [field: string]: Scalar<unknown> | Struct<Shape>
}

type ScalarKeys<S extends Shape> = { [K in keyof S]: S[K] extends Scalar<unknown> ? K : never }[keyof S]
type StructKeys<S extends Shape> = Exclude<keyof S, ScalarKeys<S>>
type ScalarValue<T> = T extends Scalar<infer Value> ? Value : never
type Inner<T> = T extends Struct<infer S> ? S : never

/** The plain object that holds the values of a shape. */
export type ValuesOf<S extends Shape> = {
  [K in keyof S]: S[K] extends Scalar<infer Value>
    ? Value
    : S[K] extends Struct<infer Nested>
      ? ValuesOf<Nested>
      : never
}

/** Values of some fields, nested ones too. */
export type PartialValuesOf<S extends Shape> = {
  [K in keyof S]?: S[K] extends Scalar<infer Value>
    ? Value
    : S[K] extends Struct<infer Nested>
      ? PartialValuesOf<Nested>
      : never
}

/** One field of the records of a heap, addressed by pointer. */
export interface Field<Value> {
  /** Its name, `outer.inner` where it is nested. */
  readonly name: string
  readonly kind: ScalarKind
  /** Its place in the record, bytes. */
  readonly byteOffset: number
  /**
   * Reads the field.
   * @param pointer - a live block of records
   * @param index - which record of the block, default 0. Like the offset of an accessor, it is kept inside the heap's memory; to keep it
   *   inside the block is up to the caller.
   * @throws HeapError `EBB_INVALID_POINTER`, `EBB_OUT_OF_BOUNDS`, `EBB_CLOSED`
   */
  get(pointer: Pointer, index?: number): Value
  /**
   * Writes the field.
   * @throws as {@link get}; TypeError or RangeError for a value that the field cannot hold: nothing is written then
   */
  set(pointer: Pointer, value: Value, index?: number): void
}

/** The fields of a shape, by name; a nested struct is an object of its fields. */
export type FieldsOf<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Scalar<infer Value>
    ? Field<Value>
    : S[K] extends Struct<infer Nested>
      ? FieldsOf<Nested>
      : never
}

/** A record as a cursor shows it: properties that read and write the block. */
export type RowOf<S extends Shape> = { [K in ScalarKeys<S>]: ScalarValue<S[K]> } & {
  readonly [K in StructKeys<S>]: RowOf<Inner<S[K]>>
}

/** A shape laid out as a C compiler does: every field at a multiple of its alignment, the whole at a multiple of the largest. */
export class Struct<S extends Shape> {
  readonly shape: S
  /** Bytes of one, padding included, so that the next in an array is aligned too. (`sizeof`) */
  readonly byteLength: number
  /** Bytes. (`alignof`) */
  readonly alignment: number
  /** The place of each field, bytes. (`offsetof`) */
  readonly offsets: { readonly [K in keyof S]: number }

  /** @internal */
  constructor(shape: S) {
    const fields = checkedFields(shape)
    const offsets: Record<string, number> = {}
    let end = 0
    let alignment = 1
    for (const [name, type] of Object.entries(fields)) {
      const offset = roundUp(end, type.alignment)
      offsets[name] = offset
      end = offset + type.byteLength
      alignment = Math.max(alignment, type.alignment)
    }
    this.shape = Object.freeze(fields) as S
    this.byteLength = roundUp(end, alignment)
    this.alignment = alignment
    this.offsets = Object.freeze(offsets) as { readonly [K in keyof S]: number }
  }
}

markAsOurs(Scalar, 'field type')
markAsOurs(Struct, 'struct')

/**
 * Lays out a shape, to be nested in others or given to {@link record}.
 * @throws TypeError for a shape without fields, with a field that is no type, or with a name that JavaScript would put in
 *   another place
 */
export const struct = <S extends Shape>(shape: S): Struct<S> => new Struct(shape)

const roundUp = (byteOffset: number, alignment: number): number => Math.ceil(byteOffset / alignment) * alignment

/** Names that JavaScript and the rows of cursors use. */
const RESERVED = ['__proto__', '_cursor']

/** The fields of a shape, each read once. */
function checkedFields(shape: unknown): Shape {
  if (typeof shape !== 'object' || shape === null)
    throw typeError(`ebb: a record needs an object of fields, such as { x: f64, y: f64 }, got ${show(shape)}`)
  const fields = { ...shape } as Record<string, unknown>
  const names = Object.keys(fields)
  if (names.length === 0) throw typeError('ebb: a record needs at least one field')
  for (const name of names) {
    const type = fields[name]
    refuseForeign(type, 'struct()')
    if (!(type instanceof Scalar) && !(type instanceof Struct))
      throw typeError(
        `ebb: field ${show(name)} must be a type such as f64, u8, ref, or a struct, got ${show(type)}; ${remedyOfField(type)}`,
      )
    if (RESERVED.includes(name)) throw typeError(`ebb: a field cannot have the name ${show(name)}; give it another`)
    if (String(Number(name)) === name)
      throw typeError(`ebb: field ${show(name)} is a number, and JavaScript sorts those first; give it a name`)
  }
  return fields as Shape
}

/** One scalar of a struct, nested ones unfolded. */
export interface Leaf {
  /** Names from the outermost struct inwards. */
  readonly path: readonly string[]
  readonly kind: ScalarKind
  /** Bytes from the start of the outermost struct, a multiple of the value's own. */
  readonly byteOffset: number
  /** Bytes of the value. */
  readonly byteLength: number
}

/** All scalars of a struct, in the order of their memory. */
export function leavesOf(outer: Struct<Shape>, path: readonly string[] = [], byteOffset = 0): Leaf[] {
  return Object.entries(outer.shape).flatMap(([name, type]) => {
    const at = byteOffset + (outer.offsets[name] as number)
    const inner = [...path, name]
    if (type instanceof Struct) return leavesOf(type, inner, at)
    return [{ path: inner, kind: type.kind, byteOffset: at, byteLength: type.byteLength }]
  })
}

const RANGES: Record<ScalarKind, string> = {
  i8: 'a whole number from -2^7 to 2^7 - 1',
  u8: 'a whole number from 0 to 2^8 - 1',
  i16: 'a whole number from -2^15 to 2^15 - 1',
  u16: 'a whole number from 0 to 2^16 - 1',
  i32: 'a whole number from -2^31 to 2^31 - 1',
  u32: 'a whole number from 0 to 2^32 - 1',
  f32: 'a number',
  f64: 'a number',
  i64: 'a bigint from -2n**63n to 2n**63n - 1n',
  u64: 'a bigint from 0n to 2n**64n - 1n',
  bool: 'true or false',
  ref: 'a pointer of this heap, or 0 for none',
}

/** Throws where a value is not the index of a record. */
export function checkIndex(index: unknown, what: string): asserts index is number {
  if (typeof index !== 'number')
    throw typeError(`ebb: ${what} needs the index of a record, a number, got ${show(index)} (${typeof index})`)
  if (!Number.isSafeInteger(index) || index < 0)
    throw rangeError(`ebb: ${what} needs a whole number from 0 as the index of a record, got ${show(index)}`)
}

const TYPES: Partial<Record<ScalarKind, string>> = { i64: 'bigint', u64: 'bigint', bool: 'boolean' }

/** TypeError or RangeError for a value that a field cannot hold. */
export function refuseValue(name: string, kind: ScalarKind, value: unknown): never {
  const message = `ebb: field ${name} is ${kind}, ${RANGES[kind]}, got ${show(value)} (${typeof value})`
  throw typeof value === (TYPES[kind] ?? 'number') ? rangeError(message) : typeError(message)
}
