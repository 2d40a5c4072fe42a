/**
 * What a debug heap knows of its blocks: an entry each, a row of words. Entries that are not live hang in one list, in the order in which they
 * were freed, which runs through the rows too: one array holds all that a usual call needs. Row 0 is no entry's: the list begins there.
 *
 *     rows[(entry << ROW_SHIFT) | ...]     | pointer | flags | end | rest | serial | next | (none) | (none) |
 *
 *     unused --> live --> freed (or held): in the quarantine --> past: its memory serves others --> unused
 *
 *     the list:  row 0 --> past --> ... --> past --> freed --> ... --> freed
 *                                                    oldest            last
 */
import type { Pointer } from '../base/layout'
import type { Trace } from './traces'

/** States of an entry. `HELD`: a place that compaction left, kept from being used again. `PAST`: of the block only the story is left. */
export const FREED = 0
export const HELD = 1
export const PAST = 2
export const LIVE = 3
const UNUSED = 4

/** A row has 8 words. */
export const ROW_SHIFT = 3
/** Where the block begins for the caller; of an entry that is not live the complement, which is no pointer. */
export const POINTER = 0
/** The state, where the entry is neither live nor unused; {@link TRACED}; the granules from what the heap below gave to the pointer. */
export const FLAGS = 1
/** Words from the pointer to the end of the back guard. */
export const END = 2
/** Bytes of the back guard, an unsigned number: what was asked for ends where it begins. */
export const REST = 3
/** The how many-th block of its heap it is, modulo 2^32. */
export const SERIAL = 4
/** The next in the list. */
export const NEXT = 5

const STATES = 3
/** The stacks of the block are kept. */
export const TRACED = 4
const FRONT_SHIFT = 3
/** Granules in front, of the flags of an entry. */
export const frontOf = (flags: number): number => flags >> FRONT_SHIFT
/** Whether flags are those of a place that is held. */
export const isHeldPlace = (flags: number): boolean => (flags & STATES) === HELD
/** Flags of a block with one granule in front whose stacks are not kept. */
export const PLAIN = 1 << FRONT_SHIFT
/** Whether flags are those of a freed block with one granule in front. */
export const isPlain = (flags: number): boolean => (flags & ~TRACED) === PLAIN

const FIRST_ENTRIES = 64
/** Blocks of the past that are remembered. */
export const PAST_MAX = 4096

export class Entries {
  /** Entries that were ever used, and the null entry. */
  count = 1
  rows = new Int32Array(FIRST_ENTRIES << ROW_SHIFT)
  /** Where the block was allocated, and where it was freed or, of a held place, moved; of traced entries. */
  readonly allocated: (Trace | undefined)[] = []
  readonly freed: (Trace | undefined)[] = []
  /** Bytes in the quarantine, guards included. */
  heldBytes = 0
  /** The entry that is in the quarantine for longest; 0: it is empty. */
  oldest = 0
  /** The last of the list; 0: the list is empty. */
  last = 0
  /** How many are of the past. */
  past = 0
  /** The last block's. */
  serial = 0

  /** Makes an entry of a live block. */
  open(pointer: Pointer, front: number, byteLength: number, end: number): number {
    let entry = this.count
    if (this.past >= PAST_MAX) entry = this.forget()
    else if (entry << ROW_SHIFT < this.rows.length) this.count = entry + 1
    else entry = this.grow()
    const { rows } = this
    const row = entry << ROW_SHIFT
    rows[row | POINTER] = pointer
    rows[row | FLAGS] = front << FRONT_SHIFT
    rows[row | END] = end
    rows[row | REST] = end * 4 - byteLength
    this.serial = (this.serial + 1) | 0
    rows[row | SERIAL] = this.serial
    return entry
  }

  /** Takes the entry of the oldest block of the past. */
  private forget(): number {
    const { rows } = this
    const entry = rows[NEXT] as number
    const row = entry << ROW_SHIFT
    rows[NEXT] = rows[row | NEXT] as number
    this.past--
    if (((rows[row | FLAGS] as number) & TRACED) !== 0) this.forgetStacks(entry)
    return entry
  }

  forgetStacks(entry: number): void {
    this.allocated[entry] = this.freed[entry] = undefined
  }

  private grow(): number {
    const { rows } = this
    this.rows = new Int32Array(rows.length * 2)
    this.rows.set(rows)
    return this.count++
  }

  /** Keeps the stack that allocated a block. */
  trace(entry: number, trace: Trace): void {
    const at = (entry << ROW_SHIFT) | FLAGS
    this.rows[at] = (this.rows[at] as number) | TRACED
    this.allocated[entry] = trace
    this.freed[entry] = undefined
  }

  isTraced(entry: number): boolean {
    return ((this.rows[(entry << ROW_SHIFT) | FLAGS] as number) & TRACED) !== 0
  }

  /**
   * Puts the entry of a live block into the quarantine.
   * @param bytes - those of the block and its guards
   */
  hold(entry: number, bytes: number): void {
    const { rows } = this
    const row = entry << ROW_SHIFT
    rows[row | POINTER] = ~(rows[row | POINTER] as number)
    rows[(this.last << ROW_SHIFT) | NEXT] = entry
    if (this.oldest === 0) this.oldest = entry
    this.last = entry
    this.heldBytes += bytes
  }

  /** An entry in the quarantine is that of a place, not of a block. */
  markHeld(entry: number): void {
    const at = (entry << ROW_SHIFT) | FLAGS
    this.rows[at] = (this.rows[at] as number) | HELD
  }

  /**
   * Takes the oldest out of the quarantine: it is of the past now.
   * @param flags - those of its row
   * @param bytes - as it was held with
   */
  letGo(flags: number, bytes: number): void {
    const { rows, oldest } = this
    const row = oldest << ROW_SHIFT
    rows[row | FLAGS] = (flags & ~STATES) | PAST
    this.oldest = oldest === this.last ? 0 : (rows[row | NEXT] as number)
    this.heldBytes -= bytes
    this.past++
  }

  pointer(entry: number): Pointer {
    const pointer = this.rows[(entry << ROW_SHIFT) | POINTER] as number
    return (pointer < 0 ? ~pointer : pointer) as Pointer
  }

  front(entry: number): number {
    return frontOf(this.rows[(entry << ROW_SHIFT) | FLAGS] as number)
  }

  end(entry: number): number {
    return this.rows[(entry << ROW_SHIFT) | END] as number
  }

  state(entry: number): number {
    const row = entry << ROW_SHIFT
    const pointer = this.rows[row | POINTER] as number
    if (pointer >= 0) return pointer === 0 ? UNUSED : LIVE
    return (this.rows[row | FLAGS] as number) & STATES
  }

  serialOf(entry: number): number {
    return (this.rows[(entry << ROW_SHIFT) | SERIAL] as number) >>> 0
  }

  /** Bytes that were asked for. */
  size(entry: number): number {
    const row = entry << ROW_SHIFT
    return (this.rows[row | END] as number) * 4 - ((this.rows[row | REST] as number) >>> 0)
  }

  setSize(entry: number, byteLength: number): void {
    this.rows[(entry << ROW_SHIFT) | REST] = this.end(entry) * 4 - byteLength
  }

  /** A live block has moved. */
  setPointer(entry: number, pointer: Pointer): void {
    this.rows[(entry << ROW_SHIFT) | POINTER] = pointer
  }

  /** Nobody is to find the entry by the pointer that it had. */
  dropPointer(entry: number): void {
    this.rows[(entry << ROW_SHIFT) | POINTER] = ~0
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
    this.heldBytes = this.oldest = this.past = this.last = 0
  }
}
