import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, SLOTS_MAX, type Slot } from '../../lib/base/layout'
import type { Region } from '../../lib/os/region'
import { reserveSpace, Space } from '../../lib/space/space'

const SIZE = { slots: 1 << 15, heaps: 3 }
const MIB = 2 ** 20

interface Fake {
  readonly space: Space
  readonly discards: [number, number][]
  readonly holds: number[]
}

/** A space in plain memory with some near arenas, and what it asks of its memory. */
function fake(osPageSize = 4096, bytes = 112 * MIB, reserve?: (byteLength: number) => Region): Fake {
  const buffer = new ArrayBuffer(bytes)
  const discards: [number, number][] = []
  const holds: number[] = []
  const memory: Region = {
    buffer,
    osPageSize,
    discard(byteOffset, byteLength) {
      expect([byteOffset % osPageSize, byteLength % osPageSize]).toEqual([0, 0])
      discards.push([byteOffset, byteLength])
      new Uint8Array(buffer, byteOffset, byteLength).fill(0)
    },
    ...(reserve === undefined ? {} : { reserve }),
    part(byteOffset, byteLength, hold) {
      new Int32Array(buffer)[hold / 4]!++
      holds.push(hold)
      return buffer.slice(byteOffset, byteOffset + byteLength)
    },
  }
  return { space: new Space(memory, SIZE), discards, holds }
}

