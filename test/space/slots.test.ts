/** Which slots a space gives, and what becomes of their memory. What it does with its books is in space.test.ts. */
import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, FREE_POOLS_MAX, POOL_BYTES, type Pointer, type Slot, slotOf } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { FAR_ALIASES } from '../../lib/space/plan'
import { Space } from '../../lib/space/space'
import { space as threadSpace } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'
import { PlainPages, type PlainRegion } from '../support/plain-pages'

const MIB = 2 ** 20
const SIZE = { slots: 1 << 15, heaps: 3 }
const isPromised = process.platform === 'win32'

interface Fresh {
  readonly space: Space
  readonly os: PlainPages
  readonly region: PlainRegion
  /** Where large blocks begin. */
  readonly middle: number
}

/** A space in plain memory with a hundred near slots or so. */
function fresh(osPageSize = 4096): Fresh {
  const os = new PlainPages(osPageSize)
  const region = os.reserve(112 * MIB)
  const space = new Space(os, region, SIZE)
  return { space, os, region, middle: (space.nearFirst + space.nearEnd) >>> 1 }
}

/** The first word of a slot's blocks. */
const wordOf = (space: Space, slot: number): number => space.wordAt(((slot << 14) | 256) as Pointer)
const homeOf = (space: Space, slot: number): number => space.home(slot as Slot).byteOffset
const allNear = (space: Space): number => space.nearEnd - space.nearFirst

describe('slots of arenas', () => {
  it('are the lowest near one each time, until none is left', () => {
    const { space, os } = fresh()
    os.longest = 0
    expect(allNear(space)).toBeGreaterThan(50)
    const slots = Array.from({ length: allNear(space) }, () => space.takeArena())
    expect([slots[0], slots.at(-1), space.takeArena()]).toEqual([space.nearFirst, space.nearEnd - 1, 0])
    for (const slot of [slots[7], slots[3]]) space.put(slot as Slot)
    expect([space.takeArena(), space.takeArena(), space.takeArena()]).toEqual([slots[3], slots[7], 0])
  })

  it('have their memory one behind the other, apart from all books', () => {
    const { space, region } = fresh()
    const [a, b] = [space.takeArena(), space.takeArena()]
    expect([space.home(a as Slot).region, homeOf(space, b) - homeOf(space, a)]).toEqual([region, ARENA_BYTES])
    expect(wordOf(space, a) * 4).toBe(homeOf(space, a) + POOL_BYTES)
    expect(homeOf(space, space.nearFirst)).toBeGreaterThan(space.noMagazines * 4)
    const end = homeOf(space, space.nearEnd - 1) + ARENA_BYTES
    expect(region.byteLength - end).toBeGreaterThanOrEqual(POOL_BYTES)
  })

  it.skipIf(isPromised)('are in annexes when the near ones are taken, below them first and then above', () => {
    const { space, os } = fresh()
    for (let i = 0; i < allNear(space); i++) space.takeArena()
    const far = [space.takeArena(), space.takeArena(), space.takeArena()]
    expect([far, os.regions.length, space.isNear(1 as Slot)]).toEqual([[1, 2, 3], 2, false])
    expect(space.home(3 as Slot)).toEqual({ region: os.regions[1], byteOffset: 4 * ARENA_BYTES })
    space.put(2 as Slot)
    expect([os.regions[1]!.discards, space.isFree(2)]).toEqual([[[3 * ARENA_BYTES, ARENA_BYTES]], true])
    expect([space.takeArena(), space.takeArena()]).toEqual([2, 4])
  })

  it.skipIf(isPromised)('are every slot but 0 and those whose words would be those of near memory', () => {
    const os = new PlainPages()
    const space = new Space(os, os.reserve(512 * MIB), { slots: 1 << 17, heaps: 1 })
    const seen = new Set<number>()
    for (let slot = space.takeArena(); slot !== 0; slot = space.takeArena()) seen.add(slot)
    const near = allNear(space)
    expect([near > 0, seen.size, seen.has(0)]).toEqual([true, space.slots - 1 - near, false])
    for (let slot = space.nearFirst; slot < space.nearEnd; slot++) {
      expect([seen.has(slot), seen.has(slot + FAR_ALIASES)]).toEqual([true, false])
    }
  })
})

