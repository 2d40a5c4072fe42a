/** What users hold of a dict: Map's face. All else is behind a door, in the table. */
import { HeapError, mustBeFunction, refuseByteLength, show, typeError } from '../base/errors'
import { GRANULE_BYTES } from '../base/layout'
import { uncloneable } from '../base/uncloneable'
import type { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'
import { DictTable } from './dict-table'
import { entriesLine } from './inspect'
import type { TableIterator } from './table-iterator'
import { Walk } from './walk'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const STAYS = uncloneable('a Dict', 'send new Map(dict)')

/** The table behind a dict: the door for lib/ and the tests, not part of the public interface. @internal */
export let tableOf: <K, V>(dict: BaseDict<K, V>) => DictTable<K, V>

/** A dict of some kinds: Map's face. Its order is unspecified. Keys are compared as a Map does (SameValueZero), bytes by their contents. */
export class BaseDict<K, V> {
  /** @internal */
  readonly uncloneable: symbol = STAYS
  readonly #table: DictTable<K, V>

  static {
    tableOf = (dict) => {
      if (typeof dict !== 'object' || dict === null || !(#table in dict)) refuseReceiver(dict)
      return dict.#table
    }
  }

  /** @internal */
  constructor(table: DictTable<K, V>) {
    if (!(table instanceof DictTable))
      throw typeError(
        'ebb: make a dict by new Dict(heap, { key, value }); the classes of dicts take no arguments of yours',
      )
    this.#table = table
  }

  /** The heap that holds it. */
  get heap(): Heap {
    return tableOf(this).heap
  }

  /** Entries held; 0 after close. */
  get size(): number {
    return this.#table.count
  }

  /** Usable bytes of all of its blocks: what counts against the heap's limit. */
  get byteLength(): number {
    return tableOf(this).byteLength
  }

  /**
   * The value of a key.
   * @throws TypeError, RangeError for what is no key of the kind; HeapError `EBB_CLOSED`
   */
  get(key: K): V | undefined {
    return this.#table.get(key)
  }

  /** Whether a key is there. Throws as {@link get}. */
  has(key: K): boolean {
    return this.#table.has(key)
  }

  /**
   * Puts a value for a key.
   * @throws TypeError, RangeError for what is not of the kinds; HeapError `EBB_LIMIT`, `EBB_OUT_OF_MEMORY`, `EBB_CLOSED`. The dict is as
   *   before then.
   */
  set(key: K, value: V): this {
    this.#table.set(key, value)
    return this
  }

  /** Takes a key and its value out. Returns whether they were there. Throws as {@link get}. */
  delete(key: K): boolean {
    return this.#table.delete(key)
  }

  /** The value of a key, or `otherwise`. Throws as {@link get}. */
  getOr(key: K, otherwise: V): V {
    const found = this.get(key)
    return found === undefined ? otherwise : found
  }

  /** The value of a key; where it is not there, `value`, which is put for it. Throws as {@link set}. */
  getOrInsert(key: K, value: V): V {
    const found = this.get(key)
    if (found !== undefined) return found
    this.set(key, value)
    return this.get(key) as V
  }

  /**
   * Copies the bytes of a key's value, where values are `bytes`.
   * @returns how many; -1 where the key is not there
   * @throws RangeError where they do not fit: nothing is copied then. TypeError for values of another kind.
   */
  getInto(key: K, target: Uint8Array): number {
    return this.#table.getInto(key, target)
  }

  /**
   * Allocates segments for so many entries now.
   * @throws RangeError for what is no number of entries; as {@link set}. What was allocated in vain is freed then.
   */
  reserve(entries: number): void {
    reserveIn(tableOf(this), entries)
  }

  /** Drops all entries. Those of a large dict are freed in slices afterwards. */
  clear(): void {
    tableOf(this).clear()
  }

  keys(): TableIterator<K> {
    return tableOf(this).keys()
  }

  values(): TableIterator<V> {
    return tableOf(this).values()
  }

  entries(): TableIterator<[K, V]> {
    return tableOf(this).entries()
  }

  [Symbol.iterator](): TableIterator<[K, V]> {
    return tableOf(this).entries()
  }

  /** Calls `visit` for each entry. */
  forEach(visit: (value: V, key: K, dict: this) => void): void {
    const table = tableOf(this)
    table.mustBeOpen('forEach')
    mustBeFunction(visit, 'forEach')
    const walk = new Walk(table)
    while (walk.step()) {
      const key = table.keyAt(walk)
      visit(table.valueAt(walk), key, this)
    }
  }

  /** Gives everything back, in slices where that is much. Every later call but `size`, `byteLength` and `close` is refused. */
  close(): void {
    tableOf(this).close()
  }

  /** `using` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** One line for `console.log`. @internal */
  [INSPECT](): string {
    const table = tableOf(this)
    return entriesLine(
      'Dict',
      table,
      () => table.entries(),
      ([key, value]) => `${show(key)} => ${show(value)}`,
    )
  }

  get [Symbol.toStringTag](): string {
    return 'Dict'
  }
}

/** Bytes that pointers of 31 bits reach. */
const REACH_BYTES = 2 ** 31 * GRANULE_BYTES

/** Allocates for so many entries. @throws RangeError, TypeError for what is no number of entries; HeapError where they cannot have room */
export function reserveIn(table: DictTable<never, unknown> | DictTable<unknown, unknown>, entries: number): void {
  table.mustBeOpen('reserve')
  if (!Number.isSafeInteger(entries) || entries < 0) refuseByteLength(entries, 'reserve', 'entries')
  const least = entries * table.slotBytes
  const { limit } = partsOf(table.heap).budget
  const takes = `ebb: ${entries} entries take ${least} bytes at least, more than`
  if (least > limit) throw new HeapError('EBB_LIMIT', `${takes} this heap's limit of ${limit}; reserve less`)
  if (least > REACH_BYTES)
    throw new HeapError('EBB_OUT_OF_MEMORY', `${takes} the ${REACH_BYTES} that heaps of a thread have; reserve less`)
  table.growTo(entries)
}

function refuseReceiver(receiver: unknown): never {
  throw typeError(
    `ebb: a method of a Dict was called on ${show(receiver)} (${typeof receiver}), which is none; call dict.get(key), or pass (key) => dict.get(key)`,
  )
}
