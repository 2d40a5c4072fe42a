/**
 * Pointers in records, kept right through compaction. Moves are collected while `compact` runs; at its end every `ref` field of the
 * followed blocks is read once: time grows with the followed records, not with their square.
 *
 *     compact:   A -> B, then C -> A (the place is free again), then A -> D
 *     moves:     A -> B, C -> D        from the pointers before compact, which the records still hold
 *
 * A block that the callback allocates may lie where another was before compact. A record that holds that pointer means the block from
 * before, so the moves of the new one are not noted.
 */

import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { Holder } from '../heap/owners'

/** The followed blocks of one record type, and the moves since compact began. */
export class FollowedRecords implements Holder {
  private readonly heap: Heap
  /** Offsets of the `ref` fields in a record, bytes. */
  private readonly refOffsets: readonly number[]
  private readonly stride: number
  /** Records in each followed block. */
  private readonly blocks = new Map<Pointer, number>()
  /** Pointer before compact -> pointer now. */
  private readonly moves = new Map<Pointer, Pointer>()
  /** Pointer now -> pointer before compact. */
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

  has(pointer: Pointer): boolean {
    return this.blocks.has(pointer)
  }

  delete(pointer: Pointer): boolean {
    return this.blocks.delete(pointer)
  }

  /** Notes that a block has moved, followed or not. */
  note(from: Pointer, to: Pointer): void {
    if (this.blocks.size === 0) return
    const known = this.origins.get(from)
    this.origins.delete(from)
    this.origins.delete(to)
    if (known !== undefined || !this.moves.has(from)) {
      const origin = known ?? from
      this.origins.set(to, origin)
      this.moves.set(origin, to)
    }
    const length = this.blocks.get(from)
    if (length === undefined) return
    this.blocks.delete(from)
    this.blocks.set(to, length)
  }

  /** Rewrites the pointers to moved blocks, once compaction has ended. */
  rewrite(): void {
    const { heap, moves, stride } = this
    if (moves.size === 0) return
    for (const [pointer, length] of this.blocks) {
      if (!heap.isLive(pointer)) {
        this.blocks.delete(pointer)
        continue
      }
      // The block may have become shorter since it is followed.
      const end = Math.min(length, Math.floor(heap.usableSize(pointer) / stride)) * stride
      for (const offset of this.refOffsets) {
        for (let at = offset; at < end; at += stride) {
          const to = moves.get(heap.getInt32(pointer, at) as Pointer)
          if (to !== undefined) heap.setInt32(pointer, at, to)
        }
      }
    }
    moves.clear()
    this.origins.clear()
  }
}
