/** What heaps of this thread have counted that are no more: closed or collected. With it, sums over all heaps of a thread never go down. */
import type { HeapParts } from './parts'

export const past = { maps: 0, unmaps: 0, discards: 0, discardedBytes: 0, failedDiscards: 0, moves: 0 }

/** A heap ends: what it has counted so far becomes past. */
export function retire({ budget, arenas, purger, moves }: HeapParts): void {
  past.maps += budget.maps
  past.unmaps += budget.unmaps
  past.discards += arenas.dirty.discards
  past.discardedBytes += arenas.dirty.discardedBytes
  past.failedDiscards += purger.failures
  past.moves += moves
}
