/**
 * Fields of records, addressed by pointer: one class per kind of scalar. The hot path is that of numbers.ts: fields are aligned, so an
 * element of the record is an element of the typed array, and an element outside of the array is not near. All else goes to the heap's
 * accessor.
 *
 * There is a class per kind and no factory, because V8 learns types per function: one `get` for all kinds would be megamorphic, and
 * closures made from one template share their feedback. Here each site sees one kind of object, whatever records a program has.
 * (docs/records.md has the times.)
 */

import { inspect } from 'node:util'
import { POOL_BYTES, type Pointer } from '../base/layout'
import { refuseIn } from '../heap/closed'
import type { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'
import { NEAR } from '../space/near'
import { addReader } from '../supply/parts'
import { type Field, type Leaf, refuseValue, type ScalarKind } from './types'

const { i8, u8, i16, u16, i32, u32, f32, f64, i64, u64, near1, near2, near4, near8 } = NEAR
/** Elements of 1, 2, 4 and 8 bytes in a pool. */
const pool1 = POOL_BYTES
const pool2 = POOL_BYTES / 2
const pool4 = POOL_BYTES / 4
const pool8 = POOL_BYTES / 8

/** The part that fields of all kinds share. */
abstract class FieldOf<Value> implements Field<Value> {
  readonly name: string
  readonly kind: ScalarKind
  readonly byteOffset: number
  /** Bytes of a whole record. */
  protected readonly stride: number
  protected readonly heap: Heap
  /** Offset and stride in elements of the field's own size. */
  protected readonly element: number
  protected readonly step: number

  constructor(heap: Heap, leaf: Leaf, stride: number) {
    this.name = leaf.path.join('.')
    this.kind = leaf.kind
    this.byteOffset = leaf.byteOffset
    this.stride = stride
    this.heap = heap
    // Of a heap that looks at every access, no element is near.
    this.element = partsOf(heap).checked === undefined ? leaf.byteOffset / leaf.byteLength : Number.NaN
    this.step = stride / leaf.byteLength
    addReader(partsOf(heap), this)
  }

  /** The heap has closed. @internal */
  close(): void {
    refuseIn(this, ['get', 'set'])
  }

  /** What JSON shows of a field. */
  toJSON(): { name: string; kind: ScalarKind; byteOffset: number } {
    const { name, kind, byteOffset } = this
    return { name, kind, byteOffset }
  }

  /** What `console.log` shows of a field. */
  [inspect.custom](): string {
    return `Field ${inspect(this.toJSON(), { breakLength: Infinity })}`
  }

  abstract get(pointer: Pointer, index?: number): Value
  abstract set(pointer: Pointer, value: Value, index?: number): void
}

// <written by scripts/write-kinds.js>
class I8Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool1) {
      const word = i32[(near4 + (pointer << 2) + (element >> 2)) | 0]
      if (word !== undefined) return (word << (24 - (element & 3) * 8)) >> 24
    }
    return this.heap.getInt8(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number' || (value << 24) >> 24 !== value) refuseValue(this.name, 'i8', value)
    const element = this.element + index * this.step
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool1 &&
      i32[(near4 + (pointer << 2) + (element >> 2)) | 0] !== undefined
    ) {
      i8[(near1 + (pointer << 4) + element) >>> 0] = value
      return
    }
    this.heap.setInt8(pointer, this.byteOffset + index * this.stride, value)
  }
}

class U8Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool1) {
      const word = i32[(near4 + (pointer << 2) + (element >> 2)) | 0]
      if (word !== undefined) return (word >>> ((element & 3) * 8)) & 0xff
    }
    return this.heap.getUint8(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number' || (value & 0xff) !== value) refuseValue(this.name, 'u8', value)
    const element = this.element + index * this.step
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool1 &&
      i32[(near4 + (pointer << 2) + (element >> 2)) | 0] !== undefined
    ) {
      u8[(near1 + (pointer << 4) + element) >>> 0] = value
      return
    }
    this.heap.setUint8(pointer, this.byteOffset + index * this.stride, value)
  }
}

class I16Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool2 &&
      i32[(near4 + (pointer << 2) + (element >> 1)) | 0] !== undefined
    ) {
      return i16[(near2 + (pointer << 3) + element) >>> 0] as number
    }
    return this.heap.getInt16(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) refuseValue(this.name, 'i16', value)
    const element = this.element + index * this.step
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool2 &&
      i32[(near4 + (pointer << 2) + (element >> 1)) | 0] !== undefined
    ) {
      i16[(near2 + (pointer << 3) + element) >>> 0] = value
      return
    }
    this.heap.setInt16(pointer, this.byteOffset + index * this.stride, value)
  }
}

class U16Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool2 &&
      i32[(near4 + (pointer << 2) + (element >> 1)) | 0] !== undefined
    ) {
      return u16[(near2 + (pointer << 3) + element) >>> 0] as number
    }
    return this.heap.getUint16(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number' || (value & 0xffff) !== value) refuseValue(this.name, 'u16', value)
    const element = this.element + index * this.step
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool2 &&
      i32[(near4 + (pointer << 2) + (element >> 1)) | 0] !== undefined
    ) {
      u16[(near2 + (pointer << 3) + element) >>> 0] = value
      return
    }
    this.heap.setUint16(pointer, this.byteOffset + index * this.stride, value)
  }
}

class I32Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const value = i32[(near4 + (pointer << 2) + element) | 0]
      if (value !== undefined) return value
    }
    return this.heap.getInt32(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number' || (value | 0) !== value) refuseValue(this.name, 'i32', value)
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const at = (near4 + (pointer << 2) + element) | 0
      if (i32[at] !== undefined) {
        i32[at] = value
        return
      }
    }
    this.heap.setInt32(pointer, this.byteOffset + index * this.stride, value)
  }
}

