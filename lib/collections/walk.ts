/**
 * Going through a table that may change meanwhile: entries that are there from the start to the end are seen exactly once, those that are
 * deleted before their turn are not, those that are added may be or not.
 *
 * A walk goes up the hashes. It copies what one segment holds, and remembers up to which hash it has come; a segment that splits or
 * merges afterwards is found by that hash. What was copied is looked up again where the table has changed since.
 */

/** What a walk needs of a table. */
export interface Walked {
  /** @internal */
  readonly version: number
  /**
   * Fills `pairs`, `count`, `segment`, `slots` and `next` of a walk from the segment that holds the hash `next`.
   * @internal
   */
  gather(walk: Walk): void
  /**
   * Puts `place` right for the pair at `index`, which may be elsewhere by now. False where the entry is gone.
   * @internal
   */
  findAgain(walk: Walk): boolean
}

/** Behind the last hash. */
const END = 2 ** 32

export class Walk {
  /** Two words for each entry of the segment: of a number table the key and the slot, of an entry table the hash and the pointer. */
  pairs = new Int32Array(64)
  /** Entries copied. */
  count = 0
  /** Of the copied ones, the one it stands at. */
  index = 0
  /** Where the segment was. */
  segment = 0
  slots = 0
  /** The second word of the pair: the slot, or the pointer. */
  place = 0
  /** The lowest hash not seen yet, from 0 to END. */
  next = 0
  private version = 0
  private readonly table: Walked

  constructor(table: Walked) {
    this.table = table
  }

  /** Goes on to the next entry. False behind the last. */
  step(): boolean {
    for (;;) {
      while (this.index < this.count) {
        const index = this.index++
        if (this.version === this.table.version) {
          this.place = this.pairs[2 * index + 1] as number
          return true
        }
        if (this.table.findAgain(this)) return true
      }
      if (this.next >= END) return false
      this.version = this.table.version
      this.index = 0
      this.count = 0
      this.table.gather(this)
    }
  }

  /** Makes room for the pairs of a segment of so many slots. */
  reserve(slots: number): Int32Array {
    if (this.pairs.length < slots * 2) this.pairs = new Int32Array(slots * 2)
    return this.pairs
  }
}
