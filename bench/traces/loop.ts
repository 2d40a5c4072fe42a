/** The replay of a trace on a heap that comes in an argument, as a loop that runs as long as it is told to. */
import type { Heap, Pointer } from 'ebb'
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_REALLOC, type Trace } from './builder'

// File-local copies: an imported binding is a property load on every use, which no native arm pays for.
const kindAlloc = KIND_ALLOC
const kindAllocZeroed = KIND_ALLOC_ZEROED
const kindRealloc = KIND_REALLOC

/**
 * A function that replays the operations [from, to) again and again, in one call: one loop, for V8 compiles an outer one twice where it
 * replaces the inner, and inlines half as much into each. `again` is called after each replay, and tells whether there shall be another.
 */
export function replayLoop({ ops, ids }: Trace) {
  const blocks = new Int32Array(ids)
  return (heap: Heap, from: number, to: number, again: () => boolean): void => {
    for (let at = from; ; at++) {
      if (at === to) {
        if (!again()) return
        at = from
      }
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      let pointer: Pointer
      switch (word & 3) {
        case kindAlloc:
          pointer = heap.alloc(byteLength)
          break
        case kindAllocZeroed:
          pointer = heap.allocZeroed(byteLength)
          break
        case kindRealloc:
          pointer = heap.realloc(blocks[id] as Pointer, byteLength)
          break
        default:
          heap.free(blocks[id] as Pointer)
          continue
      }
      if (byteLength >= 4) heap.setInt32(pointer, 0, id ^ at)
      else if (byteLength > 0) heap.setUint8(pointer, 0, (id ^ at) & 0xff)
      blocks[id] = pointer
    }
  }
}
