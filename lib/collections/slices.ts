/** Work that no call waits for: a slice of it at a time, while the event loop turns. */
import type { Cancel, Clock } from '../base/clock'

/** Milliseconds of a slice, and between two: those of the purger. */
const SLICE_MS = 1.5
const PAUSE_MS = 1

export class Slices {
  private readonly clock: Clock
  private readonly some: () => boolean
  private next: Cancel | undefined

  /**
   * @param clock - the heap's
   * @param some - does some of the work, for less than a tenth of a millisecond as a rule; returns false when none is left
   */
  constructor(clock: Clock, some: () => boolean) {
    this.clock = clock
    this.some = some
  }

  /** Sees to it that a slice comes. */
  wake(): void {
    this.next ??= this.clock.schedule(() => {
      this.next = undefined
      this.run()
    }, PAUSE_MS)
  }

  /** Works for a slice at once, and sees to what is left. */
  run(): void {
    const end = this.clock.now() + SLICE_MS
    let isLeft = true
    try {
      while (isLeft && this.clock.now() < end) isLeft = this.some()
    } finally {
      // Where some of it has thrown, the rest is done all the same.
      if (isLeft) this.wake()
    }
  }

  /** No slice comes any more. */
  cancel(): void {
    this.next?.()
    this.next = undefined
  }
}
