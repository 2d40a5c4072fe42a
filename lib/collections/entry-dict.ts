/** Tables of dicts whose keys are packed: texts, bytes, and numbers of 64 bits. */
import { show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { refuseValue } from '../records/types'
import { NEAR } from '../space/near'
import { type Codec, mustBeTarget } from './codec'
import { EntryTable } from './entry-table'
import { HEAD_MASK, type PackedKey, scratch as packed, packText, textKey } from './keys'
import { COUNT, HEADER_WORDS } from './segments'
import type { Walk } from './walk'
import { fits, getWord, setDouble, setWord } from './words'

const { i32, f64, near4, near8 } = NEAR
// File-local copies: an imported binding is a property load on every use.
const scratch = packed
const pack = packText
const headerWords = HEADER_WORDS
const countBefore = COUNT - HEADER_WORDS

/** A dict with packed keys and values of any kind. */
export class EntryDict<K, V> extends EntryTable<K, V> {
  /** @internal */
  protected readonly codec: Codec<V>

  /** @internal */
  constructor(heap: Heap, keys: PackedKey<K>, codec: Codec<V>, extra = 0) {
    super(heap, keys, extra)
    this.codec = codec
  }

  override get(key: K): V | undefined {
    const entry = this.find(this.packing.pack(key))
    return entry === 0 ? undefined : this.codec.read(this.heap, entry, this.valueAfter(this.packedEnd()))
  }

  override has(key: K): boolean {
    return this.find(this.packing.pack(key)) !== 0
  }

  override set(key: K, value: V): void {
    this.mustBeOpen('set')
    const words = this.codec.prepare(value)
    const hash = this.packing.pack(key)
    const entry = this.find(hash)
    if (entry === 0) this.insertEntry(hash, value, words)
    else this.update(entry, value, words)
  }

  override delete(key: K): boolean {
    const hash = this.packing.pack(key)
    const entry = this.find(hash)
    if (entry === 0) return false
    const byteLength = this.entryBytes(entry)
    this.unlink(hash)
    this.put(entry, byteLength)
    return true
  }

  override getInto(key: K, target: Uint8Array): number {
    mustBeTarget(this.codec, target)
    const entry = this.find(this.packing.pack(key))
    return entry === 0 ? -1 : this.valueInto(entry, target)
  }

  /** @internal */
  protected valueInto(entry: Pointer, target: Uint8Array): number {
    mustBeTarget(this.codec, target)
    return this.codec.into(this.heap, entry, this.valueAfter(this.keyEnd(entry)), target)
  }

  override keyAt(walk: Walk): K {
    return this.keyOf(walk.place as Pointer)
  }

  override valueAt(walk: Walk): V {
    return this.valueIn(walk.place as Pointer)
  }

  /** @internal */
  protected keyOf(entry: Pointer): K {
    return this.packing.read(this.heap, entry, getWord(this.heap, entry, 0) & HEAD_MASK, 1 + this.extra)
  }

  /** @internal */
  protected valueIn(entry: Pointer): V {
    return this.codec.read(this.heap, entry, this.valueAfter(this.keyEnd(entry)))
  }

  /** Word of the value of an entry whose key ends at a word. */
  private valueAfter(word: number): number {
    return this.codec.isEven ? (word + 1) & ~1 : word
  }

  /** Bytes that an entry was allocated with. @internal */
  protected entryBytes(entry: Pointer): number {
    const at = this.valueAfter(this.keyEnd(entry))
    return 4 * (at + (this.codec.wordsAt === undefined ? this.codec.words : this.codec.wordsAt(this.heap, entry, at)))
  }

  /** Bytes that an entry of the key packed last is allocated with. @internal */
  protected newBytes(words: number): number {
    return 4 * (this.valueAfter(this.packedEnd()) + words)
  }

  /** Makes an entry: everything that can fail comes first. Returns its block. @internal */
  protected insertEntry(hash: number, value: V, words: number): Pointer {
    this.makeRoom(hash)
    const at = this.valueAfter(this.packedEnd())
    const entry = this.take(4 * (at + words))
    this.writeKey(entry)
    this.codec.write(this.heap, entry, at, value)
    this.link(hash, entry)
    return entry
  }

  /** Puts a value into an entry that was found: into its block where that is of the right size, else into a new one. @internal */
  protected update(entry: Pointer, value: V, words: number): Pointer {
    const { heap } = this
    const at = this.valueAfter(this.packedEnd())
    if (this.codec.wordsAt === undefined) {
      this.codec.write(heap, entry, at, value)
      return entry
    }
    const before = this.entryBytes(entry)
    if (fits(heap, entry, before, 4 * (at + words))) {
      this.codec.write(heap, entry, at, value)
      return entry
    }
    const fresh = this.take(4 * (at + words))
    this.writeKey(fresh)
    for (let word = 1; word <= this.extra; word++) setWord(heap, fresh, word, getWord(heap, entry, word))
    this.codec.write(heap, fresh, at, value)
    this.relink(fresh)
    this.put(entry, before)
    return fresh
  }

  protected override freeOwned(segment: Pointer, slots: number): void {
    this.eachEntry(segment, slots, (entry) => this.heap.free(entry))
  }
}

/** str -> f64: the same with its hot calls written for these kinds alone, because V8 learns types per function. */
export class TextDoubleDict extends EntryDict<string, number> {
  /** @internal */
  constructor(heap: Heap, codec: Codec<number>) {
    super(heap, textKey, codec)
  }

  override get(key: string): number | undefined {
    if (typeof key !== 'string') throw typeError(`ebb: key is str, a string, got ${show(key)} (${typeof key})`)
    const entry = this.find(pack(key))
    if (this.dirBase < 0 || scratch[0] === 0) return entry === 0 ? undefined : this.valueIn(entry)
    // One exit: where a double is returned on one path and undefined on another, V8 boxes the double.
    return f64[entry === 0 ? -1 : (near8 + (entry << 1) + (((scratch[0] as number) + 1) >> 1)) | 0]
  }

  override has(key: string): boolean {
    if (typeof key !== 'string') throw typeError(`ebb: key is str, a string, got ${show(key)} (${typeof key})`)
    return this.find(pack(key)) !== 0
  }

  override set(key: string, value: number): void {
    if (typeof value !== 'number') refuseValue('value', 'f64', value)
    if (typeof key !== 'string') throw typeError(`ebb: key is str, a string, got ${show(key)} (${typeof key})`)
    const hash = pack(key)
    const entry = this.find(hash)
    const words = scratch[0] as number
    if (this.dirBase < 0 || words === 0) {
      if (entry === 0) this.insertEntry(hash, value, 2)
      else this.update(entry, value, 2)
    } else if (entry === 0) this.insertNear(hash, value, words)
    else f64[(near8 + (entry << 1) + ((words + 1) >> 1)) | 0] = value
  }

  /** Puts an entry into the free slot at which `find` has ended. */
  private insertNear(hash: number, value: number, words: number): void {
    const { segment, slots, slot, owner } = this
    const base = (near4 + (segment << 2) + headerWords) | 0
    const count = i32[(base + countBefore) | 0] as number
    if (count >= (slots * (slots > 1400 ? 12 : 11)) >>> 4) {
      this.insertEntry(hash, value, 2)
      return
    }
    const at = (words + 1) >> 1
    const entry = this.take((at + 1) << 3)
    setWord(this.heap, entry, 0, owner + (scratch[1] as number))
    for (let word = 1; word < words; word++) setWord(this.heap, entry, word, scratch[word + 1] as number)
    setDouble(this.heap, entry, 2 * at, value)
    i32[(base + (slot << 1)) | 0] = hash
    i32[(base + (slot << 1) + 1) | 0] = entry
    i32[(base + countBefore) | 0] = count + 1
    this.count++
    this.version = (this.version + 1) & 0x3fff_ffff
  }
}
