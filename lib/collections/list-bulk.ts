/** Within a list, many elements at once: chunk by chunk, through typed arrays over the chunks. */

import { HeapError, rangeError, show, typeError } from '../base/errors'
import type { Heap } from '../heap/heap'
import { isArrayOf, lengthOf, partOf } from '../heap/lists'
import { copyIn, copyOutTo, isNear, nearByte } from '../heap/near-bytes'
import { ListChunks } from './list-chunks'
import type { Elements, ElementsConstructor } from './list-slots'
import type { RuntimeIterator } from './runtime-iterator'

/** V8 copies between a view of shared memory and another array at half the speed of the addon, which takes longer to be called. */
const COPY_MIN_BYTES = 1024

export abstract class ListBulk<V> extends ListChunks {
  readonly kind: string

  constructor(heap: Heap, kind: string, elements: ElementsConstructor) {
    super(heap, elements)
    this.kind = kind
  }

  abstract get(index: number): V
  abstract set(index: number, value: V): void
  abstract push(value: V): number
  /** @param face - what `visit` is given as the list */
  abstract forEach(visit: (value: V, index: number, list: unknown) => void, face: unknown): void
  abstract values(): RuntimeIterator<V>

  /** The element at a position of the chunks. */
  protected abstract read(at: number): V
  protected abstract write(at: number, value: V): void
  /** Writes one value to all positions from `at` up to `end`. */
  protected writeAll(at: number, end: number, value: V): void {
    const element = this.encode(value) as never
    for (const view of this.views(at, end)) view.fill(element)
  }
  /** Throws for a value that is not of the kind. */
  protected abstract check(value: unknown): void
  /** The value as the typed array of the kind has it. */
  protected encode(value: V): number | bigint {
    return value as number | bigint
  }
  protected decode(element: number | bigint): V {
    return element as V
  }

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
      this.leaveFrom(this.firstAt + length)
      this.drop(this.firstAt + length, this.endAt)
      this.endAt = this.firstAt + length
      this.trimBack()
    }
  }

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

  fill(value: V, from?: number, to?: number): this {
    this.mustBeOpen('fill')
    this.check(value)
    const [start, end] = this.range(from, to)
    if (start < end) this.writeAll(start, end, value)
    return this
  }

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

  toArray(): V[] {
    this.mustBeOpen('toArray')
    const { length } = this
    const array = new Array<V>(length)
    for (let index = 0; index < length; index++) array[index] = this.read(this.firstAt + index)
    return array
  }

  pushAll(source: ArrayLike<V>): number {
    this.mustBeOpen('pushAll')
    const length = typeof source === 'object' && source !== null ? source.length : undefined
    if (!isLength(length)) throw typeError(`ebb: pushAll needs an array or a typed array, got ${show(source)}`)
    const before = this.length
    try {
      if (this.isPlain && isArrayOf(this.elements, source)) this.addAll(source as never)
      else for (let index = 0; index < length; index++) this.push(source[index] as V)
    } catch (error) {
      // Getters of the source may have made the list shorter themselves.
      if (!this.isClosed && this.length > before) this.length = before
      throw error
    }
    return this.length
  }

  copyOut(target: Elements, from?: number): number {
    this.mustBeOpen('copyOut')
    if (!isArrayOf(this.elements, target))
      throw typeError(`ebb: copyOut of a list of ${this.kind} needs a ${this.elements.name}, got ${show(target)}`)
    const [start] = this.range(from)
    const end = Math.min(this.endAt, start + lengthOf(target))
    for (let at = start; at < end; ) {
      const count = Math.min(end, (at | this.mask) + 1) - at
      const place = this.bytesPlace(at, count)
      if (place < 0) target.set(this.viewAt(at, end) as never, at - start)
      else copyOutTo(place, count << this.byteShift, this.bytesFrom(target, at - start, count))
      at += count
    }
    return end - start
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

  /** Whether every element of the typed array is a value: a Uint8Array has more than booleans, an Int32Array more than pointers. */
  protected get isPlain(): boolean {
    return this.kind !== 'bool' && this.kind !== 'ref'
  }

  protected *views(start: number, end: number): Generator<Elements> {
    for (let at = start; at < end; ) {
      const view = this.viewAt(at, end)
      at += view.length
      yield view
    }
  }

  /** Index of an element that is the same, or -1; NaN is found by includes alone. */
  find(value: V, from: number | undefined, verb: 'indexOf' | 'includes'): number {
    this.mustBeOpen(verb)
    this.check(value)
    const sought = this.encode(value) as never
    const [start] = this.range(from)
    let at = start
    for (const view of this.views(start, this.endAt)) {
      const index = view.indexOf(sought)
      if (index >= 0) return at + index - this.firstAt
      if (verb === 'includes' && view.includes(sought)) return at - this.firstAt
      at += view.length
    }
    return -1
  }

  /** Adds elements of the list's own type. What was added before it throws stays. */
  private addAll(source: Elements): void {
    const length = lengthOf(source)
    for (let done = 0; done < length; ) {
      if (this.endAt === this.limitAt) this.growBack()
      const count = Math.min(this.limitAt - this.endAt, length - done)
      const place = this.bytesPlace(this.endAt, count)
      if (place < 0) this.viewAt(this.endAt, this.endAt + count).set(source.subarray(done, done + count) as never)
      else copyIn(place, this.bytesFrom(source, done, count), count << this.byteShift)
      this.endAt += count
      done += count
    }
  }

  /** Where so many elements of a chunk lie in near memory, bytes; -1 where they do not, or are too few for a call of the addon. */
  private bytesPlace(at: number, count: number): number {
    const chunk = this.pointerAt(at)
    return count << this.byteShift < COPY_MIN_BYTES || !isNear(chunk) ? -1 : nearByte(chunk) + this.offsetOf(at)
  }

  /** The bytes of so many elements of an array, from one on. */
  private bytesFrom(array: Elements, index: number, count: number): Uint8Array {
    return partOf(array, index * 2 ** this.byteShift, count << this.byteShift)
  }
}

const isLength = (length: unknown): length is number => Number.isSafeInteger(length) && (length as number) >= 0

export function refuseNumber(what: string, value: unknown): never {
  throw typeError(`ebb: ${what} must be a number, got ${show(value)} (${typeof value})`)
}
