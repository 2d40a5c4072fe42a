/**
 * Words of the records of runs, by pointer. The records of near arenas are one column of the space, sixteen words for each pool, so that a
 * pointer's is found by a shift; a ledger costs its object, and the array of those, each a cache line that is mostly cold.
 */
import {
  GRANULES_PER_ARENA,
  POOL_SHIFT,
  type Pointer,
  RECORD_WORDS,
  RECORD_WORDS_SHIFT,
  recordAt,
  slotOf,
} from '../base/layout'
import { space } from '../space/thread-space'
import type { ArenaTable } from './arena-table'

const { words } = space
const poolShift = POOL_SHIFT
const recordShift = RECORD_WORDS_SHIFT
const firstNear = space.nearFirst * GRANULES_PER_ARENA
const nearEnd = space.nearEnd * GRANULES_PER_ARENA
/** Where the record of pointer 0 would be. */
const records = space.ledgers / 4 - (firstNear >>> POOL_SHIFT) * RECORD_WORDS

/** A word of the record of a pool, given a pointer into it, of an arena of this heap. */
export function recordWordAt(table: ArenaTable, pointer: Pointer, field: number): number {
  if (pointer < firstNear || pointer >= nearEnd)
    return table.ledger(slotOf(pointer))[recordAt(pointer) + field] as number
  return words[(records + ((pointer >>> poolShift) << recordShift) + field) | 0] as number
}

export function setRecordWordAt(table: ArenaTable, pointer: Pointer, field: number, value: number): void {
  if (pointer < firstNear || pointer >= nearEnd) table.ledger(slotOf(pointer))[recordAt(pointer) + field] = value
  else words[(records + ((pointer >>> poolShift) << recordShift) + field) | 0] = value
}
