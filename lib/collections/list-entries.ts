/**
 * Lists of texts, bytes, structs and trees: the chunks hold pointers, and each element has a block of its own.
 *
 *     entry    | number of the list | position when it was put there | the value's words ...
 *
 * By these two words a list follows the moves of its entries in O(1). Where elements have changed their places since, it writes all
 * positions anew first.
 */
import { HeapError, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { Owner } from '../heap/owners'
import { NEAR } from '../space/near'
import type { Codec } from './codec'
import { codecOf } from './codecs'
import { type ValueKind, Variable } from './kinds'
import { ListMethods } from './list-methods'
import { freeLater, take } from './pending'

const { i32 } = NEAR
/** Words in front of an entry: its list's number, and its own. */
const ENTRY_WORDS = 2
const CHUNK_SHIFT = 13

/** Lists up to this many elements are emptied at once. */
const EMPTIED_AT_ONCE = 2000
/** Entries that are given their numbers between two looks at the clock. */
const NUMBERED_AT_ONCE = 1024
/** Entries that are freed between two looks at the clock. */
const FREED_AT_ONCE = 256

/** How two values compare where `sort` is given no function, and whether they are equal. */
const ORDERS: { readonly [kind: string]: (a: never, b: never) => number } = {
  str: (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
  bytes: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
}

export class EntryList<V> extends ListMethods<V> implements Owner {
  private readonly codec: Codec<V>
  private readonly valueKind: ValueKind
  private number: number
  private entryBytes = 0
  /** Whether it has what another list left to be freed. */
  private isRest = false

  constructor(heap: Heap, kind: ValueKind) {
    super(heap, kind instanceof Variable ? kind.kind : 'struct', Int32Array)
    this.valueKind = kind
    this.codec = codecOf(kind) as Codec<V>
    this.number = this.owned.register(this)
  }

  override get byteLength(): number {
    return super.byteLength + this.entryBytes
  }

  override close(): void {
    if (this.isClosed) return
    super.close()
    this.owned.release(this.number)
    this.entryBytes = 0
  }

  get(index: number): V {
    this.mustHave(index)
    return this.read(this.firstAt + index)
  }

  set(index: number, value: V): void {
    this.mustHave(index)
    const words = this.codec.prepare(value)
    this.mustHave(index) // a getter of the value may have made the list shorter
    const entry = this.allocEntry(words, value)
    this.replaceEntry(this.firstAt + index, entry)
  }

  push(value: V): number {
    return this.pushEntry(this.make(value))
  }

  override unshift(value: V): number {
    return this.unshiftEntry(this.make(value))
  }

  override insert(index: number, value: V): number {
    if (index !== this.length) this.mustHave(index)
    const entry = this.make(value)
    if (index > this.length) {
      // A getter of the value has made the list shorter.
      this.freeEntry(entry)
      this.refuseIndex(index)
    }
    return this.insertBy(
      index,
      () => this.pushEntry(entry),
      () => this.unshiftEntry(entry),
    )
  }

  override fill(value: V, from?: number, to?: number): this {
    this.mustBeOpen('fill')
    const entries = [this.make(value)]
    try {
      const [start, end] = this.range(from, to) // after the getters of the value, which may change the list
      this.copyEntry(entries, end - start)
      for (let at = start; at < end; at++) this.replaceEntry(at, entries.pop() as Pointer)
    } finally {
      for (const entry of entries) this.freeEntry(entry)
    }
    return this
  }

  private pushEntry(entry: Pointer): number {
    if (this.endAt === this.limitAt) this.growFor(entry, () => this.growBack())
    this.placeEntry(this.endAt++, entry)
    return this.length
  }

  private unshiftEntry(entry: Pointer): number {
    if ((this.firstAt & this.mask) === 0 || this.firstAt === this.endAt) this.growFor(entry, () => this.growFront())
    this.placeEntry(--this.firstAt, entry)
    return this.length
  }

  forEach(visit: (value: V, index: number, list: unknown) => void, face: unknown): void {
    this.mustVisit(visit)
    const { length } = this
    for (let index = 0; index < length && index < this.length; index++) visit(this.get(index), index, face)
  }

  *values(): Generator<V> {
    this.mustIterate()
    for (let index = 0; index < this.length; index++) yield this.get(index)
    this.mustIterate()
  }

  override slice(from?: number, to?: number): this {
    this.mustBeOpen('slice')
    const [start, end] = this.range(from, to)
    const list = new EntryList<V>(this.heap, this.valueKind)
    try {
      for (let at = start; at < end; at++) list.push(this.read(at))
    } catch (error) {
      list.close()
      throw error
    }
    return list as this
  }

  override sort(compare?: (a: V, b: V) => number): this {
    this.mustBeOpen('sort')
    const order = compare ?? (ORDERS[this.kind] as typeof compare)
    if (typeof order !== 'function')
      throw typeError(`ebb: sort of a list of ${this.kind} needs a function, got ${show(compare)}`)
    const sorted = Array.from({ length: this.length }, (_, index) => ({
      value: this.get(index),
      entry: this.entryAt(this.firstAt + index),
    })).sort((a, b) => order(a.value, b.value))
    this.mustBeOpen('sort')
    const now = new Set(Array.from({ length: this.length }, (_, index) => this.entryAt(this.firstAt + index)))
    if (sorted.length !== now.size || sorted.some(({ entry }) => !now.delete(entry)))
      throw new HeapError('EBB_BUSY', 'ebb: sort: its function changed the list')
    for (const [index, { entry }] of sorted.entries()) this.placeEntry(this.firstAt + index, entry)
    return this
  }

  override copyOut(): number {
    throw typeError(`ebb: copyOut is for lists of scalars, and this one is of ${this.kind}; use toArray`)
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
    if (at < this.firstAt || at >= this.endAt || this.entryAt(at) !== pointer) return false
    if (to !== pointer) this.placeEntry(at, to)
    return true
  }

  protected override read(at: number): V {
    return this.codec.read(this.heap, this.entryAt(at), ENTRY_WORDS)
  }

  protected override write(at: number, value: V): void {
    this.replaceEntry(at, this.make(value))
  }

  protected override drop(at: number, end: number): void {
    for (let position = at; position < end; position++) this.freeEntry(this.entryAt(position))
  }

  /** Leaves many entries to another list, which frees them in slices. */
  protected override empty(): void {
    if (this.length <= EMPTIED_AT_ONCE) {
      this.freeAll()
      return
    }
    const rest = new EntryList<V>(this.heap, this.valueKind)
    rest.isRest = true
    rest.isNumbered = this.isNumbered
    rest.numberedTo = this.numberedTo
    this.owned.give(this.number, rest)
    this.owned.give(rest.number, this)
    ;[this.number, rest.number] = [rest.number, this.number]
    ;[this.entryBytes, rest.entryBytes] = [0, this.entryBytes]
    this.giveTo(rest)
    freeLater(this.heap, rest)
  }

  /** What is left to be freed asks for no memory. */
  protected override trim(): void {
    if (!this.isRest) super.trim()
  }

  protected override check(value: unknown): void {
    this.codec.prepare(value as V)
  }

  override find(value: V, from: number | undefined, verb: 'indexOf' | 'includes'): number {
    this.mustBeOpen(verb)
    const order = ORDERS[this.kind] as ((a: V, b: V) => number) | undefined
    if (order === undefined)
      throw typeError(`ebb: ${verb} is for scalars, str and bytes, and this list is of ${this.kind}`)
    this.check(value)
    const [start] = this.range(from)
    for (let at = start; at < this.endAt; at++) if (order(this.read(at), value) === 0) return at - this.firstAt
    return -1
  }

  protected override get isPlain(): boolean {
    return false
  }

  /** What an entry's number has that its position has not: slots that were taken from the front of the directory. */
  private get base(): number {
    return Math.imul(this.slid, 1 << CHUNK_SHIFT)
  }

  private entryAt(at: number): Pointer {
    const slot = i32[(this.directoryAt + ((at >>> CHUNK_SHIFT) << 1)) | 0]
    const entry = slot === undefined ? undefined : i32[(slot + at) | 0]
    return (entry ?? this.heap.getInt32(this.pointerAt(at), this.offsetOf(at))) as Pointer
  }

  /** Puts an entry at a position. */
  private placeEntry(at: number, entry: Pointer): void {
    this.heap.setInt32(entry, 0, this.number)
    this.heap.setInt32(entry, 4, (at + this.base) | 0)
    this.heap.setInt32(this.pointerAt(at), this.offsetOf(at), entry)
  }

  private make(value: V): Pointer {
    const words = this.codec.prepare(value)
    this.mustBeOpen('write')
    return this.allocEntry(words, value)
  }

  private allocEntry(words: number, value: V): Pointer {
    const entry = take(this.heap, (ENTRY_WORDS + words) * 4)
    this.codec.write(this.heap, entry, ENTRY_WORDS, value)
    this.entryBytes += this.heap.usableSize(entry)
    return entry
  }

  /** Makes copies of the only entry of a list of entries, until there are so many. */
  private copyEntry(entries: Pointer[], count: number): void {
    const bytes = this.heap.copyOut(entries[0] as Pointer)
    while (entries.length < count) {
      const entry = take(this.heap, bytes.length)
      this.heap.copyIn(entry, bytes)
      this.entryBytes += this.heap.usableSize(entry)
      entries.push(entry)
    }
  }

  private freeEntry(entry: Pointer): void {
    this.entryBytes -= this.heap.usableSize(entry)
    this.heap.free(entry)
  }

  private replaceEntry(at: number, entry: Pointer): void {
    const before = this.entryAt(at)
    this.placeEntry(at, entry)
    this.freeEntry(before)
  }

  private growFor(entry: Pointer, grow: () => void): void {
    try {
      grow()
    } catch (error) {
      this.freeEntry(entry)
      throw error
    }
  }
}
