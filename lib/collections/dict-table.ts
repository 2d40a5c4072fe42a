/** The tables behind dicts, sets and caches: a directory whose entries have keys and values. What users hold are faces over them. */
import { Directory } from './directory'
import { TableIterator } from './table-iterator'
import type { Walk, Walked } from './walk'

/** A table of some kinds. Its methods throw as those of a Dict (base-dict.ts). */
export abstract class DictTable<K, V> extends Directory implements Walked {
  /** The value of a key, or undefined. */
  abstract get(key: K): V | undefined
  abstract has(key: K): boolean
  /** Puts a value for a key. All is as before if it throws. */
  abstract set(key: K, value: V): void
  /** Takes a key and its value out. Returns whether they were there. */
  abstract delete(key: K): boolean
  /** Copies the bytes of a key's value; returns how many, or -1. */
  abstract getInto(key: K, target: Uint8Array): number

  abstract gather(walk: Walk): void
  abstract findAgain(walk: Walk): boolean
  /** The key at which a walk stands. */
  abstract keyAt(walk: Walk): K
  /** The value at which a walk stands. */
  abstract valueAt(walk: Walk): V

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
}
