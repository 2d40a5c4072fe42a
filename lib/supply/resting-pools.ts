/**
 * Pools that rest: a pool that the blocks of a full magazine leave empty stays with its class for up to half a decay, or until somebody
 * else would have to touch new memory. A class that frees many blocks mostly wants them again, and to give a pool back and take another
 * costs as much as twenty blocks do. They count as dirty from the moment they got empty.
 *
 *     resting[class] --> pool that got empty last --NEXT--> ... --> pool that rests longest
 */
import { type Pointer, recordAt, type SizeClass, slotOf } from '../base/layout'
import { CLASS_TABLE_LENGTH } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import { NEXT, STAMP, word } from '../books/ledger'
import type { UsedRuns } from '../books/used-runs'
import { EPOCHS_PER_DECAY } from '../release/decay'
import type { Purger, Source } from '../release/purger'
import type { Arenas } from './arenas'

/** Epochs that pools may rest: half a decay. */
const REST_EPOCHS = EPOCHS_PER_DECAY / 2

export class RestingPools implements Source {
  private readonly heads = new Int32Array(CLASS_TABLE_LENGTH)
  private count = 0
  private readonly table: ArenaTable
  private readonly arenas: Arenas
  private readonly used: UsedRuns
  private readonly purger: Purger

  constructor(table: ArenaTable, arenas: Arenas, used: UsedRuns, purger: Purger) {
    this.table = table
    this.arenas = arenas
    this.used = used
    this.purger = purger
  }

  get isDirty(): boolean {
    return this.count > 0
  }

  /** Lets an empty pool rest that is in no list. */
  add(sizeClass: SizeClass, pool: Pointer): void {
    const ledger = this.table.ledger(slotOf(pool))
    const record = recordAt(pool)
    ledger[record + STAMP] = this.purger.epoch
    ledger[record + NEXT] = this.heads[sizeClass] as number
    this.heads[sizeClass] = pool
    this.count++
    this.purger.notePut()
  }

  /** Makes the pool of the class that got empty last a used one, so that the others may go; 0 where none rests. */
  wake(sizeClass: SizeClass): Pointer | 0 {
    const pool = this.heads[sizeClass] as Pointer | 0
    if (pool === 0) return 0
    this.heads[sizeClass] = this.after(pool)
    this.count--
    this.used.link(sizeClass, pool)
    return pool
  }

  /** Gives the pools back that have rested for long enough. */
  beginEpoch(epoch: number): void {
    this.release(epoch - REST_EPOCHS)
  }

  /** It is the dirty pools that give back what comes from here. */
  giveBackStep(): number {
    return -1
  }

  /** Gives the pools back that rest since before an epoch; default: all. Returns whether there were any. */
  release(before = Infinity): boolean {
    const count = this.count
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH && this.count > 0; c++) this.releaseOf(c, before)
    return this.count < count
  }

  /** Forgets every pool: the heap closes. */
  clear(): void {
    this.heads.fill(0)
    this.count = 0
  }

  private releaseOf(sizeClass: SizeClass, before: number): void {
    let kept = 0 as Pointer | 0
    let pool = this.heads[sizeClass] as Pointer | 0
    while (pool !== 0 && this.since(pool) >= before) {
      kept = pool
      pool = this.after(pool)
    }
    if (kept === 0) this.heads[sizeClass] = 0
    else this.table.ledger(slotOf(kept))[recordAt(kept) + NEXT] = 0
    while (pool !== 0) {
      const next = this.after(pool)
      this.count--
      this.table.counts.addPools(sizeClass, -1)
      this.arenas.putRun(pool, 1, this.since(pool))
      pool = next
    }
  }

  private after(pool: Pointer): Pointer | 0 {
    return word(this.table.ledger(slotOf(pool)), recordAt(pool) + NEXT) as Pointer | 0
  }

  private since(pool: Pointer): number {
    return word(this.table.ledger(slotOf(pool)), recordAt(pool) + STAMP)
  }
}
