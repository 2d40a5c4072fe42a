/** Strings in blocks, bytes copied into and out of them, and views on them. */

import { isByteLength, refuseByteLength } from '../base/errors'
import { type Pointer, slotOf } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import type { HeapParts } from '../supply/parts'
import { Blocks } from './blocks'
import { bytesOf, lengthOf } from './lists'
import { payloadOffset, usableBytes } from './live-blocks'
import { partsOf } from './numbers'
import { mustBeLive, refuseRange } from './refuse'
import {
  encodedBytes,
  packPrefix,
  prefixBytes,
  prefixEncoding,
  STRING_PREFIX_BYTES,
  type StringEncoding,
} from './strings'

/** The strings, copies and views of a {@link Heap}. Every call checks that its pointer is that of a live block. */
export class Bytes extends Blocks {
  /**
   * Allocates a block with a text in it. Its length and encoding are stored with it, in {@link STRING_PREFIX_BYTES} bytes in front.
   * @param text - any text that the encoding can hold
   * @param encoding - `'utf8'`, the default, or `'latin1'`: one byte a character, up to U+00FF
   * @returns pointer to the block, to be freed like any other
   * @throws as {@link alloc}; TypeError for what is no text, for a lone surrogate, for another encoding; RangeError for a character
   *   that latin1 does not have. Nothing is allocated then.
   */
  allocString(text: string, encoding: StringEncoding = 'utf8'): Pointer {
    const byteLength = encodedBytes(text, encoding)
    const pointer = this.alloc(STRING_PREFIX_BYTES + byteLength)
    this.setUint32(pointer, 0, packPrefix(byteLength, encoding))
    if (byteLength > 0) bufferAt(partsOf(this).table, pointer, STRING_PREFIX_BYTES, byteLength).write(text, encoding)
    return pointer
  }

  /**
   * Reads the text of a block of {@link allocString}.
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` where the block holds less than its length prefix says. Bytes that are no UTF-8
   *   any more read as U+FFFD.
   */
  readString(pointer: Pointer): string {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'readString')
    const prefix = this.getUint32(pointer, 0)
    const byteLength = prefixBytes(prefix, usableBytes(parts, pointer), pointer, 'readString')
    if (byteLength === 0) return ''
    return bufferAt(parts.table, pointer, STRING_PREFIX_BYTES, byteLength).toString(prefixEncoding(prefix))
  }

  /** Bytes of the text of a block of {@link allocString}, without the prefix. Throws as {@link readString}. */
  stringByteLength(pointer: Pointer): number {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'stringByteLength')
    return prefixBytes(this.getUint32(pointer, 0), usableBytes(parts, pointer), pointer, 'stringByteLength')
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
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'copyIn')
    const bytes = bytesOf(source, 'copyIn')
    const length = checkedLength(parts, pointer, byteOffset, lengthOf(bytes), 'copyIn')
    parts.table.payload(slotOf(pointer)).set(bytes, payloadOffset(pointer) + byteOffset)
    return length
  }

  /**
   * Copies bytes out of a block, into memory that lives on when the block is freed.
   * @param byteLength - bytes to copy; default: up to the usable size
   * @param byteOffset - where in the block they begin
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` where they leave the block
   */
  copyOut(pointer: Pointer, byteLength?: number, byteOffset = 0): Uint8Array<ArrayBuffer> {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'copyOut')
    const length = checkedLength(parts, pointer, byteOffset, byteLength, 'copyOut')
    const start = payloadOffset(pointer) + byteOffset
    return parts.table.payload(slotOf(pointer)).slice(start, start + length) as Uint8Array<ArrayBuffer>
  }

  /**
   * Makes a view on the block itself. It is dead (length 0) once the block's memory has gone back, and shows other blocks' bytes once
   * the block is freed: drop it before.
   * @param byteLength - bytes to show, at most the usable size, which is the default
   * @throws HeapError as {@link free}; `EBB_OUT_OF_BOUNDS` for more than the usable size
   */
  bytes(pointer: Pointer, byteLength?: number): Uint8Array {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'bytes')
    const length = checkedLength(parts, pointer, 0, byteLength, 'bytes')
    return new Uint8Array(parts.table.buffer(slotOf(pointer)), bufferOffset(parts.table, pointer), length)
  }

  /**
   * Makes a Buffer on the block itself, for APIs that want one. It dies like the view of {@link bytes}.
   * @param byteLength - bytes to show; default: the usable size
   * @throws as {@link bytes}
   */
  buffer(pointer: Pointer, byteLength?: number): Buffer<ArrayBuffer> {
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'buffer')
    const length = checkedLength(parts, pointer, 0, byteLength, 'buffer')
    return Buffer.from(parts.table.buffer(slotOf(pointer)), bufferOffset(parts.table, pointer), length)
  }
}

/**
 * The length of a byte range of a live block; throws where it leaves the block.
 * @param byteLength - default: up to the usable size
 */
function checkedLength(
  parts: HeapParts,
  pointer: Pointer,
  byteOffset: number,
  byteLength: number | undefined,
  verb: string,
): number {
  const usable = usableBytes(parts, pointer)
  if (!isByteLength(byteOffset)) refuseByteLength(byteOffset, 'byteOffset')
  const length = byteLength ?? Math.max(0, usable - byteOffset)
  if (!isByteLength(length)) refuseByteLength(length)
  if (byteOffset + length > usable) refuseRange(pointer, `${length} bytes at byteOffset ${byteOffset}`, usable, verb)
  return length
}

/** Where a block begins in the ArrayBuffer of its slot, bytes. */
const bufferOffset = (table: ArenaTable, pointer: Pointer): number =>
  table.payloadStart(slotOf(pointer)) + payloadOffset(pointer)

/** A Buffer that stays inside of this file: over near memory it is one on the whole space. */
function bufferAt(table: ArenaTable, pointer: Pointer, byteOffset: number, byteLength: number): Buffer<ArrayBuffer> {
  const payload = table.payload(slotOf(pointer))
  const start = payload.byteOffset + payloadOffset(pointer) + byteOffset
  return Buffer.from(payload.buffer as ArrayBuffer, start, byteLength)
}
