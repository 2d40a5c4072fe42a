import { expect, it } from 'vitest'
import { partsOf } from '../../lib/heap/numbers'
import { past, retire } from '../../lib/supply/past'
import { testHeap } from '../support/test-heap'

it('holds what a heap has counted when it ends', () => {
  const { heap } = testHeap({ decay: 0 })
  heap.free(heap.alloc(48))
  heap.alloc(1e6)
  const before = { ...past }
  retire(partsOf(heap))
  expect([past.maps - before.maps, past.unmaps - before.unmaps]).toEqual([2, 1])
  Object.assign(past, before)
})
