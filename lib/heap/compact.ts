/**
 * Compaction moves blocks, so that OS pages go back which an allocator that cannot move has to keep for one live block each. (Evan
 * Jones's third experiment, "with reallocation".)
 *
 *     1. in each size class: blocks from the sparsest runs into free places of the fullest, while that can empty a run
 *     2. runs from the emptiest arenas into free pools of the fullest, while that can empty an arena
 *
 * The books are sound whenever the caller's `moved` runs: it may allocate, free and throw. So whatever is remembered across a call of it
 * is checked again after. The same holds for a compaction that pauses (idle.ts): it is a generator, which yields where its time is over.
 */

import { type CompactMessage, compactChannel } from '../base/channels'
import {
  FREE_POOLS_MAX,
  POOL_BYTES,
  POOLS_PER_ARENA,
  type Pointer,
  type PoolIndex,
  pointerTo,
  poolOf,
  recordOf,
  type SizeClass,
  type Slot,
  slotOf,
} from '../base/layout'
import { blockBytesOf, CLASS_TABLE_LENGTH, runBlocksOf, WHOLE_RUN } from '../base/size-classes'
import { CLASS, freePools, isFreePool, LENGTH, PINS, recordWord, runsOf, word } from '../books/ledger'
import { BOOK_BYTES_PER_SLOT } from '../space/plan'
import { MOVES } from '../space/tally'
import type { HeapParts } from '../supply/parts'
import { runOf } from '../supply/runs'
import { freeBlock } from './free'
import { clearBlock, copyBlock, isLive, listBlocks, usableBytes } from './live-blocks'
import type { CompactBudget } from './options'

/** The outcome of a call of `compact`. */
export interface CompactResult {
  /** Blocks moved. */
  readonly moved: number
  /** Bytes of resident memory given back. */
  readonly bytes: number
  /** False where the budget ended it: call again to go on. */
  readonly done: boolean
}

/** Called for each move, after the bytes are copied and before `from` is free. */
export type Moved = (from: Pointer, to: Pointer) => void

/**
 * An arena is emptied only if it has no more pools in use than this: all that is won is its books, some two OS pages.
 */
const EVACUATE_MAX = FREE_POOLS_MAX >> 2

/** A compaction ended: tells who listens. */
export function tellCompacted(parts: HeapParts, result: CompactResult, cause: CompactMessage['cause']): CompactResult {
  if (compactChannel.isHeard) compactChannel.tell({ ...parts.tag, ...result, cause })
  return result
}

/** Which blocks a compaction moves, and who follows. */
export interface Guide {
  /** Whether a block may move. Runs and arenas with one that may not are left alone. */
  mayMove(pointer: Pointer): boolean
  moved(from: Pointer, to: Pointer): void
}

/** Runs of each class that are not full, by their live blocks. */
type Runs = Pointer[][][]

/** One compaction: the moves it makes and the budget it keeps to. */
export class Compactor {
  moved = 0
  /** When it pauses, on the heap's clock. */
  deadline: number
  /** Found by {@link survey}: bytes of the pools in use, the arenas' ledgers and other books included, and of live blocks in them. */
  usedBytes = 0
  liveBytes = 0
  private readonly parts: HeapParts
  private readonly guide: Guide
  private readonly maxBlocks: number
  /** The blocks of the run that is being emptied: one list for all runs makes no garbage. */
  private readonly list: Pointer[] = []

  constructor(parts: HeapParts, guide: Guide, { maxBlocks, maxMs }: Required<CompactBudget>) {
    this.parts = parts
    this.guide = guide
    this.maxBlocks = maxBlocks
    this.deadline = maxMs === Infinity ? Infinity : parts.clock.now() + maxMs
  }

  /** Moves blocks until nothing can be emptied; yields while the budget is spent. */
  *steps(): Generator<void> {
    yield* this.compactRuns(yield* this.survey())
  }

  /** Looks at all runs, an arena at a time. */
  *survey(): Generator<void, Runs> {
    const { table } = this.parts
    const runs: Runs = Array.from({ length: CLASS_TABLE_LENGTH }, () => [])
    this.usedBytes = this.liveBytes = 0
    for (const slot of table.slots()) {
      while (this.isSpent) yield
      if (table.isArena(slot)) this.surveyArena(slot, runs)
    }
    return runs
  }

