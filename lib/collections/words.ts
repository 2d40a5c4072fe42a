/**
 * Words and doubles of blocks, for the code of collections that must work with far memory too. Near memory is one element of a constant
 * array, as in heap/numbers.ts; anything else goes through the heap's accessors, which refuse a closed heap.
 *
 * Loops over near memory alone copy NEAR into constants of their own file and begin at {@link nearBase}.
 */
import { MEDIUM_MAX_BYTES, type Pointer } from '../base/layout'
import { blockBytesOf, sizeClassOf } from '../base/size-classes'
import type { Heap } from '../heap/heap'
import { NEAR } from '../space/near'

const { i32, f64, near4, near8 } = NEAR
const nearWords = i32.length

/** Element of a block's first word in the near Int32Array; -1 where the block is not near. */
export function nearBase(pointer: number): number {
  const base = (near4 + (pointer << 2)) | 0
  return base >= 0 && base < nearWords ? base : -1
}

export function getWord(heap: Heap, pointer: number, word: number): number {
  const base = (near4 + (pointer << 2)) | 0
  if (base >= 0 && base < nearWords) return i32[base + word] as number
  return heap.getInt32(pointer as Pointer, word << 2)
}

export function setWord(heap: Heap, pointer: number, word: number, value: number): void {
  const base = (near4 + (pointer << 2)) | 0
  if (base >= 0 && base < nearWords) i32[base + word] = value
  else heap.setInt32(pointer as Pointer, word << 2, value)
}

/** @param word - an even one */
export function getDouble(heap: Heap, pointer: number, word: number): number {
  const base = (near4 + (pointer << 2)) | 0
  if (base >= 0 && base < nearWords) return f64[(near8 + (pointer << 1) + (word >> 1)) | 0] as number
  return heap.getFloat64(pointer as Pointer, word << 2)
}

/** @param word - an even one */
export function setDouble(heap: Heap, pointer: number, word: number, value: number): void {
  const base = (near4 + (pointer << 2)) | 0
  if (base >= 0 && base < nearWords) f64[(near8 + (pointer << 1) + (word >> 1)) | 0] = value
  else heap.setFloat64(pointer as Pointer, word << 2, value)
}

/** Bytes that a request for so many may use: a collection fills its blocks up, and a debug heap gives no more than was asked for. */
export const roomFor = (byteLength: number): number =>
  byteLength > 0 && byteLength <= MEDIUM_MAX_BYTES ? blockBytesOf(sizeClassOf(byteLength)) : byteLength

/** Usable bytes of a block that was allocated with so many. */
export function usableOf(heap: Heap, pointer: number, byteLength: number): number {
  if (byteLength <= MEDIUM_MAX_BYTES) return blockBytesOf(sizeClassOf(byteLength))
  return heap.usableSize(pointer as Pointer)
}

/** Whether a block that was allocated with so many bytes is the right one for so many others, without a waste of a quarter. */
export function fits(heap: Heap, pointer: number, byteLength: number, wanted: number): boolean {
  const usable = usableOf(heap, pointer, byteLength)
  if (wanted <= MEDIUM_MAX_BYTES) return blockBytesOf(sizeClassOf(wanted)) === usable
  return wanted <= usable && wanted > usable - usable / 4
}
