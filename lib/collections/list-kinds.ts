/**
 * Lists of scalars: one class a kind, written by a script from one template. The hot path is that of the accessors: one element of a
 * constant typed array over all near memory, and what lies outside of that is far and takes the accessor.
 */
import { rangeError, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import { NEAR } from '../space/near'
import { ListMethods } from './list-methods'
import { FAR_DIRECTORY } from './list-slots'
import { inheritHelpers, type RuntimeIterator } from './runtime-iterator'

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

/** Has an element 0 and no other: what a list that is closed asks for is not there. */
const OPEN = new Uint8Array(1)

/** Elements that forEach shows in one go. */
const VISITED_AT_ONCE = 1024

/** Index of an iterator that is at its end: no list has so many elements. */
const END = 2 ** 31 - 1

// <written by scripts/write-kinds.js>
export class I8List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const element = i8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const element = i8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && (value << 24) >> 24 === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const place = (slot + (at & 32767)) >>> 0
      if (i8[place] !== undefined) {
        i8[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new I8ListValues(this) as unknown as RuntimeIterator<number>
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

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setInt8(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value << 24) >> 24 !== value) refuseElement('i8', value)
  }
}

class I8ListValues {
  readonly #list: I8List
  #index = 0

  constructor(list: I8List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(I8ListValues)

export class U8List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const element = u8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const element = u8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && (value & 0xff) === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const place = (slot + (at & 32767)) >>> 0
      if (u8[place] !== undefined) {
        u8[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new U8ListValues(this) as unknown as RuntimeIterator<number>
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

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setUint8(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value & 0xff) !== value) refuseElement('u8', value)
  }
}

class U8ListValues {
  readonly #list: U8List
  #index = 0

