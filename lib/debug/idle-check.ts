/**
 * Looks at all blocks of a debug heap while the process idles: at the guards of live ones, at the contents of those that are held back. What
 * it finds is a warning. It also makes text of the stacks that were noted, so that they hold nothing of the program's.
 *
 * The purger's epochs, which pass only while the heap is in use, give the cause; a look goes on in slices.
 */
import type { Cancel } from '../base/clock'
import type { Source } from '../release/purger'
import { addReader, type HeapParts } from '../supply/parts'
import { warnOfDamage } from './damage'
import type { Tracker } from './tracker'

/** Milliseconds of a slice, and between two: those of the purger. */
const SLICE_MS = 1.5
const PAUSE_MS = 1
/** From the first sign of use to a look. */
const BEGIN_MS = 250
/** Blocks between two looks at the clock. */
const BATCH = 32

export class IdleCheck implements Source {
  readonly isDirty = false
  private readonly parts: HeapParts
  private readonly tracker: WeakRef<Tracker>
  private cancelTimer: Cancel | undefined
  private next = 1

  constructor(parts: HeapParts, tracker: Tracker) {
    this.parts = parts
    this.tracker = new WeakRef(tracker)
    parts.purger.add(this)
    addReader(parts, this)
  }

  /** The heap was in use. */
  beginEpoch(): void {
    if (this.cancelTimer === undefined && !this.parts.isClosed) this.arm(BEGIN_MS)
  }

  giveBackStep(): number {
    return -1
  }

  /** The heap has closed. */
  close(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }

  private arm(ms: number): void {
    const weak = new WeakRef(this)
    this.cancelTimer = this.parts.clock.schedule(() => weak.deref()?.onTimer(), ms)
  }

  private onTimer(): void {
    this.cancelTimer = undefined
    const tracker = this.tracker.deref()
    if (tracker === undefined || this.parts.isClosed) return
    if (this.slice(tracker)) this.arm(PAUSE_MS)
  }

  /** Goes on for a slice. Returns false at the end. */
  private slice(tracker: Tracker): boolean {
    const { entries } = tracker
    const end = this.parts.clock.now() + SLICE_MS
    while (this.next < entries.count) {
      if (this.next % BATCH === 0 && this.parts.clock.now() >= end) {
        this.next++
        return true
      }
      this.look(tracker, this.next++)
    }
    this.next = 1
    return false
  }

  private look(tracker: Tracker, entry: number): void {
    const { entries } = tracker
    if (entries.hasMemory(entry)) warnOfDamage(tracker, entry)
    for (const traces of [entries.allocated, entries.freed]) {
      const trace = traces[entry]
      if (trace !== undefined) traces[entry] = tracker.lines(trace)
    }
  }
}
