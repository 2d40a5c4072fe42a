/** The replay of a trace on a heap that comes in an argument, as a loop that runs as long as it is told to. */
import type { Heap, Pointer } from 'ebb'
import type { Trace } from './builder'

/**
 * A function that replays the operations [from, to) again and again, in one call: one loop, for V8 compiles an outer one twice where it
 * replaces the inner, and inlines half as much into each. `again` is called after each replay, and tells whether there shall be another.
 * In a loop that it replaces V8 knows no constant from outside, so the kinds of operations are written as numbers.
 */
export function replayLoop(trace: Trace) {
  const all = new Int32Array(trace.ids)
  return (heap: Heap, from: number, to: number, again: () => boolean): void => {
    const { ops } = trace
    const blocks = all
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
        case 0: // KIND_ALLOC
          pointer = heap.alloc(byteLength)
          break
        case 1: // KIND_ALLOC_ZEROED
          pointer = heap.allocZeroed(byteLength)
          break
        case 2: // KIND_REALLOC
          pointer = heap.realloc(blocks[id] as Pointer, byteLength)
          break
        default: // KIND_FREE
          heap.free(blocks[id] as Pointer)
          continue
      }
      if (byteLength >= 4) heap.setInt32(pointer, 0, id ^ at)
      else if (byteLength > 0) heap.setUint8(pointer, 0, (id ^ at) & 0xff)
      blocks[id] = pointer
    }
  }
}
