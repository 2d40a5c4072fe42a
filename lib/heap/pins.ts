/**
 * Pinned blocks: compaction leaves them where they are, and free refuses them.
 *
 * Pins are rare, so they cost the hot paths nothing: a run with a pinned block leaves its class's list and its magazine, a large block
 * its magazine. Every free in it then reaches free.ts, which looks at the pins. The free blocks of the run rest until it is unpinned.
 */
import { HeapError, showPointer } from '../base/errors'
import { type Pointer, recordAt, type SizeClass, slotOf } from '../base/layout'
import { runBlocksOf, WHOLE_RUN } from '../base/size-classes'
import { CLASS, LENGTH, PINS, word } from '../books/ledger'
import type { HeapParts } from '../supply/parts'
import { runOf } from '../supply/runs'

/** Pins a live block once more. */
export function pinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, magazines, used } = parts
  const times = pins.get(pointer) ?? 0
  pins.set(pointer, times + 1)
  if (times > 0) return
  if (table.isLarge(slotOf(pointer))) {
    table.map.setMagazine(pointer, 0)
    return
  }
  const run = runOf(table, pointer)
  const ledger = table.ledger(slotOf(run))
  const record = recordAt(run)
  const pinned = word(ledger, record + PINS)
  if (pinned === 0) {
    const sizeClass = word(ledger, record + CLASS) as SizeClass
    if (sizeClass !== WHOLE_RUN) {
      magazines.releaseClass(sizeClass) // while the run may still be linked
      if (table.map.takenOf(run) < runBlocksOf(sizeClass)) used.unlink(sizeClass, run)
    }
    table.map.setMagazine(run, 0, word(ledger, record + LENGTH))
  }
  ledger[record + PINS] = pinned + 1
}

/** Undoes one {@link pinBlock}; throws EBB_PINNED where the block is not pinned. */
export function unpinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, used } = parts
  const times = pins.get(pointer) ?? 0
  if (times === 0) throw new HeapError('EBB_PINNED', `ebb: unpin(${showPointer(pointer)}): the block is not pinned`)
  if (times > 1) {
    pins.set(pointer, times - 1)
    return
  }
  pins.delete(pointer)
  if (table.isLarge(slotOf(pointer))) {
    parts.large.sendToMagazine(pointer)
    return
  }
  const run = runOf(table, pointer)
  const ledger = table.ledger(slotOf(run))
  const record = recordAt(run)
  const pinned = word(ledger, record + PINS) - 1
  ledger[record + PINS] = pinned
  if (pinned > 0) return
  const sizeClass = word(ledger, record + CLASS) as SizeClass
  table.map.setMagazine(run, sizeClass, word(ledger, record + LENGTH))
  // The pool that compact is moving a block out of has no magazine until that is done.
  if (parts.moving !== 0) table.map.setMagazine(parts.moving, 0)
  if (sizeClass !== WHOLE_RUN && table.map.takenOf(run) < runBlocksOf(sizeClass)) used.link(sizeClass, run)
}
