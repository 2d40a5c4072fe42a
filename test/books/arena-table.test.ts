import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Slot } from '../../lib/base/layout'
import { type ArenaTable, LARGE_LEDGER, NULL_LEDGER } from '../../lib/books/arena-table'
import { osPages, space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { detach, TestPages } from '../support/test-pages'
import { testTable } from '../support/test-table'

const openLarge = (table: ArenaTable, buffer: ArrayBuffer): Slot => table.open(buffer, LARGE_LEDGER, 0)

describe('the arena table', () => {
  it('opens slots from 1, the lowest that is free', () => {
    const table = testTable()
    const slots = [table.openArena(), openLarge(table, new ArrayBuffer(8192)), table.openArena()]
    expect(slots).toEqual([1, 2, 3])
    table.unmapArena(1 as Slot)
    expect(table.closeFar(2 as Slot).byteLength).toBe(8192)
    expect([table.isArena(1 as Slot), table.isLarge(2 as Slot), table.isOwn(3 as Slot)]).toEqual([false, false, true])
    expect([openLarge(table, new ArrayBuffer(4096)), table.openArena()]).toEqual([1, 2])
    expect([table.isLarge(1 as Slot), table.isArena(2 as Slot), table.slots()]).toEqual([true, true, [1, 2, 3]])
  })

  it('shares the slots of the thread, and knows its own', () => {
    const [one, other] = [testTable(), testTable()]
    const slots = [one.openArena(), other.openArena(), one.openArena()]
    expect(slots).toEqual([1, 2, 3])
    expect(slots.map((slot) => [one.isArena(slot), other.isArena(slot)])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ])
    expect([one.data(2 as Slot).byteLength, other.ledger(1 as Slot)]).toEqual([0, NULL_LEDGER])
  })

  it('shows of an arena what is behind its ledger, of a large block all', () => {
    const table = testTable()
    const small = table.openArena()
    const large = openLarge(table, new ArrayBuffer(8192))
    const { byteOffset, length } = table.payload(small)
    expect([byteOffset, length]).toEqual([POOL_BYTES, ARENA_BYTES - POOL_BYTES])
    expect([table.payload(large).byteOffset, table.data(large).byteLength]).toEqual([0, 8192])
    expect([table.payloadStart(small), table.payloadStart(large)]).toEqual([POOL_BYTES, 0])
  })

  it('has ledgers that hold nothing for unused slots and for large blocks', () => {
    expect([...NULL_LEDGER, ...LARGE_LEDGER].every((word) => word === 0)).toBe(true)
    const table = testTable()
    const asked = [0, 99, space.nearFirst, space.slots].map((slot) => table.isOwn(slot as Slot))
    expect(asked).toEqual([false, false, false, false])
  })

  it('knows how many bytes of the space its books take', () => {
    const table = testTable()
    expect(table.bookBytes).toBe(0)
    const slots = Array.from({ length: 20 }, () => table.openArena())
    expect(table.bookBytes).toBe(20 * 2564)
    for (const slot of slots) table.unmapArena(slot)
    expect([table.bookBytes, table.slots()]).toEqual([0, []])
  })

  it('notices lost arenas, serves a scratch page for them, and writes them off once', () => {
    const table = testTable()
    const slot = table.openArena()
    openLarge(table, new ArrayBuffer(4096))
    expect(table.isLost(slot)).toBe(false)
    detach(table.buffer(slot))
    expect(table.isLost(slot)).toBe(true)
    const scratch = table.ledger(slot)
    expect([scratch.length, table.sawLost]).toEqual([1024, true])
    scratch[5] = 5
    expect([table.writeOffLost(), table.writeOffLost()]).toEqual([1, 0])
    expect([scratch[5], table.sawLost, table.isArena(slot), table.lostSlots.has(slot)]).toEqual([0, false, false, true])
    expect(table.openArena()).toBe(3)
  })

  it("opens arenas near where the pages are the system's, far where none of those is left", () => {
    const table = testTable(osPages() as never)
    const near = table.openArena()
    expect([space.isNear(near), table.isLost(near)]).toEqual([true, false])
    expect(table.bufferOf(near).byteLength).toBe(0) // nobody has asked for it
    const buffer = table.buffer(near)
    expect([buffer.byteLength, table.buffer(near)]).toEqual([ARENA_BYTES, buffer])
    expect([table.payloadStart(near), table.payload(near).length]).toEqual([POOL_BYTES, ARENA_BYTES - POOL_BYTES])
    space.words[space.wordAt(((near << 14) | 256) as never)] = 77
    expect(table.data(near).getInt32(0, true)).toBe(77)
    table.unmapArena(near)
    expect([buffer.byteLength, table.isOwn(near)]).toEqual([0, false])
    expect(space.isNear(testTable(new TestPages()).openArena())).toBe(false)
  })

  it('refuses one slot too many before anything is mapped for it', () => {
    const table = testTable()
    const slots: Slot[] = []
    for (let slot = space.takeFar(); slot !== 0; slot = space.takeFar()) slots.push(slot)
    expect(caught(() => table.reserve())).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', message: /all 131072 slots/ })
    // No word of a block in one of them is that of one in a near slot, not modulo 2^32 either.
    const word = (slot: number): number => (slot << 16) >>> 0
    const [first, end] = [word(space.nearFirst), word(space.nearEnd)]
    expect(slots.filter((slot) => word(slot) >= first && word(slot) < end)).toEqual([])
    for (const slot of slots) space.put(slot)
    table.reserve()
    space.tidy()
  })
})
