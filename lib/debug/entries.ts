/**
 * What a debug heap knows of its blocks: an entry each. The numbers that every call needs lie beside each other.
 *
 *     rows[entry * ROW + ...]     | pointer | front | end | state | rest |
 */
import type { Pointer } from '../base/layout'
import type { Trace } from './traces'

/** States of an entry. `HELD`: a place that compaction left, kept from being used again. */
export const UNUSED = 0
export const LIVE = 1
export const FREED = 2
export const HELD = 3

/** Words of a row, and what they are. */
export const ROW = 8
/** Where the block begins for the caller. */
export const POINTER = 0
/** Granules from what the heap below gave to the pointer. */
export const FRONT = 1
/** Words from the pointer to the end of the back guard. */
export const END = 2
export const STATE = 3
/** Bytes of the back guard, an unsigned number: what was asked for ends where it begins. */
export const REST = 4

const FIRST_ENTRIES = 64

export class Entries {
  /** Entries that were ever used, and the null entry. */
  count = 1
  rows = new Int32Array(FIRST_ENTRIES * ROW)
  /** The how many-th block of its heap each is. */
  serials = new Float64Array(FIRST_ENTRIES)
  /** Where the block was allocated, and where it was freed or, of a held place, moved. */
  readonly allocated: (Trace | undefined)[] = [undefined]
  readonly freed: (Trace | undefined)[] = [undefined]
  /** Entries that can be used again: a stack. */
  private unused = new Int32Array(FIRST_ENTRIES)
  private unusedCount = 0

  /** Takes an entry. Its row is the taker's to fill. */
  take(): number {
    if (this.unusedCount > 0) return this.unused[--this.unusedCount] as number
    if (this.count === this.serials.length) this.grow()
    this.allocated[this.count] = this.freed[this.count] = undefined
    return this.count++
  }

  put(entry: number): void {
    this.rows[entry * ROW + POINTER] = 0
    this.rows[entry * ROW + STATE] = UNUSED
    if (this.allocated[entry] !== undefined) this.allocated[entry] = this.freed[entry] = undefined
    this.unused[this.unusedCount++] = entry
  }

  pointer(entry: number): Pointer {
    return this.rows[entry * ROW + POINTER] as Pointer
  }

  front(entry: number): number {
    return this.rows[entry * ROW + FRONT] as number
  }

  end(entry: number): number {
    return this.rows[entry * ROW + END] as number
  }

  state(entry: number): number {
    return this.rows[entry * ROW + STATE] as number
  }

  /** Bytes that were asked for. */
  size(entry: number): number {
    const row = entry * ROW
    return (this.rows[row + END] as number) * 4 - ((this.rows[row + REST] as number) >>> 0)
  }

  setSize(entry: number, byteLength: number): void {
    this.rows[entry * ROW + REST] = this.end(entry) * 4 - byteLength
  }

  setPointer(entry: number, pointer: Pointer): void {
    this.rows[entry * ROW + POINTER] = pointer
  }

  setState(entry: number, state: number): void {
    this.rows[entry * ROW + STATE] = state
  }

  /** The entry of a pointer, by a look at all of them: the live one first. 0: there is none. */
  search(pointer: number): number {
    let found = 0
    if (pointer === 0) return found
    for (let entry = 1; entry < this.count; entry++) {
      if (this.pointer(entry) !== pointer) continue
      if (this.state(entry) === LIVE) return entry
      found = entry
    }
    return found
  }

  /** The live entry of the block that a pointer points into; 0: there is none. */
  around(pointer: number): number {
    for (let entry = 1; entry < this.count; entry++) {
      const start = this.pointer(entry)
      const end = start + this.end(entry) / 4
      if (this.state(entry) === LIVE && pointer >= start - this.front(entry) && pointer < end) return entry
    }
    return 0
  }

  clear(): void {
    this.rows.fill(0)
    this.count = 1
    this.unusedCount = 0
    this.allocated.length = this.freed.length = 1
  }

  private grow(): void {
    const { rows, serials, unused } = this
    const length = this.count * 2
    this.rows = new Int32Array(length * ROW)
    this.rows.set(rows)
    this.serials = new Float64Array(length)
    this.serials.set(serials)
    this.unused = new Int32Array(length)
    this.unused.set(unused)
  }
}
