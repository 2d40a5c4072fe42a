import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Slot } from '../../lib/base/layout'
import { Homes } from '../../lib/space/homes'
import { PlainPages } from '../support/plain-pages'

const PAGE = 4096
const SHELF_BYTES = 2 ** 31
/** Where the system wants a promise for what is reserved, nothing is reserved in advance. */
const isPromised = process.platform === 'win32'

function fresh(): { homes: Homes; os: PlainPages } {
  const os = new PlainPages(PAGE)
  return { homes: new Homes(os, NEAR_FIRST, (NEAR_FIRST + 64) as Slot), os }
}
const NEAR_FIRST = 50_000 as Slot
const slots = (...numbers: number[]): Slot[] => numbers as Slot[]

describe.skipIf(isPromised)('annexes', () => {
  it('hold 8192 arenas each, behind an empty one, and are reserved when the first is wanted there', () => {
    const { homes, os } = fresh()
    const [first, last, next] = slots(1, 8191, 8192) as [Slot, Slot, Slot]
    expect([homes.hasAnnex(first), homes.hasAnnex(last), os.regions.length]).toEqual([true, true, 1])
    expect([homes.hasAnnex(next), os.regions.length]).toEqual([true, 2])
    const [one, two] = os.regions
    expect(homes.far(first)).toEqual({ region: one, byteOffset: 2 * ARENA_BYTES })
    expect(homes.far(last)).toEqual({ region: one, byteOffset: one!.byteLength - ARENA_BYTES })
    expect(homes.far(next)).toEqual({ region: two, byteOffset: ARENA_BYTES })
  })

  it('are asked for again after the system refused one', () => {
    const { homes, os } = fresh()
    const [slot] = slots(20_000) as [Slot]
    os.longest = 2 ** 20
    expect([homes.hasAnnex(slot), homes.hasAnnex(slot)]).toEqual([false, false])
    os.longest = Infinity
    expect([homes.hasAnnex(slot), homes.far(slot).region]).toEqual([true, os.regions[0]])
  })
})

describe('shelves', () => {
  it.skipIf(isPromised)(
    'take blocks one behind the other, each with a pool in front, the first page left empty',
    () => {
      const { homes, os } = fresh()
      const [a, b] = slots(5, 9) as [Slot, Slot]
      homes.shelve(a, 3 * PAGE)
      homes.shelve(b, 2 * PAGE)
      expect(os.regions.map(({ byteLength }) => byteLength)).toEqual([SHELF_BYTES])
      const region = os.regions[0]
      expect(homes.far(a)).toEqual({ region, byteOffset: PAGE - POOL_BYTES, capacity: 3 * PAGE })
      expect(homes.far(b)).toEqual({ region, byteOffset: 4 * PAGE - POOL_BYTES, capacity: 2 * PAGE })
      expect([homes.capacity(b), homes.capacity(7 as Slot), homes.spanOf(a)]).toEqual([2 * PAGE, 0, 0])
      homes.forget(a)
      homes.shelve(a, 2 * PAGE)
      expect([homes.far(a).byteOffset, os.regions.length]).toEqual([PAGE - POOL_BYTES, 1])
    },
  )

  it.skipIf(isPromised)('let a block grow into what is free behind it', () => {
    const { homes } = fresh()
    const [a, b] = slots(1, 2) as [Slot, Slot]
    homes.shelve(a, PAGE)
    expect([homes.extendShelved(a, 4 * PAGE), homes.capacity(a)]).toEqual([true, 4 * PAGE])
    homes.shelve(b, PAGE)
    expect([homes.extendShelved(a, 5 * PAGE), homes.capacity(a)]).toEqual([false, 4 * PAGE])
    expect(homes.extendShelved(b, SHELF_BYTES)).toBe(false)
    homes.forget(b)
    expect(homes.extendShelved(a, SHELF_BYTES - PAGE)).toBe(true)
  })

  it('give the rest of a block to another slot, which is freed by itself', () => {
    const { homes } = fresh()
    const [a, tail] = slots(1, 2) as [Slot, Slot]
    homes.shelve(a, 10 * PAGE)
    homes.splitShelved(a, 4 * PAGE, tail)
    expect([homes.capacity(a), homes.capacity(tail)]).toEqual([4 * PAGE, 6 * PAGE])
    expect(homes.far(tail).byteOffset - homes.far(a).byteOffset).toBe(4 * PAGE)
    homes.forget(tail)
    expect([homes.capacity(tail), homes.extendShelved(a, 10 * PAGE)]).toEqual([0, true])
  })

  it.skipIf(isPromised)(
    'are one more where none has room, long for a long block, and dropped when empty but the last',
    () => {
      const { homes, os } = fresh()
      const [a, b] = slots(1, 2) as [Slot, Slot]
      homes.shelve(a, SHELF_BYTES / 4)
      homes.shelve(b, SHELF_BYTES)
      expect(os.regions.map(({ byteLength }) => byteLength)).toEqual([SHELF_BYTES, 2 * (SHELF_BYTES + PAGE)])
      homes.forget(b)
      homes.forget(a)
      expect(os.regions.map(({ isDropped }) => isDropped)).toEqual([false, true])
      homes.shelve(b, PAGE)
      expect(os.regions.length).toBe(2)
    },
  )

  it('are as long as their block where no more can be had, and refused with it', () => {
    const { homes, os } = fresh()
    const [a, b] = slots(1, 2) as [Slot, Slot]
    os.longest = 10 * PAGE
    homes.shelve(a, 9 * PAGE)
    expect(os.regions.map(({ byteLength }) => byteLength)).toEqual([10 * PAGE])
    expect(() => homes.shelve(b, 10 * PAGE)).toThrow(`refused ${11 * PAGE}`)
    expect(homes.capacity(b)).toBe(0)
  })
})

describe('near homes', () => {
  it('have room for all of their slots but the pool in front, and are split at a slot', () => {
    const { homes } = fresh()
    const [first, last] = slots(NEAR_FIRST + 10, NEAR_FIRST + 63) as [Slot, Slot]
    homes.settle(first, 5)
    homes.settle(last, 1)
    expect([homes.spanOf(first), homes.capacity(first)]).toEqual([5, 5 * ARENA_BYTES - POOL_BYTES])
    const tail = homes.splitNear(first, 2)
    expect([tail, homes.spanOf(first), homes.capacity(first)]).toEqual([first + 2, 2, 2 * ARENA_BYTES - POOL_BYTES])
    expect([homes.spanOf(tail), homes.spanOf(last)]).toEqual([3, 1])
    homes.forget(first)
    expect([homes.spanOf(first), homes.capacity(first), homes.spanOf(tail)]).toEqual([0, 0, 3])
    for (const slot of slots(NEAR_FIRST - 1, NEAR_FIRST, NEAR_FIRST + 64)) {
      homes.forget(slot) // of an arena nothing is known
      expect([slot, homes.spanOf(slot), homes.capacity(slot)]).toEqual([slot, 0, 0])
    }
  })
})
