/** The heaps of this thread, listed without being kept alive. */
import { WeakList } from '../base/weak-list'
import type { Heap } from './heap'
import { partsOf } from './numbers'

const made = new WeakList<Heap>()
let listener: (() => void) | undefined

/** Lists a heap from now on. */
export function listHeap(heap: Heap): void {
  made.add(heap)
  listener?.()
}

/** Calls back when the next heap is made, once. It must not throw: a constructor is under way. */
export function onNextHeap(call: () => void): void {
  listener = () => {
    listener = undefined
    call()
  }
}

/** All heaps of this thread that are open, in the order in which they were made. One that nobody holds any more may be among them. */
export const heaps = (): Heap[] => [...made].filter((heap) => !partsOf(heap).isClosed)
