import { describe, expect, it } from 'vitest'
import {
  ARENA_BYTES,
  arenaOffset,
  type Pointer,
  type PoolIndex,
  pointerTo,
  type Slot,
  slotOf,
} from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

type Kind =
  | 'Int8'
  | 'Uint8'
  | 'Int16'
  | 'Uint16'
  | 'Int32'
  | 'Uint32'
  | 'Float32'
  | 'Float64'
  | 'BigInt64'
  | 'BigUint64'
const values: Record<Kind, readonly (number | bigint)[]> = {
  Int8: [0, 127, -128, 200],
  Uint8: [0, 255, -1, 256],
  Int16: [0, 32_767, -32_768, 65_535],
  Uint16: [0, 65_535, -1],
  Int32: [0, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1],
  Uint32: [0, 2 ** 32 - 1, -1],
  Float32: [0, -0, 1.5, Math.PI, Infinity, Number.NaN],
  Float64: [0, -0, Math.PI, Number.MIN_VALUE, -Infinity, Number.NaN],
  BigInt64: [0n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n],
  BigUint64: [0n, 2n ** 64n - 1n, -1n],
}

type Get = (pointer: Pointer, byteOffset: number) => number | bigint
type Set = (pointer: Pointer, byteOffset: number, value: number | bigint) => void
const getter = (heap: Heap, kind: Kind): Get => (heap[`get${kind}`] as Get).bind(heap)
const setter = (heap: Heap, kind: Kind): Set => (heap[`set${kind}`] as Set).bind(heap)

describe('accessors', () => {
  for (const [kind, list] of Object.entries(values) as [Kind, (number | bigint)[]][]) {
    it(`${kind} reads and writes as a DataView does, little-endian, at any offset of any block`, () => {
      const { heap } = testHeap()
      for (const size of [32, 600, 3000, 50_000, 1e6]) {
        const pointer = heap.alloc(size)
        const bytes = heap.bytes(pointer)
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        for (const byteOffset of [0, 1, 3, 8, size - 8]) {
          for (const value of list) {
            setter(heap, kind)(pointer, byteOffset, value)
            const expected = (view[`get${kind}`] as (at: number, little: boolean) => number | bigint)(byteOffset, true)
            expect(Object.is(getter(heap, kind)(pointer, byteOffset), expected)).toBe(true)
          }
        }
      }
    })
  }

  it('read and write near blocks of every size and far ones alike, also after a far pointer or a wrong one was met', () => {
    const near = new Heap()
    const { heap: far } = testHeap({ isFar: true })
    for (const round of [0, 1]) {
      for (const heap of [near, far, near]) {
        for (const size of [32, 3000, 50_000, 1e6]) {
          const pointer = heap.alloc(size)
          for (const [kind, list] of Object.entries(values) as [Kind, (number | bigint)[]][]) {
            for (const byteOffset of [0, 8, 11, size - 8]) {
              setter(heap, kind)(pointer, byteOffset, list[1] as number)
              const expected = new DataView(new ArrayBuffer(8))
              ;(expected[`set${kind}`] as Set).call(expected, 0 as Pointer, list[1] as number, true as never)
              const read = (expected[`get${kind}`] as Get).call(expected, 0 as Pointer, true as never)
              expect([round, kind, getter(heap, kind)(pointer, byteOffset)]).toEqual([round, kind, read])
            }
            expect(() => getter(heap, kind)(0 as Pointer, 0)).toThrow('null pointer')
            expect(() => setter(heap, kind)('5' as never, 0, list[0] as number)).toThrow(TypeError)
          }
          heap.free(pointer)
        }
      }
    }
    near.close()
  })

  it('reach the last number of near blocks that are one pool long and longer, and refuse the next one behind lone blocks', () => {
    const { heap } = testHeap()
    for (const size of [4096, 4097, 16_384, 65_536, 262_144, 1_048_576]) {
      const pointer = heap.alloc(size)
      const usable = heap.usableSize(pointer)
      for (const [kind, list] of Object.entries(values) as [Kind, (number | bigint)[]][]) {
        const width = Number(/\d+$/.exec(kind)?.[0]) / 8
        heap.bytes(pointer).fill(0xaa)
        setter(heap, kind)(pointer, usable - width, list[0] as number)
        expect([kind, size, getter(heap, kind)(pointer, usable - width)]).toEqual([kind, size, list[0]])
        expect([...heap.bytes(pointer).subarray(usable - 2 * width)]).toEqual([
          ...new Array<number>(width).fill(0xaa),
          ...new Array<number>(width).fill(0),
        ])
      }
      if (size >= 262_144) expect(() => heap.getInt32(pointer, usable)).toThrow(`byteOffset ${usable} leave the block`)
      heap.free(pointer)
    }
  })

  it('write no byte beside their own', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(32)
    for (const [kind, list] of Object.entries(values) as [Kind, (number | bigint)[]][]) {
      heap.bytes(pointer).fill(0xaa)
      setter(heap, kind)(pointer, 8, list[0] as number)
      const width = Number(/\d+$/.exec(kind)?.[0]) / 8
      heap.bytes(pointer).forEach((byte, at) => {
        expect(byte).toBe(at >= 8 && at < 8 + width ? 0 : 0xaa)
      })
    }
  })

  it("cannot reach an arena's books", () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(16)
    expect(() => heap.getUint8(pointer, -1)).toThrow('byteOffset -1 leave the block')
    expect(() => heap.setFloat64(pointer, -8, 1)).toThrow('byteOffset -8 leave the block')
  })

  it('of far blocks stay within the pools of their arena, and within the heap', () => {
    const { heap } = testHeap({ isFar: true })
    const other = new Heap()
    const [pointer, foreign] = [heap.alloc(16), other.alloc(16)]
    const next = heap.alloc(200_000) // of another arena of the annex, or a block of a shelf
    const pools = arenaOffset(pointer)
    expect([slotOf(foreign) === slotOf(pointer), space.isNear(slotOf(pointer))]).toEqual([false, false])
    heap.setInt32(pointer, ARENA_BYTES - pools - 4, 7)
    expect(heap.getInt32(pointer, ARENA_BYTES - pools - 4)).toBe(7)
    for (const byteOffset of [
      ARENA_BYTES - pools - 3,
      ARENA_BYTES - pools,
      ARENA_BYTES,
      2 ** 31,
      2 ** 32,
      -1,
      -pools,
      Number.NaN,
    ]) {
      expect([byteOffset, caught(() => heap.getInt32(pointer, byteOffset)).code]).toEqual([
        byteOffset,
        'EBB_OUT_OF_BOUNDS',
      ])
      expect([byteOffset, caught(() => heap.setInt32(pointer, byteOffset, 1)).code]).toEqual([
        byteOffset,
        'EBB_OUT_OF_BOUNDS',
      ])
    }
    const ledger = pointerTo(slotOf(pointer), 0 as PoolIndex, 0)
    for (const wrong of [foreign, ledger, pointerTo((slotOf(next) + 1000) as Slot, 1 as PoolIndex, 0)]) {
      expect(caught(() => heap.getInt32(wrong, 0)).code).toBe('EBB_INVALID_POINTER')
      expect(caught(() => heap.setInt32(wrong, 0, 1)).code).toBe('EBB_INVALID_POINTER')
    }
    expect(heap.getInt32(next, 0)).toBe(0)
    checkHeap(partsOf(heap))
    other.close()
  })
})
