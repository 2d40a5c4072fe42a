import { describe, expect, it } from 'vitest'
import { LARGE_LEDGER, NULL_LEDGER } from '../lib/arena-table'
import { ARENA_BYTES, POOL_BYTES, SLOTS_MAX, type Slot } from '../lib/layout'
import { caught } from './support/caught'
import { detach } from './support/fake-os-pages'
import { fakeTable } from './support/fake-table'

const arena = (): ArrayBuffer => new ArrayBuffer(ARENA_BYTES)

describe('the arena table', () => {
  it('opens slots from 1, and closed ones again, last first', () => {
    const table = fakeTable()
    const slots = [table.openArena(arena()), table.openLarge(new ArrayBuffer(8192)), table.openArena(arena())]
    expect(slots).toEqual([1, 2, 3])
    expect(table.close(1 as Slot).byteLength).toBe(ARENA_BYTES)
    table.close(2 as Slot)
    expect([table.isArena(1 as Slot), table.isLarge(2 as Slot)]).toEqual([false, false])
    expect([table.openLarge(new ArrayBuffer(4096)), table.openArena(arena())]).toEqual([2, 1])
    expect([table.isArena(1 as Slot), table.isLarge(2 as Slot), table.length]).toEqual([true, true, 4])
  })

  it('shows of an arena what is behind its ledger, of a large block all', () => {
    const table = fakeTable()
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

  it('has ledgers that hold nothing for unused slots and for large blocks', () => {
    expect([...NULL_LEDGER, ...LARGE_LEDGER].every((word) => word === 0)).toBe(true)
    const table = fakeTable()
    expect([table.isArena(0 as Slot), table.isLarge(0 as Slot), table.isArena(99 as Slot)]).toEqual([
      false,
      false,
      false,
    ])
  })

  it('makes room in its columns before a slot is opened, and begins anew when none is in use', () => {
    const table = fakeTable()
    const slots = Array.from({ length: 20 }, () => table.openArena(arena()))
    expect(table.live.slots).toBeGreaterThan(20)
    for (const slot of slots) table.close(slot)
    expect([table.length, table.live.slots, table.live.byteLength]).toEqual([1, 0, 0])
    expect(table.openArena(arena())).toBe(1)
  })

  it('notices lost arenas, serves a scratch page for them, and writes them off once', () => {
    const table = fakeTable()
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
    const table = fakeTable()
    for (let slot = table.length; slot < SLOTS_MAX; slot++) table.ledgers.push(NULL_LEDGER)
    expect(caught(() => table.reserve())).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', message: /all 131072 slots/ })
    table.freeSlots.push(5 as Slot)
    table.reserve()
  })
})