describe('a space', () => {
  it('gives the lowest near slot each time, until none is left', () => {
    const { space } = fake()
    const near = space.nearEnd - space.nearFirst
    expect(near).toBeGreaterThan(50)
    const slots = Array.from({ length: near }, () => space.takeNear())
    expect([slots[0], slots.at(-1), space.takeNear()]).toEqual([space.nearFirst, space.nearEnd - 1, 0])
    for (const slot of [slots[7], slots[3]]) space.put(slot as Slot)
    expect([space.takeNear(), space.takeNear(), space.takeNear()]).toEqual([slots[3], slots[7], 0])
  })

  it('gives far slots below the near ones first, then above', () => {
    const { space } = fake()
    const slots: Slot[] = []
    while (space.hasFar) slots.push(space.takeFar() as Slot)
    expect([slots[0], space.takeFar(), slots.some((slot) => space.isNear(slot))]).toEqual([1, 0, false])
    expect(slots.length).toBe(SIZE.slots - 1 - (space.nearEnd - space.nearFirst))
    expect(slots.at(-1)).toBe(SIZE.slots - 1)
    space.put(9 as Slot)
    expect([space.hasFar, space.takeFar()]).toEqual([true, 9])
  })

  it('has the arenas of near slots one behind the other, apart from all books', () => {
    const { space } = fake()
    const [a, b] = [space.takeNear() as Slot, space.takeNear() as Slot]
    expect(space.arenaAt(b) - space.arenaAt(a)).toBe(ARENA_BYTES)
    expect(space.wordAt(((a << 14) | 3) as never) * 4).toBe(space.arenaAt(a) + 48)
    expect(space.arenaAt(space.nearFirst)).toBeGreaterThan(space.noMagazines * 4)
    const end = space.arenaAt((space.nearEnd - 1) as Slot) + ARENA_BYTES
    expect(space.buffer.byteLength - end).toBeGreaterThanOrEqual(4096)
    for (const slot of [a, b]) space.ledger(slot).fill(slot)
    expect([space.ledger(a)[1023], space.ledger(b)[0]]).toEqual([a, b])
  })

  it('clears what is given back, arena, ledger and bits, and keeps its neighbours', () => {
    const { space, discards } = fake()
    const [a, b] = [space.takeNear() as Slot, space.takeNear() as Slot]
    for (const slot of [a, b]) {
      space.words.fill(-1, slot * 512, (slot + 1) * 512)
      space.words.fill(7, space.owners + slot * 64, space.owners + (slot + 1) * 64)
      space.words.fill(7, space.taken + slot * 64, space.taken + (slot + 1) * 64)
      space.words[space.wordAt((slot << 14) as never)] = 9
      space.ledger(slot).fill(5)
    }
    space.put(a)
    expect(discards).toEqual([[space.arenaAt(a), ARENA_BYTES]])
    const read = (slot: Slot) => [
      space.words[slot * 512],
      space.words[slot * 512 + 511],
      space.words[space.owners + slot * 64 + 63],
      space.words[space.taken + slot * 64],
      space.words[space.wordAt((slot << 14) as never)],
      space.ledger(slot)[0],
    ]
    expect([read(a), read(b)]).toEqual([
      [0, 0, 0, 0, 0, 0],
      [-1, -1, 7, 7, 9, 5],
    ])
  })

  it('gives pages of books back when no slot uses them any more, of whatever size', () => {
    for (const osPageSize of [4096, 16_384, 65_536]) {
      const { space, discards } = fake(osPageSize)
      const slots = Array.from({ length: 40 }, () => space.takeNear() as Slot)
      for (const slot of slots) space.words[slot * 512] = 1
      for (const slot of slots.slice(0, -1)) space.put(slot)
      space.tidy()
      const arenas = (range: [number, number]): boolean => range[1] === ARENA_BYTES
      const early = discards.filter((range) => !arenas(range)).length
      space.put(slots.at(-1) as Slot)
      space.tidy()
      expect([osPageSize, discards.filter((range) => !arenas(range)).length > early]).toEqual([osPageSize, true])
      discards.length = 0
      space.tidy()
      expect(discards).toEqual([])
    }
  })

  it('uses no slot again over whose arena somebody has an ArrayBuffer, and discards it first', () => {
    const { space, discards, holds } = fake()
    const slot = space.takeNear() as Slot
    expect(space.wrap(slot, 1).byteLength).toBe(ARENA_BYTES)
    space.put(slot)
    expect([discards, space.isFree(slot), space.takeNear()]).toEqual([[], false, slot + 1])
    space.words[holds[0]! / 4]!-- // its finalizer
    space.words[space.wordAt((slot << 14) as never)] = 9
    expect(discards).toEqual([])
    // Slots above the one taken last come first.
    let taken = space.takeNear()
    while (taken !== slot && taken !== 0) taken = space.takeNear()
    expect([taken, discards]).toEqual([slot, [[space.arenaAt(slot), ARENA_BYTES]]])
    expect(space.words[space.wordAt((slot << 14) as never)]).toBe(0)
  })

  it('gives neighbouring slots of its second half, the lowest there are, and takes them back together', () => {
    const { space, discards } = fake()
    const middle = (space.nearFirst + space.nearEnd) >>> 1
    const [a, b, c] = [3, 2, 1].map((count) => space.takeStretch(count) as Slot)
    expect([a, b, c]).toEqual([middle, middle + 3, middle + 5])
    space.words[space.wordAt(((middle + 2) << 14) as never)] = 9
    space.putStretch(a as Slot, 3)
    expect(discards).toEqual([[space.arenaAt(middle as Slot), 3 * ARENA_BYTES]])
    expect([space.takeStretch(4), space.takeStretch(2), space.takeStretch(1)]).toEqual([middle + 6, middle, middle + 2])
    expect(space.words[space.wordAt(((middle + 2) << 14) as never)]).toBe(0)
    expect([space.takeNear(), space.takeStretch(space.nearEnd - middle)]).toEqual([space.nearFirst, 0])
  })

  it('makes a stretch longer where what lies behind it is free', () => {
    const { space } = fake()
    const a = space.takeStretch(2) as Slot
    expect([space.extendStretch(a, 2, 5), space.takeStretch(1)]).toEqual([true, a + 5])
    expect([space.extendStretch(a, 5, 6), space.extendStretch(a, 5, space.nearEnd)]).toEqual([false, false])
    space.putStretch((a + 5) as Slot, 1)
    expect(space.extendStretch(a, 5, 6)).toBe(true)
    expect(space.extendStretch(a, 6, space.nearEnd - a + 1)).toBe(false)
  })

  it('moves a stretch by its OS pages, or copies it', () => {
    for (const canMove of [true, false]) {
      const buffer = new ArrayBuffer(112 * MIB)
      const moves: number[][] = []
      const move = (...range: number[]): boolean => {
        moves.push(range)
        return canMove
      }
      const memory = { buffer, osPageSize: 16_384, discard() {}, part: () => buffer, move } as unknown as Region
      const space = new Space(memory, SIZE)
      const [a, b] = [space.takeStretch(1) as Slot, space.takeStretch(2) as Slot]
      space.words.fill(7, space.arenaAt(a) / 4, space.arenaAt(a) / 4 + 5000)
      expect(space.moveStretch(a, 20_000, b, 2)).toBe(canMove)
      expect(moves).toEqual([[space.arenaAt(a), 32_768, space.arenaAt(b), 2 * ARENA_BYTES]])
      const start = space.arenaAt(b) / 4
      expect([space.words[start], space.words[start + 4999], space.words[start + 5000]]).toEqual(
        canMove ? [0, 0, 0] : [7, 7, 0],
      )
    }
  })

  it('has arenas of far slots in annexes, each reserved when the first is wanted there', () => {
    const annexes: { buffer: ArrayBuffer; discards: [number, number][] }[] = []
    const { space } = fake(4096, 112 * MIB, (byteLength) => {
      if (annexes.length === 1) throw new Error('no more')
      const annex = { buffer: new ArrayBuffer(byteLength), discards: [] as [number, number][] }
      annexes.push(annex)
      return {
        buffer: annex.buffer,
        osPageSize: 4096,
        discard: (byteOffset, length) => annex.discards.push([byteOffset, length]),
        part(byteOffset, length, hold) {
          space.words[hold / 4]!++
          return annex.buffer.slice(byteOffset, byteOffset + length)
        },
      }
    })
    expect([space.takeAnnexed(), space.takeFar(), space.takeAnnexed(), annexes.length]).toEqual([1, 2, 3, 1])
    expect([1, 2, 3].map((slot) => space.hasHome(slot as Slot))).toEqual([true, false, true])
    const home = space.home(3 as Slot)
    expect([home.memory.buffer, home.byteOffset]).toEqual([annexes[0]!.buffer, 4 * ARENA_BYTES])
    const ledger = space.ledger(3 as Slot)
    expect([ledger.buffer === annexes[0]!.buffer, ledger.byteOffset, ledger.length]).toEqual([
      true,
      4 * ARENA_BYTES,
      1024,
    ])
    space.put(2 as Slot)
    space.put(1 as Slot)
    expect([annexes[0]!.discards, space.hasHome(1 as Slot)]).toEqual([[[2 * ARENA_BYTES, ARENA_BYTES]], false])
    space.wrap(3 as Slot, 1)
    space.put(3 as Slot)
    expect([space.takeAnnexed(), space.takeAnnexed(), space.takeAnnexed()]).toEqual([1, 2, 4])
    space.words.fill(
      1,
      (space as unknown as { holds: number }).holds + 5,
      (space as unknown as { holds: number }).holds + 8192,
    )
    expect([space.takeAnnexed(), space.takeFar(), annexes.length]).toEqual([0, 8192, 1]) // the second one was refused
  })

  it('takes all of a stretch back when the ArrayBuffer over it is gone', () => {
    const { space, discards, holds } = fake()
    const a = space.takeStretch(3) as Slot
    expect(space.wrap(a, 3).byteLength).toBe(3 * ARENA_BYTES)
    space.putStretch(a, 3)
    expect([discards, space.takeStretch(1)]).toEqual([[], a + 3])
    space.words[holds[0]! / 4]!-- // its finalizer
    expect(space.takeStretch(2)).toBe(a)
    expect(discards).toEqual([[space.arenaAt(a), 3 * ARENA_BYTES]])
  })

  it('discards the arena of a slot given back when the last ArrayBuffer over it is gone', () => {
    const { space, discards, holds } = fake()
    const slot = space.takeNear() as Slot
    space.wrap(slot, 1)
    space.put(slot)
    space.tidy()
    expect(discards).toEqual([])
    space.words[holds[0]! / 4]!--
    space.tidy()
    expect(discards).toContainEqual([space.arenaAt(slot), ARENA_BYTES])
  })

  it('goes on where the system refuses to take memory back', () => {
    const buffer = new ArrayBuffer(112 * MIB)
    const refuse = (): never => {
      throw new Error('no')
    }
    const space = new Space({ buffer, osPageSize: 4096, discard: refuse, part: refuse }, SIZE)
    const slot = space.takeNear() as Slot
    space.words[space.wordAt((slot << 14) as never)] = 9
    space.put(slot)
    space.tidy()
    expect([space.words[space.wordAt((slot << 14) as never)], space.takeNear()]).toEqual([0, slot])
  })

  it('has places for the magazines of some heaps, and one for all others', () => {
    const { space } = fake()
    const places = [space.takeHeap(), space.takeHeap(), space.takeHeap(), space.takeHeap()]
    expect(places.slice(2)).toEqual([space.noMagazines, space.noMagazines])
    expect(new Set(places).size).toBe(3)
    space.words[places[0]! + 5] = 1
    space.putHeap(places[0]!)
    space.putHeap(space.noMagazines)
    expect([space.takeHeap(), space.words[places[0]! + 5], space.takeHeap()]).toEqual([places[0], 0, space.noMagazines])
  })
})

describe('reserving', () => {
  const memory = (byteLength: number): Region => ({
    buffer: new ArrayBuffer(byteLength),
    osPageSize: 4096,
    discard() {},
  })

  it('takes what there is, the most first', () => {
    const asked: number[] = []
    const space = reserveSpace((byteLength) => {
      asked.push(byteLength)
      if (byteLength > 2 ** 29) throw new Error('too much')
      return memory(byteLength)
    }, 2 ** 33)
    expect([asked.at(-1), [...asked].sort((a, b) => b - a), space.slots]).toEqual([2 ** 29, asked, SLOTS_MAX])
  })

  it('asks for no more than one ArrayBuffer can wrap, and says what refused the least', () => {
    expect(() =>
      reserveSpace((byteLength) => {
        expect(byteLength).toBeLessThanOrEqual(2 ** 30)
        throw new Error(`refused ${byteLength}`)
      }, 2 ** 30),
    ).toThrow(`refused ${2 ** 29}`)
  })
})
