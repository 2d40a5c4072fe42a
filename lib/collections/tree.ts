/** JSON documents off the heap of JavaScript: a whole tree in one block, which is read as a whole or a part at a time. */
import { markAsOurs, refuseForeign } from '../base/copy'
import { HeapError, refuseClosed, show, typeError } from '../base/errors'
import { type Pointer, slotOf } from '../base/layout'
import { uncloneable } from '../base/uncloneable'
import type { Heap } from '../heap/heap'
import { payloadOffset } from '../heap/live-blocks'
import { partsOf } from '../heap/numbers'
import { ownersOf, type PlacedOwner } from '../heap/owners'
import { mustBeHeap } from './kinds'
import { take } from './pending'
import { packPlain } from './plain'
import { PlainReader } from './plain-reader'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const STAYS = uncloneable('a Tree', 'send tree.toObject()')

/** A tree of null, booleans, numbers, strings, bytes, arrays and plain objects, held in a heap. It cannot be changed. */
export class Tree<T = unknown> {
  /** @internal */
  readonly uncloneable: symbol = STAYS
  /** The heap that holds it. */
  readonly heap: Heap
  #pointer: Pointer | 0
  /** Told of where the block is: no method of the tree, which a caller could call. */
  readonly #owner: PlacedOwner = {
    moved: (to) => {
      this.#pointer = to
    },
  }

  /** @internal */
  constructor(heap: Heap, packed: Uint8Array) {
    this.heap = heap
    const pointer = take(heap, packed.length)
    heap.copyIn(pointer, packed)
    ownersOf(heap).place(pointer, this.#owner, 0)
    this.#pointer = pointer
  }

  /** Usable bytes of its block; 0 after close. */
  get byteLength(): number {
    const pointer = this.#pointer
    return pointer === 0 || partsOf(this.heap).isClosed ? 0 : this.heap.usableSize(pointer)
  }

  /**
   * The part that a path of names and indices leads to, made anew; undefined where it leads nowhere. `get('people', 3, 'name')` reads
   * no more than the values that stand before it in lists and dicts of up to 8.
   * @throws TypeError for a path of other things; HeapError `EBB_CLOSED`
   */
  get(...path: readonly (string | number)[]): unknown {
    const reader = this.#read('get')
    return reader.seek(path) ? reader.read() : undefined
  }

  /**
   * Elements of the array, or entries of the object, that a path leads to; undefined where it leads to neither. Throws as {@link get}.
   */
  size(...path: readonly (string | number)[]): number | undefined {
    const reader = this.#read('size')
    return reader.seek(path) ? reader.size() : undefined
  }

  /** The whole, as it was given: a new object. @throws HeapError `EBB_CLOSED` */
  toObject(): T {
    return this.#read('toObject').read() as T
  }

  /** What JSON.stringify writes: the whole. */
  toJSON(): T {
    return this.toObject()
  }

  /** Frees the tree. Every later call but `close` is refused. */
  close(): void {
    const { heap } = this
    const pointer = this.#pointer
    this.#pointer = 0
    if (pointer === 0 || partsOf(heap).isClosed) return
    ownersOf(heap).unplace(pointer)
    heap.free(pointer)
  }

  /** `using` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** One line for `console.log`. @internal */
  [INSPECT](): string {
    return this.byteLength === 0 ? 'Tree closed' : `Tree of ${this.byteLength} bytes`
  }

  get [Symbol.toStringTag](): string {
    return 'Tree'
  }

  /** A reader over the block itself: good until the heap is used for something else. */
  #read(verb: string): PlainReader {
    const { heap } = this
    const pointer = this.#pointer
    if (partsOf(heap).isClosed) refuseClosed(verb)
    if (pointer === 0) throw new HeapError('EBB_CLOSED', `ebb: ${verb} on a closed tree; make another by fromObject`)
    const payload = partsOf(heap).table.payload(slotOf(pointer))
    return new PlainReader(payload.subarray(payloadOffset(pointer)))
  }
}
markAsOurs(Tree, 'tree')

/**
 * Puts a tree into a heap: whatever JSON can say, and bytes. What is nested is freed with it.
 *
 *     using config = fromObject(heap, JSON.parse(text))
 *     config.get('servers', 0, 'port')
 *
 * @param object - null, a boolean, a number, a string, a Uint8Array, an array or a plain object of these
 * @throws TypeError for another heap, and for what JSON has no word for, with its path; RangeError for a circle; HeapError `EBB_CLOSED`,
 *   `EBB_LIMIT`, `EBB_OUT_OF_MEMORY`: nothing is held then
 */
export function fromObject<T>(heap: Heap, object: T): Tree<T> {
  mustBeHeap(heap, 'fromObject')
  return new Tree<T>(heap, packPlain(object, true))
}

/**
 * The object that a tree was made from, made anew.
 * @throws TypeError for what is no tree; HeapError `EBB_CLOSED`
 */
export function toObject<T>(tree: Tree<T>): T {
  refuseForeign(tree, 'toObject')
  if (!(tree instanceof Tree))
    throw typeError(`ebb: toObject needs a tree that fromObject has made, got ${show(tree)} (${typeof tree})`)
  return (tree as Tree<T>).toObject()
}
