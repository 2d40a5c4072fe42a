/**
 * Bytes of near blocks: one Buffer over all near memory, whose methods take offsets, so that no view is made for a call. What is not near
 * goes through views of its slot (bytes.ts).
 */
import { GRANULES_PER_ARENA, POOL_BYTES_SHIFT, POOL_SHIFT, type Pointer } from '../base/layout'
import { BLOCK_BYTES, WHOLE_RUN } from '../base/size-classes'
import { workerThreads } from '../base/worker-threads'
import { NEAR } from '../space/near'
import { SEGMENT_WORDS } from '../space/plan'
import { space } from '../space/thread-space'
import { lengthOf, partOf } from './lists'

// File-local copies: an imported binding is a property load on every use.
const { words, owners, taken, noMagazines, region } = space
const { i32, u8, u64, near4 } = NEAR
/** A constant: to V8 the load of a method of typed arrays is a call. */
const { set } = Uint8Array.prototype
const blockBytes = BLOCK_BYTES
const poolShift = POOL_SHIFT
const poolBytesShift = POOL_BYTES_SHIFT
const wholeRun = WHOLE_RUN as number
const segmentMask = SEGMENT_WORDS - 1
const firstNear = space.nearFirst * GRANULES_PER_ARENA
const nearEnd = space.nearEnd * GRANULES_PER_ARENA
const nodeMajor = Number.parseInt(process.versions.node, 10)
/** Where near memory begins in its region, bytes. */
const nearStart = u8.byteOffset

/** What Node's Buffer can besides its documented methods: the same without a check of names. */
export interface Slices extends Buffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
  latin1Write(text: string, offset: number, byteLength: number): number
  utf8Write(text: string, offset: number, byteLength: number): number
}

/** All near memory. */
export const near = (
  u8.length === 0 ? Buffer.alloc(0) : Buffer.from(u8.buffer as ArrayBufferLike, u8.byteOffset, u8.byteLength)
) as Slices

/** Whether a block is near. */
export const isNear = (pointer: Pointer): boolean => pointer >= firstNear && pointer < nearEnd

/** Where a near block begins, bytes of {@link near}. */
export const nearByte = (pointer: Pointer): number => ((near4 + (pointer << 2)) | 0) * 4

/**
 * Usable bytes of a live block with a magazine of the heap, by three words of the books; -1 for what has none, and for what is no such
 * block.
 * @param base - word of the heap's magazines
 */
export function usableByClass(base: number, pointer: unknown): number {
  if (typeof pointer !== 'number' || (pointer | 0) !== pointer || pointer < firstNear || pointer >= nearEnd) return -1
  if (((words[pointer >>> 5] as number) & (1 << pointer)) === 0) return -1
  const sizeClass = (words[owners + (pointer >>> poolShift)] as number) - base
  // Heaps without magazines of their own have the same base.
  if (sizeClass <= 0 || sizeClass >= wholeRun || base === noMagazines) return -1
  return blockBytes[sizeClass] as number
}

/** Usable bytes of a lone block with a magazine, of whatever heap, by a pointer into near memory; -1 where none that is live begins. */
export function usableOfLone(pointer: Pointer): number {
  const all = words
  const pool = pointer >>> poolShift
  const isLone = ((all[owners + pool] as number) & segmentMask) === wholeRun
  return isLone && ((all[pointer >>> 5] as number) & (1 << pointer)) !== 0
    ? (all[taken + pool] as number) << poolBytesShift
    : -1
}

/** Up to so many characters a text is made of their codes; a slice costs 35 ns. */
const FROM_CODES_MAX = 8

/** Reads latin1 text of near memory. */
export function latin1At(start: number, length: number): string {
  if (length <= FROM_CODES_MAX && (start & 3) === 0) return fromCodes(start >>> 2, length)
  return near.latin1Slice(start, start + length)
}

function fromCodes(at: number, length: number): string {
  const one = i32[at] as number
  const four = String.fromCharCode(one & 255, (one >>> 8) & 255, (one >>> 16) & 255, one >>> 24)
  if (length <= 4) return length === 4 ? four : four.slice(0, length)
  const two = i32[at + 1] as number
  const eight = four + String.fromCharCode(two & 255, (two >>> 8) & 255, (two >>> 16) & 255, two >>> 24)
  return length === 8 ? eight : eight.slice(0, length)
}

/** Writes text whose characters are all below U+0100 into near memory, from a word of it on. */
export function writeLatin1(start: number, text: string): void {
  const { length } = text
  if (length > FROM_CODES_MAX) {
    near.latin1Write(text, start, length)
    return
  }
  for (let i = 0; i < length; i++) u8[start + i] = text.charCodeAt(i)
}

/**
 * From so many bytes on the addon decodes faster than V8, and up to so many without taking much memory for it. From Node 24 on V8 is faster:
 * it has vector code for it.
 */
const DECODE_MIN_BYTES = nodeMajor < 24 ? 32 : Infinity
const DECODE_MAX_BYTES = 2 ** 20

