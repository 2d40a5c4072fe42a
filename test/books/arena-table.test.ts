import { afterEach, describe, expect, it, vi } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Slot } from '../../lib/base/layout'
import { type ArenaTable, NULL_LEDGER } from '../../lib/books/arena-table'
import { Budget } from '../../lib/books/budget'
import { booksOf, PoolState, readMap } from '../../lib/inspect/map'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { detach, TestPages } from '../support/test-pages'
import { testTable } from '../support/test-table'
import { TEST_TAG } from '../support/test-tag'

const canTransfer = 'transfer' in ArrayBuffer.prototype
const PAGE = space.region.osPageSize

const openLarge = (table: ArenaTable, byteLength: number): Slot => {
  const slot = space.takeLarge(byteLength, false) as Slot
  table.openLarge(slot, byteLength)
  return slot
}

afterEach(() => TestPages.remove())

describe('the arena table', () => {
  it('opens arenas and large blocks behind the slots of the space, and closes them', () => {
    const budget = new Budget(Infinity, TEST_TAG)
    const table = testTable(budget)
    const [a, large, b] = [table.openArena(), openLarge(table, 2 * PAGE), table.openArena()]
    expect([a, b]).toEqual([space.nearFirst, space.nearFirst + 1])
    expect([a, b, large].map((slot) => [table.isOwn(slot), table.isArena(slot), table.isLarge(slot)])).toEqual([
      [true, true, false],
      [true, true, false],
      [true, false, true],
    ])
    expect([table.slots(), table.arenas, budget.mappedBytes]).toEqual([[a, b, large], 2, 2 * ARENA_BYTES])
    table.closeArena(a)
    table.clear(large)
    space.put(large)
    expect([a, large].map((slot) => table.isOwn(slot) || !space.isFree(slot))).toEqual([false, false])
    expect([table.slots(), table.arenas, table.peakArenas, budget.mappedBytes]).toEqual([[b], 1, 2, ARENA_BYTES])
    expect(table.openArena()).toBe(a)
    for (const slot of [a, b]) table.closeArena(slot)
    table.openArena()
    expect([table.arenas, table.peakArenas]).toEqual([1, 2])
  })

  it('has columns no longer than its slots need, and without holes', () => {
    const table = testTable()
    const columns = table as unknown as Record<'near' | 'far', { ledgers: Int32Array[]; buffers: ArrayBuffer[] }>
    const lengths = (): number[] => [columns.near.ledgers.length, columns.far.ledgers.length]
    table.openArena()
    expect(lengths()).toEqual([1, 0])
    const large = openLarge(table, 2 * PAGE)
    expect(lengths()).toEqual([large - space.nearFirst + 1, 0])
    expect(Object.keys(columns.near.ledgers)).toHaveLength(columns.near.ledgers.length)
    new TestPages({ isFar: true })
    const far = table.openArena()
    expect(lengths()).toEqual([large - space.nearFirst + 1, far + 1])
    const { index } = table as unknown as { index(slot: number): number }
    const asked = [1, space.nearFirst - 1, space.nearFirst, space.nearEnd - 1, space.nearEnd, space.nearEnd + 5]
    const near = space.nearEnd - space.nearFirst
    expect(asked.map((slot) => index.call(table, slot))).toEqual([
      1,
      space.nearFirst - 1,
      0,
      near - 1,
      space.nearFirst,
      space.nearFirst + 5,
    ])
  })

  it('tells readers of the space what is kept, and how much of it has gone back', () => {
    const table = testTable()
    const slot = space.takeLarge(8 * POOL_BYTES, false) as Slot
    table.noteKept(slot, 8 * POOL_BYTES, 3 * POOL_BYTES)
    const { kept, keptDiscarded } = PoolState
    const { states } = readMap(booksOf(space), [slot])
    expect([...states.subarray(1, 9)]).toEqual([...Array(3).fill(keptDiscarded), ...Array(5).fill(kept)])
    space.put(slot)
  })

  it('shares the slots of the thread, and knows its own', () => {
    const [one, other] = [testTable(), testTable()]
    const slots = [one.openArena(), other.openArena(), one.openArena()]
    expect(slots.map((slot) => slot - space.nearFirst)).toEqual([0, 1, 2])
    expect(slots.map((slot) => [one.isArena(slot), other.isArena(slot)])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ])
    expect([one.data(slots[1] as Slot).byteLength, other.ledger(slots[0] as Slot)]).toEqual([0, NULL_LEDGER])
  })

  it('knows nothing of slots that are not in use, far, near, and beyond all', () => {
    const table = testTable()
    const asked = [0, 99, space.nearFirst, space.nearEnd, space.slots].map((slot) => slot as Slot)
    expect(asked.map((slot) => table.isOwn(slot))).toEqual(asked.map(() => false))
    expect(asked.map((slot) => table.payload(slot).length)).toEqual(asked.map(() => 0))
    expect(NULL_LEDGER.every((word) => word === 0)).toBe(true)
  })

  it('shows of an arena what is behind pool 0, of a large block its bytes, both in the space itself', () => {
    const table = testTable()
    const [arena, large] = [table.openArena(), openLarge(table, 2 * PAGE)]
    for (const [slot, bytes] of [
      [arena, ARENA_BYTES - POOL_BYTES],
      [large, 2 * PAGE],
    ] as const) {
      const { byteOffset } = space.home(slot)
      const { data, payload } = { data: table.data(slot), payload: table.payload(slot) }
      expect([payload.byteOffset, payload.length]).toEqual([byteOffset + POOL_BYTES, bytes])
      expect([data.byteOffset, data.byteLength]).toEqual([byteOffset + POOL_BYTES, bytes])
      space.words[space.wordAt(((slot << 14) | 256) as never)] = 77
      expect([data.getInt32(0, true), table.data(slot)]).toEqual([77, data])
    }
  })

  it('counts the bytes of its books', () => {
    const table = testTable()
    expect(table.bookBytes).toBe(0)
    const slots = Array.from({ length: 20 }, () => table.openArena())
    expect(table.bookBytes).toBe(20 * 2576)
    for (const slot of slots) table.closeArena(slot)
    expect([table.bookBytes, table.slots()]).toEqual([0, []])
  })
})

