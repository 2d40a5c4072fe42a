/**
 * Rows: the properties through which a cursor shows the record it stands on. A row has no state but the place of its cursor. Reading a
 * property is one addition and one element of a typed array over near memory; elsewhere the property asks its field.
 */
import { inspect } from 'node:util'
import type { HeapError } from '../base/errors'
import { GRANULE_SHIFT, type Pointer, slotOf } from '../base/layout'
import { NEAR } from '../space/near'
import { space } from '../space/thread-space'
import type { Field, ScalarKind } from './types'

const { i8, u8, i16, u16, i32, u32, f32, f64, i64, u64, near1 } = NEAR

/** An object whose values are of one kind at the ends of its branches. */
export interface Tree<T> {
  [name: string]: T | Tree<T>
}

/** The first byte behind near memory, modulo 2^32. */
const OUTSIDE = u8.length | 0

/** The position of a cursor, which its row reads. */
export class Place {
  /** Bytes of a record. */
  stride = 0
  /** Whether the heap looks at every access: then no record counts as near. */
  isChecked = false
  /** The block of records, and the index of the record in it. */
  pointer = 0 as Pointer
  index = 0
  /** First byte of that record in near memory, modulo 2^32; {@link OUTSIDE} if it is not near or the heap has closed. */
  base = OUTSIDE
  /** First byte of record 0, and bytes from one record to the next; 0 outside. */
  private start = OUTSIDE
  private step = 0
  /** Word and bit that are set while the block is live. */
  mapWord = 0
  bit = 0

  /** Goes to a record of the block. */
  stand(index: number): void {
    this.index = index
    this.base = (this.start + Math.imul(index, this.step)) | 0
  }

  /** Goes to the record of the same index of another block, or of the same one that has moved. */
  move(pointer: Pointer): void {
    const isNear = !this.isChecked && space.isNear(slotOf(pointer))
    this.pointer = pointer
    this.mapWord = pointer >>> 5
    this.bit = 1 << pointer
    this.start = isNear ? (near1 + (pointer << GRANULE_SHIFT)) | 0 : OUTSIDE
    this.step = isNear ? this.stride : 0
    if (this.index >= 0) this.stand(this.index)
    else this.base = OUTSIDE // no record to stand on: the field refuses its index
  }

  /** The heap has closed: the memory may be another heap's. */
  close(): void {
    this.start = this.base = OUTSIDE
    this.step = 0
    this.bit = 0 // for the cursor, no block is live any more
  }
}

/** The class that every row extends. */
export class Row {
  /**
   * A name, not a symbol or a private field: a keyed access becomes megamorphic and slow once it has seen many kinds of rows. No field can
   * have this name (RESERVED in types.ts).
   */
  declare readonly _cursor: Place

  constructor(place: Place) {
    // Read-only, so that V8 treats the place of a known row as a constant.
    Object.defineProperty(this, '_cursor', { value: place })
  }

  /** What JSON shows of a row: the values of the record that it stands on. */
  toJSON(): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (const name in this) values[name] = this[name]
    return values
  }

  /** What `console.log` shows of a row. */
  [inspect.custom](): string {
    try {
      return `Row ${inspect(this.toJSON(), { breakLength: Infinity })}`
    } catch (error) {
      return `Row { ${(error as HeapError).code ?? 'on no record'} }`
    }
  }
}

interface Property {
  get(this: Row): unknown
  set(this: Row, value: never): void
}

