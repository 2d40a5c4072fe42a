/** Copies of every length, and the sizes of near blocks by their class. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Heap } from '../../lib'
import { HeapError } from '../../lib/base/errors'
import { GRANULES_PER_ARENA, type Pointer } from '../../lib/base/layout'
import {
  copyOutTo,
  copyWordsIn,
  isNear,
  nearByte,
  usableByClass,
  usableOfLone,
  writeLatin1,
} from '../../lib/heap/near-bytes'
import { partsOf } from '../../lib/heap/numbers'
import { NEAR } from '../../lib/space/near'
import { space } from '../../lib/space/thread-space'
import { testHeap } from '../support/test-heap'

let heap: Heap

beforeEach(() => {
  heap = new Heap()
})

afterEach(() => {
  heap.close()
})

/** Lengths on both sides of every change of method. */
const LENGTHS = [
  0, 1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 42, 43, 64, 65, 127, 128, 129, 255, 256, 257, 300, 511, 512, 513, 1535,
  1536,
]
const LONG = [2047, 2048, 2049, 4095, 4096, 5000, 16_383, 16_384, 16_385, 40_000, 400_000]

describe('copies', () => {
  it('of every length come out as they went in, from any place', () => {
    for (const length of [...LENGTHS, ...LONG]) {
      const pointer = heap.allocZeroed(length + 12)
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7 + 1)
      for (const offset of [0, 1, 4, 8]) {
        expect(heap.copyIn(pointer, bytes, offset)).toBe(length)
        const copy = heap.copyOut(pointer, length, offset)
        expect(Buffer.from(bytes).compare(copy)).toBe(0)
        expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype)
      }
      expect([...heap.copyOut(pointer, 4, length + 8)]).toEqual([0, 0, 0, 0])
    }
  })

  it('of every length go to the start of an array, and no further', () => {
    for (const length of [...LENGTHS, ...LONG]) {
      const pointer = heap.alloc(length + 8)
      const bytes = Uint8Array.from({ length }, (_, i) => i * 5 + 3)
      for (const [offset, place, more] of [
        [0, 0, 0],
        [4, 0, 9],
        [1, 3, 5],
        [4, 4, 0],
      ] as const) {
        heap.copyIn(pointer, bytes, offset)
        const target = new Uint8Array(place + length + more).fill(255).subarray(place)
        copyOutTo(nearByte(pointer) + offset, length, target)
        expect(Buffer.from(bytes).compare(target.subarray(0, length))).toBe(0)
        expect([...target.subarray(length)]).toEqual(new Array(more).fill(255))
      }
    }
  })

  it('of words write no word beside their own, and texts no byte', () => {
    const pointer = heap.alloc(512)
    const source = Uint8Array.from({ length: 512 }, (_, i) => i)
    for (const length of [1, 4, 5, 8, 64, 127, 128, 249, 256, 257, 500]) {
      heap.bytes(pointer).fill(0xaa)
      copyWordsIn(nearByte(pointer), new BigUint64Array(source.buffer), length)
      const behind = (length + 7) & ~7
      expect([...heap.copyOut(pointer, length)]).toEqual([...source.subarray(0, length)])
      expect(heap.copyOut(pointer, 512 - behind, behind).every((byte) => byte === 0xaa)).toBe(true)
    }
    for (const text of ['', 'a', 'abc', 'abcdefg\xff', 'abcdefgh\xff']) {
      heap.bytes(pointer).fill(0xaa)
      writeLatin1(nearByte(pointer), text)
      expect(Buffer.from(heap.copyOut(pointer, 12)).toString('latin1')).toBe(text.padEnd(12, '\xaa'))
    }
  })

  it('share no byte, and cannot be transferred from under each other', () => {
    const pointer = heap.alloc(100)
    const copies = Array.from({ length: 400 }, (_, i) => {
      heap.copyIn(pointer, new Uint8Array(100).fill(i))
      return heap.copyOut(pointer, 65 + (i % 36))
    })
    const first = copies[0] as Uint8Array<ArrayBuffer>
    try {
      structuredClone(first.buffer, { transfer: [first.buffer] })
    } catch (error) {
      expect((error as Error).name).toBe('DataCloneError')
    }
    for (const [i, copy] of copies.entries()) expect(copy).toEqual(new Uint8Array(65 + (i % 36)).fill(i))
  })
})

