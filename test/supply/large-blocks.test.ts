import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { ARENA_BYTES, FREE_POOLS_MAX, POOL_BYTES, type Pointer, type Slot, slotOf } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { loadAddon } from '../../lib/os/native-binding'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'
import { testHeap } from '../support/test-heap'

const OS_PAGES = [4096, 16_384, 65_536] as const
/** The longest block that may be near. */
const NEAR_MAX = Math.floor((space.nearEnd - space.nearFirst) / 16) * ARENA_BYTES - POOL_BYTES

const isNear = (pointer: Pointer): boolean => space.isNear(slotOf(pointer))
/** Fills a whole block with what is told from any other, without an ArrayBuffer over it. */
const fill = (heap: Heap, pointer: Pointer, seed: number): void => {
  heap.copyIn(
    pointer,
    new Uint8Array(heap.usableSize(pointer)).map((_, i) => (i * seed) >>> 3),
  )
}
const isFilled = (heap: Heap, pointer: Pointer, seed: number, byteLength: number): boolean =>
  heap.copyOut(pointer, byteLength).every((byte, i) => byte === (((i * seed) >>> 3) & 0xff))

// Views of one test are gone in the next, and hold no slots there.
beforeEach(async () => {
  for (let turn = 0; turn < 2; turn++) {
    globalThis.gc?.()
    await sleep(1)
  }
  space.tidy()
})

