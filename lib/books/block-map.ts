/**
 * What is known of every block and pool of a heap, in the columns of its space (space.ts): which blocks are live, where a pool's freed
 * blocks go, how many of a run's blocks are taken, and how long a lone block is. Several heaps share the columns; a slot is one heap's.
 *
 * The bits of `live` are the free maps of the pools. They stand here and not in the ledgers because of what a read of a ledger
 * costs from JavaScript. Nothing a caller writes into his blocks can reach them either.
 */
import { countBits } from '../base/bits'
import { GRANULES_PER_ARENA, GRANULES_PER_POOL, POOL_SHIFT, type Pointer } from '../base/layout'
import { space } from '../space/thread-space'

const WORDS_PER_POOL = GRANULES_PER_POOL / 32
// Of constants V8 knows the values, and of an array its address and length; what stands in fields it reads and asks at each access.
const { words, owners, taken } = space
const poolShift = POOL_SHIFT

export class BlockMap {
  /** All words of the space. Bit g & 31 of word g >>> 5: a live block starts at granule g, which is what a pointer is. */
  readonly words = words
  /** Word of this heap's magazines: that of class c has its top at `base + c`. */
  readonly base: number
  private readonly end = space.slots * GRANULES_PER_ARENA

  constructor(base: number) {
    this.base = base
  }

  /** Whether a live block of some heap starts at the pointer. False for any integer that is not a pointer. */
  has(pointer: number): boolean {
    if (pointer < 0 || pointer >= this.end) return false
    return ((words[pointer >>> 5] as number) & (1 << (pointer & 31))) !== 0
  }

  set(pointer: Pointer): void {
    words[pointer >>> 5] = (words[pointer >>> 5] as number) | (1 << (pointer & 31))
  }

  clear(pointer: Pointer): void {
    words[pointer >>> 5] = (words[pointer >>> 5] as number) & ~(1 << (pointer & 31))
  }

  /** One of the WORDS_PER_POOL words of a pool's free map, given its granule 0. */
  word(pool: Pointer, column: number): number {
    return words[(pool >>> 5) + column] as number
  }

  /** The size class to whose magazine a pool's freed blocks go, given its granule 0; 0: a free in it is not for the fast path. */
  magazineOf(pool: Pointer): number {
    const owner = words[(owners + (pool >>> poolShift)) | 0] as number
    return owner === 0 ? 0 : owner - this.base
  }

  /** Sets that of a pool, or of several neighbours. */
  setMagazine(pool: Pointer, sizeClass: number, pools = 1): void {
    const first = (owners + (pool >>> poolShift)) | 0
    const owner = sizeClass === 0 ? 0 : this.base + sizeClass
    for (let at = first; at < first + pools; at++) words[at] = owner
  }

  /**
   * Blocks of a shared run that are live or in a magazine, at its first pool; of one that rests, the next that rests, shifted so that the low
   * nine bits are 0 (resting-pools.ts); pools of a lone block, where it begins. Else meaningless.
   */
  takenOf(run: Pointer): number {
    return words[(taken + (run >>> poolShift)) | 0] as number
  }

  setTaken(run: Pointer, blocks: number): void {
    words[(taken + (run >>> poolShift)) | 0] = blocks
  }

  /** Live blocks in the pools of a run. */
  count(run: Pointer, pools: number): number {
    let live = 0
    for (let column = 0; column < pools * WORDS_PER_POOL; column++) live += countBits(this.word(run, column))
    return live
  }
}
