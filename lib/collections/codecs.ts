/**
 * The codecs of scalars, texts, bytes and trees (codec.ts).
 */

import { rangeError, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { isBytes, lengthOf } from '../heap/lists'
import { refuseValue, Scalar, type ScalarKind, type Shape, Struct } from '../records/types'
import { type Codec, checkScalar } from './codec'
import type { ValueKind, Variable } from './kinds'
import { packPlain } from './plain'
import { readPlain } from './plain-reader'
import { StructCodec } from './struct-codec'
import { copyBytes, headBytes, headOfText, headWords, readBytes, readText, writeBytes, writeText } from './text'
import { getDouble, getWord, setDouble, setWord } from './words'

/** Kinds whose values are whole numbers of 32 bits at most, true and false, or pointers. */
class WordCodec implements Codec<number> {
  readonly words = 1
  readonly isEven = false
  constructor(private readonly kind: ScalarKind) {}
  prepare(value: number): number {
    checkScalar('value', this.kind, value)
    return 1
  }
  write(heap: Heap, pointer: Pointer, word: number, value: number): void {
    setWord(heap, pointer, word, value)
  }
  read(heap: Heap, pointer: Pointer, word: number): number {
    const stored = getWord(heap, pointer, word)
    return this.kind === 'u32' ? stored >>> 0 : stored
  }
}

class BoolCodec implements Codec<boolean> {
  readonly words = 1
  readonly isEven = false
  prepare(value: boolean): number {
    checkScalar('value', 'bool', value)
    return 1
  }
  write(heap: Heap, pointer: Pointer, word: number, value: boolean): void {
    setWord(heap, pointer, word, value ? 1 : 0)
  }
  read(heap: Heap, pointer: Pointer, word: number): boolean {
    return getWord(heap, pointer, word) !== 0
  }
}

const floats = new Float32Array(1)
const floatWords = new Int32Array(floats.buffer)
/** The 32 bits of a number rounded to f32; all NaN are one. */
export function floatToWord(value: number): number {
  floats[0] = value
  return floatWords[0] as number
}
export function wordToFloat(word: number): number {
  floatWords[0] = word
  return floats[0] as number
}

class FloatCodec implements Codec<number> {
  readonly words = 1
  readonly isEven = false
  prepare(value: number): number {
    checkScalar('value', 'f32', value)
    return 1
  }
  write(heap: Heap, pointer: Pointer, word: number, value: number): void {
    setWord(heap, pointer, word, floatToWord(value))
  }
  read(heap: Heap, pointer: Pointer, word: number): number {
    return wordToFloat(getWord(heap, pointer, word))
  }
}

class DoubleCodec implements Codec<number> {
  readonly words = 2
  readonly isEven = true
  prepare(value: number): number {
    if (typeof value !== 'number') refuseValue('value', 'f64', value)
    return 2
  }
  write(heap: Heap, pointer: Pointer, word: number, value: number): void {
    setDouble(heap, pointer, word, value)
  }
  read(heap: Heap, pointer: Pointer, word: number): number {
    return getDouble(heap, pointer, word)
  }
}

class BigCodec implements Codec<bigint> {
  readonly words = 2
  readonly isEven = true
  constructor(private readonly kind: 'i64' | 'u64') {}
  prepare(value: bigint): number {
    checkScalar('value', this.kind, value)
    return 2
  }
  write(heap: Heap, pointer: Pointer, word: number, value: bigint): void {
    setWord(heap, pointer, word, Number(BigInt.asIntN(32, value)))
    setWord(heap, pointer, word + 1, Number(BigInt.asIntN(32, value >> 32n)))
  }
  read(heap: Heap, pointer: Pointer, word: number): bigint {
    const low = BigInt(getWord(heap, pointer, word) >>> 0)
    const all = (BigInt(getWord(heap, pointer, word + 1)) << 32n) | low
    return this.kind === 'i64' ? all : BigInt.asUintN(64, all)
  }
}

class TextCodec implements Codec<string> {
  readonly words = 0
  readonly isEven = false
  private head = 0
  prepare(value: string): number {
    if (typeof value !== 'string') throw typeError(`ebb: value is str, a string, got ${show(value)} (${typeof value})`)
    this.head = headOfText(value)
    return 1 + headWords(this.head)
  }
  write(heap: Heap, pointer: Pointer, word: number, value: string): void {
    setWord(heap, pointer, word, this.head)
    writeText(heap, pointer, word + 1, value, this.head)
  }
  read(heap: Heap, pointer: Pointer, word: number): string {
    return readText(heap, pointer, word + 1, getWord(heap, pointer, word))
  }
  wordsAt(heap: Heap, pointer: Pointer, word: number): number {
    return 1 + headWords(getWord(heap, pointer, word))
  }
}

/** Longest value of bytes: what a head can say. */
const BYTES_MAX = 2 ** 30 - 1

class BytesCodec implements Codec<Uint8Array> {
  readonly words = 0
  readonly isEven = false
  prepare(value: Uint8Array): number {
    if (!isBytes(value)) throw typeError(`ebb: value is bytes, a Uint8Array, got ${show(value)} (${typeof value})`)
    const length = lengthOf(value)
    if (length > BYTES_MAX) throw rangeError(`ebb: value is bytes, at most ${BYTES_MAX} of them, got ${length}`)
    return 1 + ((length + 3) >>> 2)
  }
  write(heap: Heap, pointer: Pointer, word: number, value: Uint8Array): void {
    setWord(heap, pointer, word, lengthOf(value) << 1)
    writeBytes(heap, pointer, word + 1, value)
  }
  read(heap: Heap, pointer: Pointer, word: number): Uint8Array {
    return readBytes(heap, pointer, word + 1, headBytes(getWord(heap, pointer, word)))
  }
  wordsAt(heap: Heap, pointer: Pointer, word: number): number {
    return 1 + headWords(getWord(heap, pointer, word))
  }
  into(heap: Heap, pointer: Pointer, word: number, target: Uint8Array): number {
    const length = headBytes(getWord(heap, pointer, word))
    const room = lengthOf(target)
    if (room < length) throw rangeError(`ebb: the value has ${length} bytes and the target room for ${room}`)
    copyBytes(heap, pointer, word + 1, length, target)
    return length
  }
}

/** A whole tree in one block, so that it goes with its entry. */
class PlainCodec implements Codec<unknown> {
  readonly words = 0
  readonly isEven = false
  private packed: Uint8Array = new Uint8Array(0)
  prepare(value: unknown): number {
    this.packed = packPlain(value)
    if (this.packed.length > BYTES_MAX)
      throw rangeError(`ebb: value takes ${this.packed.length} bytes packed, more than ${BYTES_MAX}`)
    return 1 + ((this.packed.length + 3) >>> 2)
  }
  write(heap: Heap, pointer: Pointer, word: number): void {
    setWord(heap, pointer, word, this.packed.length << 1)
    writeBytes(heap, pointer, word + 1, this.packed)
    this.packed = new Uint8Array(0)
  }
  read(heap: Heap, pointer: Pointer, word: number): unknown {
    return readPlain(readBytes(heap, pointer, word + 1, headBytes(getWord(heap, pointer, word))))
  }
  wordsAt(heap: Heap, pointer: Pointer, word: number): number {
    return 1 + headWords(getWord(heap, pointer, word))
  }
}

/** The values of a set: none. */
class NoCodec implements Codec<unknown> {
  readonly words = 0
  readonly isEven = false
  prepare(): number {
    return 0
  }
  write(): void {}
  read(): unknown {
    return undefined
  }
}

export const noValue: Codec<unknown> = new NoCodec()

function scalarCodec(kind: ScalarKind): Codec<unknown> {
  switch (kind) {
    case 'f64':
      return new DoubleCodec()
    case 'f32':
      return new FloatCodec()
    case 'i64':
    case 'u64':
      return new BigCodec(kind)
    case 'bool':
      return new BoolCodec()
    default:
      return new WordCodec(kind)
  }
}

/** The codec of a kind; each collection has its own, so that V8 sees one kind at each of its calls. */
export function codecOf(kind: ValueKind): Codec<unknown> {
  if (kind instanceof Scalar) return scalarCodec(kind.kind)
  if (kind instanceof Struct) return new StructCodec(kind as Struct<Shape>)
  const { kind: name } = kind as Variable<unknown>
  if (name === 'str') return new TextCodec()
  return name === 'bytes' ? new BytesCodec() : new PlainCodec()
}
