/** Child side: the JavaScript arms of a trace row by name, and what each needs to be started. */
import { createRequire } from 'node:module'
import type * as Ebb from 'ebb'
import { makeDetachHappen } from '../common/detach'
import type { Trace } from '../traces/builder'
import { type TimedArm, timedEbb } from '../traces/replay'
import {
  timedAllocUnsafe,
  timedAllocUnsafeSlow,
  timedArray,
  timedMemPool,
  timedUint8Array,
} from '../traces/replay-peers'
import { timedKoffi } from './koffi'

export type EbbModule = typeof Ebb

/** The library under test: this tree's build, or the one at `path`. */
export function loadEbb(path?: string): EbbModule {
  return createRequire(__filename)(path ?? 'ebb') as EbbModule
}

/** ebb in a process in which something has been detached. */
export const EBB_DETACHED = 'ebb after a detach'

/** A replayer of the trace; ebb's comes with its heap, whose books must be empty in the end. */
export interface TraceArm {
  readonly timed: TimedArm
  readonly heap?: Ebb.Heap
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

/** @throws MissingArm where the arm needs a package that is not installed */
export async function startTraceArm(name: string, trace: Trace, library?: string): Promise<TraceArm> {
  switch (name) {
    case 'ebb':
    case EBB_DETACHED: {
      const ebb = loadEbb(library)
      if (name === EBB_DETACHED) makeDetachHappen()
      const heap = new ebb.Heap()
      return { heap, timed: timedEbb(heap, trace) }
    }
    case 'Buffer.allocUnsafe':
      return { timed: timedAllocUnsafe(trace) }
    case 'Buffer.allocUnsafeSlow':
      return { timed: timedAllocUnsafeSlow(trace) }
    case 'Uint8Array':
      return { timed: timedUint8Array(trace) }
    case 'Array':
      return { timed: timedArray(trace) }
    case '@thi.ng/malloc':
      return { timed: await timedMemPool(trace) }
    case 'koffi.alloc':
      return { timed: timedKoffi(trace) }
    default:
      throw new Error(`no such arm: ${name}`)
  }
}
