/** Time and timers as the heap sees them; tests inject their own and never sleep. */

export interface Clock {
  /** Milliseconds, never going back. */
  now(): number
  /** Calls back once after `ms` milliseconds, without keeping the process alive. Returns what cancels it. */
  schedule(callback: () => void, ms: number): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(callback, ms) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
