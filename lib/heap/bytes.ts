/** Strings in blocks, bytes copied into and out of them, and views on them. */

import { HeapError, isByteLength, refuseByteLength, showPointer } from '../base/errors'
import { arenaOffset, type Pointer, slotOf } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import { NEAR } from '../space/near'
import { Blocks } from './blocks'
import { byteCount, bytesOf } from './lists'
import { payloadOffset, usableBytes } from './live-blocks'
import { copyIn, copyOut, isNear, latin1At, near, nearByte, usableByClass, utf8At } from './near-bytes'
import { type Numbers, partsOf } from './numbers'
import { mustBeLive, refuseRange } from './refuse'
import {
  beginsAscii,
  mustBeLatin1,
  mustBeText,
  prefixBytes,
  STRING_PREFIX_BYTES,
  type StringEncoding,
  staysAscii,
} from './strings'
import { allocOneByte, allocUtf8, farBytes, isTextAt } from './texts'

// File-local copies: an imported binding is a property load on every use.
const prefix = STRING_PREFIX_BYTES
const { u32 } = NEAR

/** The strings, copies and views of a {@link Heap}. Every call checks that its pointer is that of a live block. */
export class Bytes extends Blocks {
  /** Word of this heap's magazines. */
  readonly #base: number = partsOf(this).table.map.base

  /**
   * Allocates a block with a text in it. Its length and encoding are stored with it, in {@link STRING_PREFIX_BYTES} bytes in front.
   * @param text - any text that the encoding can hold
   * @param encoding - `'utf8'`, the default, or `'latin1'`: one byte a character, up to U+00FF
   * @returns pointer to the block, to be freed like any other
   * @throws as {@link alloc}; TypeError for what is no text, for a lone surrogate, for another encoding; RangeError for a character
   *   that latin1 does not have. Nothing is allocated then.
   */
  allocString(text: string, encoding: StringEncoding = 'utf8'): Pointer {
    if (typeof text !== 'string' || encoding !== 'utf8') {
      mustBeLatin1(text, encoding)
      return allocOneByte(this, text)
    }
    return beginsAscii(text) && staysAscii(text) ? allocOneByte(this, text) : allocUtf8(this, text)
  }

