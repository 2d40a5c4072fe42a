/**
 * The arena table: what a heap keeps per mapping outside of the mapping itself, one slot each.
 *
 * `ledgers[slot]` is never undefined: an unused slot holds NULL_LEDGER, a large block LARGE_LEDGER. Which blocks are live stands
 * in `live`, whose columns have room for every slot of the table.
 */

import { BlockMap } from './block-map'
import { HeapError } from './errors'
import { POOL_BYTES, SLOTS_MAX, type Slot } from './layout'
import type { Mappings } from './mappings'

const LEDGER_WORDS = POOL_BYTES / 4
/** Ledger of an unused slot: nothing is live. Never written. */
export const NULL_LEDGER = new Int32Array(LEDGER_WORDS)
/** Stands for the ledger of every large block, which needs none. Never written. */
export const LARGE_LEDGER = new Int32Array(LEDGER_WORDS)

/** Stands in for the ledger of a lost arena until the books are rebuilt without it. */
const SCRATCH_LEDGER = new Int32Array(LEDGER_WORDS)
const NO_BUFFER = new ArrayBuffer(0)
const NO_BYTES = new Uint8Array(NO_BUFFER)
const NO_DATA = new DataView(NO_BUFFER)

/** Slots of arenas and large blocks, with the views on each. */
export class ArenaTable {
  /** Which pointers are those of live blocks. */
  readonly live: BlockMap
  /** The ledger of each slot. Slot 0 is the null slot. */
  readonly ledgers: Int32Array[] = [NULL_LEDGER]
  /** The mapping of each slot. */
  readonly buffers: ArrayBuffer[] = [NO_BUFFER]
  /** What blocks may use of each mapping: an arena behind its ledger, a large block whole. */
  readonly payloads: Uint8Array[] = [NO_BYTES]
  /** The same as a DataView. */
  readonly data: DataView[] = [NO_DATA]
  /** Slots that wait to be used again. */
  readonly freeSlots: Slot[] = []
  /** Slots whose buffer user code has detached or transferred away: written off, never used again. */
  readonly lostSlots = new Set<Slot>()
  /** Set when a lost ledger was met: the lists have to be rebuilt (recover.ts) before the operation returns. */
  sawLost = false
  private readonly mappings: Mappings

  constructor(mappings: Mappings) {
    this.live = new BlockMap(mappings)
    this.mappings = mappings
  }

  /** Slots in use or free, the null slot included. */
  get length(): number {
    return this.ledgers.length
  }

  isArena(slot: Slot): boolean {
    const ledger = this.ledgers[slot]
    return ledger !== undefined && ledger !== NULL_LEDGER && ledger !== LARGE_LEDGER
  }

  isLarge(slot: Slot): boolean {
    return this.ledgers[slot] === LARGE_LEDGER
  }

  /** Whether user code has detached or transferred away the mapping of a slot in use, and nobody has noticed yet. */
  isLost(slot: Slot): boolean {
    return (this.isArena(slot) || this.isLarge(slot)) && this.buffer(slot).byteLength === 0
  }

  /**
   * The ledger of a slot in use. For a lost arena a scratch page, on which whatever list operation is under way ends
   * without harm; `sawLost` is set then.
   */
  ledger(slot: Slot): Int32Array {
    const ledger = this.ledgers[slot] as Int32Array
    if (ledger.length !== 0) return ledger
    this.sawLost = true
    return SCRATCH_LEDGER
  }

  /** Writes off every slot whose buffer is gone. Returns how many arenas and bytes of large blocks went with them. */
  writeOffLost(): number {
    SCRATCH_LEDGER.fill(0)
    this.sawLost = false
    let lost = 0
    for (let slot = 1; slot < this.length; slot++) {
      if (this.ledgers[slot] === NULL_LEDGER || this.buffers[slot]?.byteLength !== 0) continue
      this.clear(slot as Slot)
      this.lostSlots.add(slot as Slot)
      lost++
    }
    return lost
  }

  /** The mapping of a slot in use. */
  buffer(slot: Slot): ArrayBuffer {
    return this.buffers[slot] as ArrayBuffer
  }

  payload(slot: Slot): Uint8Array {
    return this.payloads[slot] as Uint8Array
  }

  /** Throws EBB_OUT_OF_MEMORY where no slot is left, or no room for its books: to be asked before something is mapped for one. */
  reserve(): void {
    if (this.freeSlots.length === 0 && this.ledgers.length < SLOTS_MAX) this.live.reserve(this.ledgers.length as Slot)
    if (this.freeSlots.length === 0 && this.ledgers.length >= SLOTS_MAX) {
      throw new HeapError(
        'EBB_OUT_OF_MEMORY',
        `ebb: all ${SLOTS_MAX} slots of this heap are in use; free memory or make a second heap`,
      )
    }
  }

  openArena(buffer: ArrayBuffer): Slot {
    return this.open(buffer, new Int32Array(buffer, 0, LEDGER_WORDS), POOL_BYTES)
  }

  openLarge(buffer: ArrayBuffer): Slot {
    return this.open(buffer, LARGE_LEDGER, 0)
  }

  /** Puts another mapping behind the slot of a large block that was grown. */
  replaceLarge(slot: Slot, buffer: ArrayBuffer): void {
    this.set(slot, buffer, LARGE_LEDGER, 0)
  }

  /** Every pointer into the slot is refused from now on. */
  close(slot: Slot): ArrayBuffer {
    const buffer = this.buffer(slot)
    this.clear(slot)
    this.freeSlots.push(slot)
    if (this.freeSlots.length === this.length - 1) this.truncate()
    return buffer
  }

  /** No slot is in use: the table and its columns begin anew. */
  private truncate(): void {
    for (const column of [this.ledgers, this.buffers, this.payloads, this.data, this.freeSlots]) column.length = 1
    this.freeSlots.length = 0
    this.live.close()
  }

  private clear(slot: Slot): void {
    this.live.forget(slot)
    this.ledgers[slot] = NULL_LEDGER
    this.buffers[slot] = NO_BUFFER
    this.payloads[slot] = NO_BYTES
    this.data[slot] = NO_DATA
  }

  /**
   * Puts a mapping into a slot. To make room for it the heap may have given back all else, the columns too: where there is no
   * room for these any more the mapping is given back, and this throws as reserve() does.
   */
  private open(buffer: ArrayBuffer, ledger: Int32Array, payloadOffset: number): Slot {
    try {
      this.reserve()
    } catch (failure) {
      this.mappings.unmap(buffer, buffer.byteLength)
      throw failure
    }
    const slot = this.freeSlots.pop() ?? (this.ledgers.length as Slot)
    this.set(slot, buffer, ledger, payloadOffset)
    return slot
  }

  private set(slot: Slot, buffer: ArrayBuffer, ledger: Int32Array, payloadOffset: number): void {
    this.ledgers[slot] = ledger
    this.buffers[slot] = buffer
    this.payloads[slot] = new Uint8Array(buffer, payloadOffset)
    this.data[slot] = new DataView(buffer, payloadOffset)
  }
}
