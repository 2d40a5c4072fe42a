/**
 * Keys that are not one word, packed into words and hashed in one loop. The words of the last one packed stand in {@link scratch}:
 *
 *     scratch | words | head | data ...            head   | 0 (the owner's in a block): 20 | length: 11 | is wide: 1 |
 *
 * A text has a word for four characters below U+0100, or else for two. A key too long for the head has LONG as its length, its full
 * head (text.ts) as first word of data, and its words in `longKey.words`.
 */

import { TextEncoder } from 'node:util'
import { show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { isBytes, lengthOf } from '../heap/lists'
import { checkScalar } from './codec'
import { SEEDS } from './hash'
import { readBytes, readText } from './text'
import { getWord } from './words'

/** The length in a head that says: it did not fit. */
const LONG = 2047
/** Bits of a block's first word that are the head; those above are the owner's. */
export const HEAD_MASK = 0xfff
/** Texts of so many characters are encoded by the engine. */
const ENGINE_MIN = 40

/** Words of the last key that was packed, behind their number, which is 0 where they are in {@link longKey}. */
export const scratch = new Int32Array(1 + 1 + LONG)
const scratchBuffer = Buffer.from(scratch.buffer)
/** Behind the head. A text that is packed here has fewer than LONG characters, and takes three bytes a character at most. */
const scratchData = scratchBuffer.subarray(8)
const encoder = new TextEncoder()
/** The last key that was too long. */
export const longKey = { words: new Int32Array(0) }

const { first: seed, factor, another } = SEEDS

/**
 * Takes a word into a hash, as MurmurHash3 does, with factors that are drawn. Each step can be undone, so that texts which differ in one
 * word have different hashes; and a changed top bit is spread by a factor that nobody knows before the next word comes.
 */
const mix = (hash: number, word: number): number => {
  const product = Math.imul(word, factor)
  const sum = hash ^ Math.imul((product << 15) | (product >>> 17), another)
  return (Math.imul((sum << 13) | (sum >>> 19), 5) + 0xe6546b64) | 0
}

/** Spreads the last words over all bits. (The end of MurmurHash3) */
const finish = (hash: number, length: number): number => {
  let h = hash ^ length
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Packs a text. Returns its hash. */
export function packText(text: string): number {
  const { length } = text
  if (length >= ENGINE_MIN) return packEncoded(text)
  let hash = seed
  let all = 0
  let at = 2
  let i = 0
  for (const end = length - 3; i < end; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    all |= a | b | c | d
    const word = a | (b << 8) | (c << 16) | (d << 24)
    scratch[at++] = word
    hash = mix(hash, word)
  }
  if (i < length) {
    let word = text.charCodeAt(i)
    all |= word
    for (let shift = 8; ++i < length; shift += 8) {
      const code = text.charCodeAt(i)
      all |= code
      word |= code << shift
    }
    scratch[at++] = word
    hash = mix(hash, word)
  }
  if (all > 255) return packWide(text)
  scratch[0] = at - 1
  scratch[1] = length << 1
  return finish(hash, length)
}

function packWide(text: string): number {
  const { length } = text
  if (length >= LONG) return packLong(Buffer.from(text, 'utf16le'), (length << 1) | 1)
  let hash = seed
  let at = 2
  for (let i = 0; i < length; i += 2) {
    const word = text.charCodeAt(i) | (i + 1 < length ? text.charCodeAt(i + 1) << 16 : 0)
    scratch[at++] = word
    hash = mix(hash, word)
  }
  scratch[0] = at - 1
  scratch[1] = (length << 1) | 1
  return finish(hash, length)
}

const HAS_WIDE = /[^\0-\xff]/

/** Packs a text by the engine's encoders, which are faster from some forty characters on. */
function packEncoded(text: string): number {
  const { length } = text
  if (length >= LONG) {
    return HAS_WIDE.test(text) ? packWide(text) : packLong(Buffer.from(text, 'latin1'), length << 1)
  }
  const words = (length + 3) >>> 2
  scratch[1 + words] = 0
  // As many bytes as characters: it is ASCII, and UTF-8 is latin1.
  const { written } = encoder.encodeInto(text, scratchData)
  if (written !== length) {
    if (HAS_WIDE.test(text)) return packWide(text)
    scratchBuffer.write(text, 8, length, 'latin1')
  }
  return hashScratch(words, length << 1)
}

/** Hashes the words that stand in the scratch behind the head. */
function hashScratch(words: number, head: number): number {
  // What lies behind the last byte is not the key's.
  const rest = (head >>> 1) & 3
  if (rest !== 0) scratch[1 + words] = (scratch[1 + words] as number) & ((1 << (rest << 3)) - 1)
  let hash = seed
  for (let at = 2; at < 2 + words; at++) hash = mix(hash, scratch[at] as number)
  scratch[0] = words + 1
  scratch[1] = head
  return finish(hash, head >>> 1)
}

function packLong(bytes: Uint8Array, head: number): number {
  const words = new Int32Array(2 + ((lengthOf(bytes) + 3) >>> 2))
  new Uint8Array(words.buffer, 8).set(bytes)
  words[0] = (LONG << 1) | (head & 1)
  words[1] = head
  let hash = seed
  for (let i = 2; i < words.length; i++) hash = mix(hash, words[i] as number)
  longKey.words = words
  scratch[0] = 0
  return finish(hash, head >>> 1)
}

/** A kind of keys that are packed. */
export interface PackedKey<K> {
  /**
   * Packs a key. Returns its hash.
   * @throws TypeError, RangeError for what is no key of the kind
   */
  pack(key: K): number
  /** Reads a key back: its head, and the word at which its data begin. */
  read(heap: Heap, pointer: Pointer, head: number, word: number): K
}

export const textKey: PackedKey<string> = {
  pack(key) {
    if (typeof key !== 'string') throw typeError(`ebb: key is str, a string, got ${show(key)} (${typeof key})`)
    return packText(key)
  },
  read(heap, pointer, head, word) {
    const isLong = head >>> 1 === LONG
    return readText(heap, pointer, isLong ? word + 1 : word, isLong ? getWord(heap, pointer, word) : head)
  },
}

export const bytesKey: PackedKey<Uint8Array> = {
  pack(key) {
    if (!isBytes(key)) throw typeError(`ebb: key is bytes, a Uint8Array, got ${show(key)} (${typeof key})`)
    const length = lengthOf(key)
    if (length >= LONG) return packLong(key, length << 1)
    const words = (length + 3) >>> 2
    if (length > 0) scratchBuffer.set(key, 8) // a detached array has none, and V8 refuses it
    return hashScratch(words, length << 1)
  },
  read(heap, pointer, head, word) {
    const isLong = head >>> 1 === LONG
    const length = isLong ? getWord(heap, pointer, word) >>> 1 : head >>> 1
    return readBytes(heap, pointer, isLong ? word + 1 : word, length)
  },
}

const doubles = new Float64Array(scratch.buffer, 8, 1)

export const doubleKey: PackedKey<number> = {
  pack(key) {
    checkScalar('key', 'f64', key)
    // SameValueZero: -0 is 0, and all NaN are one.
    doubles[0] = key === 0 ? 0 : key
    if (Number.isNaN(key)) {
      scratch[2] = 0
      scratch[3] = 0x7ff80000
    }
    return hashScratch(2, 16)
  },
  read(heap, pointer, _head, word) {
    scratch[2] = getWord(heap, pointer, word)
    scratch[3] = getWord(heap, pointer, word + 1)
    return doubles[0] as number
  },
}

/** Keys of 64-bit integers. */
export const bigKey = (kind: 'i64' | 'u64'): PackedKey<bigint> => ({
  pack(key) {
    checkScalar('key', kind, key)
    scratch[2] = Number(BigInt.asIntN(32, key))
    scratch[3] = Number(BigInt.asIntN(32, key >> 32n))
    return hashScratch(2, 16)
  },
  read(heap, pointer, _head, word) {
    const low = BigInt(getWord(heap, pointer, word) >>> 0)
    const all = (BigInt(getWord(heap, pointer, word + 1)) << 32n) | low
    return kind === 'i64' ? all : BigInt.asUintN(64, all)
  },
})

/** A key of one word, where the table is one of packed keys. */
export const wordKey = <K>(toWord: (key: K) => number, fromWord: (word: number) => K): PackedKey<K> => ({
  pack(key) {
    scratch[2] = toWord(key)
    return hashScratch(1, 8)
  },
  read(heap, pointer, _head, word) {
    return fromWord(getWord(heap, pointer, word))
  },
})

/** Words of data behind a head in a block. */
export function dataWords(heap: Heap, pointer: Pointer, head: number, word: number): number {
  const isLong = head >>> 1 === LONG
  const length = isLong ? getWord(heap, pointer, word) >>> 1 : head >>> 1
  return (isLong ? 1 : 0) + (((length << (head & 1)) + 3) >>> 2)
}

/** Hash of a key that stands in a block, behind its head: what packing it has returned. */
export function hashStored(heap: Heap, pointer: Pointer, head: number, word: number): number {
  const isLong = head >>> 1 === LONG
  const end = word + dataWords(heap, pointer, head, word)
  let hash = seed
  for (let at = isLong ? word + 1 : word; at < end; at++) hash = mix(hash, getWord(heap, pointer, at))
  return finish(hash, (isLong ? getWord(heap, pointer, word) : head) >>> 1)
}
