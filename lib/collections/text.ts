/**
 * Texts and bytes as words: latin1 where all characters are below U+0100, else UTF-16, so that equal texts have equal words and any
 * text can be held, lone surrogates too. The words of the last one packed stand in a scratch array.
 *
 *     head (one word)   | length: 30 | is wide: 1 |      length: characters of a text, or bytes
 */

import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { lengthOf } from '../heap/lists'
import { copyOut, copyOutTo, latin1At, near, nearByte } from '../heap/near-bytes'
import { NEAR } from '../space/near'
import { nearBase } from './words'

const { i32 } = NEAR

/** Longer ones are copied by the engine instead of word by word. */
const LOOP_MAX_BYTES = 64
const HAS_WIDE = /[^\0-\xff]/

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
  const start = nearByte(pointer) + (word << 2)
  return isWide ? near.ucs2Slice(start, start + length * 2) : latin1At(start, length)
}

/** Writes bytes at a word of a block. */
export function writeBytes(heap: Heap, pointer: Pointer, word: number, bytes: Uint8Array): void {
  const base = nearBase(pointer)
  const length = lengthOf(bytes)
  if (base < 0 || length > LOOP_MAX_BYTES) {
    heap.copyIn(pointer, bytes, word << 2)
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

/** Copies bytes out of a block. */
export function readBytes(heap: Heap, pointer: Pointer, word: number, length: number): Uint8Array {
  if (nearBase(pointer) < 0) return heap.copyOut(pointer, length, word << 2)
  return copyOut(nearByte(pointer) + (word << 2), length)
}

/** Copies bytes out of a block into an array that has room for them. */
export function copyBytes(heap: Heap, pointer: Pointer, word: number, length: number, target: Uint8Array): void {
  if (nearBase(pointer) < 0) target.set(heap.copyOut(pointer, length, word << 2))
  else copyOutTo(nearByte(pointer) + (word << 2), length, target)
}
