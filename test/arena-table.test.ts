import { describe, expect, it } from 'vitest'
import { ArenaTable, LARGE_LEDGER, NULL_LEDGER } from '../lib/arena-table'
import { ARENA_BYTES, POOL_BYTES, SLOTS_MAX, type Slot } from '../lib/layout'
import { caught } from './support/caught'
import { detach } from './support/fake-os-pages'

const arena = (): ArrayBuffer => new ArrayBuffer(ARENA_BYTES)

describe('the arena table', () => {
  it('opens slots from 1, and closed ones again, last first', () => {
    const table = new ArenaTable()
    const slots = [table.openArena(arena()), table.openLarge(new ArrayBuffer(8192)), table.openArena(arena())]
    expect(slots).toEqual([1, 2, 3])
    expect(table.close(1 as Slot).byteLength).toBe(ARENA_BYTES)
    table.close(2 as Slot)
    expect([table.isArena(1 as Slot), table.isLarge(2 as Slot)]).toEqual([false, false])
    expect([table.openLarge(new ArrayBuffer(4096)), table.openArena(arena())]).toEqual([2, 1])
    expect([table.isArena(1 as Slot), table.isLarge(2 as Slot), table.length]).toEqual([true, true, 4])
  })

  it('shows of an arena what is behind its ledger, of a large block all', () => {
    const table = new ArenaTable()
    const small = table.openArena(arena())
    const large = table.openLarge(new ArrayBuffer(8192))
    expect([table.payload(small).byteOffset, table.payload(small).length]).toEqual([
      POOL_BYTES,
      ARENA_BYTES - POOL_BYTES,
    ])
    expect([table.payload(large).byteOffset, table.data[large]?.byteLength]).toEqual([0, 8192])
    table.replaceLarge(large, new ArrayBuffer(16384))
    expect(table.payload(large).length).toBe(16384)
  })

  it('has a ledger without a live bit for the null slot and one with a single bit for large blocks', () => {
    expect(NULL_LEDGER.every((word) => word === 0)).toBe(true)
    expect(LARGE_LEDGER.filter((word) => word !== 0)).toHaveLength(2)
  })

  it('notices lost arenas, serves a scratch page for them, and writes them off once', () => {
    const table = new ArenaTable()
    const slot = table.openArena(arena())
    table.openLarge(new ArrayBuffer(4096))
    expect(table.isLost(slot)).toBe(false)
    detach(table.buffer(slot))
    expect(table.isLost(slot)).toBe(true)
    const scratch = table.ledger(slot)
    expect([scratch.length, table.sawLost]).toEqual([1024, true])
    scratch[5] = 5
    expect([table.writeOffLost(), table.writeOffLost()]).toEqual([1, 0])
    expect([scratch[5], table.sawLost, table.isArena(slot), table.lostSlots.has(slot)]).toEqual([0, false, false, true])
    expect(table.openArena(arena())).toBe(3)
  })

  it('refuses one slot too many before anything is mapped for it', () => {
    const table = new ArenaTable()
    for (let slot = table.length; slot < SLOTS_MAX; slot++) table.ledgers.push(NULL_LEDGER)
    expect(caught(() => table.reserve())).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', message: /all 131072 slots/ })
    table.freeSlots.push(5 as Slot)
    table.reserve()
  })
})
