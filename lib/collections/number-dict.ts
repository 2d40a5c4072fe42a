/** Tables of dicts whose keys are words: whole numbers, f32, booleans and pointers. */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { ScalarKind } from '../records/types'
import { type Codec, checkScalar, mustBeTarget } from './codec'
import { floatToWord, wordToFloat } from './codecs'
import { valuesAt } from './number-segments'
import { NumberTable } from './number-table'
import type { Walk } from './walk'
import { fits, getWord, setWord } from './words'

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

  override set(key: K, value: V): void {
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
