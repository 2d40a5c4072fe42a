/**
 * What a debug heap knows of its blocks: an entry each, a row of words. Entries that are not live hang in lists, first in, first out, which run
 * through the rows too: one array holds all that a usual call needs.
 *
 *     rows[entry * ROW + ...]     | pointer | front | end | state | rest | serial | next | (none) |
 *
 *     unused --> live --> freed (or held): in the quarantine --> past: its memory serves others --> unused
 */
import type { Pointer } from '../base/layout'
import type { Trace } from './traces'

/** States of an entry. `HELD`: a place that compaction left, kept from being used again. `PAST`: of the block only the story is left. */
export const UNUSED = 0
export const LIVE = 1
export const FREED = 2
export const HELD = 3
export const PAST = 4

/** Words of a row, and what they are. */
export const ROW = 8
/** Where the block begins for the caller. */
export const POINTER = 0
/** Granules from what the heap below gave to the pointer, times two; plus one where the stacks of the block are kept. */
export const FRONT = 1
/** Words from the pointer to the end of the back guard. */
export const END = 2
export const STATE = 3
/** Bytes of the back guard, an unsigned number: what was asked for ends where it begins. */
export const REST = 4
/** The how many-th block of its heap it is, modulo 2^32. */
export const SERIAL = 5
/** The next in the list that the entry is in. */
export const NEXT = 6

const FIRST_ENTRIES = 64
/** Blocks of the past that are remembered. */
const PAST_MAX = 4096

export class Entries {
  /** Entries that were ever used, and the null entry. */
  count = 1
  rows = new Int32Array(FIRST_ENTRIES * ROW)
  /** Where the block was allocated, and where it was freed or, of a held place, moved; of traced entries. */
  readonly allocated: (Trace | undefined)[] = []
  readonly freed: (Trace | undefined)[] = []
  /** Entries that wait in the quarantine, and their bytes, guards included. */
  held = 0
  heldBytes = 0
  private firstHeld = 0
  private lastHeld = 0
  private past = 0
  private firstPast = 0
  private lastPast = 0
  private serial = 0

  /** Makes an entry of a live block. */
  open(pointer: Pointer, front: number, byteLength: number, end: number): number {
    let entry = this.count
    if (this.past >= PAST_MAX) entry = this.forget()
    else if (entry * ROW < this.rows.length) this.count = entry + 1
    else entry = this.grow()
    const { rows } = this
    const row = entry * ROW
    rows[row + POINTER] = pointer
    rows[row + FRONT] = front << 1
    rows[row + END] = end
    rows[row + STATE] = LIVE
    rows[row + REST] = end * 4 - byteLength
    this.serial = (this.serial + 1) | 0
    rows[row + SERIAL] = this.serial
    return entry
  }

  /** Takes the entry of the oldest block of the past. */
  private forget(): number {
    const { rows } = this
    const entry = this.firstPast
    this.firstPast = rows[entry * ROW + NEXT] as number
    this.past--
    if (this.isTraced(entry)) this.allocated[entry] = this.freed[entry] = undefined
    return entry
  }

  private grow(): number {
    const { rows } = this
    this.rows = new Int32Array(rows.length * 2)
    this.rows.set(rows)
    return this.count++
  }

  /** Keeps the stack that allocated a block. */
  trace(entry: number, trace: Trace): void {
    const at = entry * ROW + FRONT
    this.rows[at] = (this.rows[at] as number) | 1
    this.allocated[entry] = trace
    this.freed[entry] = undefined
  }

  isTraced(entry: number): boolean {
    return ((this.rows[entry * ROW + FRONT] as number) & 1) !== 0
  }

  /**
   * Puts an entry into the quarantine.
   * @param bytes - those of the block and its guards
   */
  hold(entry: number, state: number, bytes: number): void {
    const { rows } = this
    rows[entry * ROW + STATE] = state
    if (this.held === 0) this.firstHeld = entry
    else rows[this.lastHeld * ROW + NEXT] = entry
    this.lastHeld = entry
    this.held++
    this.heldBytes += bytes
  }

  /** The entry that is in the quarantine for longest; there must be one. */
  get oldest(): number {
    return this.firstHeld
  }

  /**
   * Takes the oldest out of the quarantine: it is of the past now.
   * @param bytes - as it was held with
   */
  letGo(bytes: number): void {
    const { rows } = this
    const entry = this.firstHeld
    const row = entry * ROW
    this.firstHeld = rows[row + NEXT] as number
    this.held--
    this.heldBytes -= bytes
    rows[row + STATE] = PAST
    if (this.past === 0) this.firstPast = entry
    else rows[this.lastPast * ROW + NEXT] = entry
    this.lastPast = entry
    this.past++
  }

  pointer(entry: number): Pointer {
    return this.rows[entry * ROW + POINTER] as Pointer
  }

  front(entry: number): number {
    return (this.rows[entry * ROW + FRONT] as number) >> 1
  }

  end(entry: number): number {
    return this.rows[entry * ROW + END] as number
  }

  state(entry: number): number {
    return this.rows[entry * ROW + STATE] as number
  }

  serialOf(entry: number): number {
    return (this.rows[entry * ROW + SERIAL] as number) >>> 0
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

  /** Bytes of a block and its guards. */
  bytes(entry: number): number {
    return this.end(entry) * 4 + this.front(entry) * 16
  }

  /** Whether it has memory: is live, or in the quarantine. */
  hasMemory(entry: number): boolean {
    const state = this.state(entry)
    return state !== UNUSED && state !== PAST
  }

  /** The entry of a pointer, by a look at all of them: the live one first, then that with memory, then the last of the past. 0: there is none. */
  search(pointer: number): number {
    let found = 0
    if (pointer === 0) return found
    for (let entry = 1; entry < this.count; entry++) {
      if (this.pointer(entry) !== pointer) continue
      if (this.state(entry) === LIVE) return entry
      if (found === 0 || this.isNewer(entry, found)) found = entry
    }
    return found
  }

  private isNewer(entry: number, than: number): boolean {
    if (this.hasMemory(entry) !== this.hasMemory(than)) return this.hasMemory(entry)
    return this.serialOf(entry) > this.serialOf(than)
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
    this.allocated.length = this.freed.length = 0
    this.count = 1
    this.held = this.heldBytes = this.past = 0
  }
}
