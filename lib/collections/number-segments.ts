/** What goes through segments of word keys (number-table.ts): the loops of growth and of iteration, small so that V8 compiles them soon. */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { NEAR } from '../space/near'
import { FREE_FLIP, FREE_LOWER, FREE_UPPER } from './hash'
import { COUNT, HEADER_WORDS, SLOT_BITS } from './segments'
import { getWord, setWord } from './words'

const { i32, f64, near8 } = NEAR
// File-local copies: an imported binding is a property load on every use.
const get = getWord
const put = setWord
const headerWords = HEADER_WORDS
const slotBits = SLOT_BITS
const slotMask = (1 << SLOT_BITS) - 1
const freeLower = FREE_LOWER
const freeFlip = FREE_FLIP

/** Two free slots as one double, which is written in one go. */
const pairOf = (word: number): number => new Float64Array(new Int32Array([word, word]).buffer)[0] as number
const upperPair = pairOf(FREE_UPPER)
const lowerPair = pairOf(FREE_LOWER)

/** Word of a segment at which its values begin. */
export const valuesAt = (slots: number): number => (headerWords + slots + 1) & ~1

/** Marks all slots of a near segment free. */
export function clearNear(segment: Pointer, slots: number, prefix: number): void {
  const base = (near8 + (segment << 1) + (headerWords >> 1)) | 0
  const end = (base + ((slots + 1) >> 1)) | 0
  const pair = prefix < 0 ? upperPair : lowerPair
  for (let at = base; at < end; at++) f64[at] = pair
}

/** Slots of a segment that are taken, and how many: where they lie is random, and a branch for each would be guessed wrong. */
export const taken = new Int32Array(1 << SLOT_BITS)

/** Counts entries in: all into one segment, or the ones into another, whose first slot is so many words away. */
export function countIn(target: number, distance: number, all: number, ones: number): void {
  const count = COUNT - headerWords
  if (distance === 0) i32[target + count] = (i32[target + count] as number) + all
  else {
    i32[target + count] = all - ones
    i32[target + distance + count] = ones
  }
}

export function gatherSlots(keys: number, slots: number, free: number): number {
  let count = 0
  for (let slot = 0; slot < slots; slot++) {
    taken[count] = slot
    const difference = (i32[(keys + slot) | 0] as number) ^ free
    count += (difference | -difference) >>> 31
  }
  return count
}

/** Fills pairs of a key and its slot from a segment, as {@link gatherSlots} does slots. Returns how many words. */
export function gatherPairs(pairs: Int32Array, keys: number, slots: number, free: number): number {
  let count = 0
  for (let slot = 0; slot < slots; slot++) {
    const key = i32[(keys + slot) | 0] as number
    pairs[count] = key
    pairs[count + 1] = slot
    const difference = key ^ free
    count += ((difference | -difference) >>> 31) << 1
  }
  return count
}

export function copyWords(heap: Heap, from: Pointer, word: number, to: Pointer, target: number, count: number): void {
  for (let i = 0; i < count; i++) put(heap, to, target + i, get(heap, from, word + i))
}

/** The first free slot for a hash in a segment that has one. */
export function freeSlot(heap: Heap, segment: Pointer, slots: number, hash: number): number {
  const free = freeLower ^ ((hash >> 31) & freeFlip)
  let slot = Math.imul(hash & slotMask, slots) >>> slotBits
  while (get(heap, segment, headerWords + slot) !== free) if (++slot === slots) slot = 0
  return slot
}
