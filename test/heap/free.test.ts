import { expect, it } from 'vitest'
import { showPointer } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import { sizeClassOf, WHOLE_RUN } from '../../lib/base/size-classes'
import { classAt, freeBlock } from '../../lib/heap/free'
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
  heap.pin(heap.alloc(16))
  const refused = caught(() => freeBlock(partsOf(heap), pinned))
  expect([refused.code, refused.message]).toEqual([
    'EBB_PINNED',
    `ebb: free(${showPointer(pinned)}): the block is pinned; unpin it first`,
  ])
  checkHeap(partsOf(heap))
})

it('refuses the block that compact is moving, in free and realloc, and no other', () => {
  const { heap } = testHeap()
  for (const size of [16, 3000, 40_000, 1e6]) {
    const [moving, other] = [heap.alloc(size), heap.alloc(size)]
    const parts = partsOf(heap)
    parts.table.map.setMagazine(moving, 0) // as compact does, so that its free comes here
    parts.moving = moving
    for (const [verb, use] of [
      ['free', () => heap.free(moving)],
      ['realloc', () => heap.realloc(moving, 3 * size)],
    ] as const) {
      const refused = caught(use)
      expect([refused.code, refused.message]).toEqual([
        'EBB_BUSY',
        `ebb: ${verb}(${showPointer(moving)}): compact is moving the block; use where it is told to go`,
      ])
    }
    heap.free(other)
    parts.moving = 0
    freeBlock(parts, moving)
    checkHeap(parts)
  }
  expect(heap.stats().blocks).toBe(0)
})

it('frees a block past its magazine where that is asked for', () => {
  const { heap } = testHeap()
  const { table, magazines } = partsOf(heap)
  const [first, second, third] = heap.allocMany(512, new Int32Array(3)) as unknown as [Pointer, Pointer, Pointer]
  magazines.releaseAll()
  freeBlock(partsOf(heap), first)
  expect([heap.isLive(first), table.map.takenOf(first)]).toEqual([false, 3])
  freeBlock(partsOf(heap), second, true)
  expect([heap.isLive(second), table.map.takenOf(first)]).toEqual([false, 2])
  expect([heap.alloc(512), heap.isLive(third)]).toEqual([first, true])
})

it('tells the class of any block, live or free', () => {
  const { heap } = testHeap()
  const { table } = partsOf(heap)
  for (const size of [1, 500, 2500, 20_000, 33_000, 500_000, 5e6]) {
    const pointers = [...heap.allocMany(size, new Int32Array(3))] as Pointer[]
    const sizeClass = size > 32_768 ? WHOLE_RUN : sizeClassOf(size)
    expect(pointers.map((pointer) => classAt(table, pointer))).toEqual([sizeClass, sizeClass, sizeClass])
    heap.free(pointers[1] as Pointer)
    if (size < 1e6) expect(classAt(table, pointers[1] as Pointer)).toBe(sizeClass)
  }
})