class U32Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const value = u32[(near4 + (pointer << 2) + element) | 0]
      if (value !== undefined) return value
    }
    return this.heap.getUint32(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number' || value >>> 0 !== value) refuseValue(this.name, 'u32', value)
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const at = (near4 + (pointer << 2) + element) | 0
      if (u32[at] !== undefined) {
        u32[at] = value
        return
      }
    }
    this.heap.setUint32(pointer, this.byteOffset + index * this.stride, value)
  }
}

class F32Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const value = f32[(near4 + (pointer << 2) + element) | 0]
      if (value !== undefined) return value
    }
    return this.heap.getFloat32(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number') refuseValue(this.name, 'f32', value)
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const at = (near4 + (pointer << 2) + element) | 0
      if (f32[at] !== undefined) {
        f32[at] = value
        return
      }
    }
    this.heap.setFloat32(pointer, this.byteOffset + index * this.stride, value)
  }
}

class F64Field extends FieldOf<number> {
  get(pointer: Pointer, index = 0): number {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool8) {
      const value = f64[(near8 + (pointer << 1) + element) | 0]
      if (value !== undefined) return value
    }
    return this.heap.getFloat64(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: number, index = 0): void {
    if (typeof value !== 'number') refuseValue(this.name, 'f64', value)
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool8) {
      const at = (near8 + (pointer << 1) + element) | 0
      if (f64[at] !== undefined) {
        f64[at] = value
        return
      }
    }
    this.heap.setFloat64(pointer, this.byteOffset + index * this.stride, value)
  }
}

class I64Field extends FieldOf<bigint> {
  get(pointer: Pointer, index = 0): bigint {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool8) {
      const value = i64[(near8 + (pointer << 1) + element) | 0]
      if (value !== undefined) return value
    }
    return this.heap.getBigInt64(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: bigint, index = 0): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) refuseValue(this.name, 'i64', value)
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool8) {
      const at = (near8 + (pointer << 1) + element) | 0
      if (i64[at] !== undefined) {
        i64[at] = value
        return
      }
    }
    this.heap.setBigInt64(pointer, this.byteOffset + index * this.stride, value)
  }
}

class U64Field extends FieldOf<bigint> {
  get(pointer: Pointer, index = 0): bigint {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool8) {
      const value = u64[(near8 + (pointer << 1) + element) | 0]
      if (value !== undefined) return value
    }
    return this.heap.getBigUint64(pointer, this.byteOffset + index * this.stride)
  }

  set(pointer: Pointer, value: bigint, index = 0): void {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) refuseValue(this.name, 'u64', value)
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool8) {
      const at = (near8 + (pointer << 1) + element) | 0
      if (u64[at] !== undefined) {
        u64[at] = value
        return
      }
    }
    this.heap.setBigUint64(pointer, this.byteOffset + index * this.stride, value)
  }
}

class BoolField extends FieldOf<boolean> {
  get(pointer: Pointer, index = 0): boolean {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool1) {
      const word = i32[(near4 + (pointer << 2) + (element >> 2)) | 0]
      if (word !== undefined) return ((word >>> ((element & 3) * 8)) & 0xff) !== 0
    }
    return this.heap.getUint8(pointer, this.byteOffset + index * this.stride) !== 0
  }

  set(pointer: Pointer, value: boolean, index = 0): void {
    if (typeof value !== 'boolean') refuseValue(this.name, 'bool', value)
    const element = this.element + index * this.step
    if (
      typeof pointer === 'number' &&
      element >= 0 &&
      element < pool1 &&
      i32[(near4 + (pointer << 2) + (element >> 2)) | 0] !== undefined
    ) {
      u8[(near1 + (pointer << 4) + element) >>> 0] = value ? 1 : 0
      return
    }
    this.heap.setUint8(pointer, this.byteOffset + index * this.stride, value ? 1 : 0)
  }
}

class RefField extends FieldOf<Pointer | 0> {
  get(pointer: Pointer, index = 0): Pointer | 0 {
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const value = i32[(near4 + (pointer << 2) + element) | 0]
      if (value !== undefined) return value as Pointer | 0
    }
    return this.heap.getInt32(pointer, this.byteOffset + index * this.stride) as Pointer | 0
  }

  set(pointer: Pointer, value: Pointer | 0, index = 0): void {
    if (typeof value !== 'number' || (value | 0) !== value || value < 0) refuseValue(this.name, 'ref', value)
    const element = this.element + index * this.step
    if (typeof pointer === 'number' && element >= 0 && element < pool4) {
      const at = (near4 + (pointer << 2) + element) | 0
      if (i32[at] !== undefined) {
        i32[at] = value
        return
      }
    }
    this.heap.setInt32(pointer, this.byteOffset + index * this.stride, value)
  }
}
// </written>

const CLASSES: Record<ScalarKind, new (heap: Heap, leaf: Leaf, stride: number) => Field<unknown>> = {
  i8: I8Field,
  u8: U8Field,
  i16: I16Field,
  u16: U16Field,
  i32: I32Field,
  u32: U32Field,
  f32: F32Field,
  f64: F64Field,
  i64: I64Field,
  u64: U64Field,
  bool: BoolField,
  ref: RefField,
}

/** Makes the field of a leaf. */
export const makeField = (heap: Heap, leaf: Leaf, stride: number): Field<unknown> =>
  new CLASSES[leaf.kind](heap, leaf, stride)