/** Reads UTF-8 of near memory. What is none reads as U+FFFD. */
export function utf8At(start: number, byteLength: number): string {
  if (byteLength >= DECODE_MIN_BYTES && byteLength <= DECODE_MAX_BYTES) {
    const text = region.decode(nearStart + start, byteLength)
    if (text !== undefined) return text
  }
  return near.utf8Slice(start, start + byteLength)
}

/**
 * Up to so many bytes a loop over words of 64 bits is fastest: V8 makes no BigInt between a load and a store. Bun makes one for each.
 */
const LOOP_MAX_BYTES = process.versions.bun === undefined ? 256 : 0
/**
 * From so many bytes on a call of the addon (35 ns) is faster than V8, which copies shared memory word by word; from Node 26 on by longer
 * ones.
 */
const NATIVE_IN_BYTES = nodeMajor < 26 ? 1024 : 4096
/** The same where Node's `copy` stands before V8. */
const NATIVE_TO_BYTES = 512
/** V8 copies shared memory byte by byte between places that are not aligned alike: from so many bytes on, the addon is faster then. */
const UNALIGNED_MAX_BYTES = 128
/** Whether words of an array and of near memory lie alike. */
const isAlignedAs = (bytes: Uint8Array, start: number): boolean => ((bytes.byteOffset ^ start) & 7) === 0

/** Copies bytes from the start of an array of words to the start of a near block. Up to seven more may be written. */
export function copyWordsIn(start: number, source: BigUint64Array, byteLength: number): void {
  if (byteLength > LOOP_MAX_BYTES) {
    copyIn(start, new Uint8Array(source.buffer, 0, byteLength), byteLength)
    return
  }
  const at = start >>> 3
  const count = (byteLength + 7) >>> 3
  for (let i = 0; i < count; i++) u64[at + i] = source[i] as bigint
}

/** Copies bytes into near memory. They may lie there themselves. */
export function copyIn(start: number, source: Uint8Array, byteLength: number): void {
  if (byteLength === 8 && (start & 3) === 0) copyEight(start >>> 2, source)
  else if (byteLength <= UNALIGNED_MAX_BYTES) set.call(u8, source, start)
  else copyManyIn(start, source, byteLength)
}

function copyEight(at: number, source: Uint8Array): void {
  const one = wordOf(source, 0)
  const two = wordOf(source, 4)
  i32[at] = one
  i32[at + 1] = two
}

const wordOf = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24)

function copyManyIn(start: number, source: Uint8Array, byteLength: number): void {
  if (byteLength < NATIVE_IN_BYTES && isAlignedAs(source, start)) set.call(u8, source, start)
  else region.copyIn(nearStart + start, source)
}

/** Copies up to so many bytes are arrays that V8 keeps among its objects, without an ArrayBuffer until somebody asks. */
const ON_HEAP_MAX = 64
/** Copies up to so many bytes are cut from a slab: an ArrayBuffer for each would cost more than the copy. As Node's own pool: 4 KiB. */
const CUT_MAX = 2048
const SLAB_BYTES = 16 * 1024

let slab = new ArrayBuffer(0)
let slabWords = new BigUint64Array(slab)
let used = 0

/** Copies bytes of near memory. */
export function copyOut(start: number, byteLength: number): Uint8Array<ArrayBuffer> {
  if (byteLength <= ON_HEAP_MAX) return u8.slice(start, start + byteLength) as Uint8Array<ArrayBuffer>
  if (byteLength > CUT_MAX) {
    const { buffer } = Buffer.allocUnsafeSlow(byteLength)
    const copy = new Uint8Array(buffer, 0, byteLength)
    region.copyOut(nearStart + start, copy)
    return copy
  }
  const at = cut(byteLength)
  const copy = new Uint8Array(slab, at, byteLength)
  if (byteLength > LOOP_MAX_BYTES || (start & 7) !== 0) region.copyOut(nearStart + start, copy)
  else copyWordsOut(start >>> 3, at >>> 3, (byteLength + 7) >>> 3)
  return copy
}

/** Copies words of near memory into the slab. What follows in the last word is of the same block. */
function copyWordsOut(from: number, to: number, count: number): void {
  const target = slabWords
  for (let i = 0; i < count; i++) target[to + i] = u64[from + i] as bigint
}

/** Copies bytes of near memory to the start of an array that has room for them. */
export function copyOutTo(start: number, byteLength: number, target: Uint8Array): void {
  if (byteLength <= UNALIGNED_MAX_BYTES || (byteLength < NATIVE_TO_BYTES && isAlignedAs(target, start)))
    near.copy(target, 0, start, start + byteLength)
  else region.copyOut(nearStart + start, lengthOf(target) === byteLength ? target : partOf(target, 0, byteLength))
}

/** Takes a piece of the slab, from a multiple of 8 on. */
function cut(byteLength: number): number {
  // Also where a runtime that cannot mark it has let it be transferred.
  if (used + byteLength > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES)
    slabWords = new BigUint64Array(slab)
    workerThreads().markAsUntransferable?.(slab)
    used = 0
  }
  const at = used
  used = (at + byteLength + 7) & ~7
  return at
}
