/** What the heaps of a thread do about pressure: give back what is free now, and for a while sooner than they would. */
import type { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'

/**
 * @param ms - how long their decay is an eighth of what it is
 * @returns bytes of resident memory that went back
 */
export function relieve(heaps: Iterable<Heap>, ms: number): number {
  let bytes = 0
  for (const heap of heaps) {
    const { purger, isClosed } = partsOf(heap)
    if (isClosed) continue
    purger.hurry(ms)
    try {
      bytes += heap.purge()
    } catch (failure) {
      purger.note(failure) // what the system refuses stays dirty, and is tried again
    }
  }
  return bytes
}
