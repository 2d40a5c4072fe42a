import { describe, expect, it } from 'vitest'
import { type Pointer, recordAt, type SizeClass } from '../../lib/base/layout'
import { BLOCK_BYTES, RUN_BLOCKS, RUN_POOLS, WHOLE_RUN } from '../../lib/base/size-classes'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { runOf } from '../../lib/supply/runs'
import { testHeap } from '../support/test-heap'

const longClasses = Array.from({ length: WHOLE_RUN }, (_, c) => c as SizeClass).filter((c) => (RUN_POOLS[c] ?? 0) > 1)

describe('taking blocks of a run', () => {
  it('writes as many pointers behind a word as it takes, the lowest last, and nothing else', () => {
    for (const sizeClass of [3, 32, ...longClasses] as SizeClass[]) {
      const { heap } = testHeap()
      const { runs, table } = partsOf(heap)
      const { words, base } = table.map
      const bottom = base + 1000
      words.fill(-1, bottom, bottom + 10)
      const step = (BLOCK_BYTES[sizeClass] as number) / 16
      const [most, blocks] = [2, RUN_BLOCKS[sizeClass] as number]
      const count = runs.take(sizeClass, bottom, most)
      const [, first, second] = words.subarray(bottom, bottom + 3) as unknown as [number, Pointer, number]
      expect([count, words[bottom], words[bottom + 3]]).toEqual([Math.min(most, blocks), -1, -1])
      if (count === 2) expect(first - second).toBe(step)
      expect(runOf(table, first)).toBe(count === 2 ? second : first)
    }
  })
})

describe('blocks in runs of several pools', () => {
  it('fill a run from its start, and a pointer anywhere into it finds its first pool', () => {
    for (const sizeClass of longClasses) {
      const { heap } = testHeap()
      const blockBytes = BLOCK_BYTES[sizeClass] as number
      const pointers = [...heap.allocMany(blockBytes, new Int32Array(RUN_BLOCKS[sizeClass] as number))] as Pointer[]
      const first = pointers[0] as Pointer
      pointers.forEach((pointer, index) => {
        expect((pointer - first) * 16).toBe(index * blockBytes)
        expect(runOf(partsOf(heap).table, (pointer + 1) as Pointer)).toBe(first)
      })
      expect(recordAt(first)).toBe(16)
      expect(partsOf(heap).used.head(sizeClass)).toBe(0)
      checkHeap(partsOf(heap))
      heap.free(pointers.at(-1) as Pointer)
      expect(heap.alloc(blockBytes)).toBe(pointers.at(-1))
      heap.free(pointers.at(-1) as Pointer)
      partsOf(heap).magazines.releaseAll()
      if (pointers.length > 1) expect(partsOf(heap).used.head(sizeClass)).toBe(first)
      expect(heap.alloc(blockBytes)).toBe(pointers.at(-1))
      heap.freeMany(pointers)
      expect(heap.stats().freePools).toBe(63)
      checkHeap(partsOf(heap))
    }
  })
})
