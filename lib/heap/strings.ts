/**
 * Strings in blocks. A string block begins with one 32-bit word and goes on with the encoded text:
 *
 *     +-----------------------------------+----------------
 *     | bytes of text: 31 | isOneByte : 1 | text ...          isOneByte: latin1, a byte a character; else utf8
 *     +-----------------------------------+----------------
 *
 * So a string block tells its own length and encoding; 31 bits hold the longest text of any JavaScript engine in either encoding.
 * ASCII is the same bytes in both encodings. It is told apart once, when it is stored, and marked as one byte a character: as such it
 * is read by a copy.
 */
import { HeapError, rangeError, show, showPointer, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'

/**
 * How a text is stored: `'utf8'` holds every well-formed text, 1 to 4 bytes a character; `'latin1'` the characters up to U+00FF, one
 * byte each.
 */
export type StringEncoding = 'utf8' | 'latin1'

/** Bytes in front of the text. */
export const STRING_PREFIX_BYTES = 4

const BEYOND_LATIN1 = /[^\0-\u00ff]/
/** Not `\p{Surrogate}`, which would load tables of the ICU when ebb is loaded. */
const LONE_SURROGATE = /[\ud800-\udfff]/u

/** Well-formedness as engines of ES2024 know it: Node 20 does. */
interface Wellness {
  isWellFormed(): boolean
}

/** Throws TypeError for what is no text. */
export function mustBeText(text: unknown, verb: string): asserts text is string {
  if (typeof text !== 'string') throw typeError(`ebb: ${verb} needs a string, got ${show(text)} (${typeof text})`)
}

/**
 * Checks that a text can be stored as latin1.
 * @throws TypeError for what is no text and for another encoding; RangeError for a character that latin1 does not have
 */
export function mustBeLatin1(text: string, encoding: StringEncoding): void {
  mustBeText(text, 'allocString')
  if (encoding !== 'latin1') throw typeError(`ebb: encoding must be 'utf8' or 'latin1', got ${show(encoding)}`)
  if (isLatin1(text)) return
  const beyond = text.search(BEYOND_LATIN1)
  const code = text.charCodeAt(beyond).toString(16).padStart(4, '0')
  throw rangeError(`ebb: latin1 has no U+${code} (at ${beyond} of ${show(text)}); store it as utf8`)
}

/** Up to so many characters a loop is faster than a regular expression. */
const LOOP_MAX = 8

/** Whether all characters are below U+0100. */
export function isLatin1(text: string): boolean {
  const { length } = text
  if (length > LOOP_MAX) return !BEYOND_LATIN1.test(text)
  let all = 0
  for (let i = 0; i < length; i++) all |= text.charCodeAt(i)
  return all <= 0xff
}

/** Characters that {@link beginsAscii} looks at. */
const BEGIN = 16

/** Whether a text begins with ASCII; one that does not is not worth being measured as such. */
export function beginsAscii(text: string): boolean {
  const end = text.length < BEGIN ? text.length : BEGIN
  let all = 0
  for (let i = 0; i < end; i++) all |= text.charCodeAt(i)
  return all < 0x80
}

/** Whether a text that begins with ASCII goes on so: it takes as many bytes as characters. */
export const staysAscii = (text: string): boolean =>
  text.length <= BEGIN || Buffer.byteLength(text, 'utf8') === text.length

/** Whether utf8 can hold a text. */
export const isWellFormed = (text: string): boolean => (text as unknown as Wellness).isWellFormed()

/** @throws TypeError for a text with a lone surrogate */
export function mustBeWellFormed(text: string): void {
  if (isWellFormed(text)) return
  throw typeError(
    `ebb: utf8 cannot hold the lone surrogate at ${text.search(LONE_SURROGATE)} of ${show(text)}; ` +
      'call toWellFormed() on it, or store its UTF-16 with copyIn',
  )
}

/** The first word of a string block. */
export const packPrefix = (byteLength: number, isOneByte: boolean): number => byteLength * 2 + (isOneByte ? 1 : 0)

/**
 * Bytes of text in a first word.
 * @throws HeapError `EBB_OUT_OF_BOUNDS` where the block cannot hold them
 */
export function prefixBytes(prefix: number, usable: number, pointer: Pointer, verb: string): number {
  const byteLength = prefix >>> 1
  return byteLength <= usable - STRING_PREFIX_BYTES ? byteLength : refusePrefix(byteLength, usable, pointer, verb)
}

/** @param story - what else is known of the block, for the end of the message */
export function refusePrefix(byteLength: number, usable: number, pointer: Pointer, verb: string, story = ''): never {
  throw new HeapError(
    'EBB_OUT_OF_BOUNDS',
    `ebb: ${verb}(${showPointer(pointer)}): the length prefix says ${byteLength} bytes and the block holds ` +
      `${usable - STRING_PREFIX_BYTES}; it was not made by allocString, or was overwritten${story}`,
  )
}
