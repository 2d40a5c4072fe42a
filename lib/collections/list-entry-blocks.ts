/**
 * Entries of lists of texts, bytes, structs and trees: the chunks hold pointers, and each element has a block of its own.
 *
 *     entry    | number of the list | position when it was put there | the value's words ...
 *
 * By these two words a list follows the moves of its entries in O(1). Where elements have changed their places since, it writes all
 * positions anew first.
 *
 * Many entries are not freed at once. A list that is emptied gives all to another list, a rest, and its number too. One that is made
 * much shorter gives its last chunks to a rest, the cut, which goes by the number that the two share: who asks for one asks the other next.
 */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { Owner } from '../heap/owners'
import { NEAR } from '../space/near'
import { type ValueKind, Variable } from './kinds'
import { ListMethods } from './list-methods'
import { freeLater, isRefusal } from './pending'

const { i32 } = NEAR
/** Words in front of an entry: its list's number, and its own. */
export const ENTRY_WORDS = 2
const CHUNK_SHIFT = 13

/** Up to this many entries are freed at once. */
const FREED_BY_CALL = 2000
/** Entries that are given their numbers between two looks at the clock. */
const NUMBERED_AT_ONCE = 1024
/** Entries that are freed between two looks at the clock. */
const FREED_AT_ONCE = 256

export abstract class EntryBlocks<V> extends ListMethods<V> implements Owner {
  protected readonly valueKind: ValueKind
  /** Usable bytes of all entries, those of the cut too. */
  protected entryBytes = 0
  private number: number
  /** Whether it has what another list left to be freed. */
  private isRest = false
  /** What was cut off last, until it is freed. */
  private cut: EntryBlocks<V> | undefined
  /** Of a cut: from which list. */
  private cutFrom: EntryBlocks<V> | undefined

  constructor(heap: Heap, kind: ValueKind) {
    super(heap, kind instanceof Variable ? kind.kind : 'struct', Int32Array)
    this.valueKind = kind
    this.number = this.owned.register(this)
  }

  override get byteLength(): number {
    return super.byteLength + this.entryBytes - (this.cut?.waitingBytes ?? 0)
  }

  /** Of a cut: bytes of the entries that are not freed yet. Nobody has added them up, so that to cut them off takes no time. */
  private get waitingBytes(): number {
    let bytes = 0
    for (let at = this.firstAt; at < this.endAt; at++) bytes += this.heap.usableSize(this.entryAt(at))
    return bytes
  }

  override close(): void {
    if (this.isClosed) return
    super.close()
    if (this.cutFrom !== undefined) this.cutFrom.cut = undefined
    else if (this.cut === undefined) this.owned.release(this.number)
    else {
      this.owned.give(this.number, this.cut)
      this.cut.cutFrom = undefined
    }
    this.entryBytes = 0
  }

  /** Frees some entries of what another list left. Returns false when none is left. */
  freeSome(): boolean {
    if (this.isClosed) return false
    if (this.length > FREED_AT_ONCE) {
      this.length -= FREED_AT_ONCE
      return true
    }
    this.close()
    return false
  }

  /** Writes the positions of some entries anew, where elements have changed their places. Returns whether all are right. */
  makeReady(): boolean {
    return this.numberSome() && (this.cut?.makeReady() ?? true)
  }

  private numberSome(): boolean {
    if (this.isNumbered) return true
    const base = this.slid * (1 << CHUNK_SHIFT)
    const first = Math.max(this.firstAt, this.numberedTo - base)
    const end = Math.min(first + NUMBERED_AT_ONCE, this.endAt)
    for (let at = first; at < end; at++) this.heap.setInt32(this.entryAt(at), 4, (at + this.base) | 0)
    this.numberedTo = end + base
    this.isNumbered = end >= this.endAt
    return this.isNumbered
  }

  follow(pointer: Pointer, to: Pointer): boolean {
    while (!this.makeReady());
    const at = (this.heap.getInt32(pointer, 4) - this.base) | 0
    if (at < this.firstAt || at >= this.endAt || this.entryAt(at) !== pointer)
      return this.cut?.follow(pointer, to) ?? false
    if (to !== pointer) this.placeEntry(at, to)
    return true
  }

  protected override drop(at: number, end: number): void {
    for (let position = at; position < end; position++) this.freeEntry(this.entryAt(position))
  }

  /** Leaves many entries to a rest, which frees them in slices. */
  protected override empty(): void {
    if (this.length <= FREED_BY_CALL) {
      this.freeAll()
      return
    }
    const rest = this.openRest()
    this.owned.give(this.number, rest)
    this.owned.give(rest.number, this)
    ;[this.number, rest.number] = [rest.number, this.number]
    ;[this.entryBytes, rest.entryBytes] = [0, this.entryBytes]
    ;[this.cut, rest.cut] = [undefined, this.cut]
    if (rest.cut !== undefined) rest.cut.cutFrom = rest
    this.giveTo(rest)
    freeLater(this.heap, rest)
  }

  /** Of many entries, leaves those in chunks of their own to a rest; one at a time. */
  protected override leaveFrom(at: number): void {
    const slot = ((at - 1) >>> CHUNK_SHIFT) + 1
    if (this.endAt - at <= FREED_BY_CALL || slot > this.lastSlot || this.cut !== undefined) return
    const cut = this.openRest()
    try {
      this.giveEnd(slot, cut)
    } catch (error) {
      cut.close()
      if (isRefusal(error)) return
      throw error
    }
    this.owned.release(cut.number)
    cut.number = this.number
    cut.cutFrom = this
    this.cut = cut
    freeLater(this.heap, cut)
  }

  private openRest(): this {
    const rest = new (this.constructor as new (heap: Heap, kind: ValueKind) => this)(this.heap, this.valueKind)
    rest.isRest = true
    rest.isNumbered = this.isNumbered
    rest.numberedTo = this.numberedTo
    return rest
  }

  /** What is left to be freed asks for no memory. */
  protected override trim(): void {
    if (!this.isRest) super.trim()
  }

  /** What an entry's number has that its position has not: slots that were taken from the front of the directory. */
  private get base(): number {
    return Math.imul(this.slid, 1 << CHUNK_SHIFT)
  }

  protected entryAt(at: number): Pointer {
    const slot = i32[(this.directoryAt + ((at >>> CHUNK_SHIFT) << 1)) | 0]
    const entry = slot === undefined ? undefined : i32[(slot + at) | 0]
    return (entry ?? this.heap.getInt32(this.pointerAt(at), this.offsetOf(at))) as Pointer
  }

  /** Puts an entry at a position. */
  protected placeEntry(at: number, entry: Pointer): void {
    this.heap.setInt32(entry, 0, this.number)
    this.heap.setInt32(entry, 4, (at + this.base) | 0)
    this.heap.setInt32(this.pointerAt(at), this.offsetOf(at), entry)
  }

  protected freeEntry(entry: Pointer): void {
    const counted = this.cutFrom ?? this
    counted.entryBytes -= this.heap.usableSize(entry)
    this.heap.free(entry)
  }

  protected replaceEntry(at: number, entry: Pointer): void {
    const before = this.entryAt(at)
    this.placeEntry(at, entry)
    this.freeEntry(before)
  }
}