  constructor(list: U8List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(U8ListValues)

export class I16List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 14) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i16[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 14) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i16[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && (value << 16) >> 16 === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 14) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i16[place] !== undefined) {
        i16[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new I16ListValues(this) as unknown as RuntimeIterator<number>
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const element = i16[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getInt16(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i16[place] !== undefined) {
        i16[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setInt16(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) refuseElement('i16', value)
  }
}

class I16ListValues {
  readonly #list: I16List
  #index = 0

  constructor(list: I16List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(I16ListValues)

export class U16List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 14) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = u16[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 14) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = u16[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && (value & 0xffff) === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 14) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (u16[place] !== undefined) {
        u16[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new U16ListValues(this) as unknown as RuntimeIterator<number>
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const element = u16[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getUint16(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 14) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (u16[place] !== undefined) {
        u16[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setUint16(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value & 0xffff) !== value) refuseElement('u16', value)
  }
}

class U16ListValues {
  readonly #list: U16List
  #index = 0

  constructor(list: U16List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(U16ListValues)

export class I32List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && (value | 0) === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i32[place] !== undefined) {
        i32[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new I32ListValues(this) as unknown as RuntimeIterator<number>
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = i32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getInt32(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i32[place] !== undefined) {
        i32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setInt32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || (value | 0) !== value) refuseElement('i32', value)
  }
}

class I32ListValues {
  readonly #list: I32List
  #index = 0

  constructor(list: I32List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(I32ListValues)

export class U32List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = u32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = u32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && value >>> 0 === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (u32[place] !== undefined) {
        u32[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new U32ListValues(this) as unknown as RuntimeIterator<number>
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = u32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getUint32(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (u32[place] !== undefined) {
        u32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setUint32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number' || value >>> 0 !== value) refuseElement('u32', value)
  }
}

class U32ListValues {
  readonly #list: U32List
  #index = 0

  constructor(list: U32List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(U32ListValues)

export class F32List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = f32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = f32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (f32[place] !== undefined) {
        f32[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new F32ListValues(this) as unknown as RuntimeIterator<number>
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = f32[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getFloat32(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (f32[place] !== undefined) {
        f32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setFloat32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number') refuseElement('f32', value)
  }
}

class F32ListValues {
  readonly #list: F32List
  #index = 0

  constructor(list: F32List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(F32ListValues)

export class F64List extends ListMethods<number> {
  get(index: number): number {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = f64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): number | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = f64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: number): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (f64[place] !== undefined) {
        f64[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: number, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: number, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<number> {
    this.mustIterate()
    return new F64ListValues(this) as unknown as RuntimeIterator<number>
  }

  protected override read(at: number): number {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const element = f64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getFloat64(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: number): void {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (f64[place] !== undefined) {
        f64[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): number {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: number): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: number): void {
    this.heap.setFloat64(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is number {
    if (typeof value !== 'number') refuseElement('f64', value)
  }
}

class F64ListValues {
  readonly #list: F64List
  #index = 0

  constructor(list: F64List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<number, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: number | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<number, undefined>
  }
}
inheritHelpers(F64ListValues)

export class I64List extends ListMethods<bigint> {
  get(index: number): bigint {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): bigint | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: bigint): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i64[place] !== undefined) {
        i64[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: bigint, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: bigint, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<bigint> {
    this.mustIterate()
    return new I64ListValues(this) as unknown as RuntimeIterator<bigint>
  }

  protected override read(at: number): bigint {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const element = i64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getBigInt64(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: bigint): void {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i64[place] !== undefined) {
        i64[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): bigint {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: bigint): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: bigint): void {
    this.heap.setBigInt64(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is bigint {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) refuseElement('i64', value)
  }
}

class I64ListValues {
  readonly #list: I64List
  #index = 0

  constructor(list: I64List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<bigint, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: bigint | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<bigint, undefined>
  }
}
inheritHelpers(I64ListValues)

export class U64List extends ListMethods<bigint> {
  get(index: number): bigint {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = u64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.getFar(index)
  }

  override at(index: number): bigint | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = u64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return super.at(index)
  }

  set(index: number, value: bigint): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'bigint' && BigInt.asUintN(64, value) === value && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 12) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (u64[place] !== undefined) {
        u64[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: bigint, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: bigint, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<bigint> {
    this.mustIterate()
    return new U64ListValues(this) as unknown as RuntimeIterator<bigint>
  }

  protected override read(at: number): bigint {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const element = u64[(slot + at) | 0]
      if (element !== undefined) return element
    }
    return this.heap.getBigUint64(this.pointerAt(at), this.offsetOf(at))
  }

  protected override write(at: number, value: bigint): void {
    const slot = i32[(this.directoryAt + ((at >>> 12) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (u64[place] !== undefined) {
        u64[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): bigint {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: bigint): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: bigint): void {
    this.heap.setBigUint64(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is bigint {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) refuseElement('u64', value)
  }
}

class U64ListValues {
  readonly #list: U64List
  #index = 0

  constructor(list: U64List) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<bigint, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: bigint | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<bigint, undefined>
  }
}
inheritHelpers(U64ListValues)

export class BoolList extends ListMethods<boolean> {
  get(index: number): boolean {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const element = u8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element !== 0
    }
    return this.getFar(index)
  }

  override at(index: number): boolean | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const element = u8[(slot + (at & 32767)) >>> 0]
      if (element !== undefined) return element !== 0
    }
    return super.at(index)
  }

  set(index: number, value: boolean): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'boolean' && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 15) << 1)) | 0
    }
    const slot = u32[word]
    if (slot !== undefined) {
      const place = (slot + (at & 32767)) >>> 0
      if (u8[place] !== undefined) {
        u8[place] = value ? 1 : 0
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: boolean, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: boolean, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<boolean> {
    this.mustIterate()
    return new BoolListValues(this) as unknown as RuntimeIterator<boolean>
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

  private getFar(index: number): boolean {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: boolean): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
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

class BoolListValues {
  readonly #list: BoolList
  #index = 0

  constructor(list: BoolList) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<boolean, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: boolean | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<boolean, undefined>
  }
}
inheritHelpers(BoolListValues)

export class RefList extends ListMethods<Pointer | 0> {
  get(index: number): Pointer | 0 {
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i32[(slot + at) | 0]
      if (element !== undefined) return element as Pointer | 0
    }
    return this.getFar(index)
  }

  override at(index: number): Pointer | 0 | undefined {
    const { length } = this
    const from = typeof index === 'number' && index < 0 ? length : 0
    let at = 0
    let word = FAR_DIRECTORY
    if (this.has(index, from)) {
      at = (this.firstAt + from + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const element = i32[(slot + at) | 0]
      if (element !== undefined) return element as Pointer | 0
    }
    return super.at(index)
  }

  set(index: number, value: Pointer | 0): void {
    let at = 0
    let word = FAR_DIRECTORY
    if (typeof value === 'number' && (value | 0) === value && value >= 0 && this.has(index, 0)) {
      at = (this.firstAt + index) | 0
      word = (this.directoryAt + ((at >>> 13) << 1)) | 0
    }
    const slot = i32[word]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i32[place] !== undefined) {
        i32[place] = value
        return
      }
    }
    this.setFar(index, value)
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

  forEach(visit: (value: Pointer | 0, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let from = 0; from < length; from += VISITED_AT_ONCE)
      this.visitSome(visit, from, Math.min(from + VISITED_AT_ONCE, length), face)
  }

  // A function of its own, called again and again: what V8 makes of a loop that is running already is slower.
  private visitSome(
    visit: (value: Pointer | 0, index: number, list: unknown) => void,
    from: number,
    end: number,
    face: unknown,
  ): void {
    for (let index = from; index < end && index < this.length; index++) visit(this.readIndex(index), index, face)
  }

  values(): RuntimeIterator<Pointer | 0> {
    this.mustIterate()
    return new RefListValues(this) as unknown as RuntimeIterator<Pointer | 0>
  }

  protected override read(at: number): Pointer | 0 {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const element = i32[(slot + at) | 0]
      if (element !== undefined) return element as Pointer | 0
    }
    return this.heap.getInt32(this.pointerAt(at), this.offsetOf(at)) as Pointer | 0
  }

  protected override write(at: number, value: Pointer | 0): void {
    const slot = i32[(this.directoryAt + ((at >>> 13) << 1)) | 0]
    if (slot !== undefined) {
      const place = (slot + at) | 0
      if (i32[place] !== undefined) {
        i32[place] = value
        return
      }
    }
    this.writeFar(at, value)
  }

  private getFar(index: number): Pointer | 0 {
    this.mustHave(index)
    return this.read((this.firstAt + index) | 0)
  }

  private setFar(index: number, value: Pointer | 0): void {
    this.check(value)
    this.mustHave(index)
    this.write((this.firstAt + index) | 0, value)
  }

  private writeFar(at: number, value: Pointer | 0): void {
    this.heap.setInt32(this.pointerAt(at), this.offsetOf(at), value)
  }

  protected override check(value: unknown): asserts value is Pointer | 0 {
    if (typeof value !== 'number' || (value | 0) !== value || value < 0) refuseElement('ref', value)
  }
}

class RefListValues {
  readonly #list: RefList
  #index = 0

  constructor(list: RefList) {
    this.#list = list
  }

  // One exit, and one literal in it: V8 then makes no object of the result in a loop.
  next(): IteratorResult<Pointer | 0, undefined> {
    const list = this.#list
    const index = this.#index
    let done = false
    let value: Pointer | 0 | undefined
    if (index >= list.length) {
      this.#index = END
      if (OPEN[list.isClosed ? 1 : 0] === undefined) list.mustIterate()
      done = true
    } else {
      value = list.readIndex(index)
      this.#index = (index + 1) | 0
    }
    return { value, done } as IteratorResult<Pointer | 0, undefined>
  }
}
inheritHelpers(RefListValues)
// </written>
