import { afterEach } from 'vitest'
import { Heap, type HeapOptions } from '../../lib/heap/heap'
import { type FakeOptions, FakeOsPages } from './fake-os-pages'
import { ManualClock } from './manual-clock'

const opened: Heap[] = []

// All heaps of a process share their slots: with none left open, the first arena of each test is in slot 1.
afterEach(() => {
  for (const heap of opened.splice(0)) {
    try {
      heap.close()
    } catch {
      // A test that ruins a heap's books has its own ways to see it.
    }
  }
})

/** A heap on fake OS pages and a clock that stands still until it is told to go on. Closed after the test. */
export function fakeHeap(options: HeapOptions & FakeOptions = {}): { heap: Heap; os: FakeOsPages; clock: ManualClock } {
  const { osPageSize, maxByteLength, canGrow, ...rest } = options
  const os = new FakeOsPages({
    ...(osPageSize === undefined ? {} : { osPageSize }),
    ...(maxByteLength === undefined ? {} : { maxByteLength }),
    ...(canGrow === undefined ? {} : { canGrow }),
  })
  const clock = new ManualClock()
  const heap = new Heap({ osPages: os, clock, ...rest })
  opened.push(heap)
  return { heap, os, clock }
}
