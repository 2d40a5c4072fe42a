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

  it('that are freed during a walk are left out, and walks go on', () => {
    const { heap } = testHeap()
    const pointers = [16, 16, 16, 40_000, 16, 1e6, 2e6].map((size) => heap.alloc(size)).sort((a, b) => a - b)
    const seen: Pointer[] = []
    for (const { pointer } of heap.blocks()) {
      seen.push(pointer)
      const next = pointers[pointers.indexOf(pointer) + 1]
      if (next !== undefined && heap.isLive(next)) heap.free(next)
    }
    expect(seen).toEqual(pointers.filter((_, index) => index % 2 === 0))
  })

  it('are told from everything else', () => {
    const [{ heap }, { heap: other }] = [testHeap(), testHeap()]
    const [pointer, large, foreign] = [heap.alloc(16), heap.alloc(1e6), other.alloc(16)]
    expect([pointer, large].map((each) => heap.isLive(each))).toEqual([true, true])
    const wrong = [
      foreign,
      pointer + 1,
      large + 1,
      large - 256,
      0,
      -1,
      0.5,
      pointer + 0.5,
      2 ** 32 + pointer,
      Number.NaN,
    ]
    const none = [...wrong, `${pointer}`, BigInt(pointer), null, undefined, {}, [pointer]]
    expect(none.filter((each) => heap.isLive(each))).toEqual([])
    heap.free(pointer)
    expect(heap.isLive(pointer)).toBe(false)
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
