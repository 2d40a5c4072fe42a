/**
 * The purger gives dirty memory back: when, and how much in one go. What is dirty, its sources know. Three things drive it:
 *
 *     a timer         armed only while something is dirty, not keeping the process alive, holding the purger weakly
 *     a slow path     every POLL_PUTS-th time that something became dirty it looks at the clock, so that long synchronous work decays too
 *     purge()         everything, now
 */
import { discardChannel, type HeapTag, type PurgeMessage, purgeChannel } from '../base/channels'
import type { Clock } from '../base/clock'
import { type Decay, EPOCHS_PER_DECAY } from './decay'

/** Times that something became dirty between two looks at the clock. */
const POLL_PUTS = 64
/** Milliseconds of giving back in one go; what is left waits PAUSE_MS. */
const SLICE_MS = 1.5
const PAUSE_MS = 1

/** Something that has dirty memory. */
export interface Source {
  /** Whether anything waits to be given back, now or when it has expired. */
  readonly isDirty: boolean
  /** A new epoch has begun. */
  beginEpoch?(epoch: number): void
  /** The next step begins at the first again. */
  rewind?(): void
  /**
   * Gives back one step's worth of what has expired, or of anything where `all` is set.
   * @param most - bytes that may go in one step, where that is not for the source to say
   * @returns bytes that were resident and are not any more; -1 where there is no more to look at
   */
  giveBackStep(epoch: number, all: boolean, most?: number): number
}

export class Purger {
  /** The epoch that what becomes dirty now is stamped with. */
  epoch = 0
  /** Refusals of the OS in the background, and the last one. */
  failures = 0
  lastFailure: Error | undefined
  readonly #decay: Decay
  readonly #clock: Clock
  readonly #tag: HeapTag
  readonly #sources: Source[] = []
  #cancelTimer: (() => void) | undefined
  #puts = 0
  /** Whether a slice ended before all that is due was given back. */
  #isBehind = false
  #isWorking = false
  #isStopped = false
  #hurriesUntil = -Infinity

  constructor(decay: Decay, clock: Clock, tag: HeapTag) {
    this.#decay = decay
    this.#clock = clock
    this.#tag = tag
  }

  /** Whether memory is short: nothing is to be had ahead of its use. */
  get isHurrying(): boolean {
    return this.#clock.now() < this.#hurriesUntil
  }

  /** Adds a source. Those added first are asked first. */
  add(source: Source): void {
    this.#sources.push(source)
  }

