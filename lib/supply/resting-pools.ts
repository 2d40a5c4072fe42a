/**
 * Pools that rest: a run that the blocks of a full magazine leave empty stays with its class for up to half a decay, or until somebody
 * else would have to touch new memory. A class that frees many blocks mostly wants them again, and to give a pool back and take another
 * costs as much as twenty blocks do. They count as dirty from the moment they got empty.
 *
 *     resting[epoch % 8][class] --> run that got empty last in that epoch --> ... --> the first
 *
 * The next of a run stands in the column of taken blocks, of which it has none: to take a run reads no ledger, whose page is mostly cold.
 *
 * A list for each epoch, so that those that have rested for long enough are found without a walk over the others: each step of that is a
 * cache miss, and while 5e7 blocks are freed some 180,000 pools rest at a time.
 */
import { type Pointer, recordAt, type SizeClass, slotOf } from '../base/layout'
import { CLASS_TABLE_LENGTH, runPoolsOf } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import type { BlockMap } from '../books/block-map'
import { STAMP, word } from '../books/ledger'
import { setRecordWordAt } from '../books/pool-records'
import { EPOCHS_PER_DECAY } from '../release/decay'
import type { Purger, Source } from '../release/purger'
import type { Arenas } from './arenas'

/** Epochs that runs may rest: half a decay. */
const REST_EPOCHS = EPOCHS_PER_DECAY / 2
/** Lists of a class, one for each of the epochs in which its runs got empty: more than they may rest, and a power of two. */
const LISTS = EPOCHS_PER_DECAY

export class RestingPools implements Source {
  /** First run of list `epoch % LISTS` of a class: index list * CLASS_TABLE_LENGTH + class. */
  private readonly heads = new Int32Array(LISTS * CLASS_TABLE_LENGTH)
  /** By list: its runs of all classes, and the epoch in which the last of them got empty. */
  private readonly counts = new Int32Array(LISTS)
  private readonly epochs = new Float64Array(LISTS)
  private count = 0
  private readonly table: ArenaTable
  private readonly map: BlockMap
  private readonly arenas: Arenas
  private readonly purger: Purger

  constructor(table: ArenaTable, arenas: Arenas, purger: Purger) {
    this.table = table
    this.map = table.map
    this.arenas = arenas
    this.purger = purger
  }

  get isDirty(): boolean {
    return this.count > 0
  }

  /** Lets an empty run rest that is in no list. */
  add(sizeClass: SizeClass, run: Pointer): void {
    const { epoch } = this.purger
    const list = epoch & (LISTS - 1)
    const at = list * CLASS_TABLE_LENGTH + sizeClass
    setRecordWordAt(this.table, run, STAMP, epoch)
    this.setNext(run, this.heads[at] as Pointer | 0)
    this.heads[at] = run
    this.epochs[list] = epoch
    this.note(list, 1)
    this.purger.notePut()
  }

  /** Takes the run of the class that got empty last, so that the others may go; 0 where none rests. */
  wake(sizeClass: SizeClass): Pointer | 0 {
    if (this.count === 0) return 0
    const newest = this.purger.epoch | 0
    for (let age = 0; age < LISTS; age++) {
      const list = (newest - age) & (LISTS - 1)
      const at = list * CLASS_TABLE_LENGTH + sizeClass
      const run = this.heads[at] as Pointer | 0
      if (run === 0) continue
      this.heads[at] = this.next(run)
      this.note(list, -1)
      return run
    }
    return 0
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
    for (let list = 0; list < LISTS && this.count > 0; list++) {
      if (this.counts[list] === 0 || (this.epochs[list] as number) >= before) continue
      this.releaseList(list)
    }
    return this.count < count
  }

  /** Forgets every run: the heap closes. */
  clear(): void {
    this.heads.fill(0)
    this.counts.fill(0)
    this.count = 0
  }

  private releaseList(list: number): void {
    for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) {
      const at = list * CLASS_TABLE_LENGTH + c
      while (this.heads[at] !== 0) this.releaseFront(list, c, at)
    }
  }

  /** Gives back the first runs of a class in a list, as far as they lie in one arena: mostly many, as blocks that came together go together. */
  private releaseFront(list: number, sizeClass: SizeClass, at: number): void {
    const slot = slotOf(this.heads[at] as Pointer)
    const ledger = this.table.ledger(slot)
    const length = runPoolsOf(sizeClass)
    let released = 0
    this.arenas.beginPuts(ledger)
    for (let run = this.heads[at] as Pointer; run !== 0 && slotOf(run) === slot; run = this.heads[at] as Pointer) {
      const record = recordAt(run)
      this.heads[at] = this.next(run)
      this.arenas.putInto(ledger, run, length, word(ledger, record + STAMP))
      released++
    }
    this.table.counts.addPools(sizeClass, -released * length)
    this.note(list, -released)
    this.arenas.endPuts(ledger, released)
  }

  private note(list: number, runs: number): void {
    this.counts[list] = (this.counts[list] as number) + runs
    this.count += runs
  }

  /** The run that got empty before this one. The bits that count taken blocks (inspect/map.ts) stay 0: a run begins at a multiple of 256. */
  private next(run: Pointer): Pointer | 0 {
    return (this.map.takenOf(run) >>> 1) as Pointer | 0
  }

  private setNext(run: Pointer, next: Pointer | 0): void {
    this.map.setTaken(run, next << 1)
  }
}
