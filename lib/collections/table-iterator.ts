/** The iterators of dicts, sets and caches. */
import { Walk, type Walked } from './walk'

/** An iterator of a collection. It shows what lasts exactly once, whatever changes meanwhile (walk.ts). */
export class TableIterator<T> implements IterableIterator<T> {
  readonly #walk: Walk
  readonly #show: (walk: Walk) => T

  /** @internal */
  constructor(table: Walked, show: (walk: Walk) => T) {
    this.#walk = new Walk(table)
    this.#show = show
  }

  next(): IteratorResult<T> {
    const walk = this.#walk
    if (!walk.step()) return { value: undefined, done: true }
    return { value: this.#show(walk), done: false }
  }

  [Symbol.iterator](): this {
    return this
  }
}
