/**
 * Arrays that callers give: lists of pointers and sources of bytes. What they say of themselves may be overridden by a subclass or a
 * property, so kind and length are asked of the engine.
 */

import { types } from 'node:util'
import { HeapError, isByteLength, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'

const { isUint8Array } = types
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
const intrinsic = (prototype: object, name: string) =>
  (Object.getOwnPropertyDescriptor(prototype, name) as { get(): unknown }).get
const typedLength = intrinsic(typedArray, 'length') as (this: unknown) => number
/** What shows the bytes of a typed array, and of a DataView. */
const [arrayBytes, viewBytes] = [typedArray, DataView.prototype].map((prototype) => ({
  buffer: intrinsic(prototype, 'buffer') as (this: unknown) => ArrayBuffer,
  byteOffset: intrinsic(prototype, 'byteOffset') as (this: unknown) => number,
  byteLength: intrinsic(prototype, 'byteLength') as (this: unknown) => number,
})) as [BytesGetters, BytesGetters]

interface BytesGetters {
  buffer(this: unknown): ArrayBuffer
  byteOffset(this: unknown): number
  byteLength(this: unknown): number
}

/** Elements of a typed array. */
export const lengthOf = (array: ArrayBufferView): number => typedLength.call(array)

/** Bytes of a Uint8Array. An element is read first, which tells V8 the kind of array: the getter is a load then, and else a call. */
export const byteCount = (bytes: Uint8Array): number => (bytes[0] === undefined ? 0 : typedLength.call(bytes))

/** Bytes of a typed array from a place in it on. */
export const partOf = (array: ArrayBufferView, byteOffset: number, byteLength: number): Uint8Array =>
  new Uint8Array(arrayBytes.buffer.call(array), arrayBytes.byteOffset.call(array) + byteOffset, byteLength)

/** Whether a value is a Uint8Array, of any realm, and no proxy or other object that only claims to be one. */
export const isBytes = (value: unknown): value is Uint8Array => isUint8Array(value)

const typedName = intrinsic(typedArray, Symbol.toStringTag as never) as (this: unknown) => string | undefined

/** Whether a value is a typed array of the kind that a class makes, of any realm. */
export const isArrayOf = (elements: { readonly name: string }, value: unknown): boolean =>
  typedName.call(value) === elements.name

/** The bytes of any view or buffer of any realm, as they are. */
export const bytesOf = (source: unknown, verb: string): Uint8Array =>
  isUint8Array(source) ? source : bytesOfOther(source, verb)

function bytesOfOther(source: unknown, verb: string): Uint8Array {
  if (types.isAnyArrayBuffer(source)) return new Uint8Array(source)
  if (!ArrayBuffer.isView(source))
    throw typeError(
      `ebb: ${verb} needs a Uint8Array, another view, or an ArrayBuffer, got ${show(source)} (${typeof source})`,
    )
  const { buffer, byteOffset, byteLength } = types.isDataView(source) ? viewBytes : arrayBytes
  return new Uint8Array(buffer.call(source), byteOffset.call(source), byteLength.call(source))
}

/** A list that pointers can be written into. */
export type PointerTarget = Int32Array | Uint32Array | Pointer[]
/** A list that pointers can be read from. */
export type PointerSource = Int32Array | Uint32Array | Float64Array | readonly number[]

/** Elements of a list of pointers to be read. Throws TypeError where it cannot hold any, or is none. */
export function sourceLength(list: unknown, verb: string): number {
  if (types.isInt32Array(list) || types.isUint32Array(list) || types.isFloat64Array(list)) return lengthOf(list)
  if (Array.isArray(list)) {
    const length: unknown = list.length // of which a proxy says what it likes
    if (isByteLength(length)) return length
    throw typeError(`ebb: ${verb} needs an array, got one whose length is ${show(length)}`)
  }
  const got = ArrayBuffer.isView(list) ? 'a view whose elements hold no pointers' : `${show(list)} (${typeof list})`
  throw typeError(`ebb: ${verb} needs an array of pointers, an Int32Array or a Uint32Array, got ${got}`)
}

/** Elements of a list of pointers to be written. Throws TypeError where that cannot be done. */
export function targetLength(list: unknown, verb: string): number {
  if (types.isFloat64Array(list) || (Array.isArray(list) && Object.isFrozen(list)))
    throw typeError(
      `ebb: ${verb} writes pointers into an array, an Int32Array or a Uint32Array, got ${types.isFloat64Array(list) ? 'a Float64Array' : 'a frozen array'}`,
    )
  return sourceLength(list, verb)
}

/** Room for so many pointers, before any of them is allocated. */
export function roomFor(count: number, verb: string): Int32Array {
  try {
    return new Int32Array(count)
  } catch (cause) {
    const message = `ebb: ${verb}: there is no memory for a list of ${count} pointers; allocate in several calls`
    throw new HeapError('EBB_OUT_OF_MEMORY', message, cause)
  }
}

/** Writes pointers into a list of the same length. */
export function store(pointers: Int32Array, into: PointerTarget): void {
  if (Array.isArray(into)) for (let i = 0; i < pointers.length; i++) into[i] = pointers[i] as Pointer
  else typedArray.set.call(into as unknown as Uint8Array, pointers)
}
