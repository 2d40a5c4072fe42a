import { Heap, type HeapOptions } from '../../lib/heap'
import { type FakeOptions, FakeOsPages } from './fake-os-pages'
import { ManualClock } from './manual-clock'

/** A heap on fake OS pages and a clock that stands still until it is told to go on. */
export function fakeHeap(options: HeapOptions & FakeOptions = {}): { heap: Heap; os: FakeOsPages; clock: ManualClock } {
  const { osPageSize, maxByteLength, canGrow, ...rest } = options
  const os = new FakeOsPages({
    ...(osPageSize === undefined ? {} : { osPageSize }),
    ...(maxByteLength === undefined ? {} : { maxByteLength }),
    ...(canGrow === undefined ? {} : { canGrow }),
  })
  const clock = new ManualClock()
  return { heap: new Heap({ osPages: os, clock, ...rest }), os, clock }
}
