/** What fills segments of pairs: the loops of growth, small so that V8 compiles them soon. */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { NEAR } from '../space/near'
import { COUNT, HEADER_WORDS, SLOT_BITS } from './segments'
import { getWord, setWord } from './words'

const { i32, near4 } = NEAR
// File-local copies: an imported binding is a property load on every use.
const get = getWord
const put = setWord
const headerWords = HEADER_WORDS
const slotBits = SLOT_BITS
const slotMask = (1 << SLOT_BITS) - 1

/** Slots that are taken: where they lie is random, and a branch for each would be guessed wrong. */
const taken = new Int32Array(1 << SLOT_BITS)

/** Fills {@link taken} from a segment. Returns how many. */
function gatherSlots(source: number, slots: number): number {
  let count = 0
  for (let slot = 0; slot < slots; slot++) {
    taken[count] = slot
    const pointer = i32[(source + (slot << 1) + 1) | 0] as number
    count += (pointer | -pointer) >>> 31
  }
  return count
}

/** Puts the pairs of a segment into one of two others, or all into one, all of them near. */
export function distributeNear(
  from: Pointer,
  slots: number,
  bit: number,
  zero: Pointer,
  one: Pointer,
  targetSlots: number,
): void {
  const source = (near4 + (from << 2) + headerWords) | 0
  const target = (near4 + (zero << 2) + headerWords) | 0
  const distance = (one - zero) << 2
  const all = gatherSlots(source, slots)
  let ones = 0
  for (let i = 0; i < all; i++) {
    const pair = (source + ((taken[i] as number) << 1)) | 0
    const hash = i32[pair] as number
    const pointer = i32[(pair + 1) | 0] as number
    // No branch for what is a coin toss.
    const isOne = (hash >>> bit) & 1
    const base = (target + (distance & -isOne)) | 0
    ones += isOne
    let at = Math.imul(hash & slotMask, targetSlots) >>> slotBits
    while (i32[base + (at << 1) + 1] !== 0) if (++at === targetSlots) at = 0
    i32[base + (at << 1)] = hash
    i32[base + (at << 1) + 1] = pointer
  }
  const count = COUNT - headerWords
  if (zero === one) i32[target + count] = (i32[target + count] as number) + all
  else {
    i32[target + count] = all - ones
    i32[target + distance + count] = ones
  }
}

/** The same where some segment is not near. */
export function distributeFar(
  heap: Heap,
  from: Pointer,
  slots: number,
  bit: number,
  zero: Pointer,
  one: Pointer,
  targetSlots: number,
): void {
  for (let slot = 0; slot < slots; slot++) {
    const pointer = get(heap, from, headerWords + 2 * slot + 1)
    if (pointer === 0) continue
    const hash = get(heap, from, headerWords + 2 * slot)
    const target = (hash >>> bit) & 1 ? one : zero
    const at = freeSlot(heap, target, targetSlots, hash)
    put(heap, target, headerWords + 2 * at, hash)
    put(heap, target, headerWords + 2 * at + 1, pointer)
    put(heap, target, COUNT, get(heap, target, COUNT) + 1)
  }
}

/** The first free slot for a hash in a segment that has one. */
export function freeSlot(heap: Heap, segment: Pointer, slots: number, hash: number): number {
  let slot = Math.imul(hash & slotMask, slots) >>> slotBits
  while (get(heap, segment, headerWords + 2 * slot + 1) !== 0) if (++slot === slots) slot = 0
  return slot
}

/** The slot that leads to the block of an entry with a hash, or -1. */
export function slotOf(heap: Heap, segment: Pointer, slots: number, hash: number, pointer: Pointer): number {
  let slot = Math.imul(hash & slotMask, slots) >>> slotBits
  for (;;) {
    const found = get(heap, segment, headerWords + 2 * slot + 1)
    if (found === pointer) return slot
    if (found === 0) return -1
    if (++slot === slots) slot = 0
  }
}
