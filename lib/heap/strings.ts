/**
 * Strings in blocks. A string block begins with one 32-bit word and goes on with the encoded text:
 *
 *     +-----------------------------------+----------------
 *     | bytes of text: 31 | isLatin1 : 1  | text ...
 *     +-----------------------------------+----------------
 *
 * So a string block tells its own length and encoding; 31 bits hold the longest text of any JavaScript engine in either encoding.
 */
import { HeapError, show, showPointer } from '../base/errors'
import type { Pointer } from '../base/layout'

/**
 * How a text is stored: `'utf8'` holds every well-formed text, 1 to 4 bytes a character; `'latin1'` the characters up to U+00FF, one
 * byte each.
 */
export type StringEncoding = 'utf8' | 'latin1'

/** Bytes in front of the text. */
export const STRING_PREFIX_BYTES = 4

const BEYOND_LATIN1 = /[^\0-\u00ff]/
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Bytes of a text when encoded.
 * @throws TypeError for what is no text, a text with a lone surrogate (utf8), or an encoding that is none of the two; RangeError for a
 *   character that latin1 does not have
 */
export function encodedBytes(text: string, encoding: StringEncoding): number {
  if (typeof text !== 'string')
    throw new TypeError(`ebb: allocString needs a string, got ${show(text)} (${typeof text})`)
  if (encoding === 'utf8') {
    const byteLength = Buffer.byteLength(text, 'utf8')
    // As many bytes as characters: the text is ASCII.
    if (byteLength !== text.length) refuseLoneSurrogate(text)
    return byteLength
  }
  if (encoding !== 'latin1') throw new TypeError(`ebb: encoding must be 'utf8' or 'latin1', got ${show(encoding)}`)
  const beyond = text.search(BEYOND_LATIN1)
  if (beyond >= 0) {
    const code = text.charCodeAt(beyond).toString(16).padStart(4, '0')
    throw new RangeError(`ebb: latin1 has no U+${code} (at ${beyond} of ${show(text)}); store it as utf8`)
  }
  return text.length
}

function refuseLoneSurrogate(text: string): void {
  const index = text.search(LONE_SURROGATE)
  if (index < 0) return
  throw new TypeError(
    `ebb: utf8 cannot hold the lone surrogate at ${index} of ${show(text)}; call toWellFormed() on it, or store its UTF-16 with copyIn`,
  )
}

/** The first word of a string block. */
export const packPrefix = (byteLength: number, encoding: StringEncoding): number =>
  byteLength * 2 + (encoding === 'latin1' ? 1 : 0)

/** Encoding in a first word. */
export const prefixEncoding = (prefix: number): StringEncoding => ((prefix & 1) === 1 ? 'latin1' : 'utf8')

/**
 * Bytes of text in a first word.
 * @throws HeapError `EBB_OUT_OF_BOUNDS` where the block cannot hold them
 */
export function prefixBytes(prefix: number, usable: number, pointer: Pointer, verb: string): number {
  const byteLength = prefix >>> 1
  if (byteLength <= usable - STRING_PREFIX_BYTES) return byteLength
  throw new HeapError(
    'EBB_OUT_OF_BOUNDS',
    `ebb: ${verb}(${showPointer(pointer)}): the length prefix says ${byteLength} bytes and the block holds ` +
      `${usable - STRING_PREFIX_BYTES}; it was not made by allocString, or was overwritten`,
  )
}
