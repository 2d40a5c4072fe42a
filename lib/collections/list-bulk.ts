/** Lists, many elements at once: chunk by chunk, through typed arrays over the chunks. */

import { HeapError, rangeError, show, typeError } from '../base/errors'
import type { Heap } from '../heap/heap'
import { lengthOf } from '../heap/lists'
import { ListChunks } from './list-chunks'
import type { Elements, ElementsConstructor } from './list-slots'

export abstract class ListBulk<V> extends ListChunks implements Iterable<V> {
  /** Name of the elements' kind: `'f64'`, `'str'` ... */
  readonly kind: string

  /** @internal */
  protected constructor(heap: Heap, kind: string, elements: ElementsConstructor) {
    super(heap, elements)
    this.kind = kind
  }

  /**
   * Reads an element.
   * @param index - from 0 to length - 1
   * @throws RangeError outside; TypeError for what is no number; HeapError `EBB_CLOSED`
   */
  abstract get(index: number): V
  /**
   * Replaces an element.
   * @throws as {@link get}; TypeError, RangeError for a value that is not of the list's kind: nothing is changed then
   */
  abstract set(index: number, value: V): void
  /**
   * Adds an element at the end. Copies no others, however long the list is.
   * @returns the new length
   * @throws as {@link set}; HeapError `EBB_LIMIT`, `EBB_OUT_OF_MEMORY`: the list is as before then
   */
  abstract push(value: V): number
  /** Calls `visit` with each element and its index, in order; with those up to the length at the beginning, as Array's does. */
  abstract forEach(visit: (value: V, index: number, list: this) => void): void
  /** Elements in order, by index: what is added while it runs is shown, as by Array's iterator. */
  abstract [Symbol.iterator](): IterableIterator<V>

  /** The element at a position of the chunks. @internal */
  protected abstract read(at: number): V
  /** @internal */
  protected abstract write(at: number, value: V): void
  /** Writes one value to all positions from `at` up to `end`. @internal */
  protected writeAll(at: number, end: number, value: V): void {
    const element = this.encode(value) as never
    for (const view of this.views(at, end)) view.fill(element)
  }
  /** Throws for a value that is not of the kind. @internal */
  protected abstract check(value: unknown): void
  /** The value as the typed array of the kind has it. @internal */
  protected encode(value: V): number | bigint {
    return value as number | bigint
  }
  /** @internal */
  protected decode(element: number | bigint): V {
    return element as V
  }

  /** Elements. Can be set downwards: those behind go, and their chunks with them. */
  get length(): number {
    return (this.endAt - this.firstAt) | 0
  }

  set length(length: number) {
    this.mustBeOpen('length')
    if (typeof length !== 'number') throw typeError(`ebb: a list's length is a number, got ${show(length)}`)
    if (!Number.isInteger(length) || length < 0 || length > this.length)
      throw rangeError(`ebb: a list of ${this.length} can be made shorter, not ${show(length)} long; push adds`)
    if (length === 0) this.empty()
    else if (length < this.length) {
      this.drop(this.firstAt + length, this.endAt)
      this.endAt = this.firstAt + length
      this.trimBack()
    }
  }

  /** A new list of the elements from `from` up to `to`, in the same heap and to be closed by itself. Indices are as Array's. */
  slice(from?: number, to?: number): this {
    this.mustBeOpen('slice')
    const [start, end] = this.range(from, to)
    const list = new (this.constructor as new (heap: Heap, kind: string, elements: ElementsConstructor) => this)(
      this.heap,
      this.kind,
      this.elements,
    )
    try {
      for (const view of this.views(start, end)) list.addAll(view)
    } catch (error) {
      list.close()
      throw error
    }
    return list
  }

  /** Sets the elements from `from` up to `to` to one value. Indices are as Array's. Throws as {@link set}. */
  fill(value: V, from?: number, to?: number): this {
    this.mustBeOpen('fill')
    this.check(value)
    const [start, end] = this.range(from, to)
    if (start < end) this.writeAll(start, end, value)
    return this
  }

  /** Index of the first element that is equal (`===`) to `value`, at or behind `from`; -1 where there is none. */
  indexOf(value: V, from?: number): number {
    return this.find(value, from, 'indexOf')
  }

  /** Whether an element is the same as `value`, NaN too. */
  includes(value: V, from?: number): boolean {
    return this.find(value, from, 'includes') >= 0
  }

