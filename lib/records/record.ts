/** Records: typed fields over the blocks of a heap, in C's layout. docs/records.md is their guide. */

import { inspect } from 'node:util'
import { refuseForeign } from '../base/copy'
import { rangeError, show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import { WeakList } from '../base/weak-list'
import type { Heap } from '../heap/heap'
import { isHeap } from '../heap/numbers'
import { ownersOf } from '../heap/owners'
import { Cursor, checkRecords } from './cursor'
import { makeField } from './fields'
import { FollowedRecords } from './follow'
import { isField, type Place, type RowMaker, rowMaker, type Tree } from './rows'
import {
  checkIndex,
  type Field,
  type FieldsOf,
  type Leaf,
  leavesOf,
  type PartialValuesOf,
  type Shape,
  Struct,
  type ValuesOf,
} from './types'

/**
 * The records of one struct in one heap; made by {@link record}.
 *
 *     const particle = record(heap, { x: f64, y: f64, tag: u8, next: ref })
 *     const { x, y } = particle.fields
 *     const p = particle.alloc()
 *     x.set(p, y.get(p) + 1)
 *     heap.free(p)
 */
export class RecordType<S extends Shape> {
  readonly heap: Heap
  readonly struct: Struct<S>
  /** Bytes of a record, padding included. */
  readonly byteLength: number
  /** Its fields by name. Reading one makes no object, and costs one element of a typed array where the record is near. */
  readonly fields: FieldsOf<S>
  readonly #tree: Tree<Field<unknown>>
  /** The same without the nesting, in the order of their memory. */
  readonly #leaves: readonly Field<unknown>[]
  readonly #makeRow: RowMaker
  /** The places of its cursors, which follow moves. */
  readonly #places = new WeakList<Place>()
  readonly #followed: FollowedRecords
  #isListening = false

  /** @internal */
  constructor(heap: Heap, layout: Struct<S>) {
    const leaves = leavesOf(layout as unknown as Struct<Shape>)
    const refs = leaves.filter((leaf) => leaf.kind === 'ref').map((leaf) => leaf.byteOffset)
    this.heap = heap
    this.struct = layout
    this.byteLength = layout.byteLength
    const fields = makeFields(heap, leaves, layout.byteLength)
    this.fields = fields as unknown as FieldsOf<S>
    this.#tree = fields
    this.#leaves = leavesIn(fields)
    this.#makeRow = rowMaker(fields)
    this.#followed = new FollowedRecords(heap, refs, layout.byteLength)
  }

  /** Allocates one record, all fields 0. Throws as `heap.alloc`. */
  alloc(): Pointer {
    return this.heap.allocZeroed(this.byteLength)
  }

  /**
   * Allocates a block of records, all fields 0. They share the pointer of the block; fields and cursors take an index with it.
   * @param length - records
   * @throws as `heap.alloc`
   */
  allocArray(length: number): Pointer {
    if (!Number.isSafeInteger(length) || length < 0)
      throw rangeError(`ebb: allocArray needs a whole number of records from 0, got ${show(length)}`)
    return this.heap.allocZeroed(length * this.byteLength)
  }

  /** Records that a live block can hold; at least as many as were asked for. */
  capacity(pointer: Pointer): number {
    return Math.floor(this.heap.usableSize(pointer) / this.byteLength)
  }

  /**
   * Allocates a record with values.
   * @param values - an object with a value for every field
   * @throws as {@link alloc} and {@link assign}; TypeError for a field without a value. Nothing is allocated then.
   */
  fromObject(values: ValuesOf<S>): Pointer {
    const read: unknown[] = []
    readValues(this.#tree, values, '', read)
    const pointer = this.alloc()
    try {
      this.#leaves.forEach((field, index) => {
        field.set(pointer, read[index])
      })
    } catch (error) {
      this.heap.free(pointer)
      throw error
    }
    return pointer
  }

  /**
   * Reads a whole record into a new object.
   * @param index - which record of the block, default 0
   * @throws HeapError where the block is not live or does not hold the record
   */
  toObject(pointer: Pointer, index = 0): ValuesOf<S> {
    checkIndex(index, 'toObject')
    checkRecords(this.heap, pointer, index + 1, this.byteLength, 'toObject')
    return readAll(this.#tree, pointer, index) as ValuesOf<S>
  }

  /**
   * Writes some fields of a record.
   * @param values - an object with values by field name
   * @param index - which record of the block, default 0
   * @throws as {@link toObject}; TypeError for a name that is no field; TypeError, RangeError for a value that its field cannot hold.
   *   Fields before it are written then.
   */
  assign(pointer: Pointer, values: PartialValuesOf<S>, index = 0): void {
    checkIndex(index, 'assign')
    const check = () => checkRecords(this.heap, pointer, index + 1, this.byteLength, 'assign')
    writeAll(this.#tree, values, check, pointer, index, '')
  }

  /**
   * Makes a cursor on a block of records, standing on the first.
   * @param length - records, default 1
   * @throws HeapError where the block is not live or holds fewer
   */
  cursor(pointer: Pointer, length = 1): Cursor<S> {
    const cursor = new Cursor<S>(this.heap, this.byteLength, this.#makeRow, this.#places, pointer, length)
    this.#listen()
    return cursor
  }

  /**
   * Makes `heap.compact()` rewrite the `ref` fields of a block of records when the blocks that they point to have moved: at its end, so
   * that its callback still sees the old pointers. Costs JavaScript memory for a Map entry a block.
   * @param length - records, default 1
   * @returns `pointer`
   * @throws HeapError where the block is not live or holds fewer
   */
  follow(pointer: Pointer, length = 1): Pointer {
    checkRecords(this.heap, pointer, length, this.byteLength, 'follow')
    this.#listen()
    this.#followed.add(pointer, length)
    return pointer
  }

  /** Undoes {@link follow}; call it before the block is freed. Returns true if the block was followed. */
  unfollow(pointer: Pointer): boolean {
    return this.#followed.delete(pointer)
  }

  /** Frees a block of records and forgets that it was followed. Throws as `heap.free`. */
  free(pointer: Pointer): void {
    this.heap.free(pointer)
    this.#followed.delete(pointer)
  }

  /** What JSON shows of a record type. */
  toJSON(): { byteLength: number; fields: FieldsOf<S> } {
    const { byteLength, fields } = this
    return { byteLength, fields }
  }

  /** What `console.log` shows of a record type. */
  [inspect.custom](): string {
    return `RecordType ${inspect({ ...this.toJSON(), heap: this.heap }, { depth: null })}`
  }

  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    const moved = (from: Pointer, to: Pointer): void => {
      for (const place of this.#places) if (place.pointer === from) place.move(to)
      this.#followed.note(from, to)
    }
    this.heap.onMoved(moved, () => this.#followed.rewrite())
    ownersOf(this.heap).addHolder(this.#followed)
  }
}

/**
 * Defines records of a heap. Do it once per kind of record: a definition makes objects, using it makes none.
 * @param heap - the heap of the records
 * @param shape - field types by name, or a {@link struct}
 * @throws TypeError as {@link struct}
 */
export function record<S extends Shape>(heap: Heap, shape: S | Struct<S>): RecordType<S> {
  refuseForeign(heap, 'record()')
  refuseForeign(shape, 'record()')
  if (!isHeap(heap)) throw typeError(`ebb: record needs a heap of this copy of ebb, got ${show(heap)} (${typeof heap})`)
  return new RecordType(heap, shape instanceof Struct ? shape : new Struct(shape))
}

function makeFields(heap: Heap, leaves: readonly Leaf[], stride: number): Tree<Field<unknown>> {
  const fields: Tree<Field<unknown>> = {}
  for (const leaf of leaves) {
    let branch = fields
    for (const name of leaf.path.slice(0, -1)) {
      if (!Object.hasOwn(branch, name)) branch[name] = {}
      branch = branch[name] as Tree<Field<unknown>>
    }
    branch[leaf.path.at(-1) as string] = makeField(heap, leaf, stride)
  }
  return fields
}

const leavesIn = (fields: Tree<Field<unknown>>): Field<unknown>[] =>
  Object.values(fields).flatMap((field) => (isField(field) ? field : leavesIn(field)))

function readAll(fields: Tree<Field<unknown>>, pointer: Pointer, index: number): Tree<unknown> {
  const values: Tree<unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    values[name] = isField(field) ? field.get(pointer, index) : readAll(field, pointer, index)
  }
  return values
}

/**
 * Writes the values of an object. Those of one object are read first, which may run code of the caller; so the record is looked at after
 * that.
 */
function writeAll(
  fields: Tree<Field<unknown>>,
  values: unknown,
  check: () => void,
  pointer: Pointer,
  index: number,
  path: string,
): void {
  const from = mustBeObject(values, path)
  Object.keys(from) // V8 keeps the names with the hidden class then, and Object.entries takes half the time
  const given = Object.entries(from)
  check()
  for (const [name, value] of given) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) refuseName(fields, `${path}${name}`)
    if (isField(field)) field.set(pointer, value, index)
    else writeAll(field, value, check, pointer, index, `${path}${name}.`)
  }
}

/** Puts all values of an object into a list, by the order of the fields, each read once. Throws where one is missing. */
function readValues(fields: Tree<Field<unknown>>, values: unknown, path: string, into: unknown[]): void {
  const given = { ...mustBeObject(values, path) }
  for (const name of Object.keys(given)) fieldOf(fields, name, path)
  for (const [name, field] of Object.entries(fields)) {
    if (!Object.hasOwn(given, name)) throw typeError(`ebb: field ${path}${name} has no value`)
    if (isField(field)) into.push(given[name])
    else readValues(field, given[name], `${path}${name}.`, into)
  }
}

function fieldOf(fields: Tree<Field<unknown>>, name: string, path: string): Field<unknown> | Tree<Field<unknown>> {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  return field ?? refuseName(fields, `${path}${name}`)
}

/** Names of fields that a message shows. */
const NAMES_MAX = 20

function refuseName(fields: Tree<Field<unknown>>, path: string): never {
  const names = Object.keys(fields)
  const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ''
  throw typeError(
    `ebb: the record has no field ${cut(path)}; it has ${names.slice(0, NAMES_MAX).map(cut).join(', ')}${more}`,
  )
}

const cut = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}...` : name)

function mustBeObject(values: unknown, path: string): Record<string, unknown> {
  if (typeof values === 'object' && values !== null) return values as Record<string, unknown>
  const what = path === '' ? 'a record' : `field ${path.slice(0, -1)}`
  throw typeError(`ebb: ${what} needs an object of values, got ${show(values)} (${typeof values})`)
}
