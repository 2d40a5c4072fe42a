import { describe, expect, it } from 'vitest'
import { POOL_BYTES, type PoolIndex, type Slot } from '../../lib/base/layout'
import type { ArenaTable } from '../../lib/books/arena-table'
import { freePools, isDirtyPool, openLedger, putPools, slotOfLedger, takePools } from '../../lib/books/ledger'
import { UsableArenas } from '../../lib/books/usable-arenas'
import { Decay } from '../../lib/release/decay'
import { DirtyPools } from '../../lib/supply/dirty-pools'
import { TestPages } from '../support/test-pages'
import { testTable } from '../support/test-table'

interface Three {
  readonly dirty: DirtyPools
  readonly usable: UsableArenas
  readonly table: ArenaTable
  readonly ledgers: [Int32Array, Int32Array, Int32Array]
}

/** Three arenas whose pools 1 to 20 are in use, with the books of their dirty pools. */
function three(): Three {
  const table = testTable()
  const usable = new UsableArenas(table)
  const dirty = new DirtyPools(table, usable, new Decay(1000, 0))
  const ledgers = [0, 1, 2].map(() => {
    const slot = table.openArena()
    const ledger = table.ledger(slot)
    openLedger(ledger, slot)
    takePools(ledger, 1 as PoolIndex, 20)
    usable.link(ledger)
    return ledger
  })
  return { dirty, usable, table, ledgers: ledgers as [Int32Array, Int32Array, Int32Array] }
}

/** Puts pools back, dirty since an epoch, as the supply of pools does. */
function put({ dirty, usable }: Three, ledger: Int32Array, first: number, length: number, epoch = 0): void {
  usable.unlink(ledger, freePools(ledger))
  putPools(ledger, first as PoolIndex, length, epoch)
  usable.link(ledger)
  dirty.add(ledger)
}

/** Gives back to the end of a sweep. Returns the bytes of each step. */
function steps(dirty: DirtyPools, epoch: number, all = false): number[] {
  const given: number[] = []
  for (let step = dirty.giveBackStep(epoch, all); step >= 0; step = dirty.giveBackStep(epoch, all)) given.push(step)
  return given
}

