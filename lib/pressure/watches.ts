/** Those who asked to be told of pressure, and what the heaps do about it then. */
import { inspect } from 'node:util'
import { pressureChannel } from '../base/channels'
import { rangeError, show, typeError } from '../base/errors'
import { uncloneable } from '../base/uncloneable'
import type { Heap } from '../heap/heap'
import { checkNumber, readOptions } from '../heap/read-options'
import { type MemoryPressure, Monitor, type Subscriber } from './monitor'
import { relieve } from './relief'
import type { PressureSource } from './source'
import type { System } from './system'

/** Called when memory is short. What it throws is reported as an uncaught exception; the others are told all the same. */
export type PressureListener = (pressure: MemoryPressure) => void

/** What is done about pressure, and when it is one. */
export interface PressureOptions {
  /** Whether all heaps of the thread give back what is free, when the listeners have been told. Default true. */
  readonly purge?: boolean
  /** Milliseconds from then on in which their decay is an eighth of what it is. Default 10000. */
  readonly hurry?: number
  /** Of the limit, above 0 and up to 1: what the kernel cannot take back must be as much for it to be pressure. Default 0.85. */
  readonly share?: number
}

/** A watch that is open. It keeps no process alive. */
export interface PressureWatch {
  /** Who can tell, now. Empty: nobody, and there will be no call. */
  readonly sources: readonly PressureSource[]
  /** Ends it. Does nothing when it has ended. */
  close(): void
  /** `using watch = watchMemoryPressure()` ends it at the end of the block. */
  [Symbol.dispose](): void
}

/** Takes a listener away. Also to be had by `using`. */
export interface Unsubscribe {
  (): void
  [Symbol.dispose](): void
}

const STAYS = uncloneable('a PressureWatch', 'send watch.sources')

export class Watches {
  readonly #monitor: Monitor
  readonly #heaps: () => Iterable<Heap>
  /** Milliseconds to hurry for: undefined where nobody who was told wants the heaps purged. */
  #hurry: number | undefined

  constructor(system: System, heaps: () => Iterable<Heap>) {
    this.#heaps = heaps
    this.#monitor = new Monitor(system, (pressure) => this.#relieve(pressure))
  }

  /** @throws TypeError for what is no function; as {@link open} */
  on(listener: PressureListener, options: PressureOptions = {}): Unsubscribe {
    if (typeof listener !== 'function')
      throw typeError(`ebb: onMemoryPressure needs a function, got ${show(listener)} (${typeof listener})`)
    const watch = this.open(options, listener)
    const unsubscribe = () => watch.close()
    return Object.assign(unsubscribe, { [Symbol.dispose]: unsubscribe })
  }

  /** @throws TypeError or RangeError for an option that cannot be */
  open(options: PressureOptions = {}, listener?: PressureListener): PressureWatch {
    const { purge, hurry, share } = checkPressureOptions(options)
    const monitor = this.#monitor
    const subscriber: Subscriber = {
      share,
      tell: (pressure) => {
        if (purge) this.#hurry = Math.max(this.#hurry ?? 0, hurry)
        if (listener !== undefined) callSafely(listener, pressure)
      },
    }
    monitor.add(subscriber)
    let isOpen = true
    const close = (): void => {
      isOpen = false
      monitor.remove(subscriber)
    }
    const watch = {
      uncloneable: STAYS,
      get sources(): readonly PressureSource[] {
        return isOpen ? monitor.sources : []
      },
      close,
      [Symbol.dispose]: close,
      [inspect.custom]: (): string => `PressureWatch ${inspect({ sources: watch.sources })}`,
    }
    return watch
  }

  #relieve(pressure: MemoryPressure): void {
    const hurry = this.#hurry
    this.#hurry = undefined
    const purgedBytes = hurry === undefined ? 0 : relieve(this.#heaps(), hurry)
    if (pressureChannel.isHeard) pressureChannel.tell({ ...pressure, purgedBytes })
  }
}

/** As EventTarget does. */
function callSafely(listener: PressureListener, pressure: MemoryPressure): void {
  try {
    listener(pressure)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

function checkPressureOptions(options: PressureOptions): Required<PressureOptions> {
  const known = ['purge', 'hurry', 'share'] as const
  const { purge = true, hurry = 10_000, share = 0.85 } = readOptions(options, known, 'an option of a pressure watch')
  if (typeof purge !== 'boolean')
    throw typeError(`ebb: option purge must be true or false, got ${show(purge)} (${typeof purge})`)
  checkNumber('option share', share, 'shares of the limit')
  if (!((share as number) > 0 && (share as number) <= 1))
    throw rangeError(`ebb: option share must be above 0 and up to 1, got ${show(share)}`)
  return { purge, hurry: checkNumber('option hurry', hurry, 'milliseconds'), share: share as number }
}