  private surveyArena(slot: Slot, runs: Runs): void {
    const { table } = this.parts
    const ledger = table.ledger(slot)
    this.usedBytes += POOL_BYTES + BOOK_BYTES_PER_SLOT
    let length = 1
    // Not by runsOf, whose pairs are garbage: V8 grew by them, and a dict of a million texts less 95 % held 1.5 of its live bytes, not 1.27.
    for (let pool = 1 as PoolIndex; pool < POOLS_PER_ARENA; pool = (pool + length) as PoolIndex) {
      length = isFreePool(ledger, pool) ? 1 : Math.max(1, recordWord(ledger, pool, LENGTH))
      if (isFreePool(ledger, pool)) continue
      const run = pointerTo(slot, pool, 0)
      const sizeClass = recordWord(ledger, pool, CLASS) as SizeClass
      const live = table.map.count(run, length)
      const blockBytes = sizeClass === WHOLE_RUN ? length * POOL_BYTES : blockBytesOf(sizeClass)
      this.usedBytes += length * POOL_BYTES
      this.liveBytes += live * blockBytes
      const most = sizeClass === WHOLE_RUN ? 1 : runBlocksOf(sizeClass)
      if (most > 1 && live > 0 && live < most && recordWord(ledger, pool, PINS) === 0) {
        const ofClass = runs[sizeClass] as Pointer[][]
        while (ofClass.length <= live) ofClass.push([])
        ;(ofClass[live] as Pointer[]).push(run)
      }
    }
  }

  /** Empties the runs that were found, and then arenas. */
  *compactRuns(runs: Runs): Generator<void> {
    for (let c = 1 as SizeClass; c < WHOLE_RUN; c++) yield* this.compactClass(c, runs[c] as Pointer[][])
    yield* this.compactArenas()
  }

  private get isSpent(): boolean {
    return this.moved >= this.maxBlocks || (this.deadline !== Infinity && this.parts.clock.now() >= this.deadline)
  }

  /** Live blocks of a run that is still a movable run of the class; -1 where it is not. */
  private liveIn(run: Pointer, sizeClass: SizeClass): number {
    const { table } = this.parts
    if (!table.isArena(slotOf(run))) return -1
    const ledger = table.ledger(slotOf(run))
    const pool = poolOf(run)
    if (isFreePool(ledger, pool) || recordWord(ledger, pool, CLASS) !== sizeClass || recordWord(ledger, pool, PINS) > 0)
      return -1
    return table.map.count(run, recordWord(ledger, pool, LENGTH))
  }

  /** @param byLive - its runs, by their live blocks: fullest last, and of equal ones the highest */
  private *compactClass(sizeClass: SizeClass, byLive: readonly Pointer[][]): Generator<void> {
    const perRun = runBlocksOf(sizeClass)
    const runs: Pointer[] = []
    let places = 0
    for (let live = byLive.length - 1; live >= 0; live--) {
      for (const run of byLive[live] as Pointer[]) runs.push(run)
      places += (byLive[live] as Pointer[]).length * (perRun - live)
    }
    let target = 0
    for (let source = runs.length - 1; source > target; source--) {
      const run = runs[source] as Pointer
      const blocks = this.blocks(run, sizeClass)
      places -= perRun - blocks.length
      if (places < blocks.length) return // no run can be emptied any more
      if (!this.mayLeave(blocks)) continue
      places -= blocks.length
      for (const from of blocks) {
        while (this.isSpent) yield
        target = this.nextTarget(runs, target, source, sizeClass)
        if (target === source) return
        this.move(from, runs[target] as Pointer, sizeClass)
      }
    }
  }

  private mayLeave(blocks: readonly Pointer[]): boolean {
    return blocks.every((pointer) => this.guide.mayMove(pointer))
  }

  /** The live blocks of a run now, as a list until the next call: what moves them changes the map they are read from. */
  private blocks(run: Pointer, sizeClass: SizeClass): Pointer[] {
    this.list.length = 0
    if (this.liveIn(run, sizeClass) < 0) return this.list
    const ledger = this.parts.table.ledger(slotOf(run))
    return listBlocks(this.parts.table, run, recordWord(ledger, poolOf(run), LENGTH), this.list)
  }

  private nextTarget(runs: readonly Pointer[], target: number, source: number, sizeClass: SizeClass): number {
    while (target < source) {
      const live = this.liveIn(runs[target] as Pointer, sizeClass)
      if (live > 0 && live < runBlocksOf(sizeClass)) return target
      target++
    }
    return source
  }