describe('slots of large blocks', () => {
  /** Bytes of the longest block in so many slots. */
  const bytesIn = (slots: number): number => slots * ARENA_BYTES - POOL_BYTES

  it('are neighbours in the second half of near memory, and free together', () => {
    const { space, region, middle } = fresh()
    const [a, b, c] = [3, 2, 1].map((count) => space.takeLarge(bytesIn(count), false)) as [Slot, Slot, Slot]
    expect([a, b, c]).toEqual([middle, middle + 3, middle + 5])
    expect([a, b, c].map((slot) => [space.slotsOf(slot), space.capacity(slot)])).toEqual(
      [3, 2, 1].map((count) => [count, bytesIn(count)]),
    )
    expect([middle, middle + 2, middle + 6].map((slot) => space.isFree(slot))).toEqual([false, false, true])
    space.words[wordOf(space, middle + 2)] = 9
    const at = homeOf(space, a)
    space.put(a)
    expect([region.discards, space.words[wordOf(space, middle + 2)]]).toEqual([[[at, 3 * ARENA_BYTES]], 0])
    expect([space.isFree(middle + 2), space.capacity(a), space.slotsOf(a)]).toEqual([true, 0, 1])
    expect([space.takeLarge(bytesIn(2), false), space.takeArena()]).toEqual([middle, space.nearFirst])
  })

  it('are one far slot on a shelf where the block is long, must begin at an OS page, or finds no room', () => {
    const { space, os } = fresh(16_384)
    const share = Math.floor(allNear(space) / 16)
    const near = space.takeLarge(bytesIn(share) - (bytesIn(share) % 16_384), false) as Slot
    const long = space.takeLarge(16_384 * Math.ceil((bytesIn(share) + 1) / 16_384), false) as Slot
    const aligned = space.takeLarge(16_384, true) as Slot
    expect([near, long, aligned].map((slot) => space.isNear(slot))).toEqual([true, false, false])
    expect([near, long, aligned].map((slot) => space.isPageAligned(slot))).toEqual([false, true, true])
    expect([os.regions.length, space.slotsOf(long)]).toEqual([2, 1])
    while (space.isNear(space.takeLarge(16_384, false) as Slot));
    expect(space.isNear(space.takeLarge(16_384, false) as Slot)).toBe(false)
    expect(space.maxLargeBytes).toBe(os.maxByteLength - 16_384)
  })

  it('throw what the system says where it gives no shelf, and are free then', () => {
    const { space, os } = fresh()
    os.longest = 16 * MIB
    expect(() => space.takeLarge(20 * MIB, false)).toThrow(`refused ${20 * MIB + 4096}`)
    os.longest = Infinity
    expect(space.takeLarge(20 * MIB, false)).toBe(1)
  })

  it('get room where what lies behind them is free', () => {
    const { space } = fresh()
    const a = space.takeLarge(bytesIn(1), false) as Slot
    expect([space.extendLarge(a, 4096), space.slotsOf(a)]).toEqual([true, 1])
    expect([space.extendLarge(a, bytesIn(2) + 1), space.slotsOf(a), space.capacity(a)]).toEqual([true, 3, bytesIn(3)])
    const b = space.takeLarge(bytesIn(1), false) as Slot
    expect([b, space.extendLarge(a, bytesIn(4)), space.extendLarge(b, 200 * MIB)]).toEqual([a + 3, false, false])
    space.put(b)
    expect([space.extendLarge(a, bytesIn(4)), space.isFree(b)]).toEqual([true, false])
    space.put(a)
    expect([a, b].map((slot) => space.isFree(slot))).toEqual([true, true])
  })

  it('are split where nobody has an ArrayBuffer over them, near ones at a slot, others at an OS page', () => {
    const { space, region } = fresh()
    const a = space.takeLarge(bytesIn(5), false) as Slot
    expect([space.splitLarge(a, bytesIn(5)), space.splitLarge(a, bytesIn(4) + 1)]).toEqual([0, 0])
    expect([space.splitLarge(a, bytesIn(2)), space.slotsOf(a), space.slotsOf((a + 2) as Slot)]).toEqual([a + 2, 2, 3])
    space.wrap(a, POOL_BYTES, 4096)
    expect(space.splitLarge(a, 4096)).toBe(0)
    region.collectPart()
    expect(space.splitLarge(a, 4096)).toBe(a + 1)

    const far = space.takeLarge(20 * MIB, false) as Slot
    expect(space.splitLarge(far, 20 * MIB)).toBe(0)
    const tail = space.splitLarge(far, 12 * MIB) as Slot
    expect([space.capacity(far), space.capacity(tail), space.isFree(tail)]).toEqual([12 * MIB, 8 * MIB, false])
    expect(homeOf(space, tail) - homeOf(space, far)).toBe(12 * MIB)
    space.put(tail)
    expect(space.extendLarge(far, 20 * MIB)).toBe(true)
  })

  it.each([
    [4096, true],
    [4096, false],
    [16_384, true],
    [16_384, false],
  ])('are moved, contents and all, with OS pages of %i bytes that can be moved: %s', (page, canMove) => {
    const { space, os, region } = fresh(page)
    os.canMove = canMove
    const a = space.takeLarge(2 * page, false) as Slot
    space.takeLarge(page, false)
    const bytes = (slot: Slot): Uint8Array =>
      new Uint8Array(space.home(slot).region.buffer as ArrayBuffer, homeOf(space, slot) + POOL_BYTES, 2 * page)
    bytes(a).fill(7)
    const b = space.takeLarge(3 * ARENA_BYTES, false) as Slot
    space.moveLarge(a, 2 * page, b, page)
    expect([space.slotsOf(b), bytes(b).every((byte) => byte === 7)]).toEqual([4, true])
    if (canMove) {
      const lead = POOL_BYTES % page
      const from = homeOf(space, a) + POOL_BYTES - lead
      const to = homeOf(space, b) + POOL_BYTES - lead
      const room = space.capacity(b) + lead
      expect(region.moves).toEqual([[from, 2 * page + (lead && page), to, room - (room % page)]])
    } else expect(region.copies.map((copy) => copy[1])).toEqual([page, page])
    space.put(a)
    // What was moved here is one mapping with its neighbours again when it goes back.
    space.put(b)
    expect(region.renewals.length > 0).toBe(canMove)
    expect(bytes(b).every((byte) => byte === 0)).toBe(true)
  })

  it('give back the OS pages that lie wholly in a range, or go on where the system refuses', () => {
    const { space, os, region } = fresh(16_384)
    const a = space.takeLarge(10 * 16_384, false) as Slot
    const at = homeOf(space, a)
    space.discardPayload(a, 0, 2 * 16_384)
    expect(region.discards).toEqual([[at + 16_384, 16_384]])
    space.discardPayload(a, 16_384, 4096)
    os.refusesDiscards = true
    space.discardPayload(a, 0, 16_384 * 4)
    space.put(a)
    expect([region.discards.length, space.isFree(a), space.takeLarge(16_384, false)]).toEqual([1, true, a])
    expect(() => space.discardPages({ region, byteOffset: at }, 0, ARENA_BYTES)).toThrow('refused')
  })
})

