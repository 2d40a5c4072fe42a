/** Child side: the JavaScript arms of a trace row by name, and what each needs to be started. */
import { createRequire } from 'node:module'
import type * as Ebb from 'ebb'
import { makeDetachHappen } from '../common/detach'
import type { Trace } from '../traces/builder'
import type { TimedArm } from '../traces/replay'
import {
  timedAllocUnsafe,
  timedAllocUnsafeSlow,
  timedArray,
  timedMemPool,
  timedUint8Array,
} from '../traces/replay-peers'
import { SHAPES, timedFloor } from '../traces/shapes'
import { timedKoffi } from './koffi'

export type EbbModule = typeof Ebb

/** The library under test: this tree's build, or the one at `path`. */
export function loadEbb(path?: string): EbbModule {
  return createRequire(__filename)(path ?? 'ebb') as EbbModule
}

/** Ending of the name of an arm in whose process something has been detached. */
export const DETACHED = ' after a detach'

/** ebb in a process in which something has been detached. */
export const EBB_DETACHED = `ebb${DETACHED}`

/** An allocator that does nothing. */
export const FLOOR = 'floor'

/** Arms that are ebb in a shape, by the shape: as a process is, and after a detach. */
export const SHAPE_ARMS: readonly string[] = Object.keys(SHAPES).flatMap((name) => [name, name + DETACHED])

/** Whether an arm is ebb, or what ebb is measured by: never left out. */
export const isOwnArm = (name: string): boolean =>
  name.startsWith('ebb') || name.startsWith(FLOOR) || SHAPE_ARMS.includes(name)

/** A replayer of the trace; ebb's comes with its heaps, whose books must be empty in the end. */
export interface TraceArm {
  readonly timed: TimedArm
  readonly heaps: readonly Ebb.Heap[]
}

/** Names of the JavaScript peers, in the order of tables. */
export const JS_PEERS = [
  'Buffer.allocUnsafe',
  'Buffer.allocUnsafeSlow',
  'Uint8Array',
  'Array',
  '@thi.ng/malloc',
  'koffi.alloc',
] as const

/** The shape that an arm's name tells; undefined where it is not ebb. */
function shapeOf(name: string): ((newHeap: () => Ebb.Heap, trace: Trace) => TimedArm) | undefined {
  if (name === 'ebb') return SHAPES['heap a constant']
  if (name === FLOOR) return (newHeap, trace) => timedFloor(newHeap(), trace)
  return SHAPES[name]
}

/** @throws MissingArm where the arm needs a package that is not installed */
export async function startTraceArm(name: string, trace: Trace, library?: string): Promise<TraceArm> {
  const isDetached = name.endsWith(DETACHED)
  const shape = shapeOf(isDetached ? name.slice(0, -DETACHED.length) : name)
  if (shape === undefined) return { heaps: [], timed: await startPeer(name, trace) }
  const ebb = loadEbb(library)
  if (isDetached) makeDetachHappen()
  const heaps: Ebb.Heap[] = []
  const newHeap = (): Ebb.Heap => {
    const heap = new ebb.Heap(name.startsWith(FLOOR) ? { decay: Infinity } : {})
    heaps.push(heap)
    return heap
  }
  return { timed: shape(newHeap, trace), heaps }
}

async function startPeer(name: string, trace: Trace): Promise<TimedArm> {
  switch (name) {
    case 'Buffer.allocUnsafe':
      return timedAllocUnsafe(trace)
    case 'Buffer.allocUnsafeSlow':
      return timedAllocUnsafeSlow(trace)
    case 'Uint8Array':
      return timedUint8Array(trace)
    case 'Array':
      return timedArray(trace)
    case '@thi.ng/malloc':
      return timedMemPool(trace)
    case 'koffi.alloc':
      return timedKoffi(trace)
    default:
      throw new Error(`no such arm: ${name}`)
  }
}
