import { HeapError } from '../../lib/base/errors'
import type { Heap } from '../../lib/heap/heap'

/** Has every n-th call of alloc and realloc of a heap refused, until `stop` is called. */
export function refuseEvery(heap: Heap, n: number): { refusals: number; stop(): void } {
  let isOn = true
  let calls = 0
  const counts = {
    refusals: 0,
    stop(): void {
      isOn = false
    },
  }
  for (const name of ['alloc', 'realloc'] as const) {
    const real = heap[name].bind(heap) as (...values: number[]) => number
    Object.defineProperty(heap, name, {
      value: (...values: number[]) => {
        if (!isOn || ++calls % n !== 0) return real(...values)
        counts.refusals++
        throw new HeapError('EBB_OUT_OF_MEMORY', 'refused by the test')
      },
    })
  }
  return counts
}