describe('a slot over which somebody has an ArrayBuffer', () => {
  it('loses its memory at once when it is given back, its address when nobody has one any more', () => {
    const { space, region } = fresh()
    const slot = space.takeArena() as Slot
    expect([space.wrap(slot, 0, ARENA_BYTES).byteLength, space.isShared(slot)]).toEqual([ARENA_BYTES, true])
    space.wrap(slot, 4096, 4096)
    const arena = [homeOf(space, slot), ARENA_BYTES]
    space.put(slot)
    expect([region.discards, space.isFree(slot), space.takeArena()]).toEqual([[arena], false, slot + 1])
    region.collectPart()
    space.words[wordOf(space, slot)] = 9 // by the other one
    space.tidy()
    expect([space.isFree(slot), space.words[wordOf(space, slot)]]).toEqual([false, 9])
    region.collectPart()
    space.tidy()
    expect(space.words[wordOf(space, slot)]).toBe(0)
    expect([space.takeArena(), space.isShared(slot)]).toEqual([slot, false])
  })

  it('keeps its memory, too, where its heap was not freed but collected', () => {
    const { space, region } = fresh()
    const slot = space.takeArena() as Slot
    space.wrap(slot, 0, ARENA_BYTES)
    space.words[wordOf(space, slot)] = 9
    space.put(slot, true)
    expect([space.words[wordOf(space, slot)], space.isFree(slot), region.discards]).toEqual([9, false, []])
    region.collectPart()
    space.tidy()
    expect([space.words[wordOf(space, slot)], space.takeArena()]).toEqual([0, slot])
  })

  it('is used again as soon as it can be where no other is left', () => {
    const { space, os, region } = fresh()
    os.longest = 0
    const slots = Array.from({ length: allNear(space) }, () => space.takeArena() as Slot)
    space.wrap(slots[5] as Slot, 0, ARENA_BYTES)
    space.put(slots[5] as Slot)
    expect(space.takeArena()).toBe(0)
    region.collectPart()
    expect([space.takeArena(), space.takeArena()]).toEqual([slots[5], 0])
  })

  it('keeps all neighbours of its large block until then', () => {
    const { space, region, middle } = fresh()
    const a = space.takeLarge(3 * ARENA_BYTES - POOL_BYTES, false) as Slot
    space.wrap(a, POOL_BYTES, 4096)
    space.put(a)
    expect([middle, middle + 1, middle + 2].map((slot) => space.isFree(slot))).toEqual([false, false, false])
    expect(space.takeLarge(4096, false)).toBe(a + 3)
    region.collectPart()
    space.tidy()
    expect(space.takeLarge(2 * ARENA_BYTES, false)).toBe(a)
  })
})