  /**
   * Something is about to become dirty: while no timer was armed nobody has moved the epoch that it is stamped with. What magazines give
   * back when an epoch begins was freed in the one before.
   */
  wake(): void {
    if (this.#cancelTimer === undefined && !this.#isWorking) this.epoch = this.#decay.epochAt(this.#clock.now())
  }

  /** Something became dirty. */
  notePut(): void {
    if (this.#decay.decayMs === Infinity) return
    if (this.#cancelTimer === undefined) this.#arm(this.#decay.untilEpoch(this.#clock.now()))
    if (++this.#puts < POLL_PUTS) return
    this.#puts = 0
    this.#tickQuietly()
  }

  /** A magazine begins to hold blocks: when the clock moves on they go back. */
  noteWake(): void {
    if (this.#decay.decayMs === Infinity || this.#cancelTimer !== undefined) return
    this.wake()
    this.#arm(this.#decay.untilEpoch(this.#clock.now()))
  }

  /** Moves time on and gives back one slice of what has expired. */
  tick(): void {
    if (this.#isWorking) return
    const now = this.#clock.now()
    const epoch = this.#decay.epochAt(now)
    // Seen from a decay later, all that became dirty before this epoch has expired.
    const due = now < this.#hurriesUntil ? epoch + EPOCHS_PER_DECAY : epoch
    if (epoch !== this.epoch || this.#decay.decayMs === 0) {
      this.#beginEpoch(due)
      this.epoch = epoch
    } else if (!this.#isBehind) return
    this.#giveBack(due, false, now + SLICE_MS)
  }

  /** For so many milliseconds the decay is an eighth of what it is: one epoch. Infinity stays what it is. */
  hurry(ms: number): void {
    this.#hurriesUntil = Math.max(this.#hurriesUntil, this.#clock.now() + ms)
  }

  /**
   * Gives back all that is free.
   * @param cause - for who listens to purges; none: part of something else
   * @returns the bytes that were resident by the books and are not any more
   */
  purge(cause?: PurgeMessage['cause']): number {
    for (const source of this.#sources) source.rewind?.()
    const bytes = this.#giveBack(this.epoch, true, Infinity)
    if (cause !== undefined && purgeChannel.isHeard) purgeChannel.tell({ ...this.#tag, bytes, cause })
    return bytes
  }

  /** Memory whose decay is over has gone back: tells who listens. */
  noteDiscarded(bytes: number): void {
    if (bytes > 0 && discardChannel.isHeard) discardChannel.tell({ ...this.#tag, bytes })
  }

  /** purge() for a request that cannot be met otherwise, whose own failure is the one to be told. Whether it made anything of it. */
  reclaim(): boolean {
    try {
      this.#beginEpoch(Infinity)
      return this.purge('refusal') > 0
    } catch (failure) {
      this.note(failure)
      return true
    }
  }

  /** Lets one source give back so many bytes of what has expired, as far as it has them. */
  giveBackQuietly(source: Source, byteLength: number): void {
    let bytes = 0
    try {
      while (bytes < byteLength) {
        const step = source.giveBackStep(this.epoch, false, byteLength - bytes)
        if (step < 0) break
        bytes += step
      }
    } catch (failure) {
      this.note(failure)
    }
    this.noteDiscarded(bytes)
  }

  /** Stops the timer for good. */
  close(): void {
    this.#isStopped = true
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  /** While this runs, what becomes dirty gives no cause to look at the clock. */
  #beginEpoch(epoch: number): void {
    this.#isWorking = true
    try {
      for (const source of this.#sources) source.beginEpoch?.(epoch)
    } finally {
      this.#isWorking = false
    }
  }

  #giveBack(epoch: number, all: boolean, deadline: number): number {
    let bytes = 0
    this.#isWorking = true
    this.#isBehind = true
    try {
      for (const source of this.#sources) {
        for (let step = source.giveBackStep(epoch, all); step >= 0; step = source.giveBackStep(epoch, all)) {
          bytes += step
          if (this.#clock.now() >= deadline) return bytes
        }
      }
      this.#isBehind = false
    } finally {
      this.#isWorking = false
      if (!all) this.noteDiscarded(bytes)
    }
    return bytes
  }

  /** An OS failure here has no caller to be thrown at: it is kept for the statistics, the memory stays dirty. */
  #tickQuietly(): void {
    try {
      this.tick()
    } catch (failure) {
      this.note(failure)
      this.#isBehind = false // what the OS refuses now, it is asked for again in the next epoch
    }
  }

  /** Keeps a refusal of the OS for the statistics that has no caller to be thrown at. */
  note(failure: unknown): void {
    this.lastFailure = failure as Error
    this.failures++
  }

  #arm(ms: number): void {
    if (this.#isStopped) return
    const weak = new WeakRef(this)
    this.#cancelTimer = this.#clock.schedule(() => weak.deref()?.onTimer(), ms)
  }

  /** The timer fired. */
  onTimer(): void {
    this.#cancelTimer = undefined
    this.#tickQuietly()
    if (this.#isBehind) this.#arm(PAUSE_MS)
    else if (this.#sources.some((source) => source.isDirty)) {
      this.#arm(Math.max(PAUSE_MS, this.#decay.untilEpoch(this.#clock.now())))
    }
  }
}
