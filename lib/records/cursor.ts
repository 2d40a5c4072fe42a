/** A cursor, for loops: it stands on one record of a block at a time and shows it as properties. */

import { inspect } from 'node:util'
import { rangeError, show } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { WeakList } from '../base/weak-list'
import type { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'
import { refuseRange } from '../heap/refuse'
import { space } from '../space/thread-space'
import { addReader } from '../supply/parts'
import { Place, type RowMaker } from './rows'
import type { RowOf, Shape } from './types'

const { words } = space

/**
 * Shows the records of a block one at a time, each as the same `row` object.
 *
 *     const cursor = particles.cursor(pointer, length)
 *     for (let i = 0; i < length; i++) {
 *       const row = cursor.at(i)
 *       row.x += row.dx
 *     }
 *
 * It keeps the place of its record in near memory, so that a property costs one access of it. {@link at} tests each time that the block
 * is still live; between two calls of `at`, a freed block shows what its memory holds next, as with `bytes()`. A cursor
 * follows its block through `compact()`, and a large block that `realloc` grows in place.
 */
export class Cursor<S extends Shape> {
  /** The record that the cursor stands on. Always the same object. */
  readonly row: RowOf<S>
  readonly #heap: Heap
  /** Made here and not in the constructor: a private field that is written once is a constant to V8. */
  readonly #place = new Place()
  #count = 0

  /** @internal */
  constructor(heap: Heap, stride: number, make: RowMaker, places: WeakList<Place>, pointer: Pointer, length: number) {
    this.#heap = heap
    this.#place.stride = stride
    this.#place.isChecked = partsOf(heap).checked !== undefined
    this.row = make(this.#place) as unknown as RowOf<S>
    this.seat(pointer, length)
    addReader(partsOf(heap), this.#place)
    places.add(this.#place)
  }

  /** The block of records. */
  get pointer(): Pointer {
    return this.#place.pointer
  }

  /** Records that the cursor may stand on. */
  get length(): number {
    return this.#count
  }

  /** Index of the record that it stands on; -1 where it has none to stand on, and its row refuses every access. */
  get index(): number {
    return this.#place.index
  }

  /**
   * Stands on a record.
   * @param index - from 0 to {@link length} - 1
   * @throws RangeError for another index; HeapError where the block is freed or its heap closed
   */
  at(index: number): RowOf<S> {
    if (typeof index !== 'number' || index >>> 0 !== index || index >= this.#count) refuseIndex(index, this.#count)
    const place = this.#place
    if (((words[place.mapWord] as number) & place.bit) === 0) this.seat(place.pointer, this.#count)
    place.stand(index)
    return this.row
  }

  /**
   * Goes to the first record of another block: needed after a `realloc`, and cheaper than a new cursor.
   * @param length - records, default 1
   * @throws HeapError where the block is not live; `EBB_OUT_OF_BOUNDS` where it holds fewer records
   */
  seat(pointer: Pointer, length = 1): RowOf<S> {
    checkRecords(this.#heap, pointer, length, this.#place.stride, 'cursor')
    this.#count = length
    this.#place.index = length > 0 ? 0 : -1
    this.#place.move(pointer)
    return this.row
  }

  /** What JSON shows of a cursor. */
  toJSON(): { pointer: Pointer; length: number; index: number } {
    const { pointer, length, index } = this
    return { pointer, length, index }
  }

  /** What `console.log` shows of a cursor. */
  [inspect.custom](): string {
    return `Cursor ${inspect({ ...this.toJSON(), row: this.row }, { breakLength: Infinity })}`
  }

  /** Walks all records, each as {@link row}. */
  *[Symbol.iterator](): Generator<RowOf<S>> {
    for (let index = 0; index < this.#count; index++) yield this.at(index)
  }
}

function refuseIndex(index: unknown, count: number): never {
  throw rangeError(`ebb: cursor index must be a whole number from 0 to ${count - 1}, got ${show(index)}`)
}

/** Throws where a block is not live or holds fewer than `length` records. */
export function checkRecords(heap: Heap, pointer: Pointer, length: number, stride: number, verb: string): void {
  const usable = heap.usableSize(pointer)
  if (!Number.isSafeInteger(length) || length < 0)
    throw rangeError(`ebb: ${verb} needs a whole number of records from 0, got ${show(length)}`)
  if (length * stride > usable) {
    const story = partsOf(heap).checked?.describe(pointer)
    refuseRange(pointer, `${length} records of ${stride} bytes`, usable, verb, story)
  }
}
