/**
 * The door through which a tool outside of the process asks for its heaps, as `npx ebb top --inspect` does by the inspector.
 *
 * An inspector runs its expressions wherever V8 can be interrupted, in the middle of a slow path of a heap, too, where the books are half
 * written and nothing may be read or put in order. So a door answers with a promise, from a turn of the event loop of its own.
 */

import timers from 'node:timers'
import { PACKAGE_FOLDER } from '../base/folder'
import type { HeapStats } from '../inspect/stats'
import { space } from '../space/thread-space'
import { Heap } from './heap'
import { heaps } from './heaps'
import { partsOf } from './numbers'

/**
 * On globalThis: the doors of all copies of ebb in this realm, a Set of WeakRefs, so that a copy which nobody uses any more goes, with its 4 GiB
 * of addresses: a test runner loads one for each test file. Known to all copies, whatever their versions.
 */
const DOORS = Symbol.for('ebb.doors')

/** A heap as it is told to a tool. */
export interface HeapReport {
  readonly name: string
  /** Node's number of its thread; 0 is the main one. */
  readonly thread: number
  /** Milliseconds; null for Infinity, which JSON has not. */
  readonly decay: number | null
  /** Bytes; null for none. */
  readonly limit: number | null
  readonly stats: HeapStats
  /** The states of its pools (inspect/map.ts), in base64; where they were asked for. */
  readonly map?: string
}

/** What a copy of ebb tells of this thread. */
export interface CopyReport {
  /** The folder of the copy, `''` in a bundle. */
  readonly folder: string
  /** Bytes of addresses that were reserved for all heaps of the thread. */
  readonly spaceBytes: number
  /** Those that are open. */
  readonly heaps: readonly HeapReport[]
}

/** What a tool wants to know beside the statistics. */
export interface Wanted {
  readonly map?: boolean
}

/** Tells of all heaps of this thread, later. */
export type Door = (wanted?: Wanted) => Promise<CopyReport>

// Taken when this is loaded: fake timers never fire.
const { setImmediate } = timers

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

const mapOf = (heap: Heap): { readonly map: string } => ({ map: Buffer.from(heap.map().states).toString('base64') })

function report({ map = false }: Wanted, thread: number): CopyReport {
  return {
    folder: PACKAGE_FOLDER,
    spaceBytes: space.region.byteLength,
    heaps: heaps().map((heap) => {
      const { decay, budget } = partsOf(heap)
      const { name } = heap
      return {
        name,
        thread,
        decay: finite(decay.decayMs),
        limit: finite(budget.limit),
        stats: heap.stats(),
        ...(map ? mapOf(heap) : {}),
      }
    }),
  }
}

const door: Door = async (wanted = {}) => {
  // Loaded when it is needed: hardly any program asks.
  const { threadId } = await import('node:worker_threads')
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(report(wanted, threadId))
      } catch (error) {
        reject(error)
      }
    })
  })
}

const realm = globalThis as { [DOORS]?: Set<WeakRef<Door>> }
if (realm[DOORS] === undefined) Object.defineProperty(realm, DOORS, { value: new Set<WeakRef<Door>>() })
for (const known of realm[DOORS] ?? []) if (known.deref() === undefined) realm[DOORS]?.delete(known)
realm[DOORS]?.add(new WeakRef(door))
// Whoever has a heap or the class of heaps keeps the door.
Object.defineProperty(Heap, DOORS, { value: door })
