/**
 * Tenants: what each slot of the space holds, and whose it is. The heaps know it themselves; this column says it to a reader that has
 * nothing but the words of the space, as on another thread (inspect/map.ts).
 *
 *     record of a slot (4 words)
 *     word  0  heap << 2 | kind: an arena, or the first slot of a large block or of kept memory; 0: nothing, or a later slot of such
 *           1  pools that a large block or kept memory takes
 *           2  pools of kept memory, its first ones, that have gone back
 *           3  its hold (slots.ts)
 */
import { POOL_BYTES, type Slot } from '../base/layout'

export const TENANT_WORDS = 4
/** Word of the hold in a record. */
const HOLD = 3
export const ARENA = 1
export const LARGE = 2
export const KEPT = 3
/** Bits of a kind; above them stands the number of the heap. */
export const KIND_BITS = 2

export class Tenants {
  private readonly words: Int32Array
  private readonly column: number

  /** @param column - word of the column */
  constructor(words: Int32Array, column: number) {
    this.words = words
    this.column = column
  }

  /**
   * Notes what a slot holds from now on.
   * @param heap - number of the heap that has it
   * @param byteLength - bytes of a large block or of kept memory
   * @param discarded - bytes of kept memory that have gone back
   */
  note(slot: Slot, heap: number, kind: number, byteLength = 0, discarded = 0): void {
    const at = this.column + slot * TENANT_WORDS
    this.words[at] = (heap << KIND_BITS) | kind
    this.words[at + 1] = byteLength / POOL_BYTES
    this.words[at + 2] = discarded / POOL_BYTES
  }

  /** Pools that a large block or kept memory takes. */
  poolsOf(slot: Slot): number {
    return this.words[this.column + slot * TENANT_WORDS + 1] as number
  }

  /** A slot holds nothing any more. */
  forget(slot: Slot): void {
    this.words[this.column + slot * TENANT_WORDS] = 0
  }

  /** Word of a slot's hold. */
  holdAt(slot: number): number {
    return this.column + slot * TENANT_WORDS + HOLD
  }

  /** How many can reach the memory of a slot. */
  holdOf(slot: number): number {
    return this.words[this.holdAt(slot)] as number
  }

  /** Sets the holds of neighbouring slots. */
  setHolds(first: Slot, slots: number, hold: number): void {
    for (let slot = first as number; slot < first + slots; slot++) this.words[this.holdAt(slot)] = hold
  }
}
