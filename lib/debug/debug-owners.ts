/** Whose a block of a debug heap is: compaction names blocks as the heap below does, collections as the caller does. */
import type { Pointer } from '../base/layout'
import type { Numbers } from '../heap/numbers'
import { Owners, type Whose } from '../heap/owners'
import type { Tracker } from './tracker'

export class DebugOwners extends Owners {
  private readonly tracker: Tracker

  constructor(heap: Numbers, tracker: Tracker) {
    super(heap)
    this.tracker = tracker
  }

  /** What is held back stays where it is, and so does a block that an owner cannot make sense of. */
  override whose(inner: Pointer, isPatient = false): Whose {
    const pointer = this.tracker.outer(inner)
    if (this.tracker.find(pointer) === 0) return 'leaving'
    try {
      return super.whose(pointer, isPatient)
    } catch {
      return 'leaving'
    }
  }

  override move(from: Pointer, to: Pointer): void {
    this.tracker.move(from, to)
    super.move(this.tracker.from, this.tracker.to)
  }

  protected override firstWord(pointer: Pointer): number {
    return this.tracker.firstWord(pointer)
  }
}
