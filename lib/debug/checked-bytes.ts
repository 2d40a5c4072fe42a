/** Strings, copies and views of a debug heap: held to the bytes that were asked for and to the life of the block. */
import { HeapError, isByteLength, refuseByteLength, showPointer } from '../base/errors'
import { type Pointer, slotOf } from '../base/layout'
import { bytesOf, lengthOf } from '../heap/lists'
import { partsOf } from '../heap/numbers'
import { isLatin1, mustBeText, refusePrefix, STRING_PREFIX_BYTES, type StringEncoding } from '../heap/strings'
import { CheckedNumbers } from './checked-numbers'
import { armBack } from './guards'
import { bytesOf as memoryOf, wordAt, wordsOf } from './memory'
import { refuseReach } from './refusals'

const prefix = STRING_PREFIX_BYTES

/** Text of a block: whether it is one byte a character, and its bytes, a view. */
interface Text {
  readonly isOneByte: boolean
  readonly bytes: Buffer
}

/** The strings, copies and views of a {@link DebugHeap}. */
export class CheckedBytes extends CheckedNumbers {
  override allocString(text: string, encoding?: StringEncoding): Pointer {
    const pointer = super.allocString(text, encoding)
    // Up to three bytes behind a text are written with it, which the block of an ordinary heap has.
    const { entries, parts } = this.tracker
    const entry = this.tracker.find(pointer)
    armBack(wordsOf(parts, pointer), wordAt(pointer), entries.size(entry), entries.end(entry))
    return pointer
  }

  override readString(pointer: Pointer, start?: number, end?: number): string {
    const { isOneByte, bytes } = this.#text(pointer, 'readString')
    const from = start ?? 0
    const to = end ?? bytes.length
    if (!isByteLength(from)) refuseByteLength(from, 'start')
    if (!isByteLength(to)) refuseByteLength(to, 'end')
    if (from > to || to > bytes.length)
      throw new HeapError(
        'EBB_OUT_OF_BOUNDS',
        `ebb: readString(${showPointer(pointer)}): bytes ${from} to ${to} are no part of a text of ${bytes.length} bytes; ` +
          'stringByteLength tells how many there are',
      )
    return bytes.toString(isOneByte ? 'latin1' : 'utf8', from, to)
  }

  override equalsString(pointer: Pointer, text: string): boolean {
    const { isOneByte, bytes } = this.#text(pointer, 'equalsString')
    mustBeText(text, 'equalsString')
    if (isOneByte) return isLatin1(text) && bytes.equals(Buffer.from(text, 'latin1'))
    return bytes.equals(Buffer.from(text, 'utf8')) && bytes.toString('utf8') === text
  }

  override stringByteLength(pointer: Pointer): number {
    return this.#text(pointer, 'stringByteLength').bytes.length
  }

  override copyIn(pointer: Pointer, source: ArrayBufferView | ArrayBufferLike, byteOffset = 0): number {
    const entry = this.entryOf(pointer, 'copyIn')
    const bytes = bytesOf(source, 'copyIn')
    this.#range(entry, pointer, byteOffset, lengthOf(bytes), 'copyIn').set(bytes)
    return lengthOf(bytes)
  }

  override copyOut(pointer: Pointer, byteLength?: number, byteOffset = 0): Uint8Array<ArrayBuffer> {
    const entry = this.entryOf(pointer, 'copyOut')
    return this.#range(entry, pointer, byteOffset, byteLength, 'copyOut').slice() as Uint8Array<ArrayBuffer>
  }

  override bytes(pointer: Pointer, byteLength?: number): Uint8Array {
    const entry = this.entryOf(pointer, 'bytes')
    return this.#view(pointer, this.#length(entry, 0, byteLength, 'bytes'))
  }

  override buffer(pointer: Pointer, byteLength?: number): Buffer<ArrayBuffer> {
    const entry = this.entryOf(pointer, 'buffer')
    const { buffer, byteOffset, length } = this.#view(pointer, this.#length(entry, 0, byteLength, 'buffer'))
    return Buffer.from(buffer, byteOffset, length)
  }

  #text(pointer: Pointer, verb: string): Text {
    const entry = this.entryOf(pointer, verb)
    const size = this.tracker.entries.size(entry)
    if (size < prefix) refuseReach(this.tracker, entry, `the ${prefix} bytes before a text`, verb)
    const head = this.getUint32(pointer, 0)
    const length = head >>> 1
    if (length > size - prefix) refusePrefix(length, size, pointer, verb, this.tracker.describe(pointer))
    const { buffer, byteOffset } = this.#range(entry, pointer, prefix, length, verb)
    return { isOneByte: (head & 1) === 1, bytes: Buffer.from(buffer, byteOffset, length) }
  }

  /** The part of the user's ArrayBuffer that a block has. */
  #view(pointer: Pointer, byteLength: number): Uint8Array<ArrayBuffer> {
    const { table } = partsOf(this)
    const start = table.payloadStart(slotOf(pointer)) + memoryOf(this.tracker.parts, pointer).at
    return new Uint8Array(table.buffer(slotOf(pointer)), start, byteLength)
  }

  /** Bytes of a live block, as a view of the heap's own. */
  #range(
    entry: number,
    pointer: Pointer,
    byteOffset: number,
    byteLength: number | undefined,
    verb: string,
  ): Uint8Array {
    const length = this.#length(entry, byteOffset, byteLength, verb)
    const { bytes, at } = memoryOf(this.tracker.parts, pointer)
    return bytes.subarray(at + byteOffset, at + byteOffset + length)
  }

  #length(entry: number, byteOffset: number, byteLength: number | undefined, verb: string): number {
    const size = this.tracker.entries.size(entry)
    if (!isByteLength(byteOffset)) refuseByteLength(byteOffset, 'byteOffset')
    const length = byteLength ?? Math.max(0, size - byteOffset)
    if (!isByteLength(length)) refuseByteLength(length)
    if (byteOffset + length > size)
      refuseReach(this.tracker, entry, `${length} bytes at byteOffset ${byteOffset}`, verb)
    return length
  }
}