const ARENA_BLOCK = FREE_POOLS_MAX * POOL_BYTES

describe('a heap larger than near memory', () => {
  it('has its further arenas far, where they are read, written, viewed, freed and given back like the others', () => {
    const heap = new Heap({ clock: new ManualClock() })
    const near = threadSpace.nearEnd - threadSpace.nearFirst
    const blocks = heap.allocMany(ARENA_BLOCK, new Int32Array(near + 40)) as unknown as Pointer[]
    const far = Array.from(blocks.slice(near)).filter((pointer) => !threadSpace.isNear(slotOf(pointer)))
    expect(far.length).toBe(40)
    for (const [i, pointer] of far.entries()) {
      heap.setInt32(pointer, 0, i)
      heap.setFloat64(pointer, ARENA_BLOCK - 8, i + 0.5)
    }
    const read = far.map((pointer) => [heap.getInt32(pointer, 0), heap.getFloat64(pointer, ARENA_BLOCK - 8)])
    expect(read).toEqual(far.map((_, i) => [i, i + 0.5]))
    expect(caught(() => heap.getInt32(far[0]!, ARENA_BLOCK)).code).toBe('EBB_OUT_OF_BOUNDS')
    const view = heap.bytes(far[1]!)
    expect([view[0], view.length]).toEqual([1, ARENA_BLOCK])
    view[0] = 9
    expect(heap.getUint8(far[1]!, 0)).toBe(9)

    const small = Array.from({ length: 1000 }, () => heap.alloc(100))
    expect(small.every((pointer) => !threadSpace.isNear(slotOf(pointer)))).toBe(true)
    for (const pointer of small) heap.setUint32(pointer, 96, pointer)
    expect(small.every((pointer) => heap.getUint32(pointer, 96) === pointer)).toBe(true)
    heap.freeMany(small)

    checkHeap(partsOf(heap))
    heap.freeMany(far)
    heap.purge()
    expect([view.length, view[0]]).toEqual([ARENA_BLOCK, 0])
    expect(caught(() => heap.free(far[0]!)).code).toBe('EBB_INVALID_POINTER')
    const zeroed = heap.allocZeroed(ARENA_BLOCK)
    expect([threadSpace.isNear(slotOf(zeroed)), heap.getInt32(zeroed, 0)]).toEqual([false, 0])
    checkHeap(partsOf(heap))
    heap.close()
    expect(threadSpace.isFree(slotOf(zeroed))).toBe(true)
  })
})
