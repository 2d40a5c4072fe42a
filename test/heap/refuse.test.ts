import { expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { refusePointer } from '../../lib/heap/refuse'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

// What it says of each wrong pointer is the table of errors.test.ts.

it('always throws, and the heap being closed comes first', () => {
  const { heap } = testHeap()
  const live = heap.alloc(10)
  for (const pointer of [0, 1, -1, 0.5, 2 ** 40, live + 1, 0x4000, 0x7fffffff]) {
    const error = caught(() => refusePointer(partsOf(heap), pointer, 'free'))
    expect(error).toBeInstanceOf(HeapError)
    expect(error.message).toMatch(/^ebb: free\(/)
    const closed = { ...partsOf(heap), isClosed: true }
    expect(caught(() => refusePointer(closed, pointer, 'free')).code).toBe('EBB_CLOSED')
  }
})

it('tells a block freed twice from a place where no block can be', () => {
  const { heap } = testHeap()
  const keep = heap.alloc(48)
  const pointer = heap.alloc(48)
  heap.free(pointer)
  const codes = [pointer, pointer + 1, (keep & -256) + 255].map(
    (wrong) => caught(() => heap.free(wrong as Pointer)).code,
  )
  expect(codes).toEqual(['EBB_DOUBLE_FREE', 'EBB_INVALID_POINTER', 'EBB_INVALID_POINTER'])
})
