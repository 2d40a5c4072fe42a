/** The iterators of dicts, sets and caches. */
import { inheritHelpers, type RuntimeIterator } from './runtime-iterator'
import { Walk, type Walked } from './walk'

/** An iterator of a collection. It shows what lasts exactly once, whatever changes meanwhile (walk.ts). */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what it inherits is there at run time
export class TableIterator<T> {
  readonly #walk: Walk
  readonly #show: (walk: Walk) => T

  /** @internal */
  constructor(table: Walked, show: (walk: Walk) => T) {
    this.#walk = new Walk(table)
    this.#show = show
  }

  next(): IteratorResult<T, undefined> {
    const walk = this.#walk
    if (!walk.step()) return { value: undefined, done: true }
    return { value: this.#show(walk), done: false }
  }
}
inheritHelpers(TableIterator)

/** Helpers such as `map` and `take` are there where the runtime's iterators have them. */
export interface TableIterator<T> extends RuntimeIterator<T> {}
