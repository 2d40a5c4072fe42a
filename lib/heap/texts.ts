/** Texts on their way into blocks, and compared with what is there. */
import { type Pointer, slotOf } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import { NEAR } from '../space/near'
import { space } from '../space/thread-space'
import type { Blocks } from './blocks'
import { payloadOffset } from './live-blocks'
import { copyWordsIn, isNear, near, nearByte, type Slices, writeLatin1 } from './near-bytes'
import { partsOf } from './numbers'
import { isLatin1, isWellFormed, mustBeWellFormed, packPrefix, STRING_PREFIX_BYTES } from './strings'

// File-local copies: an imported binding is a property load on every use.
const prefix = STRING_PREFIX_BYTES
const { i32 } = NEAR
const { region } = space

/** A block with a text whose characters are all below U+0100. */
export function allocOneByte(heap: Blocks, text: string): Pointer {
  const { length } = text
  const pointer = heap.alloc(prefix + length)
  if (isNear(pointer)) {
    const start = nearByte(pointer)
    i32[start / 4] = packPrefix(length, true)
    writeLatin1(start + prefix, text)
    return pointer
  }
  heap.setUint32(pointer, 0, packPrefix(length, true))
  farBytes(partsOf(heap).table, pointer).latin1Write(text, payloadOffset(pointer) + prefix, length)
  return pointer
}

/** Bytes of a text are counted by writing them, up to so many characters: counting alone takes a third of the time of writing. */
const SCRATCH_CHARACTERS = 16 * 1024
/**
 * Up to so many UTF-16 units a loop is faster than the addon, which encodes as fast as V8's utf8Write and sees lone surrogates besides: to
 * look for them first would take half as long again.
 */
const ENCODE_LOOP_MAX = 32
/** A character of one UTF-16 unit takes at most so many bytes. */
const UTF8_MAX_BYTES = 3

/** Made when it is first needed. */
let scratch: Slices | undefined
/** The scratch as a block of it would be: the prefix, and behind it the text. */
let scratchBlock = new BigUint64Array(0)
let scratchPrefix = new Int32Array(0)

function scratchFor(): Slices {
  if (scratch !== undefined) return scratch
  const byteLength = SCRATCH_CHARACTERS * UTF8_MAX_BYTES
  scratchBlock = new BigUint64Array((byteLength >>> 3) + 1)
  const { buffer } = scratchBlock
  scratchPrefix = new Int32Array(buffer, 0, 1)
  scratch = Buffer.from(buffer, prefix, byteLength) as unknown as Slices
  return scratch
}

/** A block with a text in UTF-8. */
export function allocUtf8(heap: Blocks, text: string): Pointer {
  if (text.length > SCRATCH_CHARACTERS) return allocLong(heap, text)
  const encoded = scratchFor()
  const byteLength = encodeInto(encoded, text)
  const pointer = heap.alloc(prefix + byteLength)
  if (isNear(pointer)) {
    scratchPrefix[0] = packPrefix(byteLength, false)
    copyWordsIn(nearByte(pointer), scratchBlock, prefix + byteLength)
    return pointer
  }
  heap.setUint32(pointer, 0, packPrefix(byteLength, false))
  const payload = partsOf(heap).table.payload(slotOf(pointer))
  payload.set(encoded.subarray(0, byteLength), payloadOffset(pointer) + prefix)
  return pointer
}

/** Writes a text; returns its bytes. Throws for a lone surrogate. */
function encodeInto(bytes: Slices, text: string): number {
  const short = text.length <= ENCODE_LOOP_MAX ? encodeShort(bytes, text) : -1
  if (short >= 0) return short
  const byteLength = region.encode(text, bytes)
  if (byteLength < 0) mustBeWellFormed(text)
  return byteLength
}

/** Writes a text unit by unit; returns its bytes, or -1 where it has a surrogate. */
function encodeShort(bytes: Slices, text: string): number {
  const { length } = text
  let at = 0
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes[at++] = unit
    else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6)
      bytes[at++] = 0x80 | (unit & 0x3f)
    } else {
      if (unit >= 0xd800 && unit < 0xe000) return -1
      bytes[at++] = 0xe0 | (unit >> 12)
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f)
      bytes[at++] = 0x80 | (unit & 0x3f)
    }
  }
  return at
}

function allocLong(heap: Blocks, text: string): Pointer {
  mustBeWellFormed(text)
  const byteLength = Buffer.byteLength(text, 'utf8')
  const pointer = heap.alloc(prefix + byteLength)
  heap.setUint32(pointer, 0, packPrefix(byteLength, false))
  if (isNear(pointer)) near.utf8Write(text, nearByte(pointer) + prefix, byteLength)
  else farBytes(partsOf(heap).table, pointer).utf8Write(text, payloadOffset(pointer) + prefix, byteLength)
  return pointer
}

/** Up to so many characters are compared one by one. */
const LOOP_MAX = 32

/**
 * Whether these bytes are this text.
 * @param memory - where they lie, from `start` on
 * @param isOneByte - they are latin1, and as many as the text's characters; else utf8
 */
export function isTextAt(memory: Slices, start: number, byteLength: number, isOneByte: boolean, text: string): boolean {
  if (isOneByte && byteLength <= LOOP_MAX) {
    for (let i = 0; i < byteLength; i++) if (memory[start + i] !== text.charCodeAt(i)) return false
    return true
  }
  const isLong = text.length > SCRATCH_CHARACTERS
  const encoded = isLong ? (Buffer.from(text, isOneByte ? 'latin1' : 'utf8') as Buffer) : scratchFor()
  const encodedBytes = isLong ? encoded.length : writeScratch(text, isOneByte)
  if (encodedBytes !== byteLength) return false
  if (encoded.compare(memory, start, start + byteLength, 0, byteLength) !== 0) return false
  // What the encoding cannot hold was written as something else.
  return isOneByte ? isLatin1(text) : isWellFormed(text)
}

/** Writes a text into the scratch; returns its bytes. */
function writeScratch(text: string, isOneByte: boolean): number {
  const encoded = scratchFor()
  return isOneByte ? encoded.latin1Write(text, 0, text.length) : encoded.utf8Write(text, 0, encoded.length)
}

/** The payload of a slot as a Buffer that stays inside of lib/. */
export function farBytes(table: ArenaTable, pointer: Pointer): Slices {
  const { buffer, byteOffset, byteLength } = table.payload(slotOf(pointer))
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength) as unknown as Slices
}
