/**
 * ebb as a timed arm in the shapes that programs have. `timedEbb` closes over the heap and runs in chunks: V8 then has the heap as a constant
 * of the code, which is its best case. A process measures one shape, so that none pays for what V8 has learned of another.
 */
import { createRequire } from 'node:module'
import type { Heap, Pointer } from 'ebb'
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace } from './builder'
import type * as Loop from './loop'
import { inChunks, type TimedArm, timedEbb } from './replay'

// File-local copies: an imported binding is a property load on every use, which no native arm pays for.
const kindAlloc = KIND_ALLOC
const kindAllocZeroed = KIND_ALLOC_ZEROED
const kindRealloc = KIND_REALLOC
const kindFree = KIND_FREE

type TimedShape = (newHeap: () => Heap, trace: Trace) => TimedArm

/** Each shape by its name in tables. */
export const SHAPES: Readonly<Record<string, TimedShape>> = {
  'heap a constant': (newHeap, trace) => timedEbb(newHeap(), trace),
  'heap an argument': timedArgument,
  'heap in a field': timedField,
  'one long loop': timedLongLoop,
  'two heaps in turn': timedTwoHeaps,
}

const isOver = (): boolean => false

/** A function that gets the heap in an argument, called for each chunk of operations. */
function timedArgument(newHeap: () => Heap, trace: Trace): TimedArm {
  const heap = newHeap()
  const replay = loadedAnew().replayLoop(trace)
  return { name: 'ebb', replay: inChunks((from, to) => replay(heap, from, to, isOver)) }
}

/** The loop with nothing known of it: V8 has compiled none of this copy's functions, and has seen no types in them. */
function loadedAnew(): typeof Loop {
  const load = createRequire(__filename)
  delete load.cache[load.resolve('./loop')]
  return load('./loop') as typeof Loop
}

/** Replays before the first that counts: V8 finds the loop hot, compiles it beside and replaces it. */
const REPLACING_MS = 250

/** A loop that V8 has to replace while it runs, as in a program whose main part is one loop. Each turn is one call of a new one. */
function timedLongLoop(newHeap: () => Heap, trace: Trace): TimedArm {
  const heap = newHeap()
  const { operations } = trace
  const laps = (rounds: number, now: () => number): readonly number[] => {
    const since = performance.now()
    const times: number[] = []
    const again = (): boolean => {
      if (performance.now() - since >= REPLACING_MS) times.push(now())
      return times.length <= rounds
    }
    loadedAnew().replayLoop(trace)(heap, 0, operations, again)
    return times.slice(1).map((time, i) => time - times[i]!)
  }
  const inSteps = loadedAnew().replayLoop(trace)
  return { name: 'ebb', replay: (from, to) => inSteps(heap, from, to, isOver), laps }
}

/** What owns a heap and is asked for one operation at a time. */
class Store {
  readonly heap: Heap
  readonly blocks: Int32Array

  constructor(heap: Heap, ids: number) {
    this.heap = heap
    this.blocks = new Int32Array(ids)
  }

  step(at: number, word: number, byteLength: number): void {
    const id = word >>> 2
    let pointer: Pointer
    switch (word & 3) {
      case kindAlloc:
        pointer = this.heap.alloc(byteLength)
        break
      case kindAllocZeroed:
        pointer = this.heap.allocZeroed(byteLength)
        break
      case kindRealloc:
        pointer = this.heap.realloc(this.blocks[id] as Pointer, byteLength)
        break
      default:
        this.heap.free(this.blocks[id] as Pointer)
        return
    }
    if (byteLength >= 4) this.heap.setInt32(pointer, 0, id ^ at)
    else if (byteLength > 0) this.heap.setUint8(pointer, 0, (id ^ at) & 0xff)
    this.blocks[id] = pointer
  }
}

function timedField(newHeap: () => Heap, { ops, ids }: Trace): TimedArm {
  const store = new Store(newHeap(), ids)
  const run = (on: Store, from: number, to: number): void => {
    for (let at = from; at < to; at++) on.step(at, ops[2 * at]!, ops[2 * at + 1]!)
  }
  return { name: 'ebb', replay: inChunks((from, to) => run(store, from, to)) }
}

/**
 * A block lies in the one or in the other heap by its id. The heap comes out of an array: a branch on the id is foreseen half of the time
 * by the processor, and those misses (0.7 to 2.2 ns an operation) are the loop's, not the heaps'.
 */
function timedTwoHeaps(newHeap: () => Heap, { ops, ids }: Trace): TimedArm {
  const heaps = [newHeap(), newHeap()] as const
  const blocks = new Int32Array(ids)
  const replay = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      const heap = heaps[(id & 1) as 0 | 1]
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
  return { name: 'ebb', replay: inChunks(replay) }
}

/**
 * The limit of JavaScript for a trace: an allocator that does nothing. Its pointers are those that ebb gave in a replay beforehand, its
 * blocks are marked as everywhere, into the same memory.
 * @param heap - must not give memory back
 */
export function timedFloor(heap: Heap, trace: Trace): TimedArm {
  const { ops, ids } = trace
  const pointers = pointersOf(heap, trace)
  const blocks = new Int32Array(ids)
  const freed = { sum: 0 }
  const replay = (from: number, to: number): void => {
    let sum = 0
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      if ((word & 3) === kindFree) {
        sum = (sum + blocks[id]!) | 0
        continue
      }
      const pointer = pointers[at] as Pointer
      if (byteLength >= 4) heap.setInt32(pointer, 0, id ^ at)
      else if (byteLength > 0) heap.setUint8(pointer, 0, (id ^ at) & 0xff)
      blocks[id] = pointer
    }
    freed.sum = sum
  }
  return { name: 'floor', replay: inChunks(replay) }
}

/** What ebb returns, by operation. */
function pointersOf(heap: Heap, { ops, ids, operations }: Trace): Int32Array {
  const blocks = new Int32Array(ids)
  const pointers = new Int32Array(operations)
  for (let at = 0; at < operations; at++) {
    const id = ops[2 * at]! >>> 2
    const kind = ops[2 * at]! & 3
    const byteLength = ops[2 * at + 1]!
    if (kind === kindFree) heap.free(blocks[id] as Pointer)
    else if (kind === kindRealloc) pointers[at] = blocks[id] = heap.realloc(blocks[id] as Pointer, byteLength)
    else pointers[at] = blocks[id] = heap.alloc(byteLength)
  }
  return pointers
}
