/** Objects that are to be told of something as long as they live, and not to be kept alive for it. */
const SWEEP_MIN = 64

export class WeakList<T extends object> {
  private readonly held = new Set<WeakRef<T>>()
  private sweepAt = SWEEP_MIN

  add(item: T): void {
    if (this.held.size >= this.sweepAt) this.sweep()
    this.held.add(new WeakRef(item))
  }

  /** Those that live. */
  *[Symbol.iterator](): Generator<T> {
    for (const reference of this.held) {
      const item = reference.deref()
      if (item !== undefined) yield item
    }
  }

  clear(): void {
    this.held.clear()
  }

  /** Forgets what was collected; often enough that it never outnumbers the rest by much. */
  private sweep(): void {
    for (const reference of this.held) if (reference.deref() === undefined) this.held.delete(reference)
    this.sweepAt = Math.max(SWEEP_MIN, this.held.size * 2)
  }
}
