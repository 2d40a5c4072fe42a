/**
 * Texts and bytes as words: latin1 where all characters are below U+0100, else UTF-16, so that equal texts have equal words and any
 * text can be held, lone surrogates too. The words of the last one packed stand in a scratch array.
 *
 *     head (one word)   | length: 30 | is wide: 1 |      length: characters of a text, or bytes
 */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { NEAR } from '../space/near'
import { nearBase } from './words'

const { i32, near4 } = NEAR

/** Longer ones are copied by the engine instead of word by word. */
const LOOP_MAX_BYTES = 64
/** Texts up to so many characters are read back by String.fromCharCode. */
const FROM_CODES_MAX = 8
const HAS_WIDE = /[^\0-\xff]/

/** What Node's Buffer can besides its documented methods: the same without a check of names. */
interface Slices {
  latin1Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
}

const near =
  NEAR.u8.length === 0 ? Buffer.alloc(0) : Buffer.from(NEAR.u8.buffer, NEAR.u8.byteOffset, NEAR.u8.byteLength)

/** Bytes that follow a head. */
export const headBytes = (head: number): number => (head >>> 1) << (head & 1)
/** Words that follow a head. */
export const headWords = (head: number): number => (headBytes(head) + 3) >>> 2

/** Head of a text. */
export function headOfText(text: string): number {
  const { length } = text
  if (length > 128) return (length << 1) | (HAS_WIDE.test(text) ? 1 : 0)
  let all = 0
  for (let i = 0; i < length; i++) all |= text.charCodeAt(i)
  return (length << 1) | (all > 255 ? 1 : 0)
}

/** Writes a text, whose head this is, at a word of a block. */
export function writeText(heap: Heap, pointer: Pointer, word: number, text: string, head: number): void {
  const base = nearBase(pointer)
  const isWide = (head & 1) === 1
  if (base < 0 || headBytes(head) > LOOP_MAX_BYTES) {
    heap.copyIn(pointer, Buffer.from(text, isWide ? 'utf16le' : 'latin1'), word << 2)
    return
  }
  const { length } = text
  let at = base + word
  if (isWide) {
    for (let i = 0; i < length; i += 2)
      i32[at++] = text.charCodeAt(i) | (i + 1 < length ? text.charCodeAt(i + 1) << 16 : 0)
    return
  }
  for (let i = 0; i < length; i += 4) {
    let packed = text.charCodeAt(i)
    if (i + 1 < length) packed |= text.charCodeAt(i + 1) << 8
    if (i + 2 < length) packed |= text.charCodeAt(i + 2) << 16
    if (i + 3 < length) packed |= text.charCodeAt(i + 3) << 24
    i32[at++] = packed
  }
}

/** Reads a text, whose head this is, from a word of a block. */
export function readText(heap: Heap, pointer: Pointer, word: number, head: number): string {
  const isWide = (head & 1) === 1
  const length = head >>> 1
  const base = nearBase(pointer)
  if (base < 0) {
    const copy = heap.copyOut(pointer, headBytes(head), word << 2)
    return Buffer.from(copy.buffer, copy.byteOffset, copy.length).toString(isWide ? 'utf16le' : 'latin1')
  }
  if (length <= FROM_CODES_MAX && !isWide) return readShort(base + word, length)
  const start = (near4 + (pointer << 2) + word) * 4
  const slices = near as unknown as Slices
  return isWide ? slices.ucs2Slice(start, start + length * 2) : slices.latin1Slice(start, start + length)
}

function readShort(at: number, length: number): string {
  const one = i32[at] as number
  const four = String.fromCharCode(one & 255, (one >>> 8) & 255, (one >>> 16) & 255, one >>> 24)
  if (length <= 4) return length === 4 ? four : four.slice(0, length)
  const two = i32[at + 1] as number
  const eight = four + String.fromCharCode(two & 255, (two >>> 8) & 255, (two >>> 16) & 255, two >>> 24)
  return length === 8 ? eight : eight.slice(0, length)
}

/** Writes bytes at a word of a block. */
export function writeBytes(heap: Heap, pointer: Pointer, word: number, bytes: Uint8Array): void {
  const base = nearBase(pointer)
  const { length } = bytes
  if (base < 0) {
    heap.copyIn(pointer, bytes, word << 2)
    return
  }
  if (length > LOOP_MAX_BYTES) {
    near.set(bytes, (base + word) * 4)
    return
  }
  let at = base + word
  for (let i = 0; i < length; i += 4) {
    let packed = bytes[i] as number
    if (i + 1 < length) packed |= (bytes[i + 1] as number) << 8
    if (i + 2 < length) packed |= (bytes[i + 2] as number) << 16
    if (i + 3 < length) packed |= (bytes[i + 3] as number) << 24
    i32[at++] = packed
  }
}

/** Bytes of a slab that small copies are cut from: an ArrayBuffer for each would cost more than the copy. */
const SLAB_BYTES = 16 * 1024
/** Copies above that have an ArrayBuffer of their own. */
const CUT_MAX = 2048

let slab = Buffer.alloc(0)
let used = 0

/** A new view costs less than a subarray of one over everything: 94 against 125 ns with a copy of 575 bytes. */
const nearBytes = (pointer: Pointer, word: number, length: number): Uint8Array =>
  new Uint8Array(near.buffer, near.byteOffset + (near4 + (pointer << 2) + word) * 4, length)

/** Copies bytes out of a block. */
export function readBytes(heap: Heap, pointer: Pointer, word: number, length: number): Uint8Array {
  if (length > CUT_MAX) return heap.copyOut(pointer, length, word << 2)
  if (used + length > slab.length) {
    slab = Buffer.from(new ArrayBuffer(SLAB_BYTES))
    used = 0
  }
  const copy = new Uint8Array(slab.buffer, used, length)
  if (nearBase(pointer) < 0) copy.set(heap.copyOut(pointer, length, word << 2))
  else copy.set(nearBytes(pointer, word, length))
  used = (used + length + 7) & ~7
  return copy
}

/** Copies bytes out of a block into an array that has room for them. */
export function copyBytes(heap: Heap, pointer: Pointer, word: number, length: number, target: Uint8Array): void {
  if (nearBase(pointer) < 0) target.set(heap.copyOut(pointer, length, word << 2))
  else target.set(nearBytes(pointer, word, length))
}
