/**
 * Segments for keys of one word: the keys, and behind them the values.
 *
 *     | header: 4 words | keys: a word for each slot | values: some words for each slot |
 *
 * A free slot holds a word that cannot be a key of the segment (hash.ts). Values begin at an even word, so that doubles are aligned.
 */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { NEAR } from '../space/near'
import { DictTable } from './dict-table'
import { FREE_FLIP, FREE_LOWER, hashWord } from './hash'
import {
  clearNear,
  copyWords,
  countIn,
  freeSlot,
  taken as gathered,
  gatherPairs,
  gatherSlots,
  valuesAt,
} from './number-segments'
import { COUNT, floorIn, HEADER_WORDS, PREFIX, SHAPE, SLOT_BITS } from './segments'
import type { Walk } from './walk'
import { getWord, nearBase, setWord } from './words'

const { i32, near4 } = NEAR
// File-local copies: an imported binding is a property load on every use.
const hashOf = hashWord
const taken = gathered
const get = getWord
const put = setWord
const headerWords = HEADER_WORDS
const slotBits = SLOT_BITS
const slotMask = (1 << SLOT_BITS) - 1
const freeLower = FREE_LOWER
const freeFlip = FREE_FLIP

/** A table whose keys are words. */
export abstract class NumberTable<K, V> extends DictTable<K, V> {
  /** Words of a value in its slot. @internal */
  readonly valueWords: number
  /** Where the last `find` has looked. @internal */
  protected segment = 0 as Pointer
  /** @internal */
  protected slots = 0

  /** @internal */
  protected constructor(heap: Heap, valueWords: number) {
    super(heap, 1 + valueWords)
    this.valueWords = valueWords
    this.open()
  }

  /** Slot of a key, or -1. @internal */
  protected find(key: number): number {
    const hash = hashOf(key)
    if (this.dirBase < 0) return this.findFar(key, hash)
    const entry = this.dirBase + ((hash >>> this.shift) << 1)
    const segment = i32[entry] as Pointer
    const slots = i32[entry + 1] as number
    const base = near4 + (segment << 2) + headerWords
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    this.segment = segment
    this.slots = slots
    for (;;) {
      const found = i32[base + slot]
      if (found === key) return slot
      if (found === free) return -1
      if (++slot === slots) slot = 0
    }
  }

  private findFar(key: number, hash: number): number {
    this.mustBeOpen('access')
    const { heap } = this
    const segment = this.segmentOf(hash)
    const slots = this.slotsOf(hash)
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    this.segment = segment
    this.slots = slots
    for (;;) {
      const found = get(heap, segment, headerWords + slot)
      if (found === key) return slot
      if (found === free) return -1
      if (++slot === slots) slot = 0
    }
  }

  /** Puts a key that is not there into its segment, which has room. Returns its slot; {@link segment} is the one it is in. @internal */
  protected insert(key: number): number {
    const { heap } = this
    const hash = hashOf(key)
    const segment = this.segmentOf(hash)
    const slots = this.slotsOf(hash)
    const slot = freeSlot(heap, segment, slots, hash)
    put(heap, segment, headerWords + slot, key)
    put(heap, segment, COUNT, get(heap, segment, COUNT) + 1)
    this.segment = segment
    this.slots = slots
    this.count++
    this.version = (this.version + 1) & 0x3fff_ffff
    return slot
  }

  /** Makes sure that `insert` of a key finds room. @internal */
  protected makeRoomFor(key: number): void {
    this.makeRoom(hashOf(key))
  }

  /** Takes the key at a slot of {@link segment} out: what stands behind it and could stand there moves up. @internal */
  protected remove(key: number, at: number): void {
    const { heap, segment } = this
    const hash = hashOf(key)
    const hole = this.dirBase < 0 ? this.closeHoleFar(hash, at) : this.closeHole(hash, at)
    put(heap, segment, headerWords + hole, freeLower ^ ((hash >> 31) & freeFlip))
    const count = get(heap, segment, COUNT) - 1
    put(heap, segment, COUNT, count)
    this.count--
    this.version = (this.version + 1) & 0x3fff_ffff
    if (count < floorIn(get(heap, segment, SHAPE))) this.shrink(hash)
  }

  /** Moves up what may stand in the hole, and what may in the hole that leaves. Returns the last one. */
  private closeHole(hash: number, at: number): number {
    const { segment, slots, valueWords } = this
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    const keys = (near4 + (segment << 2) + headerWords) | 0
    const values = (near4 + (segment << 2) + ((headerWords + slots + 1) & ~1)) | 0
    let hole = at
    let slot = at
    for (;;) {
      if (++slot === slots) slot = 0
      const next = i32[keys + slot] as number
      if (next === free) return hole
      const home = Math.imul(hashOf(next) & slotMask, slots) >>> slotBits
      if (hole <= slot ? home > hole && home <= slot : home > hole || home <= slot) continue
      i32[keys + hole] = next
      const to = values + hole * valueWords
      const from = values + slot * valueWords
      for (let word = 0; word < valueWords; word++) i32[to + word] = i32[from + word] as number
      hole = slot
    }
  }