  /** Moves one block into a run of its class that has a free place. */
  private move(from: Pointer, run: Pointer, sizeClass: SizeClass): void {
    const { parts } = this
    if (!isLive(parts.table, from) || parts.pins.has(from)) return // somebody freed or pinned it since
    const byteLength = usableBytes(parts, from)
    if (sizeClass !== WHOLE_RUN && byteLength !== blockBytesOf(sizeClass)) return // and another block is there now
    if (!this.guide.mayMove(from)) return // or somebody else's
    const to =
      sizeClass === WHOLE_RUN
        ? parts.wholeRuns.adopt(run, byteLength / POOL_BYTES)
        : parts.magazines.takeIn(sizeClass, run)
    copyBlock(parts.table, from, to, byteLength)
    this.moved++
    parts.table.tally.set(MOVES, ++parts.moves)
    const { map } = parts.table
    map.setMagazine(from, 0) // so that a free of it reaches free.ts, which refuses it
    parts.moving = from
    try {
      this.guide.moved(from, to)
    } finally {
      parts.moving = 0
      if (isLive(parts.table, from)) {
        const isPinned = recordWord(parts.table.ledger(slotOf(from)), poolOf(runOf(parts.table, from)), PINS) > 0
        if (!isPinned) map.setMagazine(from, sizeClass)
        if (!parts.pins.has(from)) {
          if (parts.clearsFreed) clearBlock(parts.table, from, byteLength)
          freeBlock(parts, from, true)
        }
      }
    }
  }

  /** Empties arenas, those with the fewest pools in use first, while the others have room for all of their runs. */
  private *compactArenas(): Generator<void> {
    const { table, arenas } = this.parts
    const sparse: Slot[] = []
    let room = 0
    for (let slot = arenas.usable.fullest(1); slot !== 0; slot = arenas.usable.after(table.ledger(slot))) {
      sparse.push(slot)
      room += freePools(table.ledger(slot))
    }
    for (let i = sparse.length - 1; i > 0; i--) {
      const slot = sparse[i] as Slot
      if (!table.isArena(slot)) continue
      const ledger = table.ledger(slot)
      const free = freePools(ledger)
      room -= free
      if (free === FREE_POOLS_MAX) continue
      if (FREE_POOLS_MAX - free > EVACUATE_MAX) return
      if (room < FREE_POOLS_MAX - free) return
      yield* this.evacuate(slot)
      room -= FREE_POOLS_MAX - free
    }
  }

  /** Moves the runs of an arena elsewhere. */
  private *evacuate(slot: Slot): Generator<void> {
    const { table, arenas } = this.parts
    const found = [...runsOf(table.ledger(slot))]
    if (!found.every(([pool, length]) => this.mayLeave(listBlocks(table, pointerTo(slot, pool, 0), length)))) return
    for (const [pool, length] of found) {
      while (this.isSpent) yield
      if (!table.isArena(slot)) return
      const run = pointerTo(slot, pool, 0)
      const ledger = table.ledger(slot)
      const sizeClass = word(ledger, recordOf(pool) + CLASS) as SizeClass
      const isUnchanged = !isFreePool(ledger, pool) && recordWord(ledger, pool, LENGTH) === length
      if (!isUnchanged || this.liveIn(run, sizeClass) <= 0) continue
      const target = arenas.takeRunElsewhere(length, slot)
      if (target !== 0) yield* this.moveRun(run, target, sizeClass)
    }
  }

  /**
   * Moves the blocks of a run into one that was just taken. The first goes without a look at the budget, whose clock is the caller's code:
   * from its move on, the new run is an ordinary used one, and goes back by itself when its last block is freed.
   */
  private *moveRun(run: Pointer, target: Pointer, sizeClass: SizeClass): Generator<void> {
    const blocks = this.blocks(run, sizeClass)
    if (sizeClass !== WHOLE_RUN) this.parts.runs.adopt(sizeClass, target)
    for (const from of blocks) {
      if (from !== blocks[0]) {
        while (this.isSpent) yield
        const live = this.liveIn(target, sizeClass)
        if (live <= 0 || live >= runBlocksOf(sizeClass)) return // somebody filled, emptied or pinned it
      }
      this.move(from, target, sizeClass)
    }
  }
}
