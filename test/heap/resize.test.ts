import { describe, expect, it, vi } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Pointer, slotOf } from '../../lib/base/layout'
import { WHOLE_RUN } from '../../lib/base/size-classes'
import { classAt } from '../../lib/heap/free'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { space } from '../../lib/space/thread-space'
import { wholeRunPools } from '../../lib/supply/whole-runs'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

const MIB = 2 ** 20

describe('realloc', () => {
  it('keeps the block while it fits and is not more than a quarter too large', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(400)
    for (const size of [400, 390, 300, 301]) expect(heap.realloc(pointer, size)).toBe(pointer)
    const smaller = heap.realloc(pointer, 299)
    expect(smaller).not.toBe(pointer)
    expect([heap.usableSize(smaller), heap.isLive(pointer)]).toEqual([304, false])
  })

  it('does so with any kind of block, and with blocks whose class stays', () => {
    for (const isPlaced of [true, false]) {
      const place = vi.spyOn(space, 'takeHeap')
      if (!isPlaced) place.mockReturnValue(space.noMagazines)
      const { heap } = testHeap()
      place.mockRestore()
      for (const [size, least, less] of [
        [16, 1, undefined],
        [400, 300, 304],
        [2560, 1920, 2048],
        [32_768, 24_576, 24_576],
        [20 * POOL_BYTES, 15 * POOL_BYTES, 15 * POOL_BYTES],
        [200 * POOL_BYTES, 150 * POOL_BYTES, 150 * POOL_BYTES],
      ] as const) {
        const pointer = heap.alloc(size)
        expect([heap.realloc(pointer, least), heap.usableSize(pointer)]).toEqual([pointer, size])
        if (less === undefined) continue
        const smaller = heap.realloc(pointer, least - 1)
        expect([size, heap.usableSize(smaller)]).toEqual([size, less])
        expect([size, smaller === pointer]).toEqual([size, size > 32_768])
      }
      checkHeap(partsOf(heap))
    }
  })

  it('gives a longer large block a third more than it had, or what was asked for where that cannot be had', () => {
    const { heap, os } = testHeap()
    const pointer = heap.alloc(3 * MIB)
    expect([heap.realloc(pointer, 3 * MIB + 1), heap.usableSize(pointer)]).toEqual([pointer, 4 * MIB])
    heap.alloc(MIB) // behind it
    os.failing = 'take'
    os.failAt = os.fallible + 1
    const moved = heap.realloc(pointer, 4 * MIB + 599_041)
    expect([moved === pointer, heap.usableSize(moved)]).toEqual([false, 4 * MIB + 602_112])
    os.failFrom = 0
    expect(caught(() => heap.realloc(moved, 300 * MIB))).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', syscall: 'mmap' })
    expect(heap.usableSize(moved)).toBe(4 * MIB + 602_112)
    os.failFrom = Infinity
    checkHeap(partsOf(heap))
  })

  it('gives it no more than was asked for where the limit leaves no room for a third', () => {
    for (const [limit, usable] of [
      [4 * MIB - 1, 3 * MIB + 4096],
      [4 * MIB, 4 * MIB],
    ] as const) {
      const { heap } = testHeap({ limit })
      const pointer = heap.alloc(3 * MIB)
      expect([heap.realloc(pointer, 3 * MIB + 1), heap.usableSize(pointer)]).toEqual([pointer, usable])
    }
  })

  it('gives it no more than was asked for where a third more would be longer than a block can be', () => {
    for (const [most, usable] of [
      [4 * MIB - 4096, 3 * MIB + 4096],
      [4 * MIB, 4 * MIB],
    ] as const) {
      const { heap } = testHeap({ maxByteLength: most + 4096 })
      const pointer = heap.alloc(3 * MIB)
      expect([heap.realloc(pointer, 3 * MIB + 1), heap.usableSize(pointer)]).toEqual([pointer, usable])
    }
  })

  it('makes a run of a large block, and a large block of a run, where the size is that of one', () => {
    const { heap } = testHeap()
    const { table } = partsOf(heap)
    for (const [from, to, isLarge] of [
      [MIB, 31 * POOL_BYTES, false],
      [MIB, 32 * POOL_BYTES, true],
      [MIB, 32_768, false],
      [20 * POOL_BYTES, 31 * POOL_BYTES, false],
      [20 * POOL_BYTES, 32 * POOL_BYTES, true],
      [20 * POOL_BYTES, 32_768, false],
      [32_768, 63 * POOL_BYTES, false],
    ] as const) {
      const pointer = heap.realloc(heap.alloc(from), to)
      expect([from, to, table.isLarge(slotOf(pointer)), heap.usableSize(pointer)]).toEqual([from, to, isLarge, to])
      expect(classAt(table, pointer) === WHOLE_RUN).toBe(to > 32_768)
      heap.free(pointer)
      checkHeap(partsOf(heap))
    }
  })

  it('keeps the smaller of both sizes of the contents, from any size to any other', () => {
    const sizes = [0, 1, 15, 16, 100, 512, 513, 3000, 4096, 9000, 32_768, 40_000, 200_000, 255_000, 300_000, 1e6]
    for (const canMove of [true, false]) {
      const { heap } = testHeap({ canMove })
      for (const from of sizes) {
        for (const to of sizes) {
          const pointer = heap.alloc(from)
          const bytes = heap.bytes(pointer, from)
          for (let i = 0; i < from; i += 7) bytes[i] = i
          const now = heap.bytes(heap.realloc(pointer, to), to)
          for (let i = 0; i < Math.min(from, to); i += 7) if (now[i] !== (i & 255)) expect([from, to, i]).toEqual([])
        }
      }
      checkHeap(partsOf(heap))
    }
  })

  it('grows a run in place into free pools behind it, and shrinks it in place', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(10 * POOL_BYTES)
    expect(heap.realloc(pointer, 20 * POOL_BYTES)).toBe(pointer)
    expect(heap.usableSize(pointer)).toBe(20 * POOL_BYTES)
    expect(heap.realloc(pointer, 9 * POOL_BYTES)).toBe(pointer)
    expect(heap.usableSize(pointer)).toBe(9 * POOL_BYTES)
    checkHeap(partsOf(heap))
    const behind = heap.alloc(9 * POOL_BYTES)
    expect(heap.realloc(pointer, 30 * POOL_BYTES)).not.toBe(pointer)
    heap.free(behind)
    checkHeap(partsOf(heap))
  })

  it('grows a medium block that is alone in its run in place', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(2 * POOL_BYTES)
    heap.bytes(pointer).fill(6)
    expect(heap.realloc(pointer, 3 * POOL_BYTES)).toBe(pointer)
    expect(heap.bytes(pointer, 2 * POOL_BYTES).every((byte) => byte === 6)).toBe(true)
    checkHeap(partsOf(heap))
    heap.free(pointer)
    expect(heap.stats().freePools).toBe(63)
  })

  it('grows a large block in place where there is room behind it', () => {
    const { heap, os } = testHeap()
    const pointer = heap.alloc(ARENA_BYTES)
    heap.setUint32(pointer, 0, 7)
    expect(heap.realloc(pointer, 10 * ARENA_BYTES)).toBe(pointer)
    heap.alloc(ARENA_BYTES) // behind it, so that it has to move
    const moved = heap.realloc(pointer, 20 * ARENA_BYTES)
    expect([moved === pointer, heap.getUint32(moved, 0), os.calls.move]).toEqual([false, 7, 1])
    checkHeap(partsOf(heap))
  })

  it('shrinks a large block where it is, and keeps the rest of its memory', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(40 * ARENA_BYTES)
    heap.copyIn(pointer, new Uint8Array(40 * ARENA_BYTES).fill(1))
    expect(heap.realloc(pointer, 10 * ARENA_BYTES)).toBe(pointer)
    expect(heap.stats()).toMatchObject({ largeBytes: 10 * ARENA_BYTES, keptBytes: 29 * ARENA_BYTES })
    expect(heap.bytes(pointer).every((byte) => byte === 1)).toBe(true)
    checkHeap(partsOf(heap))
  })

  it('comes from 16 bytes to 16 MiB in steps with the contents it had', () => {
    for (const canMove of [true, false]) {
      const { heap } = testHeap({ canMove })
      let pointer = heap.alloc(16)
      heap.setUint32(pointer, 0, 0)
      for (let size = 1024; size <= 16 * 2 ** 20; size = size < 2 ** 20 ? size + 1024 : size * 1.25) {
        pointer = heap.realloc(pointer, Math.floor(size))
        heap.setUint32(pointer, 0, heap.getUint32(pointer, 0) + 1)
      }
      expect(heap.getUint32(pointer, 0)).toBeGreaterThan(1000)
      checkHeap(partsOf(heap))
    }
  })
})

describe('wholeRunPools', () => {
  it('gives a mapping of its own to what would waste an arena', () => {
    const pools = [9, 31, 32, 55, 56, 63, 64].map((n) => wholeRunPools(n * POOL_BYTES))
    expect(pools).toEqual([9, 31, 0, 0, 56, 63, 0])
  })
})

describe('allocAligned', () => {
  it('gives blocks at multiples of every alignment, for every size', () => {
    const { heap } = testHeap({ osPageSize: 16384 })
    for (let alignment = 1; alignment <= 16384; alignment *= 2) {
      for (const size of [0, 1, 24, 100, 513, 3000, 20_000, 60_000, 300_000]) {
        const pointers = Array.from({ length: 5 }, () => heap.allocAligned(size, alignment))
        for (const pointer of pointers) {
          expect(heap.bytes(pointer).byteOffset % alignment).toBe(0)
          expect(heap.usableSize(pointer)).toBeGreaterThanOrEqual(size)
        }
        for (const pointer of pointers.slice(1)) heap.free(pointer as Pointer)
      }
    }
    checkHeap(partsOf(heap))
  })
})
