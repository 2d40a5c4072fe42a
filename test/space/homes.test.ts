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
  return { homes: new Homes(os), os }
}
const slots = (...numbers: number[]): Slot[] => numbers as Slot[]

describe.skipIf(isPromised)('annexes', () => {
  it('hold 8192 arenas each, behind an empty one, and are reserved when the first is wanted there', () => {
    const { homes, os } = fresh()
    const [first, last, next] = slots(1, 8191, 8192) as [Slot, Slot, Slot]
    expect([homes.hasAnnex(first), homes.hasAnnex(last), os.regions.length]).toEqual([true, true, 1])
    expect([homes.hasAnnex(next), os.regions.length]).toEqual([true, 2])
    const [one, two] = os.regions
    expect(homes.annexed(first)).toEqual({ region: one, byteOffset: 2 * ARENA_BYTES })
    expect(homes.annexed(last)).toEqual({ region: one, byteOffset: one!.byteLength - ARENA_BYTES })
    expect(homes.annexed(next)).toEqual({ region: two, byteOffset: ARENA_BYTES })
  })

  it('are asked for again after the system refused one', () => {
    const { homes, os } = fresh()
    const [slot] = slots(20_000) as [Slot]
    os.longest = 2 ** 20
    expect([homes.hasAnnex(slot), homes.hasAnnex(slot)]).toEqual([false, false])
    os.longest = Infinity
    expect([homes.hasAnnex(slot), homes.annexed(slot).region]).toEqual([true, os.regions[0]])
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
      expect(homes.large(a)).toEqual({ region, byteOffset: PAGE - POOL_BYTES, capacity: 3 * PAGE, slots: 0 })
      expect(homes.large(b)).toEqual({ region, byteOffset: 4 * PAGE - POOL_BYTES, capacity: 2 * PAGE, slots: 0 })
      expect(homes.large(7 as Slot)).toBeUndefined()
      homes.forget(a)
      homes.shelve(a, 2 * PAGE)
      expect([homes.large(a)?.byteOffset, os.regions.length]).toEqual([PAGE - POOL_BYTES, 1])
    },
  )

  it.skipIf(isPromised)('let a block grow into what is free behind it', () => {
    const { homes } = fresh()
    const [a, b] = slots(1, 2) as [Slot, Slot]
    homes.shelve(a, PAGE)
    expect([homes.extendShelved(a, 4 * PAGE), homes.large(a)?.capacity]).toEqual([true, 4 * PAGE])
    homes.shelve(b, PAGE)
    expect([homes.extendShelved(a, 5 * PAGE), homes.large(a)?.capacity]).toEqual([false, 4 * PAGE])
    expect(homes.extendShelved(b, SHELF_BYTES)).toBe(false)
    homes.forget(b)
    expect(homes.extendShelved(a, SHELF_BYTES - PAGE)).toBe(true)
  })

  it('give the rest of a block to another slot, which is freed by itself', () => {
    const { homes } = fresh()
    const [a, tail] = slots(1, 2) as [Slot, Slot]
    homes.shelve(a, 10 * PAGE)
    homes.splitShelved(a, 4 * PAGE, tail)
    expect([homes.large(a)?.capacity, homes.large(tail)?.capacity]).toEqual([4 * PAGE, 6 * PAGE])
    expect(homes.large(tail)!.byteOffset - homes.large(a)!.byteOffset).toBe(4 * PAGE)
    homes.forget(tail)
    expect([homes.large(tail), homes.extendShelved(a, 10 * PAGE)]).toEqual([undefined, true])
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
    expect(homes.large(b)).toBeUndefined()
  })
})

describe('near homes', () => {
  it('have room for all of their slots but the pool in front, and are split at a slot', () => {
    const { homes, os } = fresh()
    const region = os.reserve(64 * ARENA_BYTES)
    const [first] = slots(100) as [Slot]
    homes.settle(first, { region, byteOffset: 3 * ARENA_BYTES }, 5)
    expect(homes.large(first)).toEqual({
      region,
      byteOffset: 3 * ARENA_BYTES,
      slots: 5,
      capacity: 5 * ARENA_BYTES - POOL_BYTES,
    })
    const tail = homes.splitNear(first, 2)
    expect([tail, homes.large(first)?.slots, homes.large(first)?.capacity]).toEqual([
      102,
      2,
      2 * ARENA_BYTES - POOL_BYTES,
    ])
    expect(homes.large(tail)).toMatchObject({ region, byteOffset: 5 * ARENA_BYTES, slots: 3 })
    homes.forget(first)
    expect([homes.large(first), homes.large(tail)?.slots, region.discards]).toEqual([undefined, 3, []])
  })
})
