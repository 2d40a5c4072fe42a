/** The slow path of free: the magazine is full or asleep, or the block has none: it is in a pinned run, or larger than others go there. */
import { HeapError, showPointer } from '../base/errors'
import { type Pointer, recordAt, type SizeClass, slotOf } from '../base/layout'
import { WHOLE_RUN } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import { CLASS, word } from '../books/ledger'
import type { HeapParts } from '../supply/parts'
import { runOf } from '../supply/runs'

/** Throws where a live block must stay: it is pinned, or compact is calling its callback for it. */
export function refuseHeld(parts: HeapParts, pointer: Pointer, verb: string): void {
  if (parts.pins.size > 0 && parts.pins.has(pointer)) {
    throw new HeapError('EBB_PINNED', `ebb: ${verb}(${showPointer(pointer)}): the block is pinned; unpin it first`)
  }
  if (pointer === parts.moving) {
    throw new HeapError(
      'EBB_BUSY',
      `ebb: ${verb}(${showPointer(pointer)}): compact is moving the block; use where it is told to go`,
    )
  }
}

/**
 * Frees a live block. Refuses one that is held.
 * @param toRun - straight to where it lies, past the magazine
 */
export function freeBlock(parts: HeapParts, pointer: Pointer, toRun = false): void {
  const { table, magazines } = parts
  refuseHeld(parts, pointer, 'free')
  table.map.clear(pointer)
  const sizeClass = table.map.magazineOf(pointer) as SizeClass
  if (toRun || sizeClass === 0) magazines.release(sizeClass || classAt(table, pointer), pointer)
  else magazines.put(sizeClass, pointer)
}

/** Size class of the block at a pointer, live or free. */
export function classAt(table: ArenaTable, pointer: Pointer): SizeClass {
  if (table.isLarge(slotOf(pointer))) return WHOLE_RUN
  const run = runOf(table, pointer)
  return word(table.ledger(slotOf(run)), recordAt(run) + CLASS) as SizeClass
}
