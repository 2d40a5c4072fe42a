/**
 * Large blocks: one mapping of their own each, in whole OS pages, one slot of the arena table each.
 *
 * A freed one is kept, dirty, until the decay is over: a request for the same number of OS pages gets it back without a
 * call to the operating system.
 */
import type { ArenaTable } from './arena-table'
import type { Decay } from './decay'
import { HeapError } from './errors'
import { largePointer, type Pointer, slotOf } from './layout'
import type { Mappings } from './mappings'

interface Kept {
  readonly buffer: ArrayBuffer
  readonly byteLength: number
  readonly stamp: number
  /** Bytes from the start that have been discarded already. */
  discarded: number
}

/** Bytes discarded in one step: some tenths of a millisecond of the kernel's time. */
const STEP_BYTES = 2 * 1024 * 1024

export class LargeBlocks {
  readonly #table: ArenaTable
  readonly #mappings: Mappings
  readonly #decay: Decay
  /** Freed mappings that are still there, oldest first. */
  readonly #kept: Kept[] = []
  count = 0
  bytes = 0
  keptBytes = 0
  /** Whether the block taken last reads zero throughout. */
  tookZeroed = false

  constructor(table: ArenaTable, mappings: Mappings, decay: Decay) {
    this.#table = table
    this.#mappings = mappings
    this.#decay = decay
  }

  get hasKept(): boolean {
    return this.#kept.length > 0
  }

  /** Bytes one block can have. */
  get maxByteLength(): number {
    return this.#mappings.os.maxByteLength
  }

  /** Bytes of kept mappings that are resident by the books. */
  get keptResidentBytes(): number {
    let bytes = 0
    for (const kept of this.#kept) bytes += kept.byteLength - kept.discarded
    return bytes
  }

  take(byteLength: number): Pointer {
    const rounded = this.#round(byteLength)
    this.#table.reserve()
    const at = this.#kept.findLastIndex((kept) => kept.byteLength === rounded)
    const kept = at < 0 ? undefined : this.#kept.splice(at, 1)[0]
    if (kept !== undefined) this.keptBytes -= rounded
    const isAttached = kept !== undefined && kept.buffer.byteLength !== 0
    if (kept !== undefined && !isAttached) this.#mappings.writeOff(rounded) // user code had a view on it and took it away
    const buffer = isAttached ? kept.buffer : this.#mappings.map(rounded)
    const pointer = largePointer(this.#table.openLarge(buffer))
    this.tookZeroed = buffer !== kept?.buffer
    this.count++
    this.bytes += rounded
    this.#table.live.set(pointer)
    return pointer
  }

  /** Gives a block back that is live; `epoch` is when. */
  put(pointer: Pointer, epoch: number): void {
    const byteLength = this.byteLength(pointer)
    const buffer = this.#table.closeFar(slotOf(pointer))
    this.count--
    this.bytes -= byteLength
    if (this.#decay.decayMs === 0) {
      this.#mappings.unmap(buffer, byteLength)
      return
    }
    this.#kept.push({ buffer, byteLength, stamp: epoch, discarded: 0 })
    this.keptBytes += byteLength
  }

  /** Bytes of the mapping of a large block. */
  byteLength(pointer: Pointer): number {
    return this.#table.payload(slotOf(pointer)).length
  }

  /** Grows a block where the operating system can do it without copying; the pointer stays. False where it cannot. */
  growInPlace(pointer: Pointer, byteLength: number): boolean {
    const slot = slotOf(pointer)
    const rounded = this.#round(byteLength)
    const before = this.byteLength(pointer)
    const grown = this.#mappings.grow(this.#table.buffer(slot), rounded)
    if (grown === undefined) return false
    this.#table.replaceLarge(slot, grown)
    this.bytes += rounded - before
    return true
  }

  /**
   * Gives back one step's worth of the oldest kept mapping that has expired (any, where `all` is set).
   * @returns bytes of resident memory given back; 0 where nothing has expired
   */
  giveBackStep(epoch: number, all: boolean): number {
    const kept = this.#kept[0]
    if (kept === undefined || !(all || this.#decay.hasExpired(kept.stamp, epoch))) return 0
    const step = Math.min(STEP_BYTES, kept.byteLength - kept.discarded)
    if (kept.discarded + step < kept.byteLength && this.#mappings.discard(kept.buffer, kept.discarded, step)) {
      kept.discarded += step
      return step
    }
    this.#kept.shift()
    this.keptBytes -= kept.byteLength
    this.#mappings.unmap(kept.buffer, kept.byteLength)
    return step
  }

  /** Unmaps every kept mapping and forgets the live blocks, which the closing heap unmaps itself. */
  unmapAll(): void {
    this.count = 0
    this.bytes = 0
    for (const kept of this.#kept.splice(0)) this.#mappings.unmap(kept.buffer, kept.byteLength)
    this.keptBytes = 0
  }

  /** Counts off large blocks whose mappings user code has taken away. */
  recount(count: number, bytes: number): number {
    const lost = this.bytes - bytes
    this.count = count
    this.bytes = bytes
    return lost
  }

  #round(byteLength: number): number {
    const max = this.#mappings.os.maxByteLength
    if (byteLength > max) {
      throw new HeapError(
        'EBB_OUT_OF_MEMORY',
        `ebb: one block can have at most ${max} bytes in this version of Node, got ${byteLength}; split it, or use a newer Node`,
      )
    }
    return Math.min(
      this.#mappings.roundUp(byteLength),
      Math.floor(max / this.#mappings.os.osPageSize) * this.#mappings.os.osPageSize,
    )
  }
}
