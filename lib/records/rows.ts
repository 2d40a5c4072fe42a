/**
 * Rows: the properties through which a cursor shows the record it stands on. A row has no state but its cursor, which knows the
 * DataView and where in it the record begins; so reading a property is one addition and one DataView access.
 */
import type { Pointer } from '../base/layout'
import { refuseValue, type ScalarKind, type Shape, Struct } from './types'

/** Where a cursor stands. */
export interface Place {
  view: DataView
  /** Offset of the record in the view, bytes. */
  base: number
  /** Says why an access failed; throws. */
  refuse(cause: unknown): never
}

/** What every row is. */
export class Row {
  /**
   * A name, not a symbol: V8 forgets which property a keyed access is for once it has seen many kinds of rows, and no field can have
   * this name (RESERVED in types.ts).
   */
  readonly _cursor: Place

  constructor(cursor: Place) {
    this._cursor = cursor
  }
}

interface Property {
  get(this: Row): unknown
  set(this: Row, value: never): void
}

const PROPERTIES: Record<ScalarKind, (name: string, byteOffset: number) => Property> = {
  i8: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getInt8(cursor.base + byteOffset)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number' || (value << 24) >> 24 !== value) refuseValue(name, 'i8', value)
      const cursor = this._cursor
      try {
        cursor.view.setInt8(cursor.base + byteOffset, value)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  u8: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getUint8(cursor.base + byteOffset)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number' || (value & 0xff) !== value) refuseValue(name, 'u8', value)
      const cursor = this._cursor
      try {
        cursor.view.setUint8(cursor.base + byteOffset, value)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  i16: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getInt16(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number' || (value << 16) >> 16 !== value) refuseValue(name, 'i16', value)
      const cursor = this._cursor
      try {
        cursor.view.setInt16(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  u16: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getUint16(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number' || (value & 0xffff) !== value) refuseValue(name, 'u16', value)
      const cursor = this._cursor
      try {
        cursor.view.setUint16(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  i32: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getInt32(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number' || (value | 0) !== value) refuseValue(name, 'i32', value)
      const cursor = this._cursor
      try {
        cursor.view.setInt32(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  u32: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getUint32(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number' || value >>> 0 !== value) refuseValue(name, 'u32', value)
      const cursor = this._cursor
      try {
        cursor.view.setUint32(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  f32: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getFloat32(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number') refuseValue(name, 'f32', value)
      const cursor = this._cursor
      try {
        cursor.view.setFloat32(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  f64: (name, byteOffset) => ({
    get(): number {
      const cursor = this._cursor
      try {
        return cursor.view.getFloat64(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: number): void {
      if (typeof value !== 'number') refuseValue(name, 'f64', value)
      const cursor = this._cursor
      try {
        cursor.view.setFloat64(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  i64: (name, byteOffset) => ({
    get(): bigint {
      const cursor = this._cursor
      try {
        return cursor.view.getBigInt64(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: bigint): void {
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) refuseValue(name, 'i64', value)
      const cursor = this._cursor
      try {
        cursor.view.setBigInt64(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  u64: (name, byteOffset) => ({
    get(): bigint {
      const cursor = this._cursor
      try {
        return cursor.view.getBigUint64(cursor.base + byteOffset, true)
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: bigint): void {
      if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) refuseValue(name, 'u64', value)
      const cursor = this._cursor
      try {
        cursor.view.setBigUint64(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  bool: (name, byteOffset) => ({
    get(): boolean {
      const cursor = this._cursor
      try {
        return cursor.view.getUint8(cursor.base + byteOffset) !== 0
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: boolean): void {
      if (typeof value !== 'boolean') refuseValue(name, 'bool', value)
      const cursor = this._cursor
      try {
        cursor.view.setUint8(cursor.base + byteOffset, value ? 1 : 0)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
  ref: (name, byteOffset) => ({
    get(): Pointer | 0 {
      const cursor = this._cursor
      try {
        return cursor.view.getInt32(cursor.base + byteOffset, true) as Pointer | 0
      } catch (cause) {
        return cursor.refuse(cause)
      }
    },
    set(value: Pointer | 0): void {
      if (typeof value !== 'number' || (value | 0) !== value || value < 0) refuseValue(name, 'ref', value)
      const cursor = this._cursor
      try {
        cursor.view.setInt32(cursor.base + byteOffset, value, true)
      } catch (cause) {
        cursor.refuse(cause)
      }
    },
  }),
}

/** Makes a row; one function per record type, so that all rows of a type have one hidden class. */
export type RowMaker = (cursor: Place) => Row

/** `path` and `start` say where in the outermost struct this one lies. */
export function rowMaker(layout: Struct<Shape>, path: readonly string[] = [], start = 0): RowMaker {
  class RecordRow extends Row {}
  const nested: [string, RowMaker][] = []
  for (const [name, type] of Object.entries(layout.shape)) {
    const byteOffset = start + (layout.offsets[name] as number)
    const inner = [...path, name]
    if (type instanceof Struct) nested.push([name, rowMaker(type, inner, byteOffset)])
    else
      Object.defineProperty(RecordRow.prototype, name, {
        ...PROPERTIES[type.kind](inner.join('.'), byteOffset),
        enumerable: true,
      })
  }
  return (cursor) => {
    const row = new RecordRow(cursor)
    Object.defineProperty(row, '_cursor', { enumerable: false })
    for (const [name, make] of nested) Object.defineProperty(row, name, { value: make(cursor), enumerable: true })
    return row
  }
}
