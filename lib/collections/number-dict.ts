/** Dicts whose keys are words: whole numbers, f32, booleans and pointers. */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { refuseValue, type ScalarKind } from '../records/types'
import { NEAR } from '../space/near'
import { type Codec, checkScalar, mustBeTarget } from './codec'
import { floatToWord, wordToFloat } from './codecs'
import { FREE_LOWER, FREE_UPPER, hashWord } from './hash'
import { countIn, taken as gathered, gatherSlots, NumberTable, valuesAt } from './number-table'
import { COUNT, HEADER_WORDS, PREFIX, SHAPE, SLOT_BITS } from './segments'
import type { Walk } from './walk'
import { fits, getWord, setDouble, setWord } from './words'

const { i32, f64, near4, near8 } = NEAR
// File-local copies: an imported binding is a property load on every use.
const hashOf = hashWord
const taken = gathered
const headerWords = HEADER_WORDS
const slotBits = SLOT_BITS
const slotMask = (1 << SLOT_BITS) - 1
const freeLower = FREE_LOWER
const freeUpper = FREE_UPPER
/** From the first slot of a segment to the word that counts its entries. */
const countBefore = COUNT - HEADER_WORDS
const shapeBefore = SHAPE - HEADER_WORDS

/** The word of a key. @throws TypeError, RangeError for what is no key of the kind */
export function wordOf(kind: ScalarKind, key: unknown): number {
  if (kind === 'i32' && typeof key === 'number' && (key | 0) === key) return key | 0
  checkScalar('key', kind, key)
  if (kind === 'f32') return floatToWord((key as number) + 0 === 0 ? 0 : (key as number))
  return kind === 'bool' ? Number(key) : (key as number) | 0
}

/** The key of a word. */
export function keyOf(kind: ScalarKind, word: number): unknown {
  if (kind === 'f32') return wordToFloat(word)
  if (kind === 'bool') return word !== 0
  return kind === 'u32' ? word >>> 0 : word
}

/** Bytes of the head of a block that holds a value of no fixed length: the owner, and the key. */
const VALUE_HEAD_WORDS = 2

/** A dict with word keys and values of any kind. */
export class NumberDict<K, V> extends NumberTable<K, V> {
  private readonly kind: ScalarKind
  /** @internal */
  protected readonly codec: Codec<V>
  /** Whether a slot holds a pointer to a block with the value. */
  private readonly isOwning: boolean

  /** @internal */
  constructor(heap: Heap, kind: ScalarKind, codec: Codec<V>, isSet: boolean) {
    super(heap, isSet ? 0 : Math.max(1, codec.words))
    this.kind = kind
    this.codec = codec
    this.isOwning = !isSet && codec.words === 0
  }

  override get(key: K): V | undefined {
    const slot = this.find(wordOf(this.kind, key))
    return slot < 0 ? undefined : this.valueIn(this.segment, this.slots, slot)
  }

  override has(key: K): boolean {
    return this.find(wordOf(this.kind, key)) >= 0
  }

  override set(key: K, value: V): this {
    this.mustBeOpen('set')
    const word = wordOf(this.kind, key)
    const words = this.codec.prepare(value)
    const slot = this.find(word)
    if (this.isOwning) this.setOwned(word, value, VALUE_HEAD_WORDS + words, slot)
    else {
      if (slot < 0) this.makeRoomFor(word)
      const at = slot < 0 ? this.insert(word) : slot
      this.codec.write(this.heap, this.segment, valuesAt(this.slots) + at * this.valueWords, value)
    }
    return this
  }

  override delete(key: K): boolean {
    const word = wordOf(this.kind, key)
    const slot = this.find(word)
    if (slot < 0) return false
    if (this.isOwning) this.putValue(this.ownedIn(this.segment, this.slots, slot))
    this.remove(word, slot)
    return true
  }

  override getInto(key: K, target: Uint8Array): number {
    mustBeTarget(this.codec, target)
    const slot = this.find(wordOf(this.kind, key))
    if (slot < 0) return -1
    return this.codec.into(this.heap, this.ownedIn(this.segment, this.slots, slot), VALUE_HEAD_WORDS, target)
  }

  override keyAt(walk: Walk): K {
    return keyOf(this.kind, walk.pairs[2 * walk.index - 2] as number) as K
  }

  override valueAt(walk: Walk): V {
    return this.valueIn(walk.segment as Pointer, walk.slots, walk.place)
  }

  protected override freeOwned(segment: Pointer, slots: number): void {
    if (!this.isOwning) return
    this.eachSlot(segment, slots, (slot) => this.heap.free(this.ownedIn(segment, slots, slot)))
  }

  private valueIn(segment: Pointer, slots: number, slot: number): V {
    if (this.isOwning) return this.codec.read(this.heap, this.ownedIn(segment, slots, slot), VALUE_HEAD_WORDS)
    return this.codec.read(this.heap, segment, valuesAt(slots) + slot * this.valueWords)
  }

  private ownedIn(segment: Pointer, slots: number, slot: number): Pointer {
    return getWord(this.heap, segment, valuesAt(slots) + slot) as Pointer
  }

  /** Puts a value into a block of its own: everything that can fail comes first. */
  private setOwned(word: number, value: V, words: number, slot: number): void {
    if (slot < 0) this.makeRoomFor(word)
    const old = slot < 0 ? (0 as Pointer) : this.ownedIn(this.segment, this.slots, slot)
    const isFitting = old !== 0 && fits(this.heap, old, this.ownedBytes(old), words * 4)
    const block = isFitting ? old : this.take(words * 4)
    setWord(this.heap, block, 0, this.owner)
    setWord(this.heap, block, 1, word)
    this.codec.write(this.heap, block, VALUE_HEAD_WORDS, value)
    const at = slot < 0 ? this.insert(word) : slot
    setWord(this.heap, this.segment, valuesAt(this.slots) + at, block)
    if (old !== 0 && old !== block) this.putValue(old)
  }

