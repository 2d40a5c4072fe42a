/**
 * Pinned blocks: compaction leaves them where they are and they cannot be freed.
 *
 * Rare, so they cost the hot paths nothing: a run with a pinned block is taken out of its class's list and its COUNTS
 * are 0, which leads every free in it to free.ts, where the pin is seen. Its free blocks rest until it is unpinned.
 */
import { HeapError, showPointer } from './errors'
import { type Pointer, poolOf, recordOf, type SizeClass, slotOf } from './layout'
import { CLASS, COUNTS, countLive, LENGTH, LIVE, PINS, packCounts, word } from './ledger'
import type { HeapParts } from './parts'
import { runOf } from './runs'
import { runBlocksOf, WHOLE_RUN } from './size-class'

export function pinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, small } = parts
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
  const live = countLive(ledger, record, word(ledger, record + LENGTH))
  if (live < runBlocksOf(sizeClass)) small.unlink(sizeClass, run)
  ledger[record + COUNTS] = 0
  ledger[record + LIVE] = live
}

export function unpinBlock(parts: HeapParts, pointer: Pointer): void {
  const { table, pins, used } = parts
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
  const live = word(ledger, record + LIVE)
  const free = runBlocksOf(sizeClass) - live
  if (word(ledger, record + LENGTH) === 1 && sizeClass !== WHOLE_RUN) ledger[record + COUNTS] = packCounts(free, live)
  if (free > 0) used.link(sizeClass, run)
}
