/** Reads packed trees (plain.ts), whole or a part. */
import { show, typeError } from '../base/errors'
import type { Plain } from './kinds'
import { INDEXED, TAGS } from './plain'

const { NULL, FALSE, TRUE, INT32, DOUBLE, LATIN1, UTF16, BYTES, LIST, DICT } = TAGS

/** Names and indices that lead to a part of a tree. */
export type Path = readonly (string | number)[]

export class PlainReader {
  private at = 0
  private readonly buffer: Buffer

  /** @param bytes - a tree, and perhaps more behind it */
  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /**
   * Goes to a part. False where the path leads to none.
   * @throws TypeError for what is neither a name nor an index
   */
  seek(path: Path): boolean {
    for (const step of path) {
      if (typeof step !== 'string' && typeof step !== 'number')
        throw typeError(`ebb: a path has names and indices, got ${show(step)} (${typeof step})`)
    }
    return path.every((step) => this.enter(step))
  }

  /** Elements of the list, or entries of the dict, that it stands at; undefined of another value. */
  size(): number | undefined {
    const tag = this.buffer[this.at] as number
    return tag < LIST ? undefined : this.buffer.readUInt32LE(this.at + 1)
  }

  /** Goes from a list or a dict to one of its values. */
  private enter(step: string | number): boolean {
    const tag = this.buffer[this.at++] as number
    if (tag < LIST) return false
    const count = this.count()
    const ends = tag >= LIST + INDEXED ? this.at : -1
    if (ends >= 0) this.at += 4 * count
    return tag === LIST || tag === LIST + INDEXED
      ? this.enterList(step, count, ends)
      : this.enterDict(String(step), count, ends)
  }

  private enterList(index: string | number, count: number, ends: number): boolean {
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= count) return false
    if (ends < 0) for (let i = 0; i < index; i++) this.skip()
    else if (index > 0) this.at += this.buffer.readUInt32LE(ends + 4 * (index - 1))
    return true
  }

  private enterDict(name: string, count: number, ends: number): boolean {
    const first = this.at
    for (let i = 0; i < count; i++) {
      if (this.read() === name) return true
      if (ends < 0) this.skip()
      else this.at = first + this.buffer.readUInt32LE(ends + 4 * i)
    }
    return false
  }

  /** Goes behind a value. */
  private skip(): void {
    const tag = this.buffer[this.at++] as number
    switch (tag) {
      case NULL:
      case FALSE:
      case TRUE:
        break
      case INT32:
        this.at += 4
        break
      case DOUBLE:
        this.at += 8
        break
      case LATIN1:
      case BYTES:
        this.pass(this.count())
        break
      case UTF16:
        this.pass(2 * this.count())
        break
      case LIST:
        for (let left = this.count(); left > 0; left--) this.skip()
        break
      case DICT:
        for (let left = 2 * this.count(); left > 0; left--) this.skip()
        break
      default:
        this.skipIndexed(this.count())
    }
  }

  private pass(byteLength: number): void {
    this.at += byteLength
  }

  private skipIndexed(count: number): void {
    this.at += 4 * count
    this.at += this.buffer.readUInt32LE(this.at - 4)
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

  private indexedCount(): number {
    const count = this.count()
    this.at += 4 * count
    return count
  }

  private list(count: number): Plain[] {
    const list: Plain[] = []
    for (let left = count; left > 0; left--) list.push(this.read())
    return list
  }

  private dict(count: number): { [name: string]: Plain } {
    const dict: { [name: string]: Plain } = {}
    for (let left = count; left > 0; left--) {
      const name = this.read() as string
      const value = this.read()
      if (name !== '__proto__') dict[name] = value
      else Object.defineProperty(dict, name, { value, enumerable: true, configurable: true, writable: true })
    }
    return dict
  }

  /** Reads the value that it stands at. */
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
        return this.list(this.count())
      case DICT:
        return this.dict(this.count())
      case LIST + INDEXED:
        return this.list(this.indexedCount())
      default:
        return this.dict(this.indexedCount())
    }
  }
}

/** Reads a packed tree. */
export const readPlain = (bytes: Uint8Array): Plain => new PlainReader(bytes).read()