describe('an ArrayBuffer over a slot', () => {
  it.each([PAGE, 4 * PAGE])('is the same each time, over whole OS pages of %i bytes', (osPageSize) => {
    const pages = new TestPages({ osPageSize })
    const table = testTable()
    for (const slot of [table.openArena(), openLarge(table, 3 * osPageSize)]) {
      const buffer = table.buffer(slot)
      const payload = table.payload(slot).fill(9)
      const end = table.payloadStart(slot) + payload.length
      expect([table.buffer(slot), buffer.byteLength]).toEqual([buffer, Math.ceil(end / osPageSize) * osPageSize])
      // In front of an arena's blocks lies pool 0; in front of a large one what its first OS page begins with.
      const page = table.isArena(slot) ? 2 * POOL_BYTES : osPageSize
      expect(table.payloadStart(slot)).toBeLessThan(page)
      const shown = new Uint8Array(buffer, table.payloadStart(slot), Math.min(payload.length, 3 * osPageSize))
      expect(shown.every((byte) => byte === 9)).toBe(true)
      shown[5] = 3
      expect(payload[5]).toBe(3)
    }
    expect(pages.calls.part).toBe(2)
  })

  it('reads zero when the slot is closed, and is not given out again', () => {
    const table = testTable()
    const slot = table.openArena()
    const buffer = table.buffer(slot)
    new Uint8Array(buffer).fill(7)
    table.closeArena(slot)
    expect([buffer.byteLength, new Uint8Array(buffer).every((byte) => byte === 0)]).toEqual([ARENA_BYTES, true])
    const next = table.openArena()
    expect([next === slot, table.buffer(next) === buffer]).toEqual([false, false])
  })

  it('keeps its contents where the table is closed because its heap was collected', () => {
    const table = testTable()
    const bytes = new Uint8Array(table.buffer(table.openArena())).fill(7)
    table.close()
    expect(bytes.every((byte) => byte === 7)).toBe(true)
  })

  it.runIf(canTransfer)('is made anew when user code has taken it away, over the same memory', () => {
    const table = testTable()
    const slot = table.openArena()
    const before = table.buffer(slot)
    new Uint8Array(before).fill(7)
    detach(before)
    const after = table.buffer(slot)
    expect([before.byteLength, after.byteLength, new Uint8Array(after).every((byte) => byte === 7)]).toEqual([
      0,
      ARENA_BYTES,
      true,
    ])
  })
})

