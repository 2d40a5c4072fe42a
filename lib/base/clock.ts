/**
 * Time and timers as the heap sees them; tests inject their own and never sleep.
 *
 * The system's are Node's own functions, taken once when this module is loaded, and not the globals: jsdom replaces those by functions
 * whose timers have no `unref`, and fake timers (jest, vitest, sinon) by some that never fire, in the module `node:timers` too.
 */
import { AsyncResource } from 'node:async_hooks'
import timers from 'node:timers'

const { clearInterval, clearTimeout, setInterval, setTimeout } = timers
// node:perf_hooks would take 0.6 ms and 100 KB to load; a program that asks for no time of its own has no other use for it.
const { hrtime } = process

/** Milliseconds, never going back. */
function now(): number {
  const [seconds, nanoseconds] = hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

const timeOrigin = Date.now() - now()

/** Milliseconds. Node makes a timer of 1 ms of a longer delay, and warns. */
const DELAY_MAX = 2 ** 31 - 1

/**
 * Where timers are armed. A timer keeps the AsyncLocalStorage stores of the code that arms it alive, and the heap's is armed anew as long
 * as anything is dirty: armed in a request, it would keep that request's store while the heap is busy.
 */
const atLoad = new AsyncResource('ebb')

/** Calls something outside of whatever request is being served: what it arms keeps no AsyncLocalStorage store of the caller alive. */
export const outside = <T>(call: () => T): T => atLoad.runInAsyncScope(call)

/** Stops a timer. */
export type Cancel = () => void

export interface Clock {
  /** Milliseconds, never going back. */
  now(): number
  /** Calls back once after `ms` milliseconds, without keeping the process alive. Returns what cancels it. */
  schedule(callback: () => void, ms: number): Cancel
}

export const systemClock: Clock = {
  now,
  schedule(callback, ms) {
    let timer: NodeJS.Timeout
    const arm = (left: number): void => {
      timer = left > DELAY_MAX ? setTimeout(() => arm(left - DELAY_MAX), DELAY_MAX) : setTimeout(callback, left)
      timer.unref()
    }
    atLoad.runInAsyncScope(arm, undefined, ms)
    return () => clearTimeout(timer)
  },
}

/** Milliseconds since the Unix epoch, with fractions, never going back. */
export const epochNow = (): number => timeOrigin + now()

/** Calls back every `ms` milliseconds, at most 2^31 - 1, without keeping the process alive. Returns what ends it. */
export function repeat(callback: () => void, ms: number): Cancel {
  const timer = atLoad.runInAsyncScope(setInterval, undefined, callback, ms) as NodeJS.Timeout
  timer.unref()
  return () => clearInterval(timer)
}
