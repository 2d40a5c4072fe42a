/**
 * When user code has detached or transferred away the buffer of an arena in a mapping of its own (`view.buffer.transfer()`), the arena's ledger is gone and
 * with it the links that ran through it. The slot is written off and every list is built anew from the ledgers that are left,
 * which hold the truth: their free maps.
 */

import {
  ARENA_BYTES,
  type Pointer,
  pointerTo,
  poolOf,
  recordOf,
  type SizeClass,
  type Slot,
  slotOf,
} from '../base/layout'
import { runBlocksOf, WHOLE_RUN } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import { A_DIRTY_HIGH, A_DIRTY_LOW, A_IS_LISTED, CLASS, freePools, PINS, putPools, runsOf, word } from '../books/ledger'
import type { HeapParts } from './parts'

/** Rebuilds the books if anything is lost: for what reads all of a heap. */
export function rebuildIfLost(parts: HeapParts): void {
  if ([...parts.table.own].some((slot) => parts.table.isLost(slot))) rebuild(parts)
}

/** Writes off what is lost and rebuilds all lists. */
export function rebuild(parts: HeapParts): void {
  const { table, arenas, used, magazines, large, budget, pins } = parts
  table.writeOffLost()
  arenas.usable.clear()
  arenas.dirty.clear()
  used.clear()
  magazines.dropMagazines()
  let count = 0
  let largeCount = 0
  let largeBytes = 0
  for (const slot of table.slots()) {
    if (table.isLarge(slot)) {
      largeCount++
      largeBytes += table.payload(slot).length
    } else if (table.isArena(slot)) {
      count++
      relink(parts, slot)
    }
  }
  budget.writeOff((arenas.count - count) * ARENA_BYTES + large.recount(largeCount, largeBytes))
  arenas.count = count
  for (const pointer of pins.keys()) if (table.lostSlots.has(slotOf(pointer))) pins.delete(pointer)
}

function relink({ table, arenas, used }: HeapParts, slot: Slot): void {
  const ledger = table.ledger(slot)
  for (const [pool, length] of runsOf(ledger)) {
    const run = pointerTo(slot, pool, 0)
    const sizeClass = relinkCounts(table, run, length)
    if (table.map.takenOf(run) === 0) {
      table.map.setMagazine(run, 0) // it may be a later pool of the next run it is in
      putPools(ledger, pool, length, arenas.epoch)
    } else if (sizeClass !== 0) used.link(sizeClass, run)
  }
  if (freePools(ledger) > 0) arenas.usable.link(ledger)
  ledger[A_IS_LISTED] = 0
  if ((word(ledger, A_DIRTY_LOW) | word(ledger, A_DIRTY_HIGH)) !== 0) arenas.dirty.add(ledger)
}

/** Counts a run's blocks anew. Returns its class if it belongs in the list of used runs, else 0. */
function relinkCounts(table: ArenaTable, run: Pointer, length: number): SizeClass | 0 {
  const ledger = table.ledger(slotOf(run))
  const record = recordOf(poolOf(run))
  const sizeClass = word(ledger, record + CLASS) as SizeClass
  const live = table.map.count(run, length)
  const blocks = runBlocksOf(sizeClass)
  const isPlain = length === 1 && sizeClass !== WHOLE_RUN && word(ledger, record + PINS) === 0
  table.map.setMagazine(run, isPlain ? sizeClass : 0)
  table.map.setTaken(run, live)
  return live < blocks && word(ledger, record + PINS) === 0 ? sizeClass : 0
}