  /**
   * Sorts the list, stably.
   * @param compare - as Array's; default: by number, NaN last. If it throws, the list is as before.
   * @throws HeapError `EBB_BUSY` where `compare` changed the list's length
   */
  sort(compare?: (a: V, b: V) => number): this {
    this.mustBeOpen('sort')
    if (compare !== undefined && typeof compare !== 'function')
      throw typeError(`ebb: sort needs a function that compares two elements, got ${show(compare)}`)
    const sorted = new this.elements(this.length)
    this.copyOut(sorted)
    if (compare === undefined) sorted.sort()
    else (sorted as Float64Array).sort((a, b) => compare(this.decode(a), this.decode(b)))
    this.mustBeOpen('sort')
    if (this.length !== sorted.length) throw new HeapError('EBB_BUSY', 'ebb: sort: its function changed the list')
    let from = 0
    for (const view of this.views(this.firstAt, this.endAt)) {
      view.set(sorted.subarray(from, from + view.length) as never)
      from += view.length
    }
    return this
  }

  /** All elements in a new Array. */
  toArray(): V[] {
    this.mustBeOpen('toArray')
    const { length } = this
    const array = new Array<V>(length)
    for (let index = 0; index < length; index++) array[index] = this.read(this.firstAt + index)
    return array
  }

  /** What JSON.stringify writes: an array. */
  toJSON(): V[] {
    return this.toArray()
  }

  /**
   * Adds all elements of an array or a typed array at the end; a typed array of the list's own type is copied chunk by chunk.
   * @returns the new length
   * @throws as {@link push}; nothing is added then
   */
  pushAll(source: ArrayLike<V>): number {
    this.mustBeOpen('pushAll')
    const length = typeof source === 'object' && source !== null ? source.length : undefined
    if (!isLength(length)) throw typeError(`ebb: pushAll needs an array or a typed array, got ${show(source)}`)
    const before = this.length
    try {
      if (this.isPlain && source instanceof this.elements && ArrayBuffer.isView(source)) this.addAll(source)
      else for (let index = 0; index < length; index++) this.push(source[index] as V)
    } catch (error) {
      if (!this.isClosed) this.length = before
      throw error
    }
    return this.length
  }

  /**
   * Copies elements into a typed array of the list's own type, chunk by chunk: Float64Array for f64, Uint8Array for bool, Int32Array for ref.
   * @param target - filled from its start
   * @param from - index of the first element, as Array's; default 0
   * @returns elements copied: as many as there are and as `target` has room for
   * @throws TypeError for another type
   */
  copyOut(target: Elements, from?: number): number {
    this.mustBeOpen('copyOut')
    if (!(target instanceof this.elements && ArrayBuffer.isView(target)))
      throw typeError(`ebb: copyOut of a list of ${this.kind} needs a ${this.elements.name}, got ${show(target)}`)
    const [start] = this.range(from)
    const end = Math.min(this.endAt, start + lengthOf(target))
    let copied = 0
    for (const view of this.views(start, end)) {
      target.set(view as never, copied)
      copied += view.length
    }
    return copied
  }

  /** Positions of a range that is given as Array's slice takes it. */
  protected range(from: number | undefined, to?: number): [start: number, end: number] {
    const { length } = this
    const place = (value: number | undefined, otherwise: number): number => {
      if (value === undefined) return this.firstAt + otherwise
      if (typeof value !== 'number') refuseNumber('an index', value)
      const whole = Math.trunc(value) || 0
      return this.firstAt + (whole < 0 ? Math.max(0, length + whole) : Math.min(length, whole))
    }
    return [place(from, 0), place(to, length)]
  }

  /** Whether every element of the typed array is a value: a Uint8Array has more than booleans, an Int32Array more than pointers. @internal */
  protected get isPlain(): boolean {
    return this.kind !== 'bool' && this.kind !== 'ref'
  }

  /** @internal */
  protected *views(start: number, end: number): Generator<Elements> {
    for (let at = start; at < end; ) {
      const view = this.viewAt(at, end)
      at += view.length
      yield view
    }
  }

  protected find(value: V, from: number | undefined, verb: 'indexOf' | 'includes'): number {
    this.mustBeOpen(verb)
    this.check(value)
    const sought = this.encode(value) as never
    const [start] = this.range(from)
    let at = start
    for (const view of this.views(start, this.endAt)) {
      // NaN is found by includes alone.
      const index = view.indexOf(sought)
      if (index >= 0) return at + index - this.firstAt
      if (verb === 'includes' && view.includes(sought)) return at - this.firstAt
      at += view.length
    }
    return -1
  }

  /** Adds elements of the list's own type. What was added before it throws stays. */
  private addAll(source: Elements): void {
    for (let done = 0; done < source.length; ) {
      if (this.endAt === this.limitAt) this.growBack()
      const count = Math.min(this.limitAt - this.endAt, source.length - done)
      this.viewAt(this.endAt, this.endAt + count).set(source.subarray(done, done + count) as never)
      this.endAt += count
      done += count
    }
  }
}

const isLength = (length: unknown): length is number => Number.isSafeInteger(length) && (length as number) >= 0

export function refuseNumber(what: string, value: unknown): never {
  throw typeError(`ebb: ${what} must be a number, got ${show(value)} (${typeof value})`)
}
