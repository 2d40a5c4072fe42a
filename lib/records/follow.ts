/**
 * Pointers that records hold, kept right through compaction. Moves are collected while `compact` runs, and every `ref` field of the
 * followed blocks is looked at once when it ends: time grows with the followed records, not with their square.
 *
 *     compact:   A -> B, then C -> A (the place is free again), then A -> D
 *     moves:     A -> B, C -> D        by the names that the records still hold: those from before compact
 */

import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'

export class FollowedRecords {
  private readonly heap: Heap
  /** Offsets of the `ref` fields in a record, bytes. */
  private readonly refOffsets: readonly number[]
  private readonly stride: number
  /** Records in each followed block. */
  private readonly blocks = new Map<Pointer, number>()
  /** From the pointer before compact to the one now. */
  private readonly moves = new Map<Pointer, Pointer>()
  /** From the pointer now to the one before compact. */
  private readonly origins = new Map<Pointer, Pointer>()

  constructor(heap: Heap, refOffsets: readonly number[], stride: number) {
    this.heap = heap
    this.refOffsets = refOffsets
    this.stride = stride
  }

  get size(): number {
    return this.blocks.size
  }

  add(pointer: Pointer, length: number): void {
    this.blocks.set(pointer, length)
  }

  delete(pointer: Pointer): boolean {
    return this.blocks.delete(pointer)
  }

  /** A block has moved, followed or not. */
  note(from: Pointer, to: Pointer): void {
    if (this.blocks.size === 0) return
    const origin = this.origins.get(from) ?? from
    this.origins.delete(from)
    this.origins.set(to, origin)
    this.moves.set(origin, to)
    const length = this.blocks.get(from)
    if (length === undefined) return
    this.blocks.delete(from)
    this.blocks.set(to, length)
  }

  /** Compaction has ended: rewrites the pointers to what moved. */
  rewrite(): void {
    const { heap, moves, stride } = this
    if (moves.size === 0) return
    for (const [pointer, length] of this.blocks) {
      if (!heap.isLive(pointer)) this.blocks.delete(pointer)
      else
        for (const offset of this.refOffsets) {
          for (let index = 0; index < length; index++) {
            const to = moves.get(heap.getInt32(pointer, offset + index * stride) as Pointer)
            if (to !== undefined) heap.setInt32(pointer, offset + index * stride, to)
          }
        }
    }
    moves.clear()
    this.origins.clear()
  }
}
