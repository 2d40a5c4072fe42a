/** Structs as values: plain objects outside, their fields in words of the block inside. */
import { show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { type Leaf, leavesOf, type ScalarKind, type Shape, type Struct } from '../records/types'
import { type Codec, checkScalar } from './codec'

type Read = (heap: Heap, pointer: Pointer, byteOffset: number) => unknown
type Write = (heap: Heap, pointer: Pointer, byteOffset: number, value: never) => void

const ACCESS: Record<ScalarKind, readonly [Read, Write]> = {
  i8: [(heap, p, at) => heap.getInt8(p, at), (heap, p, at, value) => heap.setInt8(p, at, value)],
  u8: [(heap, p, at) => heap.getUint8(p, at), (heap, p, at, value) => heap.setUint8(p, at, value)],
  i16: [(heap, p, at) => heap.getInt16(p, at), (heap, p, at, value) => heap.setInt16(p, at, value)],
  u16: [(heap, p, at) => heap.getUint16(p, at), (heap, p, at, value) => heap.setUint16(p, at, value)],
  i32: [(heap, p, at) => heap.getInt32(p, at), (heap, p, at, value) => heap.setInt32(p, at, value)],
  u32: [(heap, p, at) => heap.getUint32(p, at), (heap, p, at, value) => heap.setUint32(p, at, value)],
  f32: [(heap, p, at) => heap.getFloat32(p, at), (heap, p, at, value) => heap.setFloat32(p, at, value)],
  f64: [(heap, p, at) => heap.getFloat64(p, at), (heap, p, at, value) => heap.setFloat64(p, at, value)],
  i64: [(heap, p, at) => heap.getBigInt64(p, at), (heap, p, at, value) => heap.setBigInt64(p, at, value)],
  u64: [(heap, p, at) => heap.getBigUint64(p, at), (heap, p, at, value) => heap.setBigUint64(p, at, value)],
  bool: [(heap, p, at) => heap.getUint8(p, at) !== 0, (heap, p, at, value) => heap.setUint8(p, at, value ? 1 : 0)],
  ref: [(heap, p, at) => heap.getInt32(p, at), (heap, p, at, value) => heap.setInt32(p, at, value)],
}

/** Values of one struct. */
export class StructCodec implements Codec<object> {
  readonly words: number
  readonly isEven: boolean
  private readonly struct: Struct<Shape>
  private readonly leaves: readonly Leaf[]
  private values: readonly unknown[] = []

  constructor(struct: Struct<Shape>) {
    const words = (struct.byteLength + 3) >>> 2
    this.struct = struct
    this.isEven = struct.alignment === 8
    this.words = this.isEven ? (words + 1) & ~1 : words
    this.leaves = leavesOf(struct)
  }

  prepare(value: object): number {
    const values: unknown[] = []
    readLeaves(this.struct.shape, value, '', values)
    for (const [i, { path, kind }] of this.leaves.entries()) checkScalar(path.join('.'), kind, values[i])
    this.values = values
    return this.words
  }

  write(heap: Heap, pointer: Pointer, word: number): void {
    for (const [i, { kind, byteOffset }] of this.leaves.entries())
      ACCESS[kind][1](heap, pointer, (word << 2) + byteOffset, this.values[i] as never)
  }

  read(heap: Heap, pointer: Pointer, word: number): object {
    const result: Record<string, unknown> = {}
    for (const { path, kind, byteOffset } of this.leaves) {
      let at = result
      for (let i = 0; i < path.length - 1; i++) {
        at[path[i] as string] ??= {}
        at = at[path[i] as string] as Record<string, unknown>
      }
      at[path[path.length - 1] as string] = ACCESS[kind][0](heap, pointer, (word << 2) + byteOffset)
    }
    return result
  }
}

/**
 * Puts the values of all fields into a list, in the order of their memory: each is read once, so that a getter cannot give another value
 * afterwards, nor change the collection in between. Refuses what is no object with exactly the fields of a shape.
 */
function readLeaves(shape: Shape, value: unknown, path: string, into: unknown[]): void {
  if (typeof value !== 'object' || value === null)
    throw typeError(
      `ebb: ${path === '' ? 'value' : `field ${path.slice(0, -1)}`} is a struct, an object, got ${show(value)} (${typeof value})`,
    )
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(shape, name))
      throw typeError(`ebb: the struct has no field ${path}${name}; it has ${Object.keys(shape).join(', ')}`)
  }
  for (const [name, type] of Object.entries(shape)) {
    if (!Object.hasOwn(value, name)) throw typeError(`ebb: field ${path}${name} has no value`)
    const field = (value as Record<string, unknown>)[name]
    if ('shape' in type) readLeaves(type.shape, field, `${path}${name}.`, into)
    else into.push(field)
  }
}
