/**
 * Trees of null, booleans, numbers, strings, bytes, lists and dicts, packed into bytes: a tag, then what it says.
 *
 *     null, false, true    nothing
 *     int32, double        4 or 8 bytes
 *     latin1, utf16, bytes length (4 bytes), then as many characters or bytes
 *     list                 count (4), then its values
 *     dict                 count (4), then a string and a value for each
 */
import { show } from '../base/errors'
import type { Plain } from './kinds'

const NULL = 0
const FALSE = 1
const TRUE = 2
const INT32 = 3
const DOUBLE = 4
const LATIN1 = 5
const UTF16 = 6
const BYTES = 7
const LIST = 8
const DICT = 9

/** Deeper nesting is taken for a circle. */
const DEPTH_MAX = 1000
const HAS_WIDE = /[^\0-\xff]/

class Packer {
  private buffer = Buffer.allocUnsafeSlow(256)
  private length = 0

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
    if (depth > DEPTH_MAX) throw new RangeError(`ebb: value is nested more than ${DEPTH_MAX} deep, or goes in a circle`)
    if (value instanceof Uint8Array) {
      this.head(BYTES, value.length)
      this.room(value.length)
      this.buffer.set(value, this.length)
      this.length += value.length
    } else if (Array.isArray(value)) {
      this.head(LIST, value.length)
      for (let i = 0; i < value.length; i++) this.pack(value[i], `${path}[${i}]`, depth + 1)
    } else {
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null) refuse(path, value, 'an object of a class')
      const names = Object.keys(value)
      this.head(DICT, names.length)
      for (const name of names) {
        this.text(name)
        this.pack((value as Record<string, unknown>)[name], `${path}.${name}`, depth + 1)
      }
    }
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

function refuse(path: string, value: unknown, what: string): never {
  throw new TypeError(
    `ebb: ${path} must be null, a boolean, a number, a string, a Uint8Array, an array or a plain object, got ${what} (${typeof value})`,
  )
}

/**
 * Packs a tree.
 * @throws TypeError for what JSON has no word for, bytes excepted; RangeError for a circle
 */
export function packPlain(value: unknown): Uint8Array {
  const packer = new Packer()
  packer.pack(value, 'value', 0)
  return packer.packed
}

class Reader {
  private at = 0
  private readonly buffer: Buffer

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  private count(): number {
    this.at += 4
    return this.buffer.readUInt32LE(this.at - 4)
  }

  private text(encoding: 'latin1' | 'utf16le'): string {
    const length = this.count() * (encoding === 'latin1' ? 1 : 2)
    this.at += length
    return this.buffer.toString(encoding, this.at - length, this.at)
  }

  private list(): Plain[] {
    const list: Plain[] = []
    for (let left = this.count(); left > 0; left--) list.push(this.read())
    return list
  }

  private dict(): { [name: string]: Plain } {
    const dict: { [name: string]: Plain } = {}
    for (let left = this.count(); left > 0; left--) {
      const name = this.read() as string
      const value = this.read()
      if (name !== '__proto__') dict[name] = value
      else Object.defineProperty(dict, name, { value, enumerable: true, configurable: true, writable: true })
    }
    return dict
  }

  read(): Plain {
    switch (this.buffer[this.at++]) {
      case NULL:
        return null
      case FALSE:
        return false
      case TRUE:
        return true
      case INT32:
        this.at += 4
        return this.buffer.readInt32LE(this.at - 4)
      case DOUBLE:
        this.at += 8
        return this.buffer.readDoubleLE(this.at - 8)
      case LATIN1:
        return this.text('latin1')
      case UTF16:
        return this.text('utf16le')
      case BYTES: {
        const length = this.count()
        this.at += length
        return new Uint8Array(this.buffer.subarray(this.at - length, this.at))
      }
      case LIST:
        return this.list()
      default:
        return this.dict()
    }
  }
}

/** Reads a packed tree. */
export const readPlain = (bytes: Uint8Array): Plain => new Reader(bytes).read()
