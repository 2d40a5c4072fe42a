/**
 * Large blocks: whole OS pages each (large-memory.ts has where), one slot of the arena table each.
 *
 * The memory of a freed one is kept, dirty, until the decay is over: a request for the same number of OS pages gets it back
 * without a call to the operating system.
 */

import { HeapError } from '../base/errors'
import { largePointer, type Pointer, slotOf } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import type { Budget } from '../books/budget'
import type { Decay } from '../release/decay'
import { LargeMemory, type Memory, STEP_BYTES } from './large-memory'

interface Kept {
  readonly memory: Memory
  readonly stamp: number
  /** Bytes from the start that have been discarded already. */
  discarded: number
}

export class LargeBlocks {
  readonly #table: ArenaTable
  readonly #budget: Budget
  readonly #decay: Decay
  readonly #memory: LargeMemory
  /** Of freed blocks, oldest first. */
  readonly #kept: Kept[] = []
  count = 0
  bytes = 0
  keptBytes = 0
  /** Whether the block taken last reads zero throughout. */
  tookZeroed = false

  constructor(table: ArenaTable, budget: Budget, decay: Decay) {
    this.#table = table
    this.#budget = budget
    this.#decay = decay
    this.#memory = new LargeMemory(table, budget)
  }

  get hasKept(): boolean {
    return this.#kept.length > 0
  }

  /** Bytes one block can have. */
  get maxByteLength(): number {
    return this.#budget.os.maxByteLength
  }

  /** Bytes of kept memory that are resident by the books. */
  get keptResidentBytes(): number {
    let bytes = 0
    for (const { memory, discarded } of this.#kept) bytes += memory.byteLength - discarded
    return bytes
  }

  /** @param isPageAligned - at a multiple of an OS page, and not only of a pool */
  take(byteLength: number, isPageAligned = false): Pointer {
    const rounded = this.#round(byteLength)
    const kept = this.#takeKept(rounded, isPageAligned)
    const memory = kept ?? this.#memory.map(rounded, isPageAligned)
    const pointer = largePointer(this.#memory.open(memory))
    this.tookZeroed = kept === undefined
    this.count++
    this.bytes += rounded
    this.#table.map.set(pointer)
    return pointer
  }

  #takeKept(byteLength: number, isPageAligned: boolean): Memory | undefined {
    const fits = ({ memory }: Kept): boolean =>
      memory.byteLength === byteLength && (!isPageAligned || this.#memory.isPageAligned(memory))
    const at = this.#kept.findLastIndex(fits)
    if (at < 0) return undefined
    const { memory } = this.#kept.splice(at, 1)[0] as Kept
    this.keptBytes -= byteLength
    if (this.#memory.isAttached(memory)) return memory
    this.#budget.writeOff(byteLength) // user code had a view on it and took it away
    return undefined
  }

  /** Gives a block back that is live; `epoch` is when. */
  put(pointer: Pointer, epoch: number): void {
    const memory = this.#close(pointer)
    if (this.#decay.decayMs === 0) {
      this.#memory.unmap(memory)
      return
    }
    this.#kept.push({ memory, stamp: epoch, discarded: 0 })
    this.keptBytes += memory.byteLength
  }

  #close(pointer: Pointer): Memory {
    const memory = this.#memory.close(slotOf(pointer))
    this.#table.map.clear(pointer)
    this.count--
    this.bytes -= memory.byteLength
    return memory
  }

  /** Bytes of a large block. */
  byteLength(pointer: Pointer): number {
    return this.#table.payload(slotOf(pointer)).length
  }

  /** Makes a block longer without copying it; the pointer stays. False where that cannot be. */
  growInPlace(pointer: Pointer, byteLength: number): boolean {
    const rounded = this.#round(byteLength)
    const before = this.byteLength(pointer)
    if (!this.#memory.grow(slotOf(pointer), rounded)) return false
    this.bytes += rounded - before
    return true
  }

  /** Moves a block to where it is longer, its OS pages where the system can. Returns where; 0 where that cannot be. */
  move(pointer: Pointer, byteLength: number): Pointer | 0 {
    const rounded = this.#round(byteLength)
    const before = this.byteLength(pointer)
    const slot = this.#memory.move(slotOf(pointer), rounded)
    if (slot === 0) return 0
    this.bytes += rounded - before
    const moved = largePointer(slot)
    this.#table.map.set(moved)
    return moved
  }

  /**
   * Gives back one step's worth of the oldest kept memory that has expired (any, where `all` is set).
   * @returns bytes of resident memory given back; 0 where nothing has expired
   */
  giveBackStep(epoch: number, all: boolean): number {
    const kept = this.#kept[0]
    if (kept === undefined || !(all || this.#decay.hasExpired(kept.stamp, epoch))) return 0
    const { memory, discarded } = kept
    const step = Math.min(STEP_BYTES, memory.byteLength - discarded)
    if (discarded + step < memory.byteLength && this.#memory.discard(memory, discarded, step)) {
      kept.discarded += step
      return step
    }
    this.#kept.shift()
    this.keptBytes -= memory.byteLength
    this.#memory.unmap(memory)
    return step
  }

  /** Gives back everything: the heap closes. */
  close(): void {
    for (const slot of this.#table.slots()) {
      if (this.#table.isLarge(slot)) this.#memory.unmap(this.#close(largePointer(slot)))
    }
    for (const { memory } of this.#kept.splice(0)) this.#memory.unmap(memory)
    this.keptBytes = 0
  }

  /** The heap was collected: the slots of what was kept are free again. */
  abandon(): void {
    for (const { memory } of this.#kept.splice(0)) this.#memory.abandon(memory)
  }

  /** Counts off large blocks whose mappings user code has taken away. */
  recount(count: number, bytes: number): number {
    const lost = this.bytes - bytes
    this.count = count
    this.bytes = bytes
    return lost
  }

  #round(byteLength: number): number {
    const max = this.#budget.os.maxByteLength
    if (byteLength > max) {
      throw new HeapError(
        'EBB_OUT_OF_MEMORY',
        `ebb: one block can have at most ${max} bytes in this version of Node, got ${byteLength}; split it, or use a newer Node`,
      )
    }
    return Math.min(
      this.#budget.roundUp(byteLength),
      Math.floor(max / this.#budget.os.osPageSize) * this.#budget.os.osPageSize,
    )
  }
}
