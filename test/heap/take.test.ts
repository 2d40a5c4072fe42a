import { describe, expect, it } from 'vitest'
import { POOL_BYTES, type Pointer, poolStart, slotOf } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { tookFresh } from '../../lib/heap/take'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

describe('a block that was just taken', () => {
  it('is known to be fresh where nobody wrote into its memory since that came from the system', () => {
    for (const [size, isKnown] of [
      [4096, true],
      [32_768, true],
      [100_000, true],
      [500_000, true],
      [5e6, true],
      [16, false], // others may have lain where it does
      [2560, false],
    ] as const) {
      const { heap } = testHeap()
      const parts = partsOf(heap)
      const isFresh = (): boolean => {
        parts.magazines.releaseAll()
        parts.arenas.tookFresh = parts.large.tookFresh = false
        const pointer = heap.alloc(size)
        const fresh = tookFresh(parts, pointer, size)
        heap.free(pointer)
        return fresh
      }
      expect([size, isFresh(), isFresh()]).toEqual([size, isKnown, false])
      heap.purge()
      expect([size, isFresh()]).toEqual([size, isKnown])
    }
  })

  it('is not where it has come from a magazine while others were taken', () => {
    const { heap } = testHeap()
    const parts = partsOf(heap)
    parts.arenas.tookFresh = true
    const [first, second] = [heap.alloc(2048), heap.alloc(2048)] // the second lies amid its pool
    expect([poolStart(second), tookFresh(parts, second, 2048), tookFresh(parts, second, 4096)]).toEqual([
      first,
      false,
      false,
    ])
  })
})

describe('allocAligned', () => {
  it('takes the shortest class whose blocks are all aligned, a run, or a large block', () => {
    const { heap } = testHeap({ osPageSize: 16_384 })
    const { table } = partsOf(heap)
    for (const [size, alignment, usable, isLarge] of [
      [0, 1, 16, false],
      [100, 16, 112, false],
      [100, 32, 128, false],
      [100, 64, 128, false],
      [100, 512, 512, false],
      [600, 1024, 1024, false],
      [1025, 1024, 2048, false],
      [100, POOL_BYTES, POOL_BYTES, false],
      [5000, POOL_BYTES, 2 * POOL_BYTES, false],
      [32_769, POOL_BYTES, 9 * POOL_BYTES, false],
      [100, 2 * POOL_BYTES, 16_384, true],
      [0, 16_384, 16_384, true],
      [16_385, 16_384, 32_768, true],
    ] as const) {
      const pointer = heap.allocAligned(size, alignment)
      const { byteOffset } = heap.bytes(pointer)
      expect([
        size,
        alignment,
        heap.usableSize(pointer),
        table.isLarge(slotOf(pointer)),
        byteOffset % alignment,
      ]).toEqual([...[size, alignment, usable, isLarge, 0]])
    }
  })

  it('refuses what is no alignment, by its value', () => {
    const { heap } = testHeap()
    const page = partsOf(heap).space.region.osPageSize
    for (const [alignment, shown] of [
      [0, '0'],
      [-16, '-16'],
      [3, '3'],
      [24, '24'],
      [0.5, '0.5'],
      [2 * page, String(2 * page)],
      [2 ** 32, '4294967296'],
      [Number.NaN, 'NaN'],
      ['16', '"16"'],
    ] as const) {
      const error = caught(() => heap.allocAligned(8, alignment as number))
      expect([error.name, error.message]).toEqual([
        'RangeError',
        `ebb: alignment must be a power of two from 1 to ${page} (an OS page) bytes, got ${shown}`,
      ])
    }
    expect(heap.stats().blocks).toBe(0)
    expect(heap.isLive(heap.allocAligned(8, page) as Pointer)).toBe(true)
  })
})
