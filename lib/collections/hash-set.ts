/** Sets off the heap of JavaScript: Set's face over a dict without values. */
import { mustBeFunction } from '../base/errors'
import type { Heap } from '../heap/heap'
import type { BaseDict, TableIterator } from './base-dict'
import { makeSet } from './dict'
import { type KeyKind, mustBeHeap, mustBeKeyKind, type ValueOf } from './kinds'
import { Walk } from './walk'

/**
 * A set of keys of one kind. Its order is unspecified. Keys are compared as a Set does (SameValueZero), bytes by their contents.
 * Methods throw as those of a Dict.
 */
export class BaseSet<K> {
  private readonly dict: BaseDict<K, unknown>

  /** @internal */
  constructor(heap: Heap, kind: KeyKind) {
    mustBeHeap(heap, 'a HashSet')
    mustBeKeyKind(kind, 'the kind of a HashSet')
    this.dict = makeSet(heap, kind) as BaseDict<K, unknown>
  }

  /** The heap that holds it. */
  get heap(): Heap {
    return this.dict.heap
  }

  /** Keys held; 0 after close. */
  get size(): number {
    return this.dict.size
  }

  /** Usable bytes of all of its blocks. */
  get byteLength(): number {
    return this.dict.byteLength
  }

  /**
   * Puts a key in.
   * @throws TypeError, RangeError for what is no key of the kind; HeapError `EBB_LIMIT`, `EBB_OUT_OF_MEMORY`, `EBB_CLOSED`
   */
  add(key: K): this {
    this.dict.set(key, undefined)
    return this
  }

  /** Whether a key is in it. */
  has(key: K): boolean {
    return this.dict.has(key)
  }

  /** Takes a key out. Returns whether it was in. */
  delete(key: K): boolean {
    return this.dict.delete(key)
  }

  /** Takes all keys out. The blocks of a large set are freed in slices afterwards. */
  clear(): void {
    this.dict.clear()
  }

  /** Allocates segments for so many keys now. */
  reserve(entries: number): void {
    this.dict.reserve(entries)
  }

  keys(): TableIterator<K> {
    return this.dict.keys()
  }

  values(): TableIterator<K> {
    return this.dict.keys()
  }

  /** Each key twice, as Set's. */
  *entries(): Generator<[K, K]> {
    for (const key of this.dict.keys()) yield [key, key]
  }

  [Symbol.iterator](): TableIterator<K> {
    return this.dict.keys()
  }

  /** Calls `visit` for each key. */
  forEach(visit: (key: K, again: K, set: this) => void): void {
    this.dict.mustBeOpen('forEach')
    mustBeFunction(visit, 'forEach')
    const walk = new Walk(this.dict)
    while (walk.step()) {
      const key = this.dict.keyAt(walk)
      visit(key, key, this)
    }
  }

  /** Gives everything back, in slices where that is much. */
  close(): void {
    this.dict.close()
  }

  /** `using` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'HashSet'
  }
}

/** A set off the heap of JavaScript. See {@link BaseSet}. */
export interface HashSet<K> extends BaseSet<K> {}

/**
 * `new HashSet(heap, str)` is a `HashSet<string>`.
 * @throws TypeError for what is no heap or no kind of a key; as `heap.alloc`
 */
export const HashSet = BaseSet as unknown as {
  new <K extends KeyKind>(heap: Heap, kind: K): HashSet<ValueOf<K>>
  readonly prototype: BaseSet<unknown>
}
