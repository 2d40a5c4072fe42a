/**
 * The way of a free that Heap.free does not do itself: the block was the last free or the last live one of its pool, or
 * lies in a run of several pools, in a pinned run, or in a mapping of its own.
 */
import { HeapError, showPointer } from './errors'
import { type Pointer, slotOf } from './layout'
import { COUNTS, word } from './ledger'
import type { HeapParts } from './parts'
import { refusePointer } from './refuse'
import { mapIndex, recordIndex } from './runs'
import { poolStart } from './small'

/** Frees a live block. Refuses a pinned one. */
export function freeBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, small, runs, large, pins, arenas, purger } = parts
  if (pins.size > 0 && pins.has(pointer)) {
    throw new HeapError('EBB_PINNED', `ebb: free(${showPointer(pointer)}): the block is pinned; unpin it first`)
  }
  const slot = slotOf(pointer)
  if (table.isLarge(slot)) {
    if (table.isLost(slot)) refusePointer(parts, false, pointer, 'free')
    purger.wake()
    large.put(pointer, arenas.epoch)
    purger.notePut()
    return
  }
  const ledger = table.ledger(slot)
  const record = recordIndex(pointer)
  const index = mapIndex(pointer)
  const before = word(ledger, record + COUNTS)
  ledger[index] = word(ledger, index) & ~(1 << (pointer & 31))
  if (before !== 0) small.put(poolStart(pointer), ledger, record, before)
  else runs.put(pointer)
}
