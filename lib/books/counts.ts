/**
 * What a heap counts as it goes, so that statistics need no walk over its pools: of each size class the pools in use and the blocks taken
 * (live, or in a magazine), and of the free pools those that are dirty. The slow paths keep it; the usual alloc and free change none of it.
 *
 * It stands with the heap's words in the space, where a reader on another thread finds it (inspect/map.ts).
 */
import { CLASS_TABLE_LENGTH } from '../base/size-classes'
import { COUNTS_AT, COUNTS_WORDS } from '../space/plan'
import type { Space } from '../space/space'

if (2 * CLASS_TABLE_LENGTH + 1 > COUNTS_WORDS) throw new Error('ebb: plan.ts leaves no room for the counts')

export class Counts {
  /** By size class: pools in use, and blocks taken. */
  readonly pools: Int32Array
  readonly taken: Int32Array
  readonly #all: Int32Array

  /** @param base - the heap's words. Heaps that share theirs count elsewhere. */
  constructor(space: Space, base: number) {
    this.#all =
      base === space.noMagazines
        ? new Int32Array(COUNTS_WORDS)
        : new Int32Array(space.region.buffer, (base + COUNTS_AT) * 4, COUNTS_WORDS)
    this.pools = this.#all.subarray(0, CLASS_TABLE_LENGTH)
    this.taken = this.#all.subarray(CLASS_TABLE_LENGTH, 2 * CLASS_TABLE_LENGTH)
  }

  /** Free pools that are resident. */
  get dirty(): number {
    return this.#all[2 * CLASS_TABLE_LENGTH] as number
  }

  /** So many pools of a class are in use now, or less so. */
  addPools(sizeClass: number, pools: number): void {
    this.pools[sizeClass] = (this.pools[sizeClass] as number) + pools
  }

  addTaken(sizeClass: number, blocks: number): void {
    this.taken[sizeClass] = (this.taken[sizeClass] as number) + blocks
  }

  addDirty(pools: number): void {
    this.#all[2 * CLASS_TABLE_LENGTH] = this.dirty + pools
  }

  /** The heap has nothing any more. */
  clear(): void {
    this.#all.fill(0)
  }
}
