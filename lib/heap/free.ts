/**
 * The slow path of free: the magazine is full or asleep, or the block lies in a run of several pools, in a pinned run, or is a large
 * block.
 */
import { HeapError, showPointer } from '../base/errors'
import { type Pointer, type SizeClass, slotOf } from '../base/layout'
import type { HeapParts } from '../supply/parts'

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
 * @param toPool - straight into its pool, past the magazine
 */
export function freeBlock(parts: HeapParts, pointer: Pointer, toPool = false): void {
  const { table, magazines, runs, large } = parts
  refuseHeld(parts, pointer, 'free')
  const slot = slotOf(pointer)
  if (table.isLarge(slot)) {
    large.put(pointer)
    return
  }
  table.map.clear(pointer)
  const sizeClass = table.map.magazineOf(pointer) as SizeClass
  if (sizeClass === 0) runs.put(pointer)
  else if (toPool) magazines.release(sizeClass, pointer)
  else magazines.put(sizeClass, pointer)
}
