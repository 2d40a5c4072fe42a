/**
 * Pools that rest: a run that the blocks of a full magazine leave empty stays with its class for up to half a decay, or until somebody
 * else would have to touch new memory. A class that frees many blocks mostly wants them again, and to give a pool back and take another
 * costs as much as twenty blocks do. They count as dirty from the moment they got empty.
 *
 *     resting[class] --> run that got empty last --NEXT--> ... --> run that rests longest
 */
import { type Pointer, recordAt, type SizeClass, slotOf } from '../base/layout'
import { CLASS_TABLE_LENGTH, runPoolsOf } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import { NEXT, STAMP, word } from '../books/ledger'
import { EPOCHS_PER_DECAY } from '../release/decay'
import type { Purger, Source } from '../release/purger'
import type { Arenas } from './arenas'

/** Epochs that runs may rest: half a decay. */
const REST_EPOCHS = EPOCHS_PER_DECAY / 2

export class RestingPools implements Source {
  private readonly heads = new Int32Array(CLASS_TABLE_LENGTH)
  private count = 0
  private readonly table: ArenaTable
  private readonly arenas: Arenas
  private readonly purger: Purger

  constructor(table: ArenaTable, arenas: Arenas, purger: Purger) {
    this.table = table
    this.arenas = arenas
    this.purger = purger
  }

  get isDirty(): boolean {
    return this.count > 0
  }

  /** Lets an empty run rest that is in no list. */
  add(sizeClass: SizeClass, run: Pointer): void {
    const ledger = this.table.ledger(slotOf(run))
    const record = recordAt(run)
    ledger[record + STAMP] = this.purger.epoch
    ledger[record + NEXT] = this.heads[sizeClass] as number
    this.heads[sizeClass] = run
    this.count++
    this.purger.notePut()
  }

  /** Takes the run of the class that got empty last, so that the others may go; 0 where none rests. */
  wake(sizeClass: SizeClass): Pointer | 0 {
    const run = this.heads[sizeClass] as Pointer | 0
    if (run === 0) return 0
    this.heads[sizeClass] = this.after(run)
    this.count--
    return run
  }

  /** Gives the runs back that have rested for long enough. */
  beginEpoch(epoch: number): void {
    this.release(epoch - REST_EPOCHS)
  }

  /** It is the dirty pools that give back what comes from here. */
  giveBackStep(): number {
    return -1
  }

  /** Gives the runs back that rest since before an epoch; default: all. Returns whether there were any. */
  release(before = Infinity): boolean {
    const count = this.count
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH && this.count > 0; c++) this.releaseOf(c, before)
    return this.count < count
  }

  /** Forgets every run: the heap closes. */
  clear(): void {
    this.heads.fill(0)
    this.count = 0
  }

  private releaseOf(sizeClass: SizeClass, before: number): void {
    let kept = 0 as Pointer | 0
    let run = this.heads[sizeClass] as Pointer | 0
    while (run !== 0 && this.since(run) >= before) {
      kept = run
      run = this.after(run)
    }
    if (kept === 0) this.heads[sizeClass] = 0
    else this.table.ledger(slotOf(kept))[recordAt(kept) + NEXT] = 0
    while (run !== 0) {
      const next = this.after(run)
      this.count--
      this.table.counts.addPools(sizeClass, -runPoolsOf(sizeClass))
      this.arenas.putRun(run, runPoolsOf(sizeClass), this.since(run))
      run = next
    }
  }

  private after(run: Pointer): Pointer | 0 {
    return word(this.table.ledger(slotOf(run)), recordAt(run) + NEXT) as Pointer | 0
  }

  private since(run: Pointer): number {
    return word(this.table.ledger(slotOf(run)), recordAt(run) + STAMP)
  }
}
