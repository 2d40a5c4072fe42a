import type { Clock } from '../../lib/base/clock'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that goes on when it is told to. Timers run in the order of their times, at their times. */
export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  schedule(callback: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets `ms` milliseconds pass. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, timer.at)
      timer.callback()
    }
    this.#now = end
  }

  /** Lets time pass without the event loop turning, as in a long synchronous phase. */
  stall(ms: number): void {
    this.#now += ms
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
}

/** A manual clock that each look at it moves on by a hundredth of a millisecond, so that slices of time end. */
export class TickingClock extends ManualClock {
  override now(): number {
    this.stall(0.01)
    return super.now()
  }
}
