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
import { HeapError, type OsFailure } from './errors'
import { GRANULES_PER_ARENA, GRANULES_PER_POOL, type Pointer, POOL_SHIFT, POOLS_PER_ARENA, type Slot, SLOT_SHIFT } from './layout'
import type { OsPages } from './os-pages'

const WORDS_PER_SLOT = GRANULES_PER_ARENA / 32
const WORDS_PER_POOL = GRANULES_PER_POOL / 32
const BYTES_PER_SLOT = WORDS_PER_SLOT * 4
/** Slots of the first mapping. */
const SLOTS_MIN = 64

export class BlockMap {
  /** Bit g & 31 of word g >>> 5: a live block starts at granule g of the heap, which is what a pointer is. */
  words = new Int32Array(0)
  /** The magazine of each pool's blocks, which is its size class; 0: none, a free is not for the fast path. */
  magazines = new Uint8Array(0)
  /** Blocks of a run that are live or in a magazine, at its first pool. Meaningless elsewhere. */
  taken = new Uint16Array(0)
  private readonly os: OsPages

  constructor(os: OsPages) {
    this.os = os
  }

  /** Slots there is room for. */
  get slots(): number {
    return this.magazines.length / POOLS_PER_ARENA
  }

  /** Bytes mapped for the bits. */
  get byteLength(): number {
    return this.words.byteLength
  }

  /** Makes room for a slot. Throws EBB_OUT_OF_MEMORY, everything as it was. */
  reserve(slot: Slot): void {
    if (slot < this.slots) return
    this.resize(Math.max(SLOTS_MIN, this.slots * 2, slot + 1))
  }

  /** Cuts the columns back if less than a quarter is wanted for slots below `end`. Failing to is no harm. */
  trim(end: number): void {
    if (this.slots <= SLOTS_MIN || end > this.slots / 4) return
    try {
      this.resize(Math.max(SLOTS_MIN, end * 2))
    } catch {
      // No memory for the smaller columns: the larger ones go on serving.
    }
  }

  private resize(slots: number): void {
    const page = this.os.osPageSize
    const words = new Int32Array(this.map(Math.ceil((slots * BYTES_PER_SLOT) / page) * page))
    const magazines = new Uint8Array(slots * POOLS_PER_ARENA)
    words.set(this.words.subarray(0, Math.min(this.words.length, slots * WORDS_PER_SLOT)))
    magazines.set(this.magazines.subarray(0, magazines.length))
    const taken = new Uint16Array(slots * POOLS_PER_ARENA)
    taken.set(this.taken.subarray(0, taken.length))
    const old = this.words.buffer
    this.words = words
    this.magazines = magazines
    this.taken = taken
    if (old.byteLength > 0) this.os.unmap(old)
  }

  private map(byteLength: number): ArrayBuffer {
    try {
      return this.os.map(byteLength)
    } catch (cause) {
      const failure = cause as OsFailure & Error
      throw new HeapError(
        'EBB_OUT_OF_MEMORY',
        `ebb: the operating system refused ${byteLength} bytes for the heap's books (${failure.syscall ?? 'map'}: ${failure.code ?? failure.message}); free memory or raise the process's limit`,
        cause,
      )
    }
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

  /** Gives the columns back: nothing is live any more. */
  close(): void {
    const old = this.words.buffer
    this.words = new Int32Array(0)
    this.magazines = new Uint8Array(0)
    this.taken = new Uint16Array(0)
    if (old.byteLength > 0) this.os.unmap(old)
  }
}