  /**
   * Reads the text of a block of {@link allocString}, or a part of it.
   * @param start - where the part begins, bytes of the encoded text: 0 to {@link stringByteLength}. Those of ASCII and latin1 are characters.
   * @param end - where it ends, bytes; default: with the text
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` where the block holds less than its length prefix says, or the text less than
   *   the part. TypeError, RangeError for what is no position. Bytes that are no UTF-8 any more, and a character that the part cuts,
   *   read as U+FFFD.
   */
  readString(pointer: Pointer, start?: number, end?: number): string {
    const usable = usableOf(this, this.#base, pointer, 'readString')
    const head = headOf(this, pointer)
    const byteLength = prefixBytes(head, usable, pointer, 'readString')
    if (start === undefined && end === undefined) return textAt(this, pointer, prefix, byteLength, (head & 1) === 1)
    const [from, to] = partOf(pointer, byteLength, start, end)
    return textAt(this, pointer, prefix + from, to - from, (head & 1) === 1)
  }

  /**
   * Whether a block of {@link allocString} holds this text, by its characters. No string is made.
   * @param text - any text
   * @throws as {@link readString}; TypeError for what is no text
   */
  equalsString(pointer: Pointer, text: string): boolean {
    const usable = usableOf(this, this.#base, pointer, 'equalsString')
    mustBeText(text, 'equalsString')
    const head = headOf(this, pointer)
    const byteLength = prefixBytes(head, usable, pointer, 'equalsString')
    const isOneByte = (head & 1) === 1
    if (isOneByte ? byteLength !== text.length : byteLength < text.length || byteLength > 3 * text.length) return false
    if (isNear(pointer)) return isTextAt(near, nearByte(pointer) + prefix, byteLength, isOneByte, text)
    const far = farBytes(partsOf(this).table, pointer)
    return isTextAt(far, payloadOffset(pointer) + prefix, byteLength, isOneByte, text)
  }

  /** Bytes of the text of a block of {@link allocString}, without the prefix. Throws as {@link readString}. */
  stringByteLength(pointer: Pointer): number {
    const usable = usableOf(this, this.#base, pointer, 'stringByteLength')
    return prefixBytes(headOf(this, pointer), usable, pointer, 'stringByteLength')
  }

  /**
   * Copies bytes into a block.
   * @param source - a Uint8Array or Buffer, any other view (its bytes as they are), or an ArrayBuffer; may lie in the same heap
   * @param byteOffset - where in the block, bytes from its start
   * @returns bytes copied
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` where they do not fit: nothing is copied then. TypeError, RangeError for
   *   arguments that cannot be.
   */
  copyIn(pointer: Pointer, source: ArrayBufferView | ArrayBufferLike, byteOffset = 0): number {
    const usable = usableOf(this, this.#base, pointer, 'copyIn')
    const bytes = bytesOf(source, 'copyIn')
    const length = byteCount(bytes)
    if (!isByteLength(byteOffset) || byteOffset + length > usable)
      refuseBytes(usable, pointer, byteOffset, length, 'copyIn')
    if (isNear(pointer)) copyIn(nearByte(pointer) + byteOffset, bytes, length)
    else payloadOf(this, pointer).set(bytes, payloadOffset(pointer) + byteOffset)
    return length
  }

  /**
   * Copies bytes out of a block, into memory that lives on when the block is freed. Copies of 65 to 2048 bytes may share an ArrayBuffer,
   * as those of Buffer.from do: `slice()` gives one an ArrayBuffer of its own.
   * @param byteLength - bytes to copy; default: up to the usable size
   * @param byteOffset - where in the block they begin
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` where they leave the block
   */
  copyOut(pointer: Pointer, byteLength?: number, byteOffset = 0): Uint8Array<ArrayBuffer> {
    const usable = usableOf(this, this.#base, pointer, 'copyOut')
    const length = checkedLength(usable, pointer, byteOffset, byteLength, 'copyOut')
    if (isNear(pointer)) return copyOut(nearByte(pointer) + byteOffset, length)
    const start = payloadOffset(pointer) + byteOffset
    return payloadOf(this, pointer).slice(start, start + length) as Uint8Array<ArrayBuffer>
  }

  /**
   * Makes a view on the block itself. It is dead (length 0) once the block's memory has gone back, and shows other blocks' bytes once
   * the block is freed: drop it before.
   * @param byteLength - bytes to show, at most the usable size, which is the default
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` for more than the usable size
   */
  bytes(pointer: Pointer, byteLength?: number): Uint8Array {
    const byClass = usableByClass(this.#base, pointer)
    const { table } = partsOf(this)
    if (byClass >= 0) {
      const length = checkedLength(byClass, pointer, 0, byteLength, 'bytes')
      // The ArrayBuffer of an arena begins with the arena.
      return new Uint8Array(table.buffer(slotOf(pointer)), arenaOffset(pointer), length)
    }
    const length = checkedLength(usableOf(this, this.#base, pointer, 'bytes'), pointer, 0, byteLength, 'bytes')
    return new Uint8Array(table.buffer(slotOf(pointer)), bufferOffset(table, pointer), length)
  }

  /**
   * Makes a Buffer on the block itself, for APIs that want one. It dies like the view of {@link bytes}.
   * @param byteLength - bytes to show; default: the usable size
   * @throws as {@link bytes}
   */
  buffer(pointer: Pointer, byteLength?: number): Buffer<ArrayBuffer> {
    const length = checkedLength(usableOf(this, this.#base, pointer, 'buffer'), pointer, 0, byteLength, 'buffer')
    const { table } = partsOf(this)
    return Buffer.from(table.buffer(slotOf(pointer)), bufferOffset(table, pointer), length)
  }
}

/** Usable bytes of a live block; throws where there is none. */
function usableOf(heap: Numbers, base: number, pointer: Pointer, verb: string): number {
  const byClass = usableByClass(base, pointer)
  return byClass >= 0 ? byClass : usableByBooks(heap, pointer, verb)
}

function usableByBooks(heap: Numbers, pointer: Pointer, verb: string): number {
  const parts = partsOf(heap)
  mustBeLive(parts, pointer, verb)
  return usableBytes(parts, pointer)
}

/**
 * The length of a byte range of a live block; throws where it leaves the block.
 * @param byteLength - default: up to the usable size
 */
function checkedLength(
  usable: number,
  pointer: Pointer,
  byteOffset: number,
  byteLength: number | undefined,
  verb: string,
): number {
  if (!isByteLength(byteOffset)) refuseByteLength(byteOffset, 'byteOffset')
  const length = byteLength ?? Math.max(0, usable - byteOffset)
  if (!isByteLength(length) || byteOffset + length > usable) refuseBytes(usable, pointer, byteOffset, length, verb)
  return length
}

/** Throws for a byte range that cannot be, or leaves the block. */
function refuseBytes(usable: number, pointer: Pointer, byteOffset: number, byteLength: number, verb: string): never {
  if (!isByteLength(byteOffset)) refuseByteLength(byteOffset, 'byteOffset')
  if (!isByteLength(byteLength)) refuseByteLength(byteLength)
  refuseRange(pointer, `${byteLength} bytes at byteOffset ${byteOffset}`, usable, verb)
}

/** Where a part of a text begins and ends, bytes; throws where it leaves the text. */
function partOf(pointer: Pointer, byteLength: number, start = 0, end = byteLength): readonly [number, number] {
  if (!isByteLength(start)) refuseByteLength(start, 'start')
  if (!isByteLength(end)) refuseByteLength(end, 'end')
  if (start <= end && end <= byteLength) return [start, end]
  throw new HeapError(
    'EBB_OUT_OF_BOUNDS',
    `ebb: readString(${showPointer(pointer)}): bytes ${start} to ${end} are no part of a text of ${byteLength} bytes; ` +
      'stringByteLength tells how many there are',
  )
}

/** The first word of a string block. */
const headOf = (heap: Numbers, pointer: Pointer): number =>
  isNear(pointer) ? (u32[nearByte(pointer) / 4] as number) : heap.getUint32(pointer, 0)

/** Text in a live block. */
function textAt(heap: Numbers, pointer: Pointer, byteOffset: number, byteLength: number, isOneByte: boolean): string {
  if (byteLength === 0) return ''
  if (isNear(pointer)) {
    const start = nearByte(pointer) + byteOffset
    return isOneByte ? latin1At(start, byteLength) : utf8At(start, byteLength)
  }
  const far = farBytes(partsOf(heap).table, pointer)
  const start = payloadOffset(pointer) + byteOffset
  return isOneByte ? far.latin1Slice(start, start + byteLength) : far.utf8Slice(start, start + byteLength)
}

/** Where a block begins in the ArrayBuffer of its slot, bytes. */
const bufferOffset = (table: ArenaTable, pointer: Pointer): number =>
  table.payloadStart(slotOf(pointer)) + payloadOffset(pointer)

const payloadOf = (heap: Numbers, pointer: Pointer): Uint8Array => partsOf(heap).table.payload(slotOf(pointer))
