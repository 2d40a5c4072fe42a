/**
 * What `clear` and `close` leave to be freed: a slice at a time while the event loop turns, so that no call takes longer because a
 * collection was large. `heap.purge()` frees all of it, and so does a request that the heap refuses, which then tries again.
 */
import type { Clock } from '../base/clock'
import { HeapError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'
import { addReader, type Remains } from '../supply/parts'
import { Slices } from './slices'
import { roomFor } from './words'

class Pending {
  private readonly list: Remains[] = []
  private readonly slices: Slices

  /** @param clock - the heap's */
  constructor(clock: Clock) {
    this.slices = new Slices(clock, () => this.freeOne())
  }

  add(remains: Remains): void {
    this.list.push(remains)
    this.slices.wake()
  }

  /** Frees everything. Returns whether there was anything. */
  freeAll(): boolean {
    const had = this.list.length > 0
    while (this.freeOne());
    return had
  }

  /** The heap has closed: nothing is left to be freed. */
  close(): void {
    this.list.length = 0
    this.slices.cancel()
  }

  private freeOne(): boolean {
    const last = this.list[this.list.length - 1]
    if (last === undefined) return false
    if (!last.freeSome()) this.list.splice(this.list.indexOf(last), 1)
    return true
  }
}

/** Has what is left of a collection freed in slices. */
export function freeLater(heap: Heap, remains: Remains): void {
  const parts = partsOf(heap)
  if (parts.pending === undefined) {
    parts.pending = new Pending(parts.clock)
    addReader(parts, parts.pending)
  }
  parts.pending.add(remains)
}

/** Whether an error says that there is no memory, by the heap's limit or the system's. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof HeapError && (error.code === 'EBB_LIMIT' || error.code === 'EBB_OUT_OF_MEMORY')

/** Allocates a block; where the heap refuses, frees what is pending and asks once more. */
export function take(heap: Heap, byteLength: number): Pointer {
  const parts = partsOf(heap)
  const wanted = parts.checked === undefined ? byteLength : roomFor(byteLength)
  try {
    return heap.alloc(wanted)
  } catch (error) {
    if (!isRefusal(error) || !(parts.pending?.freeAll() ?? false)) throw error
    return heap.alloc(wanted)
  }
}

/** Allocates several blocks, all or none. */
export function takeAll(heap: Heap, byteLengths: readonly number[]): Pointer[] {
  const taken: Pointer[] = []
  try {
    for (const byteLength of byteLengths) taken.push(take(heap, byteLength))
  } catch (error) {
    for (const pointer of taken) heap.free(pointer)
    throw error
  }
  return taken
}
