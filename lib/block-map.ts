/**
 * What is known of every block and pool, indexed by the pointer itself: three columns over all slots.
 *
 *     words[pointer >>> 5]       32 granules' bits: a live block starts there      512 words (2 KiB) a slot
 *     magazines[pointer >>> 8]   where a pool's freed blocks go                    64 bytes a slot
 *     taken[pointer >>> 8]       blocks of a run that are live or in a magazine   128 bytes a slot
 *
 * `words` are the free maps of the pools. They stand here and not in the ledgers because of what a read of a ledger costs from
 * JavaScript: slot -> view -> buffer -> detached? -> data, five loads each waiting for the one before. The columns are one
 * load away (docs/performance.md has the numbers). Nothing a caller writes into his blocks can reach them either.
 *
 * The bits lie in a mapping of their own that doubles as slots are added; the columns begin anew when no slot is in use.
 */
import { countBits } from './bits'
import {
  GRANULES_PER_ARENA,
  GRANULES_PER_POOL,
  POOL_SHIFT,
  POOLS_PER_ARENA,
  type Pointer,
  SLOT_SHIFT,
  type Slot,
} from './layout'
import type { Mappings } from './mappings'

const WORDS_PER_SLOT = GRANULES_PER_ARENA / 32
const WORDS_PER_POOL = GRANULES_PER_POOL / 32
const BYTES_PER_SLOT = WORDS_PER_SLOT * 4
/** Slots of the first mapping. */
const SLOTS_MIN = 8

export class BlockMap {
  /** Bit g & 31 of word g >>> 5: a live block starts at granule g of the heap, which is what a pointer is. */
  words: Int32Array<ArrayBuffer> = new Int32Array(0)
  /** Words there are. A field, because the length of a typed array is no small integer to V8: 8 % of a replay. */
  wordCount = 0
  /**
   * The magazine of each pool's blocks, which is its size class; 0: none, a free is not for the fast path. (Of signed bytes, as
   * Node's Buffers keep V8 from trusting the type of a field that holds a Uint8Array.)
   */
  magazines = new Int8Array(0)
  /** Blocks of a run that are live or in a magazine, at its first pool. Meaningless elsewhere. */
  taken = new Uint16Array(0)
  private readonly mappings: Mappings

  constructor(mappings: Mappings) {
    this.mappings = mappings
  }

  /** Slots there is room for. */
  get slots(): number {
    return this.magazines.length / POOLS_PER_ARENA
  }

  /** Bytes mapped for the bits. */
  get byteLength(): number {
    return this.words.byteLength
  }

  /** Makes room for a slot. Throws EBB_OUT_OF_MEMORY or EBB_LIMIT, everything as it was. */
  reserve(slot: Slot): void {
    if (slot < this.slots) return
    this.resize(Math.max(SLOTS_MIN, this.slots * 2, slot + 1))
  }

  private resize(slots: number): void {
    const words = new Int32Array(this.mappings.map(this.mappings.roundUp(slots * BYTES_PER_SLOT)))
    const magazines = new Int8Array(slots * POOLS_PER_ARENA)
    words.set(this.words.subarray(0, Math.min(this.words.length, slots * WORDS_PER_SLOT)))
    magazines.set(this.magazines.subarray(0, magazines.length))
    const taken = new Uint16Array(slots * POOLS_PER_ARENA)
    taken.set(this.taken.subarray(0, taken.length))
    this.unmapWords()
    this.words = words
    this.wordCount = words.length
    this.magazines = magazines
    this.taken = taken
  }

  /** Whether a live block starts at the pointer. False for any number that is not a pointer. */
  has(pointer: number): boolean {
    const word = this.words[pointer >>> 5]
    return word !== undefined && (word & (1 << (pointer & 31))) !== 0
  }

  set(pointer: Pointer): void {
    this.words[pointer >>> 5] = (this.words[pointer >>> 5] as number) | (1 << (pointer & 31))
  }

  clear(pointer: Pointer): void {
    this.words[pointer >>> 5] = (this.words[pointer >>> 5] as number) & ~(1 << (pointer & 31))
  }

  /** One of the WORDS_PER_POOL words of a pool's free map, given its granule 0. */
  word(pool: Pointer, column: number): number {
    return this.words[(pool >>> 5) + column] as number
  }

  /** The magazine of a pool, given its granule 0. */
  magazineOf(pool: Pointer): number {
    return this.magazines[pool >>> POOL_SHIFT] as number
  }

  setMagazine(pool: Pointer, magazine: number): void {
    this.magazines[pool >>> POOL_SHIFT] = magazine
  }

  takenOf(run: Pointer): number {
    return this.taken[run >>> POOL_SHIFT] as number
  }

  setTaken(run: Pointer, taken: number): void {
    this.taken[run >>> POOL_SHIFT] = taken
  }

  /** Live blocks in the pools of a run. */
  count(run: Pointer, pools: number): number {
    let live = 0
    for (let column = 0; column < pools * WORDS_PER_POOL; column++) live += countBits(this.word(run, column))
    return live
  }

  /** Forgets a slot: nothing in it is live. */
  forget(slot: Slot): void {
    const first = slot << SLOT_SHIFT
    this.words.fill(0, first >>> 5, (first >>> 5) + WORDS_PER_SLOT)
    this.magazines.fill(0, first >>> POOL_SHIFT, (first >>> POOL_SHIFT) + POOLS_PER_ARENA)
    this.taken.fill(0, first >>> POOL_SHIFT, (first >>> POOL_SHIFT) + POOLS_PER_ARENA)
  }

  /** Gives the columns back: no slot is in use. */
  close(): void {
    this.unmapWords()
    this.words = new Int32Array(0)
    this.wordCount = 0
    this.magazines = new Int8Array(0)
    this.taken = new Uint16Array(0)
  }

  private unmapWords(): void {
    const { buffer, byteLength } = this.words
    if (byteLength > 0) this.mappings.unmap(buffer, byteLength)
  }
}