  private closeHoleFar(hash: number, at: number): number {
    const { heap, segment, slots, valueWords } = this
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let hole = at
    let slot = at
    for (;;) {
      if (++slot === slots) slot = 0
      const next = get(heap, segment, headerWords + slot)
      if (next === free) return hole
      const home = Math.imul(hashOf(next) & slotMask, slots) >>> slotBits
      if (hole <= slot ? home > hole && home <= slot : home > hole || home <= slot) continue
      put(heap, segment, headerWords + hole, next)
      copyWords(
        heap,
        segment,
        valuesAt(slots) + slot * valueWords,
        segment,
        valuesAt(slots) + hole * valueWords,
        valueWords,
      )
      hole = slot
    }
  }

  override gather(walk: Walk): void {
    this.mustBeOpen('iteration')
    const { heap } = this
    const from = walk.next
    const segment = this.segmentOf(from)
    const slots = this.slotsOf(from)
    const prefix = get(heap, segment, PREFIX)
    const pairs = walk.reserve(slots)
    const base = nearBase(segment)
    let count = 0
    if (base >= 0 && from === prefix >>> 0)
      count = gatherPairs(pairs, base + headerWords, slots, freeLower ^ ((prefix >> 31) & freeFlip))
    else
      for (let slot = 0; slot < slots; slot++) {
        const key = get(heap, segment, headerWords + slot)
        const hash = hashOf(key)
        if ((hash ^ prefix) < 0 || hash >>> 0 < from) continue
        pairs[count] = key
        pairs[count + 1] = slot
        count += 2
      }
    walk.count = count >>> 1
    walk.segment = segment
    walk.slots = slots
    walk.next = this.hashAfter(from)
  }

  override findAgain(walk: Walk): boolean {
    const slot = this.find(walk.pairs[2 * walk.index - 2] as number)
    walk.segment = this.segment
    walk.slots = this.slots
    walk.place = slot
    return slot >= 0
  }

  /** @internal */
  protected eachSlot(segment: Pointer, slots: number, visit: (slot: number) => void): void {
    const prefix = get(this.heap, segment, PREFIX)
    for (let slot = 0; slot < slots; slot++)
      if ((hashOf(get(this.heap, segment, headerWords + slot)) ^ prefix) >= 0) visit(slot)
  }

  protected override slotsIn(byteLength: number): number {
    return Math.floor((byteLength / 4 - headerWords - 1) / (1 + this.valueWords))
  }

  protected override clearSlots(segment: Pointer, slots: number, prefix: number): void {
    const free = freeLower ^ ((prefix >> 31) & freeFlip)
    if (nearBase(segment) < 0) {
      for (let slot = 0; slot < slots; slot++) put(this.heap, segment, headerWords + slot, free)
      return
    }
    clearNear(segment, slots, prefix)
  }

  protected override distribute(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void {
    if (this.dirBase < 0) this.distributeFar(from, slots, bit, zero, one, targetSlots)
    else this.distributeNear(from, slots, bit, zero, one, targetSlots)
  }

  /** @internal */
  protected distributeNear(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void {
    const { valueWords } = this
    const keys = (near4 + (from << 2) + headerWords) | 0
    const values = (near4 + (from << 2) + ((headerWords + slots + 1) & ~1)) | 0
    const target = (near4 + (zero << 2) + headerWords) | 0
    const distance = (one - zero) << 2
    const toValues = ((headerWords + targetSlots + 1) & ~1) - headerWords
    const prefix = i32[keys + PREFIX - headerWords] as number
    const free = freeLower ^ ((prefix >> 31) & freeFlip)
    const all = gatherSlots(keys, slots, free)
    let ones = 0
    for (let i = 0; i < all; i++) {
      const slot = taken[i] as number
      const key = i32[(keys + slot) | 0] as number
      const hash = hashOf(key)
      // No branch for what is a coin toss.
      const isOne = (hash >>> bit) & 1
      const base = (target + (distance & -isOne)) | 0
      ones += isOne
      let at = Math.imul(hash & slotMask, targetSlots) >>> slotBits
      while (i32[(base + at) | 0] !== free) if (++at === targetSlots) at = 0
      i32[(base + at) | 0] = key
      const to = (base + toValues + Math.imul(at, valueWords)) | 0
      const source = (values + Math.imul(slot, valueWords)) | 0
      for (let word = 0; word < valueWords; word++) i32[to + word] = i32[source + word] as number
    }
    countIn(target, distance, all, ones)
  }

  private distributeFar(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void {
    const { heap, valueWords } = this
    const prefix = get(heap, from, PREFIX)
    for (let slot = 0; slot < slots; slot++) {
      const key = get(heap, from, headerWords + slot)
      const hash = hashOf(key)
      // The marker of a segment has a hash of the other half.
      if ((hash ^ prefix) < 0) continue
      const target = (hash >>> bit) & 1 ? one : zero
      const at = freeSlot(heap, target, targetSlots, hash)
      put(heap, target, headerWords + at, key)
      put(heap, target, COUNT, get(heap, target, COUNT) + 1)
      const source = valuesAt(slots) + slot * valueWords
      copyWords(heap, from, source, target, valuesAt(targetSlots) + at * valueWords, valueWords)
    }
  }
}