  /** A block with a value, by the key in it. @internal */
  protected override followEntry(pointer: Pointer, to: Pointer): boolean {
    if (!this.isOwning) return false
    const slot = this.find(getWord(this.heap, pointer, 1))
    if (slot < 0 || this.ownedIn(this.segment, this.slots, slot) !== pointer) return false
    if (to !== pointer) setWord(this.heap, this.segment, valuesAt(this.slots) + slot, to)
    return true
  }

  private ownedBytes(block: Pointer): number {
    return 4 * (VALUE_HEAD_WORDS + (this.codec.wordsAt?.(this.heap, block, VALUE_HEAD_WORDS) as number))
  }

  private putValue(block: Pointer): void {
    this.put(block, this.ownedBytes(block))
  }
}

/** i32 -> f64: the same with its hot calls written for these kinds alone, because V8 learns types per function. */
export class Int32DoubleDict extends NumberDict<number, number> {
  override get(key: number): number | undefined {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) return super.get(key)
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = hash < 0 ? freeUpper : freeLower
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) {
        // One exit: where a double is returned on one path and undefined on another, V8 boxes the double.
        slot = -1 << 30
        break
      }
      if (++slot === slots) slot = 0
    }
    return f64[(near8 + (segment << 1) + ((headerWords + 1 + slots) >> 1) + slot) | 0]
  }

  override has(key: number): boolean {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    return this.find(key | 0) >= 0
  }

  override set(key: number, value: number): this {
    if (typeof value !== 'number') refuseValue('value', 'f64', value)
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) return super.set(key, value)
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = hash < 0 ? freeUpper : freeLower
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) {
        const count = i32[base + countBefore] as number
        if (count >= (slots * (slots > 1400 ? 12 : 11)) >>> 4) return this.insertDouble(key | 0, value)
        i32[base + countBefore] = count + 1
        i32[(base + slot) | 0] = key
        this.count++
        this.version = (this.version + 1) & 0x3fff_ffff
        break
      }
      if (++slot === slots) slot = 0
    }
    f64[(near8 + (segment << 1) + ((headerWords + 1 + slots) >> 1) + slot) | 0] = value
    return this
  }

  override delete(key: number): boolean {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) return super.delete(key)
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = hash < 0 ? freeUpper : freeLower
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) return false
      if (++slot === slots) slot = 0
    }
    closeHoleOf(base, (near8 + (segment << 1) + ((headerWords + 1 + slots) >> 1)) | 0, slots, slot, free)
    const count = ((i32[base + countBefore] as number) - 1) | 0
    i32[base + countBefore] = count
    this.count--
    this.version = (this.version + 1) & 0x3fff_ffff
    if (count < (i32[base + shapeBefore] as number) >>> 16) this.shrink(hash)
    return true
  }

  protected override distributeNear(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void {
    const keys = (near4 + (from << 2) + headerWords) | 0
    const values = (near8 + (from << 1) + ((headerWords + 1 + slots) >> 1)) | 0
    const target = (near4 + (zero << 2) + headerWords) | 0
    const toValues = (near8 + (zero << 1) + ((headerWords + 1 + targetSlots) >> 1)) | 0
    const distance = ((one - zero) << 1) | 0
    const prefix = i32[(keys + PREFIX - headerWords) | 0] as number
    const free = prefix < 0 ? freeUpper : freeLower
    const all = gatherSlots(keys, slots, free)
    let ones = 0
    for (let i = 0; i < all; i++) {
      const slot = taken[i] as number
      const key = i32[(keys + slot) | 0] as number
      const hash = hashOf(key)
      // No branch for what is a coin toss.
      const isOne = (hash >>> bit) & 1
      const away = distance & -isOne
      const base = (target + (away << 1)) | 0
      ones += isOne
      let at = Math.imul(hash & slotMask, targetSlots) >>> slotBits
      while (i32[(base + at) | 0] !== free) if (++at === targetSlots) at = 0
      i32[(base + at) | 0] = key
      f64[(toValues + away + at) | 0] = f64[(values + slot) | 0] as number
    }
    countIn(target, distance << 1, all, ones)
  }

  /** A key that is not there, where its segment has to grow first. */
  private insertDouble(key: number, value: number): this {
    this.makeRoomFor(key)
    const slot = this.insert(key)
    setDouble(this.heap, this.segment, valuesAt(this.slots) + 2 * slot, value)
    return this
  }
}

/** Moves up what may stand in a hole, and what may in the hole that leaves; the last one becomes free. */
function closeHoleOf(base: number, values: number, slots: number, from: number, free: number): void {
  let hole = from
  let slot = from
  for (;;) {
    if (++slot === slots) slot = 0
    const key = i32[(base + slot) | 0] as number
    if (key === free) break
    const home = Math.imul(hashOf(key) & slotMask, slots) >>> slotBits
    // Slots back to the home, and to the hole, round the end.
    const reach = slot - home + (slots & ((slot - home) >> 31))
    const gap = slot - hole + (slots & ((slot - hole) >> 31))
    if (reach < gap) continue
    i32[(base + hole) | 0] = key
    f64[(values + hole) | 0] = f64[(values + slot) | 0] as number
    hole = slot
  }
  i32[(base + hole) | 0] = free
}
