/** Large blocks in the space, on the system's own pages; those in mappings of their own are in large.test.ts, on fake ones. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Pointer, slotOf } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { loadAddon } from '../../lib/os/native-binding'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'

let heap: Heap
let clock: ManualClock
beforeEach(() => {
  clock = new ManualClock()
  heap = new Heap({ clock })
})
afterEach(() => {
  checkHeap(partsOf(heap))
  heap.close()
})

const isNear = (pointer: Pointer): boolean => space.isNear(slotOf(pointer))
/** Bytes that a whole block is to have, and whether it has. */
const fill = (pointer: Pointer, seed: number): void => {
  const bytes = new Uint8Array(heap.usableSize(pointer)).map((_, i) => (i * seed) >>> 3)
  heap.copyIn(pointer, bytes)
}
const isFilled = (pointer: Pointer, seed: number, byteLength: number): boolean =>
  heap.copyOut(pointer, byteLength).every((byte, i) => byte === (((i * seed) >>> 3) & 0xff))

describe('near large blocks', () => {
  it('are made, read, grown and given back without an ArrayBuffer, so that nothing is ever detached', () => {
    const { maps } = loadAddon().mappings()
    let pointer = heap.alloc(1e6)
    expect([isNear(pointer), heap.usableSize(pointer)]).toEqual([true, 1_003_520])
    fill(pointer, 5)
    heap.setFloat64(pointer, 900_000, 0.5)
    expect(heap.getFloat64(pointer, 900_000)).toBe(0.5)
    pointer = heap.realloc(pointer, 5e6)
    expect(isFilled(pointer, 5, 900_000)).toBe(true)
    heap.free(pointer)
    heap.purge()
    expect([heap.stats().mappedBytes, loadAddon().mappings().maps]).toEqual([0, maps])
  })

  it('take the slots behind them when they grow, and move where those are taken', () => {
    const first = heap.alloc(1e6)
    fill(first, 3)
    expect(heap.realloc(first, 3e6)).toBe(first)
    const second = heap.alloc(1e6)
    const moved = heap.realloc(first, 9e6)
    expect(moved > second).toBe(true)
    expect(isFilled(moved, 3, 1e6)).toBe(true)
    expect(heap.isLive(first)).toBe(false)
    expect(caught(() => heap.free(first)).code).toBe('EBB_INVALID_POINTER')
    expect(heap.stats()).toMatchObject({ largeBlocks: 2, blocks: 2 })
    const again = heap.allocZeroed(1e6)
    expect(again).toBe(first) // in the place that was left, which reads zero
    expect(heap.copyOut(again).every((byte) => byte === 0)).toBe(true)
  })

  it('have the views on them die when they move or go back, not when they grow within their slots', () => {
    const pointer = heap.alloc(300_000)
    const view = heap.bytes(pointer).fill(1)
    expect(heap.realloc(pointer, 500_000)).toBe(pointer)
    expect([view.length, heap.bytes(pointer)[299_999]]).toEqual([303_104, 1])
    const moved = heap.realloc(pointer, 2e6)
    expect([view.length, heap.getUint8(moved, 299_999)]).toEqual([0, 1])
    const last = heap.bytes(moved)
    heap.free(moved)
    expect(last.length).toBeGreaterThan(2e6)
    heap.purge()
    expect(last.length).toBe(0)
  })

  it('are kept for the decay, and used again', () => {
    const pointer = heap.alloc(2e6)
    fill(pointer, 7)
    heap.free(pointer)
    expect(heap.stats().keptBytes).toBe(2_002_944)
    expect(heap.alloc(2e6)).toBe(pointer)
    heap.free(pointer)
    const { residentBytes } = heap.stats()
    clock.advance(2000)
    expect([residentBytes > 2e6, heap.stats().residentBytes, space.isFree(slotOf(pointer))]).toEqual([true, 0, true])
    const zeroed = heap.allocZeroed(2e6)
    expect(heap.copyOut(zeroed).every((byte) => byte === 0)).toBe(true)
  })

  it('begin at a multiple of an OS page where that is asked for, kept ones too', () => {
    const { os, table } = partsOf(heap)
    heap.free(heap.alloc(1e6))
    for (const alignment of [4096, os.osPageSize]) {
      const pointer = heap.allocAligned(1e6, alignment)
      const { byteOffset } = table.payload(slotOf(pointer))
      expect([alignment, byteOffset % alignment]).toEqual([alignment, 0])
      heap.free(pointer)
    }
  })

  it('go back with the memory that the kernel counts', () => {
    const pointer = heap.alloc(8e6)
    fill(pointer, 1)
    const before = heap.residentBytes()
    heap.free(pointer)
    heap.purge()
    expect([before >= 8e6, heap.residentBytes()]).toEqual([true, 0])
  })

  it('refuse pointers into any of their slots, and accesses behind their end', () => {
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
    const limited = new Heap({ limit: 3e6, clock })
    const pointer = limited.alloc(1e6)
    limited.setInt32(pointer, 999_996, 7)
    const blocking = limited.alloc(300_000)
    const moved = limited.realloc(pointer, 2e6)
    expect(limited.getInt32(moved, 999_996)).toBe(7)
    expect(caught(() => limited.realloc(moved, 2_800_000)).code).toBe('EBB_LIMIT')
    expect(limited.getInt32(moved, 999_996)).toBe(7)
    limited.free(blocking)
    expect(limited.stats().largeBlocks).toBe(1)
    checkHeap(partsOf(limited))
    limited.close()
  })

  it('become far when they grow beyond a share of the space, within the limit of their heap, and wherever no slots are left', () => {
    const share = ((space.nearEnd - space.nearFirst) * 2 ** 18) / 16
    const far = heap.alloc(share + 1)
    expect(isNear(far)).toBe(false)
    const limited = new Heap({ limit: share + (share >> 1), clock })
    const near = limited.alloc(share - (share >> 3))
    expect(isNear(near)).toBe(true)
    const ends = [0, 4096, 5e6, limited.usableSize(near) - 4]
    for (const at of ends) limited.setInt32(near, at, at + 9)
    const view = limited.bytes(near)
    const grown = limited.realloc(near, share + (share >> 2))
    expect([isNear(grown), view.length]).toEqual([false, 0])
    expect(ends.map((at) => limited.getInt32(grown, at))).toEqual(ends.map((at) => at + 9))
    expect(limited.stats()).toMatchObject({ largeBlocks: 1, mappedBytes: limited.usableSize(grown) })
    expect(limited.residentBytes()).toBeLessThanOrEqual(limited.usableSize(grown))
    checkHeap(partsOf(limited))
    limited.close()
  })

  it('can be moved many times', () => {
    let pointer = heap.alloc(300_000)
    fill(pointer, 11)
    for (let round = 1; round <= 12; round++) {
      heap.alloc(140_000 + round) // takes the slot behind
      pointer = heap.realloc(pointer, 300_000 + round * 270_000)
      expect(isFilled(pointer, 11, 300_000)).toBe(true)
    }
  })

  it('give their memory back when the last view on them goes, though nobody frees anything any more', async () => {
    const [pointer, slot] = await (async () => {
      const inner = new Heap({ clock })
      const p = inner.alloc(4e6)
      inner.bytes(p).fill(7)
      return [p, slotOf(p)]
    })()
    const os = partsOf(heap).os
    const resident = (): number =>
      os.residentPages(space.buffer, space.arenaAt(slot), 2 ** 22).reduce((sum, page) => sum + page, 0)
    for (let turn = 0; turn < 100 && !space.isFree(slot); turn++) {
      await sleep(1)
      globalThis.gc?.()
    }
    expect([pointer > 0, space.isFree(slot), resident()]).toEqual([true, true, 0])
  })
})
