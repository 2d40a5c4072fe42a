/** What all dicts have, whatever their kinds: everything that is not a single look-up. */
import { mustBeFunction, refuseByteLength } from '../base/errors'
import { Directory } from './directory'
import { Walk, type Walked } from './walk'

/** An iterator of a collection. It shows what lasts exactly once, whatever changes meanwhile (walk.ts). */
export class TableIterator<T> implements IterableIterator<T> {
  private readonly walk: Walk
  private readonly show: (walk: Walk) => T

  /** @internal */
  constructor(table: Walked, show: (walk: Walk) => T) {
    this.walk = new Walk(table)
    this.show = show
  }

  next(): IteratorResult<T> {
    if (!this.walk.step()) return { value: undefined, done: true }
    return { value: this.show(this.walk), done: false }
  }

  [Symbol.iterator](): this {
    return this
  }
}

/** A dict of some kinds: Map's face. Its order is unspecified. Keys are compared as a Map does (SameValueZero), bytes by their contents. */
export abstract class BaseDict<K, V> extends Directory implements Walked {
  /**
   * The value of a key.
   * @throws TypeError, RangeError for what is no key of the kind; HeapError `EBB_CLOSED`
   */
  abstract get(key: K): V | undefined

  /** Whether a key is there. Throws as {@link get}. */
  abstract has(key: K): boolean

  /**
   * Puts a value for a key.
   * @throws TypeError, RangeError for what is not of the kinds; HeapError `EBB_LIMIT`, `EBB_OUT_OF_MEMORY`, `EBB_CLOSED`. The dict is as
   *   before then.
   */
  abstract set(key: K, value: V): this

  /** Takes a key and its value out. Returns whether they were there. Throws as {@link get}. */
  abstract delete(key: K): boolean

  /**
   * Copies the bytes of a key's value, where values are `bytes`.
   * @returns how many; -1 where the key is not there
   * @throws RangeError where they do not fit: nothing is copied then. TypeError for values of another kind.
   */
  abstract getInto(key: K, target: Uint8Array): number

  /** @internal */
  abstract gather(walk: Walk): void
  /** @internal */
  abstract findAgain(walk: Walk): boolean
  /** @internal */
  abstract keyAt(walk: Walk): K
  /** @internal */
  abstract valueAt(walk: Walk): V

  /** The value of a key, or `otherwise`. Throws as {@link get}. */
  getOr(key: K, otherwise: V): V {
    const found = this.get(key)
    return found === undefined ? otherwise : found
  }

  /** The value of a key; where it is not there, `value`, which is put for it. Throws as {@link set}. */
  getOrInsert(key: K, value: V): V {
    if (!this.has(key)) this.set(key, value)
    return this.get(key) as V
  }

  /**
   * Allocates segments for so many entries now.
   * @throws RangeError for what is no number of entries; as {@link set}
   */
  reserve(entries: number): void {
    this.mustBeOpen('reserve')
    if (!Number.isSafeInteger(entries) || entries < 0) refuseByteLength(entries, 'reserve', 'entries')
    this.growTo(entries)
  }

  keys(): TableIterator<K> {
    this.mustBeOpen('keys')
    return new TableIterator<K>(this, (walk) => this.keyAt(walk))
  }

  values(): TableIterator<V> {
    this.mustBeOpen('values')
    return new TableIterator<V>(this, (walk) => this.valueAt(walk))
  }

  entries(): TableIterator<[K, V]> {
    this.mustBeOpen('entries')
    return new TableIterator<[K, V]>(this, (walk) => [this.keyAt(walk), this.valueAt(walk)])
  }

  [Symbol.iterator](): TableIterator<[K, V]> {
    return this.entries()
  }

  /** Calls `visit` for each entry. */
  forEach(visit: (value: V, key: K, dict: this) => void): void {
    this.mustBeOpen('forEach')
    mustBeFunction(visit, 'forEach')
    const walk = new Walk(this)
    while (walk.step()) {
      const key = this.keyAt(walk)
      visit(this.valueAt(walk), key, this)
    }
  }

  get [Symbol.toStringTag](): string {
    return 'Dict'
  }
}
