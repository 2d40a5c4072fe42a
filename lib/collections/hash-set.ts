/** Sets off the heap of JavaScript: Set's face over a dict without values. */
import { mustBeFunction, show } from '../base/errors'
import { uncloneable } from '../base/uncloneable'
import type { Heap } from '../heap/heap'
import { reserveIn } from './base-dict'
import { tableOfKeys } from './dict'
import type { DictTable } from './dict-table'
import { entriesLine } from './inspect'
import { type KeyKind, mustBeHeap, mustBeKeyKind, type ValueOf } from './kinds'
import type { TableIterator } from './table-iterator'
import { Walk } from './walk'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const STAYS = uncloneable('a HashSet', 'send new Set(set)')

/**
 * A set of keys of one kind. Its order is unspecified. Keys are compared as a Set does (SameValueZero), bytes by their contents.
 * Methods throw as those of a Dict.
 */
export class BaseSet<K> {
  /** @internal */
  readonly uncloneable: symbol = STAYS
  readonly #table: DictTable<K, unknown>

  /** @internal */
  constructor(heap: Heap, kind: KeyKind) {
    mustBeHeap(heap, 'a HashSet')
    mustBeKeyKind(kind, 'the kind of a HashSet')
    this.#table = tableOfKeys(heap, kind) as DictTable<K, unknown>
  }

  /** The heap that holds it. */
  get heap(): Heap {
    return this.#table.heap
  }

  /** Keys held; 0 after close. */
  get size(): number {
    return this.#table.size
  }

  /** Usable bytes of all of its blocks. */
  get byteLength(): number {
    return this.#table.byteLength
  }

  /**
   * Puts a key in.
   * @throws TypeError, RangeError for what is no key of the kind; HeapError `EBB_LIMIT`, `EBB_OUT_OF_MEMORY`, `EBB_CLOSED`
   */
  add(key: K): this {
    this.#table.set(key, undefined)
    return this
  }

  /** Whether a key is in it. */
  has(key: K): boolean {
    return this.#table.has(key)
  }

  /** Takes a key out. Returns whether it was in. */
  delete(key: K): boolean {
    return this.#table.delete(key)
  }

  /** Takes all keys out. The blocks of a large set are freed in slices afterwards. */
  clear(): void {
    this.#table.clear()
  }

  /** Allocates segments for so many keys now. */
  reserve(entries: number): void {
    reserveIn(this.#table, entries)
  }

  keys(): TableIterator<K> {
    return this.#table.keys()
  }

  values(): TableIterator<K> {
    return this.#table.keys()
  }

  /** Each key twice, as Set's. */
  *entries(): Generator<[K, K]> {
    for (const key of this.#table.keys()) yield [key, key]
  }

  [Symbol.iterator](): TableIterator<K> {
    return this.#table.keys()
  }

  /** Calls `visit` for each key. */
  forEach(visit: (key: K, again: K, set: this) => void): void {
    const table = this.#table
    table.mustBeOpen('forEach')
    mustBeFunction(visit, 'forEach')
    const walk = new Walk(table)
    while (walk.step()) {
      const key = table.keyAt(walk)
      visit(key, key, this)
    }
  }

  /** Gives everything back, in slices where that is much. */
  close(): void {
    this.#table.close()
  }

  /** `using` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** One line for `console.log`. @internal */
  [INSPECT](): string {
    return entriesLine('HashSet', this.#table, () => this.keys(), show)
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
