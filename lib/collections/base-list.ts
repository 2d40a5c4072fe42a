/** What users hold of a list: Array's face. All else is behind a door, in the list within (list-slots.ts and those above it). */
import { show, typeError } from '../base/errors'
import { uncloneable } from '../base/uncloneable'
import type { Heap } from '../heap/heap'
import { ListMethods } from './list-methods'
import type { Elements } from './list-slots'
import type { RuntimeIterator } from './runtime-iterator'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const STAYS = uncloneable('a List', 'send list.toArray()')
/** Elements that `console.log` shows. */
const SHOWN = 20

/** The list within: the door for lib/ and the tests, not part of the public interface. @internal */
export let listWithin: <V>(list: BaseList<V>) => ListMethods<V>

/** A list of elements of one kind. See docs/collections.md for what differs from an Array. */
export class BaseList<V> implements Iterable<V> {
  /** @internal */
  readonly uncloneable: symbol = STAYS
  readonly #list: ListMethods<V>

  static {
    listWithin = (list) => {
      if (typeof list !== 'object' || list === null || !(#list in list)) refuseReceiver(list)
      return list.#list
    }
  }

  /** @internal */
  constructor(list: ListMethods<V>) {
    if (!(list instanceof ListMethods))
      throw typeError('ebb: make a list by new List(heap, kind); the classes of lists take no arguments of yours')
    this.#list = list
  }

  /** The heap that holds it. */
  get heap(): Heap {
    return listWithin(this).heap
  }

  /** Name of the elements' kind: `'f64'`, `'str'` ... */
  get kind(): string {
    return listWithin(this).kind
  }

  /** Usable bytes of all blocks of the list, the directory included. */
  get byteLength(): number {
    return listWithin(this).byteLength
  }

  /** Elements. Can be set downwards: those behind go, and their chunks with them; many texts, structs or trees are freed in slices. */
  get length(): number {
    return this.#list.length
  }

  set length(length: number) {
    listWithin(this).length = length
  }

  /**
   * Reads an element.
   * @param index - from 0 to length - 1
   * @throws RangeError outside; TypeError for what is no number; HeapError `EBB_CLOSED`
   */
  get(index: number): V {
    return this.#list.get(index)
  }

  /**
   * Replaces an element.
   * @throws as {@link get}; TypeError, RangeError for a value that is not of the list's kind: nothing is changed then
   */
  set(index: number, value: V): void {
    this.#list.set(index, value)
  }

  /** The element at an index, counted from the end where it is negative; undefined outside, as Array's. */
  at(index: number): V | undefined {
    return this.#list.at(index)
  }

  /**
   * Adds an element at the end, or several in their order. Copies no others, however long the list is.
   * @returns the new length
   * @throws as {@link set}; HeapError `EBB_LIMIT`, `EBB_OUT_OF_MEMORY`: the list is as before then
   */
  push(value: V, ...more: V[]): number {
    return more.length === 0 ? this.#list.push(value) : this.pushAll([value, ...more])
  }

  /** Takes the last element away and returns it; undefined where there is none. */
  pop(): V | undefined {
    return this.#list.pop()
  }

  /** Adds an element before the first, or several in their order. O(1) each, as push. Returns the new length; throws as {@link push}. */
  unshift(value: V, ...more: V[]): number {
    return more.length === 0 ? this.#list.unshift(value) : this.#list.unshiftAll([value, ...more])
  }

  /** Takes the first element away and returns it; undefined where there is none. O(1), as pop. */
  shift(): V | undefined {
    return this.#list.shift()
  }

  /** Adds an element before the one at `index` (0 to length), moving those of the shorter side. Returns the new length; throws as {@link push}. */
  insert(index: number, value: V): number {
    return listWithin(this).insert(index, value)
  }

  /** Takes the element at `index` away and returns it, moving those of the shorter side. Throws as {@link get}. */
  remove(index: number): V {
    return listWithin(this).remove(index)
  }

  /** A new list of the elements from `from` up to `to`, in the same heap and to be closed by itself. Indices are as Array's. */
  slice(from?: number, to?: number): this {
    return new BaseList(listWithin(this).slice(from, to)) as this
  }

  /** Sets the elements from `from` up to `to` to one value. Indices are as Array's. Throws as {@link set}. */
  fill(value: V, from?: number, to?: number): this {
    listWithin(this).fill(value, from, to)
    return this
  }

  /** Index of the first element that is equal (`===`; bytes by their contents) to `value`, at or behind `from`; -1 where there is none. */
  indexOf(value: V, from?: number): number {
    return listWithin(this).find(value, from, 'indexOf')
  }

  /** Whether an element is the same as `value`, NaN too. */
  includes(value: V, from?: number): boolean {
    return listWithin(this).find(value, from, 'includes') >= 0
  }

  /**
   * Sorts the list, stably.
   * @param compare - as Array's; default: by number, NaN last. If it throws, the list is as before.
   * @throws HeapError `EBB_BUSY` where `compare` changed the list's length
   */
  sort(compare?: (a: V, b: V) => number): this {
    listWithin(this).sort(compare)
    return this
  }

  /** Calls `visit` with each element and its index, in order; with those up to the length at the beginning, as Array's does. */
  forEach(visit: (value: V, index: number, list: this) => void): void {
    listWithin(this).forEach(visit as never, this)
  }

  /** Elements in order, by index: what is added while it runs is shown, as by Array's iterator. */
  [Symbol.iterator](): RuntimeIterator<V> {
    return listWithin(this).values()
  }

  /** All elements in a new Array. */
  toArray(): V[] {
    return listWithin(this).toArray()
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
    return listWithin(this).pushAll(source)
  }

  /**
   * Copies elements into a typed array of the list's own type, chunk by chunk: Float64Array for f64, Uint8Array for bool, Int32Array for ref.
   * @param target - filled from its start
   * @param from - index of the first element, as Array's; default 0
   * @returns elements copied: as many as there are and as `target` has room for
   * @throws TypeError for another type
   */
  copyOut(target: Elements, from?: number): number {
    return listWithin(this).copyOut(target, from)
  }

  /** Takes all elements away and frees the list's blocks, those of many texts, structs or trees in slices. */
  clear(): void {
    listWithin(this).clear()
  }

  /** Frees all of the list's blocks. Every later call but `close` is refused. */
  close(): void {
    listWithin(this).close()
  }

  /** `using list = new List(heap, f64)` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** One line for `console.log`. @internal */
  [INSPECT](): string {
    const list = listWithin(this)
    if (list.isClosed) return `List(${list.kind}) closed`
    const { length } = list
    const shown = Array.from({ length: Math.min(SHOWN, length) }, (_, index) => show(list.get(index)))
    const more = length > SHOWN ? [`... ${length - SHOWN} more`] : []
    return `List(${list.kind}) [${[...shown, ...more].join(', ')}]`
  }

  get [Symbol.toStringTag](): string {
    return 'List'
  }
}

function refuseReceiver(receiver: unknown): never {
  throw typeError(
    `ebb: a method of a List was called on ${show(receiver)} (${typeof receiver}), which is none; call list.get(index), or pass (index) => list.get(index)`,
  )
}
