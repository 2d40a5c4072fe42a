/**
 * Free ranges of an interval of whole numbers (slots, or OS pages). A range put back joins its free neighbours.
 *
 * Free ranges hang in bins by the power of two of their length, so that taking one searches a few, however many there are: with one list
 * of all, 105,000 large blocks took 23 s to allocate.
 */

/** Ranges of the bin of the wanted length that are looked at; every range of a larger bin fits. */
const SEARCH_MAX = 16

export class Extents {
  /** Free numbers. */
  free = 0
  /** End of each free range by its start, and start by its end. */
  readonly #ends = new Map<number, number>()
  readonly #starts = new Map<number, number>()
  /** Starts of the free ranges whose length has a given number of bits. */
  readonly #bins: Set<number>[] = []

  /** All numbers from `first` up to and without `end` are free. */
  constructor(first: number, end: number) {
    if (end > first) this.put(first, end - first)
  }

  /** Takes `count` neighbouring numbers. Returns the first; -1: there are none. */
  take(count: number): number {
    const start = this.#bestOf(count) ?? this.#anyAbove(count)
    if (start === undefined) return -1
    this.takeAt(start, count)
    return start
  }

  /** Takes the given numbers, which begin a free range. False: they do not, or not so many are free. */
  takeAt(first: number, count: number): boolean {
    const end = this.#ends.get(first)
    if (end === undefined || end - first < count) return false
    this.#remove(first, end)
    if (first + count < end) this.#add(first + count, end)
    return true
  }

  /** Puts numbers back. */
  put(first: number, count: number): void {
    let start = first
    let end = first + count
    const before = this.#starts.get(start)
    if (before !== undefined) {
      this.#remove(before, start)
      start = before
    }
    const after = this.#ends.get(end)
    if (after !== undefined) {
      this.#remove(end, after)
      end = after
    }
    this.#add(start, end)
  }

  /** Best fit among the ranges of about the wanted length. */
  #bestOf(count: number): number | undefined {
    let best: number | undefined
    let bestLength = Infinity
    let candidates = SEARCH_MAX
    for (const start of this.#bins[binOf(count)] ?? []) {
      const length = (this.#ends.get(start) as number) - start
      if (length >= count && length < bestLength) {
        best = start
        bestLength = length
        if (length === count) break
      }
      if (--candidates === 0) break
    }
    return best
  }

  #anyAbove(count: number): number | undefined {
    for (let bin = binOf(count) + 1; bin < this.#bins.length; bin++) {
      for (const start of this.#bins[bin] as Set<number>) return start
    }
    return undefined
  }

  #add(start: number, end: number): void {
    this.#ends.set(start, end)
    this.#starts.set(end, start)
    const bin = binOf(end - start)
    while (this.#bins.length <= bin) this.#bins.push(new Set())
    this.#bins[bin]?.add(start)
    this.free += end - start
  }

  #remove(start: number, end: number): void {
    this.#ends.delete(start)
    this.#starts.delete(end)
    this.#bins[binOf(end - start)]?.delete(start)
    this.free -= end - start
  }
}

const binOf = (length: number): number => 31 - Math.clz32(length)