describe('arenas with dirty pools', () => {
  it('are looked at once in a sweep, however often they were added, one in each step', () => {
    const books = three()
    const { dirty, ledgers } = books
    expect([dirty.isDirty, steps(dirty, 99)]).toEqual([false, []])
    for (const ledger of ledgers) for (const pool of [3, 9]) put(books, ledger, pool, 2)
    dirty.beginEpoch()
    expect(steps(dirty, 99)).toEqual([4, 4, 4].map((pools) => pools * POOL_BYTES))
    expect([dirty.isDirty, dirty.discards, dirty.discardedBytes]).toEqual([false, 6, 12 * POOL_BYTES])
  })

  it('are left alone until their pools have expired, and leave the list when none is dirty', () => {
    const books = three()
    const [ledger] = books.ledgers
    put(books, ledger, 1, 3, 0)
    put(books, ledger, 7, 2, 5)
    const { dirty } = books
    for (const [epoch, given] of [
      [8, [0]],
      [9, [3 * POOL_BYTES]],
      [13, [0]],
      [14, [2 * POOL_BYTES]],
      [15, []],
    ] as const) {
      dirty.beginEpoch()
      expect([epoch, steps(dirty, epoch)]).toEqual([epoch, given])
    }
    expect(dirty.isDirty).toBe(false)
  })

  it('leave the list when their dirty pools are taken again, so that the timer rests', () => {
    const books = three()
    const { dirty, ledgers } = books
    put(books, ledgers[0], 3, 2)
    takePools(ledgers[0], 3 as PoolIndex, 2)
    dirty.beginEpoch()
    expect([steps(dirty, 1), dirty.isDirty]).toEqual([[0], false])
  })

  it('that are empty are closed when all of their pools have expired', () => {
    const books = three()
    const { dirty, table, ledgers, usable } = books
    const slot = slotOfLedger(ledgers[1])
    put(books, ledgers[1], 1, 20)
    dirty.beginEpoch()
    expect(steps(dirty, 9)).toEqual([21 * POOL_BYTES])
    expect([table.isArena(slot), table.arenas, dirty.isDirty, usable.head(63)]).toEqual([false, 2, false, 0])
  })

  it('added during a sweep wait for the next one, which a purge begins at once', () => {
    const books = three()
    const { dirty, ledgers } = books
    put(books, ledgers[0], 1, 1)
    dirty.beginEpoch()
    put(books, ledgers[1], 1, 2)
    dirty.beginEpoch() // the sweep is under way
    expect(steps(dirty, 0, true)).toEqual([POOL_BYTES])
    dirty.rewind()
    expect(steps(dirty, 0, true)).toEqual([2 * POOL_BYTES])
  })

  it('can be closed during a sweep, even the one that is next', () => {
    const books = three()
    const { dirty, ledgers } = books
    put(books, ledgers[0], 1, 1)
    put(books, ledgers[1], 1, 20)
    put(books, ledgers[2], 1, 3)
    dirty.rewind()
    expect(dirty.giveBackStep(0, true)).toBe(3 * POOL_BYTES)
    dirty.closeArena(ledgers[1])
    expect(steps(dirty, 0, true)).toEqual([POOL_BYTES])
  })

  it('stay dirty where the system refuses', () => {
    const os = new TestPages()
    const books = three()
    const [ledger] = books.ledgers
    put(books, ledger, 5, 2)
    os.failAt = os.fallible + 1
    books.dirty.rewind()
    expect(() => books.dirty.giveBackStep(0, true)).toThrow('discarding 8192 bytes failed (madvise: ENOMEM)')
    expect([books.dirty.isDirty, isDirtyPool(ledger, 6 as PoolIndex)]).toEqual([true, true])
    books.dirty.rewind()
    expect(steps(books.dirty, 0, true)).toEqual([2 * POOL_BYTES])
    TestPages.remove()
  })

  it('are looked at each once where one that is not next is closed during a sweep', () => {
    for (const closed of [0, 1, 2]) {
      const books = three()
      for (const [i, ledger] of books.ledgers.entries()) put(books, ledger, 1, i === closed ? 20 : 1 + i)
      books.dirty.rewind()
      books.dirty.closeArena(books.ledgers[closed] as Int32Array)
      const others = [2, 1, 0].filter((i) => i !== closed)
      expect(steps(books.dirty, 0, true)).toEqual(others.map((i) => (1 + i) * POOL_BYTES))
    }
  })

  it('that are empty give back what has expired, and stay until all of it has', () => {
    for (const [early, late] of [
      [1, 40],
      [40, 1],
    ] as const) {
      const { table, dirty, usable } = three()
      const slot = table.openArena()
      const ledger = table.ledger(slot)
      openLedger(ledger, slot)
      for (const [first, epoch] of [
        [early, 0],
        [late, 5],
      ] as const) {
        takePools(ledger, first as PoolIndex, 7)
        putPools(ledger, first as PoolIndex, 7, epoch)
      }
      usable.link(ledger)
      dirty.add(ledger)
      dirty.beginEpoch()
      expect([steps(dirty, 9), table.isArena(slot), dirty.isDirty]).toEqual([[7 * POOL_BYTES], true, true])
      expect([early, late].map((pool) => isDirtyPool(ledger, pool as PoolIndex))).toEqual([false, true])
      dirty.beginEpoch()
      expect([steps(dirty, 14), table.isArena(slot), dirty.isDirty]).toEqual([[8 * POOL_BYTES], false, false])
    }
  })

  it('give back the pools of whole OS pages, and are left when the rest cannot go', () => {
    new TestPages({ osPageSize: 16_384 })
    const books = three()
    const { dirty } = books
    const [ledger] = books.ledgers
    const step = (epoch: number): [number[], number, boolean] => {
      dirty.beginEpoch()
      return [steps(dirty, epoch), dirty.discards, dirty.isDirty]
    }
    // Pools 1 to 20 are in use, 21 to 63 are free. An OS page holds 4: 0 to 3, 4 to 7 ...
    put(books, ledger, 5, 2, 0)
    expect(step(9)).toEqual([[0], 0, false])
    put(books, ledger, 4, 1, 0) // 7 is in use
    expect(step(9)).toEqual([[0], 0, false])
    put(books, ledger, 9, 7, 0) // so is 8: 12 to 15 can go
    expect(step(9)).toEqual([[4 * POOL_BYTES], 1, false])
    put(books, ledger, 7, 1, 1) // 4 to 7 can go, the first three expired long ago: the whole page goes with them
    expect(step(9)).toEqual([[4 * POOL_BYTES], 2, false])
    put(books, ledger, 17, 3, 2) // 16 is in use
    put(books, ledger, 8, 1, 20) // 9 to 11 are dirty since 0, 8 for less
    expect(step(9)).toEqual([[4 * POOL_BYTES], 3, false])
    expect([8, 17, 19].map((pool) => isDirtyPool(ledger, pool as PoolIndex))).toEqual([false, true, true])
    put(books, ledger, 16, 1, 20)
    takePools(ledger, 18 as PoolIndex, 1)
    expect(step(29)).toEqual([[0], 3, false])
    TestPages.remove()
  })

  it('make no call for a stretch over parts of two OS pages', () => {
    const pages = new TestPages({ osPageSize: 16_384 })
    const books = three()
    put(books, books.ledgers[0], 6, 4)
    books.dirty.beginEpoch()
    expect([steps(books.dirty, 9), books.dirty.discards, pages.calls.discard]).toEqual([[0], 0, 0])
    TestPages.remove()
  })

  it('stay listed while a whole OS page of dirty pools has not expired', () => {
    new TestPages({ osPageSize: 16_384 })
    const books = three()
    const { dirty, ledgers } = books
    const [ledger] = ledgers
    put(books, ledger, 4, 4, 0)
    put(books, ledger, 12, 4, 5)
    for (const [epoch, given, isDirty] of [
      [9, 4, true],
      [14, 4, false],
    ] as const) {
      dirty.beginEpoch()
      expect([steps(dirty, epoch), dirty.isDirty]).toEqual([[given * POOL_BYTES], isDirty])
    }
    TestPages.remove()
  })

  it('give back whole OS pages only, where those hold several pools', () => {
    for (const osPageSize of [16_384, 65_536]) {
      const pages = new TestPages({ osPageSize })
      const books = three()
      const group = osPageSize / POOL_BYTES
      const [ledger] = books.ledgers
      expect(books.dirty.groupPools).toBe(group)
      put(books, ledger, group - 1, 1)
      books.dirty.rewind()
      expect(steps(books.dirty, 0, true)).toEqual([0]) // it shares its OS page with pools in use
      put(books, ledger, 1, group - 2)
      put(books, ledger, group, 20 - group + 1)
      books.dirty.rewind()
      expect(steps(books.dirty, 0, true)).toEqual([21 * POOL_BYTES]) // empty now, so it is closed
      expect(pages.calls.discard).toBe(1)
      TestPages.remove()
    }
  })

  it('are forgotten when the heap closes', () => {
    const books = three()
    for (const ledger of books.ledgers) put(books, ledger, 2, 2)
    books.dirty.clear()
    books.dirty.rewind()
    expect([books.dirty.isDirty, steps(books.dirty, 99)]).toEqual([false, []])
    expect(books.table.isArena(slotOfLedger(books.ledgers[0]) as Slot)).toBe(true)
  })
})
