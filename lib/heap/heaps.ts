/** The heaps of this thread, listed without being kept alive. */
import { WeakList } from '../base/weak-list'
import type { Heap } from './heap'
import { partsOf } from './numbers'

const made = new WeakList<Heap>()

/** Lists a heap from now on. */
export function listHeap(heap: Heap): void {
  made.add(heap)
}

/** All heaps of this thread that are open, in the order in which they were made. One that nobody holds any more may be among them. */
export const heaps = (): Heap[] => [...made].filter((heap) => !partsOf(heap).isClosed)
