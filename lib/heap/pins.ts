/**
 * Pinned blocks: compaction leaves them where they are, and free refuses them.
 *
 * Pins are rare, so they cost the hot paths nothing: a run with a pinned block leaves its class's list and its magazine. Every free in
 * it then reaches free.ts, which looks at the pins. The free blocks of the run rest until it is unpinned.
 */
import { HeapError, showPointer } from '../base/errors'
import { type Pointer, poolOf, poolStart, recordOf, type SizeClass, slotOf } from '../base/layout'
import { runBlocksOf } from '../base/size-classes'
import { CLASS, PINS, word } from '../books/ledger'
import type { HeapParts } from '../supply/parts'
import { runOf } from '../supply/runs'

/** Pins a live block once more. */
export function pinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, magazines, used } = parts
  const times = pins.get(pointer) ?? 0
  pins.set(pointer, times + 1)
  if (times > 0 || table.isLarge(slotOf(pointer))) return
  const run = runOf(table, pointer)
  const ledger = table.ledger(slotOf(run))
  const record = recordOf(poolOf(run))
  const pinned = word(ledger, record + PINS)
  ledger[record + PINS] = pinned + 1
  if (pinned > 0) return
  const sizeClass = word(ledger, record + CLASS) as SizeClass
  if (magazines.ownsClass(sizeClass)) magazines.releaseClass(sizeClass)
  if (table.map.takenOf(run) < runBlocksOf(sizeClass)) used.unlink(sizeClass, run)
  table.map.setMagazine(run, 0)
}

/** Undoes one {@link pinBlock}; throws EBB_PINNED where the block is not pinned. */
export function unpinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, magazines, used } = parts
  const times = pins.get(pointer) ?? 0
  if (times === 0) throw new HeapError('EBB_PINNED', `ebb: unpin(${showPointer(pointer)}): the block is not pinned`)
  if (times > 1) {
    pins.set(pointer, times - 1)
    return
  }
  pins.delete(pointer)
  if (table.isLarge(slotOf(pointer))) return
  const run = runOf(table, pointer)
  const ledger = table.ledger(slotOf(run))
  const record = recordOf(poolOf(run))
  const pinned = word(ledger, record + PINS) - 1
  ledger[record + PINS] = pinned
  if (pinned > 0) return
  const sizeClass = word(ledger, record + CLASS) as SizeClass
  // The pool that compact is moving a block out of has no magazine until that is done.
  const isMoving = parts.moving !== 0 && poolStart(parts.moving) === run
  if (magazines.ownsClass(sizeClass) && !isMoving) table.map.setMagazine(run, sizeClass)
  if (table.map.takenOf(run) < runBlocksOf(sizeClass)) used.link(sizeClass, run)
}
