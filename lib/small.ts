/**
 * Blocks in one-pool runs: every small size class and the medium ones whose blocks fit one pool well. The hot path.
 *
 *     take(class)   lowest bit of the class's claim --> set its bit in the ledger, count it        claim empty: #refill
 *     put(pool)     (Heap.free has cleared the bit) the two borders of a free                      was full, now empty
 *
 * A claim is a word of blocks of the class's first used pool that are known to be free: bit b stands for the block at
 * base + b * stride. It only remembers what the free map says, so the ledger is always the truth: a free never has to look
 * at claims, and what was freed since is found by the next #refill. What it buys is that one alloc does not wait for the
 * memory written by the free before it.
 */
import { type ArenaTable, NULL_LEDGER } from './arena-table'
import type { Arenas } from './arenas'
import { lowestBit } from './bits'
import { HeapError, showPointer } from './errors'
import {
  GRANULE_SHIFT,
  GRANULES_PER_POOL,
  MAP_WORD,
  MAP_WORDS,
  type Pointer,
  RECORD_MASK,
  RECORD_SHIFT,
  type SizeClass,
  slotOf,
} from './layout'
import { CLASS, COUNTS, HINT, LENGTH, LIVE_MASK, ONE_FREE, PINS, packCounts, TAKE_ONE, word } from './ledger'
import { blockBytesOf, CLASS_TABLE_LENGTH, runBlocksOf, runPoolsOf, START_BITS } from './size-class'
import type { UsedPools } from './used-pools'

// File-local copies: an imported binding is a property load on every use.
const mapWord = MAP_WORD
const wordsLog2 = Math.log2(MAP_WORDS)
const wordMask = MAP_WORDS - 1
const recordShift = RECORD_SHIFT
const recordMask = RECORD_MASK
const oneFree = ONE_FREE
const takeOne = TAKE_ONE
const counts = COUNTS
const startBits = START_BITS
const granulesPerWordLog2 = 5

/**
 * The claim of a size class. An object with fields rather than columns of typed arrays: no bounds to check on the hot path.
 */
class Claim {
  /** Bit b set: the block at base + b * stride is free. 0: nothing is claimed. */
  blocks = 0
  /** Pointer that bit 0 stands for. Meaningless without a claim. */
  base = 0
  /**
   * Granules between two bits. A class of at most 32 blocks a pool has all of them in one claim; a finer one has one
   * word of the free map, whose bits are granules.
   */
  readonly stride: number
  /** Ledger of the arena of `base`. Meaningless without a claim. */
  ledger: Int32Array = NULL_LEDGER

  constructor(sizeClass: SizeClass) {
    this.stride = runBlocksOf(sizeClass) <= 32 ? blockBytesOf(sizeClass) >> GRANULE_SHIFT : 1
  }
}

export class SmallBlocks {
  private readonly claims: Claim[] = []
  /** Called when a lost arena was met: rebuilds the books without it (recover.ts). */
  rebuild: () => void = () => {}
  private readonly table: ArenaTable
  private readonly arenas: Arenas
  private readonly used: UsedPools

  constructor(table: ArenaTable, arenas: Arenas, used: UsedPools) {
    this.table = table
    this.arenas = arenas
    this.used = used
    for (let sizeClass = 0; sizeClass < CLASS_TABLE_LENGTH; sizeClass++)
      this.claims.push(new Claim(sizeClass as SizeClass))
  }

  /** Takes a block of a class of one-pool runs. */
  take(sizeClass: SizeClass): Pointer {
    const claim = this.claims[sizeClass] as Claim
    let blocks = claim.blocks
    if (blocks === 0) blocks = this.refill(sizeClass, claim)
    claim.blocks = blocks & (blocks - 1)
    const block = 31 - Math.clz32(blocks & -blocks)
    const pointer = ((claim.base + Math.imul(block, claim.stride)) | 0) as Pointer
    const ledger = claim.ledger
    const record = (pointer >>> recordShift) & recordMask
    const index = record + mapWord + ((pointer >>> granulesPerWordLog2) & wordMask)
    // In a lost arena this reads undefined, of which `| 0` makes less than any count.
    const after = ((ledger[record + counts] as number) + takeOne) | 0
    ledger[index] = (ledger[index] as number) | (1 << pointer)
    ledger[record + counts] = after
    return after >= oneFree ? pointer : this.filled(sizeClass, ledger, pointer)
  }

  /** The block just taken was the last free one of its pool. */
  private filled(sizeClass: SizeClass, ledger: Int32Array, pointer: Pointer): Pointer {
    if (ledger.length === 0 || this.table.sawLost) return this.retake(sizeClass)
    this.used.unlink(sizeClass, poolStart(pointer))
    if (this.table.sawLost) this.rebuild()
    return pointer
  }

  /** The arena of the cursor is lost: rebuilds the books without it, then takes a block elsewhere. */
  private retake(sizeClass: SizeClass): Pointer {
    this.rebuild()
    return this.take(sizeClass)
  }

  /** The claim is used up: claims more in the first used pool, or in a fresh one. Returns the blocks claimed. */
  private refill(sizeClass: SizeClass, claim: Claim): number {
    const head = this.used.head(sizeClass)
    claimBlocks(claim, sizeClass, head === 0 ? this.openPool(sizeClass) : head, this.table)
    if (!this.table.sawLost) return claim.blocks
    this.rebuild()
    return this.refill(sizeClass, claim)
  }

