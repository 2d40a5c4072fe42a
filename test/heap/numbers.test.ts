import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
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
})