describe('pages of a slot', () => {
  it('go back where they lie wholly in the range, and the system may refuse it', () => {
    const pages = new TestPages()
    const table = testTable()
    const slot = table.openArena()
    const payload = table.payload(slot).fill(1)
    table.discard(slot, 1, 3 * PAGE)
    expect([payload[0], payload[2 * PAGE], payload.at(-1)]).toEqual([1, 0, 1])
    pages.failFrom = 0
    expect(caught(() => table.discard(slot, 0, 3 * PAGE))).toMatchObject({
      code: 'EBB_OS',
      syscall: 'madvise',
      message: expect.stringMatching(/^ebb: discarding \d+ bytes failed \(madvise: ENOMEM\)$/),
    })
    expect(payload[0]).toBe(1)
    pages.attempt = () => {
      throw new Error('no reason')
    }
    expect(caught(() => table.discard(slot, 0, 3 * PAGE)).message).toMatch(/ failed \(discard: no reason\)$/)
  })

  it('are cleared: fresh whole ones by a discard, others and those that are locked by writing zeros', () => {
    const pages = new TestPages()
    const table = testTable()
    const slot = openLarge(table, 16 * PAGE)
    const payload = table.payload(slot)
    const clear = (at: number, bytes: number, isFresh: boolean): number => {
      payload.fill(1)
      const before = pages.calls.discard
      table.clearBytes(slot, at, bytes, isFresh)
      expect(payload.reduce((sum, byte) => sum + byte, 0)).toBe(payload.length - bytes)
      return pages.calls.discard - before
    }
    const lead = (PAGE - ((space.home(slot).byteOffset + POOL_BYTES) % PAGE)) % PAGE
    expect([clear(lead, 4 * PAGE, true), clear(lead, 4 * PAGE, false)]).toEqual([1, 0])
    const discard = vi.spyOn(space.home(slot).region, 'discard')
    expect([clear(lead + 1, PAGE, true), clear(lead, PAGE / 2, true), clear(lead + 1, PAGE / 2, true)]).toEqual([
      0, 0, 0,
    ])
    expect(discard).not.toHaveBeenCalled()
    discard.mockRestore()
    pages.failing = 'discard'
    pages.failFrom = 0
    expect(clear(lead, 4 * PAGE, true)).toBe(1)
    pages.failFrom = Infinity
  })

  it.runIf(process.platform === 'linux' && PAGE === POOL_BYTES)('are resident when the kernel says so', () => {
    const table = testTable()
    const [arena, large] = [table.openArena(), openLarge(table, 16 * PAGE)]
    expect([arena, large].map((slot) => table.residentBytes(slot))).toEqual([0, 0])
    table.payload(arena)[5 * PAGE] = 1
    table.payload(large).fill(1, 0, 3 * PAGE)
    expect([arena, large].map((slot) => table.residentBytes(slot))).toEqual([PAGE, 3 * PAGE])
    table.discard(large, PAGE, PAGE)
    expect(table.residentBytes(large)).toBe(2 * PAGE)
    table.payload(large).fill(1, 15 * PAGE)
    expect(table.residentBytes(large)).toBe(3 * PAGE)
    const behind = openLarge(table, PAGE)
    table.openLarge(large, space.home(behind).byteOffset - space.home(large).byteOffset - POOL_BYTES)
    table.payload(large).fill(1)
    expect([behind > large, table.residentBytes(behind)]).toEqual([true, 0])
  })
})
