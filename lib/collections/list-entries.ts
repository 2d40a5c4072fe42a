/** Lists of texts, bytes, structs and trees, one element at a time; where their entries lie is said in list-entry-blocks.ts. */
import { HeapError, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { Codec } from './codec'
import { codecOf } from './codecs'
import type { ValueKind } from './kinds'
import { ENTRY_WORDS, EntryBlocks } from './list-entry-blocks'
import { take } from './pending'

/** How two values compare where `sort` is given no function, and whether they are equal. */
const ORDERS: { readonly [kind: string]: (a: never, b: never) => number } = {
  str: (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
  bytes: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
}

export class EntryList<V> extends EntryBlocks<V> {
  private readonly codec: Codec<V>

  constructor(heap: Heap, kind: ValueKind) {
    super(heap, kind)
    this.codec = codecOf(kind) as Codec<V>
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

  protected override read(at: number): V {
    return this.codec.read(this.heap, this.entryAt(at), ENTRY_WORDS)
  }

  protected override write(at: number, value: V): void {
    this.replaceEntry(at, this.make(value))
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

  private growFor(entry: Pointer, grow: () => void): void {
    try {
      grow()
    } catch (error) {
      this.freeEntry(entry)
      throw error
    }
  }
}