describe('a near block', () => {
  const usable = (pointer: unknown): number => usableByClass(partsOf(heap).table.map.base, pointer)

  it('has the usable bytes of its class, where it is live and of this heap', () => {
    for (const size of [1, 16, 17, 512]) {
      const pointer = heap.alloc(size)
      expect(usable(pointer)).toBe(heap.usableSize(pointer))
      heap.setUint8(pointer, 3, 77)
      expect([isNear(pointer), NEAR.u8[nearByte(pointer) + 3]]).toEqual([true, 77])
      heap.free(pointer)
      expect(usable(pointer)).toBe(-1)
    }
  })

  it('lies between the first and the last near arena', () => {
    const [first, end] = [space.nearFirst * GRANULES_PER_ARENA, space.nearEnd * GRANULES_PER_ARENA]
    const { heap: far } = testHeap({ isFar: true })
    const pointers = [first - 1, first, end - 1, end, far.alloc(16)]
    expect(pointers.map((pointer) => isNear(pointer as Pointer))).toEqual([false, true, true, false, false])
  })

  it('has none by its class where that does not tell', () => {
    const other = new Heap()
    const live = heap.alloc(48)
    const pinned = heap.alloc(96)
    heap.pin(pinned)
    for (const wrong of [live + 0.5, live + 2 ** 32, `${live}`, live - 2 ** 32, pinned])
      expect([wrong, usable(wrong)]).toEqual([wrong, -1])
    const { heap: far } = testHeap({ isFar: true })
    expect(usableByClass(partsOf(far).table.map.base, far.alloc(48))).toBe(-1)
    const foreign = other.alloc(16)
    for (const wrong of [0, -1, 0.5, 2 ** 31, Number.NaN, undefined, '1', foreign, heap.alloc(1 << 20)])
      expect([wrong, usable(wrong)]).toEqual([wrong, -1])
    other.close()
  })
})

describe('a near lone block', () => {
  it('has the length that the books have, where it is live and has a magazine', () => {
    for (const size of [40_000, 70_000, 300_000, 2 ** 20]) {
      const pointer = heap.alloc(size)
      expect([size, usableOfLone(pointer)]).toEqual([size, heap.usableSize(pointer)])
      for (const wrong of [pointer + 1, pointer - 1, pointer + 256, pointer - 256] as Pointer[])
        expect([size, wrong, usableOfLone(wrong)]).toEqual([size, wrong, -1])
      heap.pin(pointer)
      expect(usableOfLone(pointer)).toBe(-1)
      heap.unpin(pointer)
      heap.free(pointer)
      expect(usableOfLone(pointer)).toBe(-1)
    }
  })

  it('has none where it shares its run or is longer than its magazine takes', () => {
    for (const size of [48, 3000, 2 ** 20 + 1]) expect([size, usableOfLone(heap.alloc(size))]).toEqual([size, -1])
  })
})

it('heaps beyond those that have magazines know their blocks from each other', () => {
  const heaps = Array.from({ length: 4100 }, () => new Heap())
  const [one, two] = heaps.slice(-2) as [Heap, Heap]
  const { base } = partsOf(one).table.map
  expect([base, partsOf(two).table.map.base]).toEqual([space.noMagazines, space.noMagazines])
  for (const size of [48, 600, 3000, 40_000, 300_000]) {
    const pointer = one.alloc(size)
    expect(usableByClass(base, pointer)).toBe(-1)
    for (const call of [
      () => two.realloc(pointer, size - 1),
      () => two.realloc(pointer, 2 * size),
      () => two.free(pointer),
      () => two.usableSize(pointer),
      () => two.bytes(pointer),
      () => two.copyOut(pointer, 8),
      () => two.readString(pointer),
    ])
      expect(call).toThrow(HeapError)
    one.setUint8(pointer, size - 1, 7)
    const longer = one.realloc(pointer, 2 * size)
    expect([one.getUint8(longer, size - 1), one.usableSize(longer) >= 2 * size]).toEqual([7, true])
    one.free(longer)
  }
  for (const each of heaps) each.close()
})