describe('large blocks', () => {
  it('are whole OS pages, in no arena', () => {
    for (const osPageSize of OS_PAGES) {
      const { heap } = testHeap({ osPageSize })
      const pointer = heap.alloc(FREE_POOLS_MAX * POOL_BYTES + 1)
      expect([osPageSize, heap.usableSize(pointer), isNear(pointer)]).toEqual([osPageSize, ARENA_BYTES, true])
      expect(heap.stats()).toMatchObject({
        arenas: 0,
        largeBlocks: 1,
        largeBytes: ARENA_BYTES,
        liveBytes: ARENA_BYTES,
        mappedBytes: ARENA_BYTES,
      })
      checkHeap(partsOf(heap))
    }
  })

  it('are made, read, grown and given back without an ArrayBuffer', () => {
    const { heap, os } = testHeap()
    const { maps } = loadAddon().mappings()
    let pointer = heap.alloc(1e6)
    fill(heap, pointer, 5)
    heap.setFloat64(pointer, 900_000, 0.5)
    expect([heap.getFloat64(pointer, 900_000), heap.usableSize(pointer)]).toEqual([0.5, 1_003_520])
    pointer = heap.realloc(pointer, 5e6)
    expect(isFilled(heap, pointer, 5, 900_000)).toBe(true)
    heap.free(pointer)
    heap.purge()
    expect([heap.stats().mappedBytes, os.calls.part, loadAddon().mappings().maps]).toEqual([0, 0, maps])
  })

  it('are shown by ArrayBuffers that stay what they are: of a freed block they read zero once its memory has gone back', () => {
    for (const osPageSize of OS_PAGES) {
      const { heap } = testHeap({ osPageSize })
      for (const pointer of [heap.alloc(1e6), heap.allocAligned(1e6, osPageSize)]) {
        const view = heap.bytes(pointer)
        const buffer = heap.buffer(pointer)
        view.fill(3)
        expect([buffer[0], heap.getUint8(pointer, view.length - 1), view.length]).toEqual([
          3,
          3,
          heap.usableSize(pointer),
        ])
        heap.setUint8(pointer, 17, 9)
        expect([view[17], buffer[17]]).toEqual([9, 9])
        heap.free(pointer)
        heap.purge()
        expect([view.length, view.every((byte) => byte === 0)]).toEqual([heap.usableSize(heap.alloc(1e6)), true])
        expect(space.isFree(slotOf(pointer))).toBe(false) // somebody can reach it still
      }
    }
  })

  it('with decay 0 go back by the free', () => {
    const { heap, os, clock } = testHeap({ decay: 0 })
    const pointer = heap.alloc(8e6)
    const view = heap.bytes(pointer).fill(7)
    heap.free(pointer)
    expect(heap.stats()).toMatchObject({ mappedBytes: 0, keptBytes: 0, unmaps: 1 })
    expect(view.every((byte) => byte === 0)).toBe(true)
    expect([os.calls.discard + os.calls.renew, clock.pending]).toEqual([1, 0]) // in one call, and nothing is left to a timer
  })

  it('are as long as the engine lets an ArrayBuffer be, less an OS page', () => {
    const { heap } = testHeap({ maxByteLength: 2 ** 21 })
    const most = 2 ** 21 - partsOf(heap).space.region.osPageSize
    expect([heap.usableSize(heap.alloc(most)), heap.usableSize(heap.alloc(most - 1))]).toEqual([most, most])
    const error = caught(() => heap.alloc(most + 1))
    expect([error.code, error.message]).toEqual([
      'EBB_OUT_OF_MEMORY',
      `ebb: one block can have at most ${most} bytes in this version of Node, got ${most + 1}; split it, or use a newer Node`,
    ])
  })

  it('are known to be fresh where their memory comes from the system', () => {
    const { heap } = testHeap()
    const { large } = partsOf(heap)
    const pointer = heap.alloc(2e6)
    expect(large.tookFresh).toBe(true)
    heap.free(pointer)
    expect([heap.alloc(2e6), large.tookFresh]).toEqual([pointer, false])
  })

  it('stay what they are where the same OS pages hold a shorter one', () => {
    const { heap, clock } = testHeap({ osPageSize: 65_536 })
    const pointer = heap.alloc(190_000)
    expect([heap.realloc(pointer, 140_000), heap.usableSize(pointer)]).toEqual([pointer, 196_608])
    expect([clock.pending, heap.stats().keptBytes]).toEqual([0, 0])
  })

  it('take what is free behind them when they grow, and move where that is taken', () => {
    for (const osPageSize of OS_PAGES) {
      for (const canMove of [true, false]) {
        const { heap, os } = testHeap({ osPageSize, canMove })
        const first = heap.alloc(1e6)
        fill(heap, first, 3)
        expect(heap.realloc(first, 3e6)).toBe(first)
        heap.alloc(1e6)
        const moved = heap.realloc(first, 9e6)
        expect([osPageSize, moved === first, os.calls.move]).toEqual([osPageSize, false, 1])
        expect(isFilled(heap, moved, 3, 1e6)).toBe(true)
        expect([heap.isLive(first), heap.stats().largeBlocks, heap.stats().blocks]).toEqual([false, 2, 2])
        expect(caught(() => heap.free(first)).code).toBe('EBB_INVALID_POINTER')
        const again = heap.allocZeroed(1e6) // perhaps in the place that was left
        expect(heap.copyOut(again).every((byte) => byte === 0)).toBe(true)
        checkHeap(partsOf(heap))
        heap.close()
      }
    }
  })

  it('that begin at an OS page lie on a shelf where those are larger than pools, and move there too', () => {
    for (const osPageSize of [16_384, 65_536]) {
      for (const canMove of [true, false]) {
        const { heap, os } = testHeap({ osPageSize, canMove })
        const pointer = heap.allocAligned(1e6, osPageSize)
        const { byteOffset } = partsOf(heap).table.payload(slotOf(pointer))
        expect([isNear(pointer), byteOffset % osPageSize, os.calls.reserve]).toEqual([false, 0, 1])
        fill(heap, pointer, 7)
        expect(heap.realloc(pointer, 2e6)).toBe(pointer) // what lies behind it is free
        const behind = heap.allocAligned(1e6, osPageSize)
        fill(heap, behind, 9)
        const moved = heap.realloc(pointer, 8e6)
        expect([moved === pointer, isFilled(heap, moved, 7, 1e6)]).toEqual([false, true])
        const far = heap.allocAligned(NEAR_MAX, osPageSize)
        const farther = heap.realloc(far, NEAR_MAX + 5e6)
        expect([far, os.calls.reserve]).toEqual([farther, 1])
        heap.allocAligned(9e6, osPageSize) // behind it
        heap.setInt32(far, NEAR_MAX - 4, 77)
        const longest = heap.realloc(far, NEAR_MAX * 2)
        expect([longest === far, heap.getInt32(longest, NEAR_MAX - 4)]).toEqual([false, 77])
        expect([isNear(longest), isFilled(heap, behind, 9, 1e6)]).toEqual([false, true])
        checkHeap(partsOf(heap))
      }
    }
  })

  it('begin at a multiple of an OS page where that is asked for, kept ones too', () => {
    for (const osPageSize of OS_PAGES) {
      const { heap } = testHeap({ osPageSize })
      heap.free(heap.alloc(1e6))
      for (const alignment of [4096, osPageSize, osPageSize]) {
        const pointer = heap.allocAligned(1e6, alignment)
        const { byteOffset } = partsOf(heap).table.payload(slotOf(pointer))
        expect([alignment, byteOffset % alignment]).toEqual([alignment, 0])
        heap.free(pointer)
      }
    }
  })

  it('that grow within what they have keep their views, and those that move leave them zeros', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(300_000)
    const view = heap.bytes(pointer).fill(1)
    expect(heap.realloc(pointer, 500_000)).toBe(pointer)
    expect([view.length, heap.bytes(pointer)[299_999], heap.bytes(pointer).length]).toEqual([303_104, 1, 503_808])
    heap.alloc(300_000)
    const moved = heap.realloc(pointer, 2e6)
    expect([moved === pointer, heap.getUint8(moved, 299_999)]).toEqual([false, 1])
    expect([view.length, view.every((byte) => byte === 0)]).toEqual([303_104, true])
    heap.setUint8(moved, 0, 5)
    expect(view[0]).toBe(0)
  })

  it('shrink in place, keep what is left of them, and give the rest to others', () => {
    for (const osPageSize of OS_PAGES) {
      const { heap } = testHeap({ osPageSize })
      const pointer = heap.alloc(6e6)
      fill(heap, pointer, 5)
      for (const size of [5e6, 3e6, 1_500_000, 800_000]) {
        expect(heap.realloc(pointer, size)).toBe(pointer)
        expect(isFilled(heap, pointer, 5, size)).toBe(true)
        checkHeap(partsOf(heap))
      }
      const others = [1e6, 2e6].map((size) => heap.alloc(size))
      for (const other of others) fill(heap, other, 11)
      expect([isFilled(heap, pointer, 5, 800_000), heap.stats().largeBlocks]).toEqual([true, 3])
    }
  })

  it('that shrink to a size of another kind become a run', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(2e6)
    fill(heap, pointer, 13)
    const run = heap.realloc(pointer, 100_000)
    expect([partsOf(heap).table.isArena(slotOf(run)), isFilled(heap, run, 13, 100_000)]).toEqual([true, true])
    checkHeap(partsOf(heap))
  })

  it('become the least of blocks when they are resized to nothing, far ones too', () => {
    const { heap } = testHeap()
    for (const size of [1e6, NEAR_MAX + 1]) {
      const least = heap.realloc(heap.alloc(size), 0)
      expect([heap.usableSize(least), heap.stats().largeBlocks]).toEqual([16, 0])
    }
    expect(heap.stats().blocks).toBe(2)
  })

  it('grow by a third at least, so that growth in small steps makes few calls', () => {
    for (const canMove of [true, false]) {
      const { heap, os } = testHeap({ canMove })
      let pointer = heap.alloc(1e6)
      const pinned = heap.alloc(1e6) // in the way
      for (let size = 1e6; size < 16e6; size += 5000) pointer = heap.realloc(pointer, size)
      expect(os.calls.move).toBeLessThan(12)
      expect([os.calls.reserve, heap.isLive(pinned)]).toEqual([0, true])
      checkHeap(partsOf(heap))
    }
  })

  it('go back with the memory that the kernel counts', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(8e6)
    fill(heap, pointer, 1)
    const before = heap.residentBytes()
    heap.realloc(pointer, 2e6)
    const between = heap.residentBytes()
    heap.free(pointer)
    heap.purge()
    expect([before >= 8e6, between <= heap.usableSize(heap.alloc(2e6)), heap.residentBytes()]).toEqual([true, true, 0])
  })

  it('refuse pointers into any of their slots, and accesses behind their end', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(1e6)
    for (const inside of [pointer + 1, pointer + (1 << 14), pointer + (3 << 14)] as Pointer[]) {
      const error = caught(() => heap.free(inside))
      expect([error.code, error.message]).toEqual([
        'EBB_INVALID_POINTER',
        expect.stringContaining('into a large block'),
      ])
    }
    expect(caught(() => heap.getInt32(pointer, 1_003_520)).code).toBe('EBB_OUT_OF_BOUNDS')
    expect(caught(() => heap.getInt32(pointer, -4)).code).toBe('EBB_OUT_OF_BOUNDS')
  })

  it('keep to the limit of their heap when they grow and when they move', () => {
    const { heap } = testHeap({ limit: 3e6 })
    const pointer = heap.alloc(1e6)
    heap.setInt32(pointer, 999_996, 7)
    const blocking = heap.alloc(300_000)
    const moved = heap.realloc(pointer, 2e6)
    expect(heap.getInt32(moved, 999_996)).toBe(7)
    expect(caught(() => heap.realloc(moved, 2_800_000)).code).toBe('EBB_LIMIT')
    expect(heap.getInt32(moved, 999_996)).toBe(7)
    heap.free(blocking)
    expect(heap.stats().largeBlocks).toBe(1)
    checkHeap(partsOf(heap))
  })

  it('become far when they grow beyond a share of the space, within the limit of their heap', () => {
    for (const canMove of [true, false]) {
      const { heap } = testHeap({ limit: NEAR_MAX * 1.5, canMove })
      const near = heap.alloc(NEAR_MAX - 1e6)
      const ends = [0, 4096, 5e6, heap.usableSize(near) - 4]
      for (const at of ends) heap.setInt32(near, at, at + 9)
      const view = heap.bytes(near, 8)
      const far = heap.realloc(near, Math.floor(NEAR_MAX * 1.25))
      expect([isNear(near), isNear(far), [...view].every((byte) => byte === 0)]).toEqual([true, false, true])
      expect(ends.map((at) => heap.getInt32(far, at))).toEqual(ends.map((at) => at + 9))
      expect(heap.stats()).toMatchObject({ largeBlocks: 1, mappedBytes: heap.usableSize(far) })
      expect(heap.residentBytes()).toBeLessThanOrEqual(heap.usableSize(far))
      checkHeap(partsOf(heap))
    }
  })

  it('can be moved many times', () => {
    for (const osPageSize of OS_PAGES) {
      const { heap } = testHeap({ osPageSize })
      let pointer = heap.alloc(300_000)
      fill(heap, pointer, 11)
      for (let round = 1; round <= 12; round++) {
        heap.alloc(140_000 + round) // takes the slot behind
        pointer = heap.realloc(pointer, 300_000 + round * 270_000)
        expect(isFilled(heap, pointer, 11, 300_000)).toBe(true)
      }
      expect(heap.stats()).toMatchObject({ largeBlocks: 13, blocks: 13 })
      checkHeap(partsOf(heap))
    }
  })

  it('go back when the heap closes, their slots too', () => {
    const { heap } = testHeap()
    const pointers = [1e6, 2e6, NEAR_MAX + 1].map((size) => heap.alloc(size))
    heap.free(pointers[1] as Pointer)
    heap.close()
    expect(pointers.map((pointer) => space.isFree(slotOf(pointer)))).toEqual([true, true, true])
    expect(heap.stats()).toMatchObject({ mappedBytes: 0, keptBytes: 0, largeBlocks: 0, largeBytes: 0 })
  })

  it('give their memory back when the last view on them goes, though nobody frees anything any more', async () => {
    const slot = await (async (): Promise<Slot> => {
      const inner = new Heap({ clock: new ManualClock() })
      const pointer = inner.alloc(4e6)
      inner.bytes(pointer).fill(7)
      return slotOf(pointer)
    })()
    const { region, byteOffset } = space.home(slot)
    for (let turn = 0; turn < 100 && !space.isFree(slot); turn++) {
      await sleep(1)
      globalThis.gc?.()
    }
    const resident = region.residentPages(byteOffset, 2 ** 22).reduce((sum, page) => sum + page, 0)
    expect([space.isFree(slot), resident]).toEqual([true, 0])
  })
})
