/**
 * `ebb/pressure`: tells when memory gets short, in a container or on the machine, and gives back what the heaps of the thread have free.
 *
 *     import { onMemoryPressure } from 'ebb/pressure'
 *
 *     onMemoryPressure(() => cache.shrinkTo(cache.byteLength / 2))
 *
 * docs/pressure.md tells who is asked, and what it takes.
 */
/// <reference lib="esnext.disposable" preserve="true" />
/// <reference types="node" preserve="true" />
import { heaps } from '../heap/heaps'
import { RealSystem } from './system'
import { type PressureListener, type PressureOptions, type PressureWatch, type Unsubscribe, Watches } from './watches'

export type { PressureLevel } from './judge'
export type { MemoryPressure } from './monitor'
export type { PressureSource } from './source'
export type { PressureListener, PressureOptions, PressureWatch, Unsubscribe } from './watches'

const watches = new Watches(new RealSystem(), heaps)

/**
 * Calls a listener when memory is short; afterwards all heaps of the thread give back what is free, so that what the listener freed is out of
 * the process when the call is over. It is called on the event loop, never inside of another call, and keeps no process alive.
 * @param options - see {@link PressureOptions}
 * @returns what takes the listener away
 * @throws TypeError for what is no function; TypeError or RangeError for an option that cannot be
 */
export function onMemoryPressure(listener: PressureListener, options?: PressureOptions): Unsubscribe {
  return watches.on(listener, options)
}

/**
 * Watches for pressure without a listener: the heaps of the thread give back what is free when memory is short.
 * @param options - see {@link PressureOptions}
 * @throws TypeError or RangeError for an option that cannot be
 */
export function watchMemoryPressure(options?: PressureOptions): PressureWatch {
  return watches.open(options)
}
