/** A cursor: stands on one record of a block of them at a time, and shows it as properties. For loops. */

import { HeapError, show, showPointer } from '../base/errors'
import { arenaOffset, POOL_BYTES, type Pointer, type Slot, slotOf } from '../base/layout'
import type { ArenaTable } from '../books/arena-table'
import type { Heap } from '../heap/heap'
import { addReader } from '../supply/parts'
import type { RowMaker } from './rows'
import type { RowOf, Shape } from './types'

/**
 * Shows the records of a block one at a time, each as the same `row` object.
 *
 *     const cursor = particles.cursor(pointer, length)
 *     for (let i = 0; i < length; i++) {
 *       const row = cursor.at(i)
 *       row.x += row.dx
 *     }
 *
 * It keeps a DataView of the block's slot, so that a property costs one access of it. {@link at} asks each time whether the block is
 * live still and where it was; between two calls of `at`, a block that is freed shows what its memory holds next, as with `bytes()`. A
 * cursor follows its block through `compact()`, and a large block that `realloc` grows in place.
 */
export class Cursor<S extends Shape> {
  /** The record that the cursor stands on. Always the same object. */
  readonly row: RowOf<S>
  /** @internal */
  view: DataView
  /** @internal */
  base = 0
  private readonly heap: Heap
  private readonly stride: number
  private readonly table: ArenaTable
  private readonly words: Int32Array
  private block = 0 as Pointer
  private count = 0
  private replaced = 0
  private start = 0
  private mapWord = 0
  private bit = 0

  /** @internal */
  constructor(heap: Heap, stride: number, make: RowMaker, pointer: Pointer, length: number) {
    const { table } = heap.internals
    this.heap = heap
    this.stride = stride
    this.table = table
    this.words = table.space.words
    this.view = table.data(0 as Slot)
    this.row = make(this) as unknown as RowOf<S>
    addReader(heap.internals, this)
    this.seat(pointer, length)
  }

  /** The block of records. */
  get pointer(): Pointer {
    return this.block
  }

  /** Records that the cursor may stand on. */
  get length(): number {
    return this.count
  }

  /** Which record it stands on. */
  get index(): number {
    return (this.base - this.start) / this.stride
  }

  /**
   * Stands on a record.
   * @param index - from 0 to {@link length} - 1
   * @throws RangeError for another index; HeapError where the block is freed or its heap closed
   */
  at(index: number): RowOf<S> {
    if (index >>> 0 !== index || index >= this.count) this.refuseIndex(index)
    const live = (this.words[this.mapWord] as number) & this.bit
    if (live === 0 || this.table.replaced !== this.replaced) this.seat(this.block, this.count)
    this.base = this.start + index * this.stride
    return this.row
  }

  /**
   * Goes to the first record of another block: needed after a `realloc`, and cheaper than a new cursor.
   * @param length - records, default 1
   * @throws HeapError where the block is not live; `EBB_OUT_OF_BOUNDS` where it holds fewer records
   */
  seat(pointer: Pointer, length = 1): RowOf<S> {
    checkRecords(this.heap, pointer, length, this.stride, 'cursor')
    this.count = length
    this.place(pointer)
    this.base = this.start
    return this.row
  }

  /** All records in turn, each as {@link row}. */
  *[Symbol.iterator](): Generator<RowOf<S>> {
    for (let index = 0; index < this.count; index++) yield this.at(index)
  }

  /** The block has moved; stays on the record. @internal */
  follow(to: Pointer): void {
    const distance = this.base - this.start
    this.place(to)
    this.base = this.start + distance
  }

  /** The heap has closed: its memory may be another's by now. @internal */
  close(): void {
    this.view = this.table.data(0 as Slot)
  }

  /** @internal */
  refuse(cause: unknown): never {
    this.heap.usableSize(this.block)
    throw cause
  }

  private place(pointer: Pointer): void {
    this.block = pointer
    this.view = this.table.data(slotOf(pointer))
    this.replaced = this.table.replaced
    this.start = arenaOffset(pointer) - POOL_BYTES
    this.mapWord = pointer >>> 5
    this.bit = 1 << pointer
  }

  private refuseIndex(index: unknown): never {
    throw new RangeError(`ebb: cursor index must be a whole number from 0 to ${this.count - 1}, got ${show(index)}`)
  }
}

/** That a block is live and holds `length` records; throws where not. */
export function checkRecords(heap: Heap, pointer: Pointer, length: number, stride: number, verb: string): void {
  const usable = heap.usableSize(pointer)
  if (!Number.isSafeInteger(length) || length < 0)
    throw new RangeError(`ebb: ${verb} needs a whole number of records from 0, got ${show(length)}`)
  if (length * stride <= usable) return
  throw new HeapError(
    'EBB_OUT_OF_BOUNDS',
    `ebb: ${verb}(${showPointer(pointer)}): ${length} records of ${stride} bytes leave the block of ${usable} usable bytes`,
  )
}
