/**
 * What a heap counts for readers on other threads, beside its magazines: calls to the system and moves so far, each
 * modulo 2^32. The heap's own counts are exact numbers elsewhere; who reads these is after differences.
 */

export const MAPS = 0
export const UNMAPS = 1
export const DISCARDS = 2
/** Pools' worth of bytes that were discarded. */
export const DISCARDED_POOLS = 3
export const MOVES = 4

export class Tally {
  private readonly words: Int32Array
  private readonly at: number

  /** @param at - its first word; 0: it is kept nowhere, as where more heaps are open than there are places for */
  constructor(words: Int32Array, at: number) {
    this.words = words
    this.at = at
  }

  set(index: number, count: number): void {
    if (this.at !== 0) this.words[this.at + index] = count
  }
}

/** For books without a space. */
export const NO_TALLY = new Tally(new Int32Array(0), 0)