  private openPool(sizeClass: SizeClass): Pointer {
    const pool = this.arenas.takeRun(1)
    this.adopt(sizeClass, pool)
    return pool
  }

  /** Whether the blocks of a class lie in runs of one pool, so that they are this file's. */
  ownsClass(sizeClass: SizeClass): boolean {
    return runPoolsOf(sizeClass) === 1
  }

  /** Makes a pool just taken a used pool of the class. */
  adopt(sizeClass: SizeClass, pool: Pointer): void {
    const ledger = this.table.ledger(slotOf(pool))
    const record = (pool >>> recordShift) & recordMask
    ledger[record + COUNTS] = packCounts(runBlocksOf(sizeClass), 0)
    ledger[record + CLASS] = sizeClass
    ledger[record + LENGTH] = 1
    ledger[record + HINT] = 0
    ledger[record + PINS] = 0
    this.used.link(sizeClass, pool)
  }

  /** Takes a block in a given used pool of the class. */
  takeIn(sizeClass: SizeClass, pool: Pointer): Pointer {
    ;(this.claims[sizeClass] as Claim).blocks = 0 // it may hold the block taken here
    const ledger = this.table.ledger(slotOf(pool))
    const record = (pool >>> recordShift) & recordMask
    let column = 0
    while (freeInWord(ledger, record, sizeClass, column) === 0) column++
    const free = freeInWord(ledger, record, sizeClass, column)
    const after = word(ledger, record + COUNTS) + TAKE_ONE
    ledger[record + mapWord + column] = word(ledger, record + mapWord + column) | (free & -free)
    ledger[record + COUNTS] = after
    if (after < ONE_FREE) this.used.unlink(sizeClass, pool)
    return (pool + (column << granulesPerWordLog2) + lowestBit(free)) as Pointer
  }

  /**
   * A block of a one-pool run was freed, its bit cleared, its counts not yet: counts it, and links a run that was full,
   * puts back one that is empty now.
   * @param before - COUNTS before the free
   */
  put(pool: Pointer, ledger: Int32Array, record: number, before: number): void {
    const sizeClass = word(ledger, record + CLASS) as SizeClass
    ledger[record + COUNTS] = before - TAKE_ONE
    if ((before & LIVE_MASK) > 1) {
      if (before < ONE_FREE) this.used.link(sizeClass, pool)
      return
    }
    if (before >= ONE_FREE) this.unlink(sizeClass, pool)
    this.arenas.putRun(pool, 1)
  }

  /** Takes a used pool away from its class. */
  unlink(sizeClass: SizeClass, pool: Pointer): void {
    if (this.used.head(sizeClass) === pool) (this.claims[sizeClass] as Claim).blocks = 0
    this.used.unlink(sizeClass, pool)
  }

  /** Forgets all claims: the books were rebuilt, or closed. */
  dropClaims(): void {
    for (const claim of this.claims) {
      claim.blocks = 0
      claim.ledger = NULL_LEDGER
    }
  }
}

const freeInWord = (ledger: Int32Array, record: number, sizeClass: SizeClass, column: number): number =>
  ~word(ledger, record + mapWord + column) & (startBits[(sizeClass << wordsLog2) + column] as number)

/** Claims free blocks of the used pool `head`: all of them, or those in one word, going on where the last claim was. */
function claimBlocks(claim: Claim, sizeClass: SizeClass, head: Pointer, table: ArenaTable): void {
  const ledger = table.ledger(slotOf(head))
  const record = (head >>> recordShift) & recordMask
  const starts = sizeClass << wordsLog2
  claim.ledger = ledger
  if (claim.stride > 1) {
    claim.base = head
    claim.blocks = gatherFree(ledger, record, starts, claim.stride)
  } else {
    const from = word(ledger, record + HINT)
    for (let i = 0; i < MAP_WORDS && claim.blocks === 0; i++) {
      const column = (from + i) & wordMask
      ledger[record + HINT] = column
      claim.base = head + (column << granulesPerWordLog2)
      claim.blocks = ~word(ledger, record + mapWord + column) & (startBits[starts + column] as number)
    }
  }
  if (claim.blocks === 0 && !table.sawLost) {
    throw new HeapError(
      'EBB_CORRUPT',
      `ebb: pool ${showPointer(head)} is listed as used but has no free block; something wrote into its ledger`,
    )
  }
}

/** The free blocks of a pool of at most 32, as one word: bit b = block b. */
function gatherFree(ledger: Int32Array, record: number, starts: number, stride: number): number {
  let blocks = 0
  for (let column = 0; column < wordMask + 1; column++) {
    let free = ~(ledger[record + mapWord + column] as number) & (startBits[starts + column] as number)
    for (; free !== 0; free &= free - 1) {
      const granule = (column << granulesPerWordLog2) + 31 - Math.clz32(free & -free)
      blocks |= 1 << ((granule / stride) | 0)
    }
  }
  return blocks
}

/** Granule 0 of the pool that a pointer points into. */
export const poolStart = (pointer: Pointer): Pointer => (pointer & -GRANULES_PER_POOL) as Pointer
