import { expect, it } from 'vitest'
import { freeBlock } from '../../lib/heap/free'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

it('frees a block of any kind, whatever state its run is in', () => {
  const { heap } = testHeap()
  for (const size of [16, 512, 2600, 4096, 9000, 50_000, 1e6]) {
    const pointers = [...heap.allocMany(size, new Int32Array(9))] as never[]
    for (const index of [4, 0, 8, 3, 5, 1, 7, 2, 6]) {
      freeBlock(partsOf(heap), pointers[index] as never)
      checkHeap(partsOf(heap))
    }
  }
  expect(heap.stats().blocks).toBe(0)
})

it('refuses a pinned block, and changes nothing', () => {
  const { heap } = testHeap()
  const pinned = heap.alloc(16)
  heap.pin(pinned)
  expect(caught(() => freeBlock(partsOf(heap), pinned)).code).toBe('EBB_PINNED')
  checkHeap(partsOf(heap))
})
