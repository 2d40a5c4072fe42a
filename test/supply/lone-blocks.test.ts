/** The magazine of lone blocks: whole runs, and large blocks up to a megabyte. */
import { describe, expect, it } from 'vitest'
import { LARGE_GRANULE, POOL_BYTES, type Pointer, slotOf } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

const MIB = 2 ** 20
/** Two whole runs, two large blocks, and the longest that comes here. */
const SIZES = [33_000, 250_000, 140_000, 500_000, MIB] as const

const books = (heap: Heap) => {
  const { budget, large, table } = partsOf(heap)
  return [budget.maps, budget.unmaps, large.count, large.kept.bytes, table.arenas]
}

describe('lone blocks', () => {
  it('that were freed last are taken again first, and no book is touched', () => {
    const { heap } = testHeap()
    for (const size of SIZES) {
      const neighbour = heap.alloc(size)
      const pointer = heap.alloc(size)
      heap.free(pointer)
      const before = books(heap)
      for (let i = 0; i < 10; i++) {
        expect(heap.alloc(size)).toBe(pointer)
        heap.free(pointer)
      }
      expect([size, books(heap)]).toEqual([size, before])
      heap.free(neighbour)
      checkHeap(partsOf(heap))
    }
  })

  it('are free to everybody who asks', () => {
    for (const size of SIZES) {
      const { heap } = testHeap()
      const pointer = heap.alloc(size)
      heap.free(pointer)
      for (const use of [
        () => heap.free(pointer),
        () => heap.realloc(pointer, 10),
        () => heap.usableSize(pointer),
        () => heap.bytes(pointer),
        () => heap.pin(pointer),
      ]) {
        expect(caught(use)).toMatchObject({ code: 'EBB_DOUBLE_FREE', message: /and waits to be allocated again/ })
      }
      expect([heap.isLive(pointer), [...heap.blocks()]]).toEqual([false, []])
      expect(heap.alloc(size)).toBe(pointer)
    }
  })

  it('serve requests of just their length, whatever was freed after them', () => {
    const { heap } = testHeap()
    const [a, b, c] = [heap.alloc(MIB), heap.alloc(40_000), heap.alloc(200_000)] as [Pointer, Pointer, Pointer]
    heap.freeMany([a, b, c])
    const before = books(heap)
    expect([heap.alloc(MIB - 100), books(heap)]).toEqual([a, before]) // the others stay in the magazine
    expect([heap.alloc(40_960), books(heap), heap.alloc(200_000)]).toEqual([b, before, c])
    heap.freeMany([b, c])
    expect([b, c]).not.toContain(heap.alloc(36_864))
    expect([heap.usableSize(a), heap.isLive(b), heap.isLive(c)]).toEqual([MIB, false, false])
    checkHeap(partsOf(heap))
  })

  it('are eight at most: then the four that were freed longest ago go back', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(300_000, new Int32Array(9))] as Pointer[]
    heap.freeMany(pointers.slice(0, 8))
    expect(partsOf(heap).large).toMatchObject({ count: 9, kept: { bytes: 0 } })
    heap.free(pointers[8] as Pointer)
    expect(partsOf(heap).large.count).toBe(5)
    expect(pointers.slice(0, 4).map((pointer) => caught(() => heap.free(pointer)).code)).toEqual(
      Array(4).fill('EBB_INVALID_POINTER'),
    )
    expect([...heap.allocMany(300_000, new Int32Array(5))]).toEqual(pointers.slice(4).reverse())
    checkHeap(partsOf(heap))
  })

  it('go back when anybody counts', () => {
    const looks: Record<string, (heap: Heap) => unknown> = {
      stats: (heap) => expect(heap.stats()).toMatchObject({ blocks: 0, liveBytes: 0, largeBlocks: 0, keptBytes: MIB }),
      residentBytes: (heap) => expect(heap.residentBytes()).toBeLessThan(POOL_BYTES * 12),
      purge: (heap) => expect(heap.purge()).toBeGreaterThan(MIB),
      compact: (heap) => expect(heap.compact().bytes).toBeGreaterThan(MIB),
      checkHeap: (heap) => checkHeap(partsOf(heap)),
    }
    for (const [name, look] of Object.entries(looks)) {
      const { heap } = testHeap()
      const pointers = [heap.alloc(MIB), heap.alloc(40_000)]
      heap.freeMany(pointers)
      expect(partsOf(heap).large.count).toBe(1)
      look(heap)
      expect([name, partsOf(heap).large.count]).toEqual([name, 0])
    }
  })

  it('go back to the system a decay after they were freed, and no later than they did without a magazine', () => {
    const { heap, clock } = testHeap()
    const pointer = heap.alloc(MIB)
    clock.advance(1_000_060)
    heap.free(pointer)
    clock.advance(1000)
    expect([partsOf(heap).large.count, partsOf(heap).budget.mappedBytes]).toEqual([0, MIB])
    clock.advance(125)
    expect([partsOf(heap).budget.mappedBytes, clock.pending]).toEqual([0, 0])
  })

  it('are used before memory is mapped for others', () => {
    for (const size of [300_000, 2 * MIB, 100_000, 250_000]) {
      const { heap } = testHeap()
      const pointers = [heap.alloc(3 * MIB), ...heap.allocMany(MIB, new Int32Array(4))] as Pointer[]
      pointers.push(heap.alloc(240_000), heap.alloc(240_000))
      heap.freeMany(pointers)
      const { maps } = partsOf(heap).budget
      heap.alloc(size)
      expect([size, partsOf(heap).budget.maps]).toEqual([size, maps])
      checkHeap(partsOf(heap))
    }
  })

  it('make room under a limit', () => {
    const { heap } = testHeap({ limit: 4 * MIB })
    heap.freeMany(heap.allocMany(MIB, new Int32Array(4)))
    expect(heap.usableSize(heap.alloc(4 * MIB))).toBe(4 * MIB)
    expect(caught(() => heap.alloc(1)).code).toBe('EBB_LIMIT')
  })

  it('that are longer than a megabyte, or pinned, are not for the magazine', () => {
    const { heap } = testHeap()
    heap.free(heap.alloc(MIB + 1))
    expect(partsOf(heap).large.count).toBe(0)
    for (const size of SIZES) {
      const pointer = heap.alloc(size)
      heap.pin(pointer)
      expect(caught(() => heap.free(pointer)).code).toBe('EBB_PINNED')
      checkHeap(partsOf(heap))
      heap.unpin(pointer)
      heap.free(pointer)
      expect(heap.alloc(size)).toBe(pointer)
      checkHeap(partsOf(heap))
    }
  })

  it('that were resized go by their new length', () => {
    const { heap } = testHeap()
    for (const [from, to] of [
      [20_000, 100_000],
      [100_000, 60_000],
      [400_000, 900_000],
      [2 * MIB, MIB],
      [MIB, 3 * MIB],
    ] as const) {
      const pointer = heap.realloc(heap.alloc(from), to)
      const usable = heap.usableSize(pointer)
      checkHeap(partsOf(heap))
      heap.free(pointer)
      const again = heap.alloc(usable)
      expect([from, to, heap.usableSize(again)]).toEqual([from, to, usable])
      heap.free(again)
    }
    checkHeap(partsOf(heap))
  })

  it('read zero where zeros are asked for', () => {
    for (const size of SIZES) {
      const { heap } = testHeap()
      const pointer = heap.alloc(size)
      heap.bytes(pointer).fill(7)
      heap.free(pointer)
      expect(heap.allocZeroed(size)).toBe(pointer)
      expect(heap.bytes(pointer).every((byte) => byte === 0)).toBe(true)
    }
  })

  it('of a heap with decay 0 go back at once', () => {
    const { heap } = testHeap({ decay: 0 })
    for (const size of SIZES) heap.free(heap.alloc(size))
    expect(partsOf(heap).budget.mappedBytes).toBe(0)
  })

  it('on larger OS pages are whole pages', () => {
    for (const osPageSize of [16_384, 65_536] as const) {
      const { heap } = testHeap({ osPageSize })
      const pointer = heap.alloc(400_000)
      heap.free(pointer)
      expect([heap.alloc(399_000), heap.usableSize(pointer) % osPageSize]).toEqual([pointer, 0])
      expect(partsOf(heap).space.isNear(slotOf(pointer))).toBe(true)
      checkHeap(partsOf(heap))
    }
  })

  it('of several heaps do not mix, and far ones come too', () => {
    const { heap } = testHeap({ isFar: true })
    const { heap: other } = testHeap()
    const pointer = heap.alloc(500_000)
    expect([slotOf(pointer) < slotOf(other.alloc(500_000)), pointer & 0x3fff]).toEqual([true, LARGE_GRANULE])
    expect(caught(() => other.free(pointer)).code).toBe('EBB_INVALID_POINTER')
    heap.free(pointer)
    expect([other.alloc(500_000) === pointer, heap.alloc(500_000)]).toEqual([false, pointer])
    checkHeap(partsOf(heap))
  })

  it('live and kept never pass the most that were live at a time of late, though nobody counts', () => {
    const random = new Random('lone blocks')
    const { heap, clock } = testHeap()
    const { budget, large } = partsOf(heap)
    const live: Pointer[] = []
    let liveBytes = 0
    const peaks: [at: number, bytes: number][] = []
    for (let operation = 0; operation < 4000; operation++) {
      if (live.length < 4 || (live.length < 30 && random.below(100) < 48)) {
        const pointer = heap.alloc(300_000 + random.below(8) * 100_000)
        liveBytes += heap.usableSize(pointer)
        live.push(pointer)
      } else {
        const [pointer] = live.splice(random.below(live.length), 1) as [Pointer]
        liveBytes -= heap.usableSize(pointer)
        heap.free(pointer)
      }
      if (random.oneIn(40)) clock.advance(random.below(300))
      peaks.push([clock.now(), liveBytes])
      const since = clock.now() - 2 * 1125 * (1 + 1 / 8)
      const peak = Math.max(...peaks.filter(([at]) => at >= since).map(([, bytes]) => bytes))
      const resident = large.bytes + large.kept.residentBytes
      if (resident > peak) expect(resident).toBeLessThanOrEqual(peak)
    }
    heap.freeMany(live)
    clock.advance(1150)
    expect(budget.mappedBytes).toBe(0)
    checkHeap(partsOf(heap))
  })
})
