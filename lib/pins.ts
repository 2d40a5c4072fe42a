/**
 * Pinned blocks: compaction leaves them where they are and they cannot be freed.
 *
 * Rare, so they cost the hot paths nothing: a run with a pinned block is taken out of its class's list and from its
 * magazine, which leads every free in it to free.ts, where the pin is seen. Its free blocks rest until it is unpinned.
 */
import { HeapError, showPointer } from './errors'
import { type Pointer, poolOf, recordOf, type SizeClass, slotOf } from './layout'
import { CLASS, PINS, word } from './ledger'
import type { HeapParts } from './parts'
import { runOf } from './runs'
import { runBlocksOf } from './size-class'

export function pinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, small, used } = parts
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
  if (small.ownsClass(sizeClass)) small.releaseClass(sizeClass)
  if (table.live.takenOf(run) < runBlocksOf(sizeClass)) used.unlink(sizeClass, run)
  table.live.setMagazine(run, 0)
}

export function unpinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, small, used } = parts
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
  if (small.ownsClass(sizeClass)) table.live.setMagazine(run, sizeClass)
  if (table.live.takenOf(run) < runBlocksOf(sizeClass)) used.link(sizeClass, run)
}
