/**
 * Compaction moves blocks, so that OS pages go back which an allocator that cannot move has to keep for one live block each. (Evan
 * Jones's third experiment, "with reallocation".)
 *
 *     1. in each size class: blocks from the sparsest runs into free places of the fullest, while that can empty a run
 *     2. runs from the emptiest arenas into free pools of the fullest, while that can empty an arena
 *
 * The books are sound whenever the caller's `moved` runs: it may allocate, free and throw. So whatever is remembered across a call of it
 * is checked again after.
 */

import {
  FREE_POOLS_MAX,
  type Pointer,
  pointerTo,
  poolOf,
  recordOf,
  type SizeClass,
  type Slot,
  slotOf,
} from '../base/layout'
import { blockBytesOf, runBlocksOf, WHOLE_RUN } from '../base/size-classes'
import { CLASS, freePools, isFreePool, LENGTH, PINS, recordWord, runsOf, word } from '../books/ledger'
import type { HeapParts } from '../supply/parts'
import { freeBlock } from './free'
import { copyBlock, isLive, listBlocks, usableBytes } from './live-blocks'
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
 * An arena is emptied only if it has no more pools in use than this: all that is won is its ledger, one OS page.
 */
const EVACUATE_MAX = FREE_POOLS_MAX >> 2

/** One call of `compact`: the moves it makes and the budget it keeps to. */
export class Compactor {
  moved = 0
  private readonly parts: HeapParts
  private readonly tell: Moved
  private readonly maxBlocks: number
  private readonly deadline: number

  constructor(parts: HeapParts, tell: Moved, { maxBlocks, maxMs }: Required<CompactBudget>) {
    this.parts = parts
    this.tell = tell
    this.maxBlocks = maxBlocks
    this.deadline = maxMs === Infinity ? Infinity : parts.clock.now() + maxMs
  }

  /** Moves blocks until nothing can be emptied or the budget is spent. Returns whether it got to the end. */
  run(): boolean {
    for (let c = 1 as SizeClass; c < WHOLE_RUN; c++) if (!this.compactClass(c)) return false
    return this.compactArenas()
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

  private compactClass(sizeClass: SizeClass): boolean {
    const perRun = runBlocksOf(sizeClass)
    if (perRun < 2) return true
    this.parts.magazines.releaseClass(sizeClass)
    const runs: { run: Pointer; live: number }[] = []
    for (let run = this.parts.used.head(sizeClass); run !== 0; run = this.parts.used.next(run)) {
      runs.push({ run, live: this.liveIn(run, sizeClass) })
    }
    runs.sort((a, b) => b.live - a.live || a.run - b.run)
    let places = 0
    for (const { live } of runs) places += perRun - live
    let target = 0
    for (let source = runs.length - 1; source > target; source--) {
      const { run, live } = runs[source] as { run: Pointer; live: number }
      places -= perRun - live
      if (places < live) return true // no run can be emptied any more
      places -= live
      for (const from of this.blocks(run, sizeClass)) {
        if (this.isSpent) return false
        target = this.nextTarget(runs, target, source, sizeClass)
        if (target === source) return true
        this.move(from, (runs[target] as { run: Pointer }).run, sizeClass)
      }
    }
    return true
  }

  /** The live blocks of a run now, as a list: what moves them changes the map they are read from. */
  private blocks(run: Pointer, sizeClass: SizeClass): Pointer[] {
    if (this.liveIn(run, sizeClass) < 0) return []
    const ledger = this.parts.table.ledger(slotOf(run))
    return listBlocks(this.parts.table, run, recordWord(ledger, poolOf(run), LENGTH))
  }

  private nextTarget(runs: readonly { run: Pointer }[], target: number, source: number, sizeClass: SizeClass): number {
    while (target < source) {
      const live = this.liveIn((runs[target] as { run: Pointer }).run, sizeClass)
      if (live > 0 && live < runBlocksOf(sizeClass)) return target
      target++
    }
    return source
  }

  /** Moves one block into a run of its class that has a free place. */
  private move(from: Pointer, run: Pointer, sizeClass: SizeClass): void {
    const { parts } = this
    if (!isLive(parts.table, from) || parts.pins.has(from)) return // the callback freed or pinned it
    const byteLength = usableBytes(parts, from)
    if (sizeClass !== WHOLE_RUN && byteLength !== blockBytesOf(sizeClass)) return // and another block is there now
    const to = parts.magazines.ownsClass(sizeClass)
      ? parts.magazines.takeIn(sizeClass, run)
      : parts.runs.takeIn(sizeClass, run)
    copyBlock(parts.table, from, to, byteLength)
    this.moved++
    const { map } = parts.table
    map.setMagazine(from, 0) // so that a free of it reaches free.ts, which refuses it
    parts.moving = from
    try {
      this.tell(from, to)
    } finally {
      parts.moving = 0
      if (isLive(parts.table, from)) {
        const isPinned = recordWord(parts.table.ledger(slotOf(from)), poolOf(from), PINS) > 0
        if (parts.magazines.ownsClass(sizeClass) && !isPinned) map.setMagazine(from, sizeClass)
        if (!parts.pins.has(from)) freeBlock(parts, from, true)
      }
    }
  }

  /** Empties arenas, those with the fewest pools in use first, while the others have room for all of their runs. */
  private compactArenas(): boolean {
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
      if (FREE_POOLS_MAX - free > EVACUATE_MAX) return true
      if (room < FREE_POOLS_MAX - free) return true
      if (!this.evacuate(slot)) return false
      room -= FREE_POOLS_MAX - free
    }
    return true
  }

  /** Moves the runs of an arena elsewhere. Returns false where the budget ended it. */
  private evacuate(slot: Slot): boolean {
    const { table, arenas } = this.parts
    for (const [pool, length] of [...runsOf(table.ledger(slot))]) {
      if (this.isSpent) return false
      if (!table.isArena(slot)) return true
      const run = pointerTo(slot, pool, 0)
      const ledger = table.ledger(slot)
      const sizeClass = word(ledger, recordOf(pool) + CLASS) as SizeClass
      const isUnchanged = !isFreePool(ledger, pool) && recordWord(ledger, pool, LENGTH) === length
      if (!isUnchanged || this.liveIn(run, sizeClass) <= 0) continue
      const target = arenas.takeRunElsewhere(length, slot)
      if (target !== 0 && !this.moveRun(run, target, sizeClass, length)) return false
    }
    return true
  }

  /**
   * Moves the blocks of a run into one that was just taken. The first goes without a look at the budget, whose clock is the caller's code:
   * from its move on, the new run is an ordinary used one, and goes back by itself when its last block is freed.
   */
  private moveRun(run: Pointer, target: Pointer, sizeClass: SizeClass, length: number): boolean {
    const { magazines, runs } = this.parts
    const blocks = this.blocks(run, sizeClass)
    if (magazines.ownsClass(sizeClass)) magazines.adopt(sizeClass, target)
    else runs.adopt(sizeClass, target, length)
    for (const from of blocks) {
      if (from !== blocks[0]) {
        if (this.isSpent) return false
        const live = this.liveIn(target, sizeClass)
        if (live <= 0 || live >= runBlocksOf(sizeClass)) return true // the callback filled, emptied or pinned it
      }
      this.move(from, target, sizeClass)
    }
    return true
  }
}
