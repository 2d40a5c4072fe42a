import { afterEach } from 'vitest'
import { Heap } from '../../lib/heap/heap'
import type { HeapOptions } from '../../lib/heap/options'
import { ManualClock } from './manual-clock'
import { type TestOptions, TestPages } from './test-pages'

const opened: Heap[] = []

// All heaps of a process share their slots: with none left open, tests find them as the first did.
afterEach(() => {
  for (const heap of opened.splice(0)) {
    try {
      heap.close()
    } catch {
      // A test that ruins a heap's books has its own ways to see it.
    }
  }
  TestPages.remove()
})

/** A heap on decorated OS pages and a clock that stands still until it is told to go on. Closed after the test. */
export function testHeap(options: HeapOptions & TestOptions = {}): { heap: Heap; os: TestPages; clock: ManualClock } {
  const { osPageSize, maxByteLength, canMove, canPopulate, isFar, ...rest } = options
  const os = new TestPages({
    ...(osPageSize === undefined ? {} : { osPageSize }),
    ...(maxByteLength === undefined ? {} : { maxByteLength }),
    ...(canMove === undefined ? {} : { canMove }),
    ...(canPopulate === undefined ? {} : { canPopulate }),
    ...(isFar === undefined ? {} : { isFar }),
  })
  const clock = new ManualClock()
  const heap = new Heap({ clock, ...rest })
  opened.push(heap)
  return { heap, os, clock }
}
