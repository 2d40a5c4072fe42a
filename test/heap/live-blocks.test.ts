import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import { payloadOffset } from '../../lib/heap/live-blocks'
import { partsOf } from '../../lib/heap/numbers'
import { testHeap } from '../support/test-heap'

const sizes = [0, 1, 16, 17, 511, 512, 513, 2600, 4096, 5000, 32_768, 32_769, 100_000, 180_000, 230_000, 1e6]

describe('live blocks', () => {
  it('are all walked, each once, in the order of their memory, with their usable sizes', () => {
    const { heap } = testHeap()
    const made = new Map<Pointer, number>()
    for (let round = 0; round < 40; round++) {
      for (const size of sizes) {
        const pointer = heap.alloc(size)
        made.set(pointer, heap.usableSize(pointer))
      }
    }
    let index = 0
    for (const pointer of [...made.keys()]) {
      if (index++ % 3 !== 0) continue
      heap.free(pointer)
      made.delete(pointer)
    }
    const walked = [...heap.blocks()]
    expect(new Map(walked.map(({ pointer, usableSize }) => [pointer, usableSize]))).toEqual(made)
    expect(walked.map(({ pointer }) => pointer)).toEqual([...made.keys()].sort((a, b) => a - b))
  })

  it('have at least what was asked for, and none overlaps another', () => {
    const { heap } = testHeap()
    const pointers = sizes
      .flatMap((size) => [size, size, size])
      .map((size, index) => {
        const pointer = heap.alloc(size)
        expect(heap.usableSize(pointer)).toBeGreaterThanOrEqual(size)
        heap.bytes(pointer).fill(index + 1)
        return pointer
      })
    pointers.forEach((pointer, index) => {
      expect(heap.bytes(pointer).every((byte) => byte === index + 1)).toBe(true)
    })
  })

  it('lie where their pointers say', () => {
    const { heap } = testHeap()
    for (const size of sizes) {
      const pointer = heap.alloc(size)
      const bytes = heap.bytes(pointer)
      expect(bytes.byteOffset % 16).toBe(0)
      expect(payloadOffset(pointer)).toBe(
        bytes.byteOffset - (partsOf(heap).table.isArena((pointer >>> 14) as never) ? 4096 : 0),
      )
    }
  })
})