const PROPERTIES: Record<ScalarKind, (field: Field<never>) => Property> = {
  // <written by scripts/write-kinds.js>
  i8: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = i8[(place.base + byteOffset) >>> 0]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 0
        if (typeof value === 'number' && (value << 24) >> 24 === value && i8[at] !== undefined) i8[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  u8: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = u8[(place.base + byteOffset) >>> 0]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 0
        if (typeof value === 'number' && (value & 0xff) === value && u8[at] !== undefined) u8[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  i16: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = i16[(place.base + byteOffset) >>> 1]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 1
        if (typeof value === 'number' && (value << 16) >> 16 === value && i16[at] !== undefined) i16[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  u16: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = u16[(place.base + byteOffset) >>> 1]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 1
        if (typeof value === 'number' && (value & 0xffff) === value && u16[at] !== undefined) u16[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  i32: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = i32[(place.base + byteOffset) >>> 2]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 2
        if (typeof value === 'number' && (value | 0) === value && i32[at] !== undefined) i32[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  u32: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = u32[(place.base + byteOffset) >>> 2]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 2
        if (typeof value === 'number' && value >>> 0 === value && u32[at] !== undefined) u32[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  f32: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = f32[(place.base + byteOffset) >>> 2]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 2
        if (typeof value === 'number' && f32[at] !== undefined) f32[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  f64: (field: Field<number>) => {
    const { byteOffset } = field
    return {
      get(): number {
        const place = this._cursor
        const value = f64[(place.base + byteOffset) >>> 3]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: number): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 3
        if (typeof value === 'number' && f64[at] !== undefined) f64[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  i64: (field: Field<bigint>) => {
    const { byteOffset } = field
    return {
      get(): bigint {
        const place = this._cursor
        const value = i64[(place.base + byteOffset) >>> 3]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: bigint): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 3
        if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value && i64[at] !== undefined) i64[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  u64: (field: Field<bigint>) => {
    const { byteOffset } = field
    return {
      get(): bigint {
        const place = this._cursor
        const value = u64[(place.base + byteOffset) >>> 3]
        return value !== undefined ? value : field.get(place.pointer, place.index)
      },
      set(value: bigint): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 3
        if (typeof value === 'bigint' && BigInt.asUintN(64, value) === value && u64[at] !== undefined) u64[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  bool: (field: Field<boolean>) => {
    const { byteOffset } = field
    return {
      get(): boolean {
        const place = this._cursor
        const value = u8[(place.base + byteOffset) >>> 0]
        return value !== undefined ? value !== 0 : field.get(place.pointer, place.index)
      },
      set(value: boolean): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 0
        if (typeof value === 'boolean' && u8[at] !== undefined) u8[at] = value ? 1 : 0
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  ref: (field: Field<Pointer | 0>) => {
    const { byteOffset } = field
    return {
      get(): Pointer | 0 {
        const place = this._cursor
        const value = i32[(place.base + byteOffset) >>> 2]
        return value !== undefined ? (value as Pointer | 0) : field.get(place.pointer, place.index)
      },
      set(value: Pointer | 0): void {
        const place = this._cursor
        const at = (place.base + byteOffset) >>> 2
        if (typeof value === 'number' && (value | 0) === value && value >= 0 && i32[at] !== undefined) i32[at] = value
        else field.set(place.pointer, value, place.index)
      },
    }
  },
  // </written>
}

/** Makes a row. There is one function per record type, so that all rows of a type have one hidden class. */
export type RowMaker = (place: Place) => Row

/** Makes the maker of rows with these fields. */
export function rowMaker(fields: Tree<Field<unknown>>): RowMaker {
  class RecordRow extends Row {}
  const nested: [string, RowMaker][] = []
  for (const [name, field] of Object.entries(fields)) {
    if (isField(field)) {
      const property = PROPERTIES[field.kind](field as Field<never>)
      Object.defineProperty(RecordRow.prototype, name, { ...property, enumerable: true })
    } else nested.push([name, rowMaker(field)])
  }
  return (place) => {
    const row = new RecordRow(place)
    for (const [name, make] of nested) Object.defineProperty(row, name, { value: make(place), enumerable: true })
    return row
  }
}

/** Tells a field from a branch of fields. */
export const isField = (node: Field<unknown> | Tree<Field<unknown>>): node is Field<unknown> =>
  typeof node.get === 'function'
