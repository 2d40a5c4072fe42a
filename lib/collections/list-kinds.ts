/**
 * Lists of scalars: one class a kind, written by a script from one template. The hot path is that of the accessors: one element of a
 * constant typed array over all near memory, and what lies outside of that is far and takes the accessor.
 */
import { rangeError, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import { NEAR } from '../space/near'
import { ListMethods } from './list-methods'

const { i8, u8, i16, u16, i32, u32, f32, f64 } = NEAR
const i64 = new BigInt64Array(f64.buffer, f64.byteOffset, f64.length)
const u64 = new BigUint64Array(f64.buffer, f64.byteOffset, f64.length)

const HOLDS = {
  i8: 'whole numbers from -2^7 to 2^7 - 1',
  u8: 'whole numbers from 0 to 2^8 - 1',
  i16: 'whole numbers from -2^15 to 2^15 - 1',
  u16: 'whole numbers from 0 to 2^16 - 1',
  i32: 'whole numbers from -2^31 to 2^31 - 1',
  u32: 'whole numbers from 0 to 2^32 - 1',
  f32: 'numbers',
  f64: 'numbers',
  i64: 'bigints from -2n**63n to 2n**63n - 1n',
  u64: 'bigints from 0n to 2n**64n - 1n',
  bool: 'true and false',
  ref: 'pointers of its heap, and 0 for none',
} as const
const TYPES: { readonly [kind: string]: string } = { i64: 'bigint', u64: 'bigint', bool: 'boolean' }

/** TypeError or RangeError for a value that an element cannot be. */
function refuseElement(kind: keyof typeof HOLDS, value: unknown): never {
  const message = `ebb: a list of ${kind} holds ${HOLDS[kind]}, got ${show(value)} (${typeof value})`
  throw typeof value === (TYPES[kind] ?? 'number') ? rangeError(message) : typeError(message)
}

/** Index of an iterator that is at its end: no list has so many elements. */
const END = 2 ** 31 - 1

abstract class ListValues<V, L extends ListMethods<V>> implements IterableIterator<V> {
  protected index = 0
  protected readonly list: L

  constructor(list: L) {
    this.list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  abstract next(): IteratorResult<V>

  protected finish(): void {
    this.index = END
    this.list.mustIterate()
  }

  [Symbol.iterator](): this {
    return this
  }
}

// <written by scripts/write-kinds.js>
class I8List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) >>> 0
    if (i8[place] !== undefined) i8[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new I8ListValues(this)
  }

  protected override read(at: number): number {
    const slot = u32[(this.directoryAt + ((at >>> 15) << 1)) | 0]
    if (slot !== undefined) {
      const element = i8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element
    }
    return this.heap.getInt8(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = u32[(this.directoryAt + ((at >>> 15) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 32767)) >>> 0
      if (i8[place] !== undefined) {
        i8[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setInt8(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value << 24) >> 24 !== value) refuseElement('i8', value)
  }
}

class I8ListValues extends ListValues<number, I8List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class U8List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) >>> 0
    if (u8[place] !== undefined) u8[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new U8ListValues(this)
  }

  protected override read(at: number): number {
    const slot = u32[(this.directoryAt + ((at >>> 15) << 1)) | 0]
    if (slot !== undefined) {
      const element = u8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element
    }
    return this.heap.getUint8(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = u32[(this.directoryAt + ((at >>> 15) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 32767)) >>> 0
      if (u8[place] !== undefined) {
        u8[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setUint8(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value & 0xff) !== value) refuseElement('u8', value)
  }
}

class U8ListValues extends ListValues<number, U8List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class I16List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (i16[place] !== undefined) i16[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new I16ListValues(this)
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const element = i16[(slot + (at & 16383)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getInt16(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 16383)) | 0
      if (i16[place] !== undefined) {
        i16[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setInt16(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) refuseElement('i16', value)
  }
}

class I16ListValues extends ListValues<number, I16List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class U16List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (u16[place] !== undefined) u16[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new U16ListValues(this)
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const element = u16[(slot + (at & 16383)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getUint16(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 16383)) | 0
      if (u16[place] !== undefined) {
        u16[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setUint16(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value & 0xffff) !== value) refuseElement('u16', value)
  }
}

class U16ListValues extends ListValues<number, U16List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class I32List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (i32[place] !== undefined) i32[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new I32ListValues(this)
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = i32[(slot + (at & 8191)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getInt32(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 8191)) | 0
      if (i32[place] !== undefined) {
        i32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setInt32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value | 0) !== value) refuseElement('i32', value)
  }
}

class I32ListValues extends ListValues<number, I32List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class U32List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (u32[place] !== undefined) u32[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new U32ListValues(this)
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = u32[(slot + (at & 8191)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getUint32(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 8191)) | 0
      if (u32[place] !== undefined) {
        u32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setUint32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || value >>> 0 !== value) refuseElement('u32', value)
  }
}

class U32ListValues extends ListValues<number, U32List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class F32List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (f32[place] !== undefined) f32[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new F32ListValues(this)
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = f32[(slot + (at & 8191)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getFloat32(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 8191)) | 0
      if (f32[place] !== undefined) {
        f32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setFloat32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number') refuseElement('f32', value)
  }
}

class F32ListValues extends ListValues<number, F32List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class F64List extends ListMethods<number> {
  get(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: number): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (f64[place] !== undefined) f64[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: number, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<number> {
    this.mustIterate()
    return new F64ListValues(this)
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const element = f64[(slot + (at & 4095)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getFloat64(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 4095)) | 0
      if (f64[place] !== undefined) {
        f64[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setFloat64(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number') refuseElement('f64', value)
  }
}

class F64ListValues extends ListValues<number, F64List> {
  next(): IteratorResult<number> {
    const { list, index } = this
    const done = index >= list.length
    let value: number | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<number>
  }
}

class I64List extends ListMethods<bigint> {
  get(index: number): bigint {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: bigint): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: bigint): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (i64[place] !== undefined) i64[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: bigint, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<bigint> {
    this.mustIterate()
    return new I64ListValues(this)
  }

  protected override read(at: number): bigint {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const element = i64[(slot + (at & 4095)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getBigInt64(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: bigint): void {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 4095)) | 0
      if (i64[place] !== undefined) {
        i64[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: bigint): void {
    this.heap.setBigInt64(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is bigint {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) refuseElement('i64', value)
  }
}

class I64ListValues extends ListValues<bigint, I64List> {
  next(): IteratorResult<bigint> {
    const { list, index } = this
    const done = index >= list.length
    let value: bigint | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<bigint>
  }
}

class U64List extends ListMethods<bigint> {
  get(index: number): bigint {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: bigint): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: bigint): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (u64[place] !== undefined) u64[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: bigint, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<bigint> {
    this.mustIterate()
    return new U64ListValues(this)
  }

  protected override read(at: number): bigint {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const element = u64[(slot + (at & 4095)) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getBigUint64(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: bigint): void {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 4095)) | 0
      if (u64[place] !== undefined) {
        u64[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: bigint): void {
    this.heap.setBigUint64(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is bigint {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) refuseElement('u64', value)
  }
}

class U64ListValues extends ListValues<bigint, U64List> {
  next(): IteratorResult<bigint> {
    const { list, index } = this
    const done = index >= list.length
    let value: bigint | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<bigint>
  }
}

class BoolList extends ListMethods<boolean> {
  get(index: number): boolean {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: boolean): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: boolean): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) >>> 0
    if (u8[place] !== undefined) u8[place] = value ? 1 : 0
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: boolean, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<boolean> {
    this.mustIterate()
    return new BoolListValues(this)
  }

  protected override read(at: number): boolean {
    const slot = u32[(this.directoryAt + ((at >>> 15) << 1)) | 0]
    if (slot !== undefined) {
      const element = u8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element !== 0
    }
    return this.heap.getUint8(this.pointerAt(at), this.offsetOf(at)) !== 0
  }

  protected override write(at: number, value: boolean): void {
    const slot = u32[(this.directoryAt + ((at >>> 15) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 32767)) >>> 0
      if (u8[place] !== undefined) {
        u8[place] = value ? 1 : 0
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: boolean): void {
    this.heap.setUint8(this.pointerAt(at), this.offsetOf(at), value ? 1 : 0)
  }

  protected override check(value: unknown): asserts value is boolean {
    if (typeof value !== 'boolean') refuseElement('bool', value)
  }

  protected override encode(value: boolean): number {
    return value ? 1 : 0
  }

  protected override decode(element: number | bigint): boolean {
    return element !== 0
  }
}

class BoolListValues extends ListValues<boolean, BoolList> {
  next(): IteratorResult<boolean> {
    const { list, index } = this
    const done = index >= list.length
    let value: boolean | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<boolean>
  }
}

class RefList extends ListMethods<Pointer | 0> {
  get(index: number): Pointer | 0 {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  set(index: number, value: Pointer | 0): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  push(value: Pointer | 0): number {
    this.check(value)
    if (this.endAt === this.limitAt) this.growBack()
    const at = this.endAt
    const place = (this.tailAt + at) | 0
    if (i32[place] !== undefined) i32[place] = value
    else this.writeFar(at, value)
    this.endAt = at + 1
    return at + 1 - this.firstAt
  }

  forEach(visit: (value: Pointer | 0, index: number, list: this) => void): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.readIndex(index), index, this)
  }

  [Symbol.iterator](): IterableIterator<Pointer | 0> {
    this.mustIterate()
    return new RefListValues(this)
  }

  protected override read(at: number): Pointer | 0 {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = i32[(slot + (at & 8191)) | 0]
      if (element !== undefined) return element as Pointer | 0
    }
    return this.heap.getInt32(this.pointerAt(at), this.offsetOf(at)) as Pointer | 0
  }

  protected override write(at: number, value: Pointer | 0): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + (at & 8191)) | 0
      if (i32[place] !== undefined) {
        i32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private writeFar(at: number, value: Pointer | 0): void {
    this.heap.setInt32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is Pointer | 0 {
    if (typeof value !== 'number' || (value | 0) !== value || value < 0) refuseElement('ref', value)
  }
}

class RefListValues extends ListValues<Pointer | 0, RefList> {
  next(): IteratorResult<Pointer | 0> {
    const { list, index } = this
    const done = index >= list.length
    let value: Pointer | 0 | undefined
    if (done) this.finish()
    else {
      this.index = index + 1
      value = list.readIndex(index)
    }
    return { value, done } as IteratorResult<Pointer | 0>
  }
}

/** By kind of scalar: the class of its lists, and the typed array of their elements. */
export const SCALAR_LISTS = {
  i8: [I8List, Int8Array],
  u8: [U8List, Uint8Array],
  i16: [I16List, Int16Array],
  u16: [U16List, Uint16Array],
  i32: [I32List, Int32Array],
  u32: [U32List, Uint32Array],
  f32: [F32List, Float32Array],
  f64: [F64List, Float64Array],
  i64: [I64List, BigInt64Array],
  u64: [U64List, BigUint64Array],
  bool: [BoolList, Uint8Array],
  ref: [RefList, Int32Array],
} as const
// </written>
