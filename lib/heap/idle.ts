/**
 * Compaction by itself, for heaps made with `compact: 'idle'`: what collections own is moved together while the event loop idles.
 *
 *     a pass    looks at all runs; if the pools in use stand well above the live bytes, empties sparse ones; looks again
 *     a slice   SLICE_MS of a pass, on a timer that keeps nothing alive; longer pauses where timers come late, because others are busy
 *
 * The purger's epochs, which pass only while the heap is in use, give the cause for a pass. What a pass frees goes back as everything does,
 * when the decay is over. Blocks whose pointers were given out stay where they are, and so do records: nobody could be told in between.
 */
import type { Cancel } from '../base/clock'
import type { Source } from '../release/purger'
import { addReader, type HeapParts } from '../supply/parts'
import { settle } from './blocks'
import { Compactor, tellCompacted } from './compact'
import type { Numbers } from './numbers'
import { ownersOf } from './owners'

/** Milliseconds of a slice, and between two: those of the purger. */
const SLICE_MS = 1.5
const PAUSE_MS = 1
/** A timer that is so late tells that the event loop is busy: the next slice waits for longer. */
const LATE_MS = 2
const BUSY_PAUSE_MS = 16
/** From the first sign of use to a pass, and the least from one pass to the next. */
const BEGIN_MS = 250
const REST_MS = 1000
/** To look whether a pass is worth it may cost one part of so many of the time. */
const REST_TIMES = 100
/** A pass is worth it above this multiple of the live bytes, and so many bytes: a quarter of an arena. */
const WORTH = 1.125
const WORTH_BYTES = 2 ** 16
/** And where, since the last pass, so many bytes or a part of the live ones were freed between live blocks. */
const AGAIN_PART = 1 / 8

export class IdleCompaction implements Source {
  readonly isDirty = false
  private readonly parts: HeapParts
  private readonly heap: WeakRef<Numbers>
  private cancelTimer: Cancel | undefined
  /** When the timer is due. */
  private due = 0
  private compactor: Compactor | undefined
  private pass: Generator<void> | undefined
  /** Whether it still looks whether the pass is worth it, and for how long it has. */
  private isLooking = false
  private lookMs = 0
  private restUntil = 0
  /** Bytes in use and not live that the last pass could not free. */
  private left = 0

  constructor(parts: HeapParts, heap: Numbers) {
    this.parts = parts
    this.heap = new WeakRef(heap)
    addReader(parts, this)
  }

  /** The heap was in use. */
  beginEpoch(): void {
    if (this.cancelTimer !== undefined || this.pass !== undefined || this.parts.isClosed) return
    this.arm(Math.max(BEGIN_MS, this.restUntil - this.parts.clock.now()))
  }

  giveBackStep(): number {
    return -1
  }

  /** The heap has closed. */
  close(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
    this.pass = this.compactor = undefined
  }

  private arm(ms: number): void {
    const { clock } = this.parts
    const weak = new WeakRef(this)
    this.due = clock.now() + ms
    this.cancelTimer = clock.schedule(() => weak.deref()?.onTimer(), ms)
  }

  private onTimer(): void {
    this.cancelTimer = undefined
    const heap = this.heap.deref()
    if (heap === undefined || this.parts.isClosed) return
    const isLate = this.parts.clock.now() - this.due > LATE_MS
    if (this.slice(heap)) this.arm(isLate ? BUSY_PAUSE_MS : PAUSE_MS)
  }

  /** Goes on with the pass, or begins one. Returns false at its end. */
  private slice(heap: Numbers): boolean {
    const { parts } = this
    const begin = parts.clock.now()
    this.compactor ??= newCompactor(parts, heap)
    this.pass ??= this.run(this.compactor)
    this.compactor.deadline = begin + SLICE_MS
    parts.magazines.releaseAll()
    const isDone = this.pass.next().done === true
    parts.magazines.releaseAll()
    const end = parts.clock.now()
    if (this.isLooking) this.lookMs += end - begin
    if (isDone) {
      if (!this.isLooking) tellCompacted(parts, { moved: this.compactor.moved, bytes: 0, done: true }, 'idle')
      this.pass = this.compactor = undefined
      this.restUntil = end + Math.max(REST_MS, REST_TIMES * this.lookMs)
    }
    return settle(parts, !isDone)
  }

  private *run(compactor: Compactor): Generator<void> {
    this.isLooking = true
    this.lookMs = 0
    const runs = yield* compactor.survey()
    const wasted = compactor.usedBytes - compactor.liveBytes
    const live = compactor.liveBytes + this.parts.large.bytes
    this.left = Math.min(this.left, wasted)
    if (wasted <= (WORTH - 1) * live + WORTH_BYTES) return
    if (wasted <= this.left + Math.max(WORTH_BYTES, live * AGAIN_PART) && this.left > 0) return
    this.isLooking = false
    yield* compactor.compactRuns(runs)
    yield* compactor.survey()
    this.left = compactor.usedBytes - compactor.liveBytes
  }
}

function newCompactor(parts: HeapParts, heap: Numbers): Compactor {
  const owners = ownersOf(heap)
  const guide = {
    mayMove: (pointer: Parameters<typeof owners.whose>[0]) => owners.whose(pointer, true) === 'collection',
    moved: owners.move.bind(owners),
  }
  return new Compactor(parts, guide, { maxBlocks: Infinity, maxMs: Infinity })
}
