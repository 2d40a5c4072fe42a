/**
 * Trees of null, booleans, numbers, strings, bytes, lists and dicts, packed into bytes: a tag, then what it says.
 *
 *     null, false, true    nothing
 *     int32, double        4 or 8 bytes
 *     latin1, utf16, bytes length (4 bytes), then as many characters or bytes
 *     list                 count (4), then its values
 *     dict                 count (4), then a string and a value for each
 *     the same, indexed    count (4), where each value ends (4 each, counted from the first on), then as above
 *
 * Long lists and dicts are indexed where a part of the tree may be asked for.
 */

import { isByteLength, rangeError, show, typeError } from '../base/errors'
import { isBytes, lengthOf } from '../heap/lists'

/** First byte of a value. Those of indexed lists and dicts are INDEXED more. */
export const TAGS = {
  NULL: 0,
  FALSE: 1,
  TRUE: 2,
  INT32: 3,
  DOUBLE: 4,
  LATIN1: 5,
  UTF16: 6,
  BYTES: 7,
  LIST: 8,
  DICT: 9,
} as const
export const INDEXED = 2

const { NULL, FALSE, TRUE, INT32, DOUBLE, LATIN1, UTF16, BYTES, LIST, DICT } = TAGS

/** Shorter lists and dicts are gone through. */
const INDEXED_MIN = 9
/** Deeper nesting is taken for a circle. */
const DEPTH_MAX = 1000
const HAS_WIDE = /[^\0-\xff]/

class Packer {
  private buffer = Buffer.allocUnsafeSlow(256)
  private length = 0
  private readonly isIndexed: boolean

  constructor(isIndexed: boolean) {
    this.isIndexed = isIndexed
  }

  /** The bytes packed so far; good until the next is packed. */
  get packed(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  private room(byteLength: number): void {
    if (this.length + byteLength <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + byteLength))
    larger.set(this.packed)
    this.buffer = larger
  }

  private head(tag: number, count: number): void {
    this.room(5)
    this.buffer[this.length] = tag
    this.buffer.writeUInt32LE(count, this.length + 1)
    this.length += 5
  }

  private tag(tag: number): void {
    this.room(1)
    this.buffer[this.length++] = tag
  }

  private number(value: number): void {
    const isInt = (value | 0) === value && !Object.is(value, -0)
    this.tag(isInt ? INT32 : DOUBLE)
    this.room(8)
    this.length = isInt ? this.buffer.writeInt32LE(value, this.length) : this.buffer.writeDoubleLE(value, this.length)
  }

  private text(value: string): void {
    const isWide = HAS_WIDE.test(value)
    this.head(isWide ? UTF16 : LATIN1, value.length)
    this.room(isWide ? value.length * 2 : value.length)
    this.length += this.buffer.write(value, this.length, isWide ? 'utf16le' : 'latin1')
  }

  private object(value: object, path: string, depth: number): void {
    if (depth > DEPTH_MAX) throw rangeError(`ebb: value is nested more than ${DEPTH_MAX} deep, or goes in a circle`)
    if (isBytes(value)) {
      const length = lengthOf(value)
      this.head(BYTES, length)
      this.room(length)
      if (length > 0) this.buffer.set(value, this.length) // a detached array has none, and V8 refuses it
      this.length += length
    } else if (Array.isArray(value)) {
      const { length } = value // a getter of an element may change it, and a proxy say anything
      if (!(isByteLength(length) && length < 2 ** 32)) refuse(path, value, `an array whose length is ${show(length)}`)
      const ends = this.open(LIST, length)
      const first = this.length
      for (let i = 0; i < length; i++) {
        this.pack(value[i], `${path}[${i}]`, depth + 1)
        this.end(ends, i, first)
      }
    } else {
      const prototype: object | null = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null && !isObjectPrototype(prototype)) {
        const shown = show(value)
        refuse(path, value, shown === 'an object' ? 'an object of a class' : shown)
      }
      const names = Object.keys(value)
      const ends = this.open(DICT, names.length)
      const first = this.length
      for (const [i, name] of names.entries()) {
        this.text(name)
        this.pack((value as Record<string, unknown>)[name], `${path}.${name}`, depth + 1)
        this.end(ends, i, first)
      }
    }
  }

  /** Begins a list or a dict. Returns where the ends of its values are to be noted, or -1. */
  private open(tag: number, count: number): number {
    if (!this.isIndexed || count < INDEXED_MIN) {
      this.head(tag, count)
      return -1
    }
    this.head(tag + INDEXED, count)
    this.room(count * 4)
    this.length += count * 4
    return this.length - count * 4
  }

  private end(ends: number, index: number, first: number): void {
    if (ends >= 0) this.buffer.writeUInt32LE(this.length - first, ends + 4 * index)
  }

  pack(value: unknown, path: string, depth: number): void {
    switch (typeof value) {
      case 'number':
        this.number(value)
        break
      case 'string':
        this.text(value)
        break
      case 'boolean':
        this.tag(value ? TRUE : FALSE)
        break
      case 'object':
        if (value === null) this.tag(NULL)
        else this.object(value, path, depth)
        break
      default:
        refuse(path, value, show(value))
    }
  }
}

/** Whether an object is the prototype of plain objects in another realm, as of a `vm` context or of a test in jest. */
const isObjectPrototype = (prototype: object): boolean =>
  Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')

function refuse(path: string, value: unknown, what: string): never {
  throw typeError(
    `ebb: ${path} must be null, a boolean, a number, a string, a Uint8Array, an array or a plain object, got ${what} (${typeof value})`,
  )
}

/**
 * Packs a tree.
 * @param isIndexed - whether a part of it may be asked for
 * @throws TypeError for what JSON has no word for, bytes excepted; RangeError for a circle
 */
export function packPlain(value: unknown, isIndexed = false): Uint8Array {
  const packer = new Packer(isIndexed)
  packer.pack(value, 'value', 0)
  return packer.packed
}
