/** Live blocks: the test for one, its size, the place of its bytes, and a walk over all. */
import { lowestBit } from '../base/bits'
import {
  arenaOffset,
  largePointer,
  MAP_WORDS,
  POOL_BYTES,
  type Pointer,
  pointerTo,
  type SizeClass,
  slotOf,
} from '../base/layout'
import { blockBytesOf, WHOLE_RUN } from '../base/size-classes'
import type { ArenaTable } from '../books/arena-table'
import { runsOf } from '../books/ledger'
import type { HeapParts } from '../supply/parts'
import { classAt } from './free'

/** True for the pointer of a live block of this heap: the one-bit test of the hot paths, and the owner of its slot. */
export function isLive(table: ArenaTable, pointer: unknown): pointer is Pointer {
  if (typeof pointer !== 'number' || (pointer | 0) !== pointer) return false
  return table.map.has(pointer) && table.isOwn(slotOf(pointer as Pointer))
}

/** Usable bytes of a live block. */
export function usableBytes({ table }: HeapParts, pointer: Pointer): number {
  const sizeClass = table.map.magazineOf(pointer) || classAt(table, pointer)
  return sizeClass === WHOLE_RUN ? table.map.takenOf(pointer) * POOL_BYTES : blockBytesOf(sizeClass as SizeClass)
}

/** Offset of a block in the payload of its slot, bytes. */
export const payloadOffset = (pointer: Pointer): number => arenaOffset(pointer) - POOL_BYTES

/** Up to so many bytes a loop over words is faster than a call of the addon (20 ns). */
const LOOP_MAX_BYTES = 128

/** Copies bytes from the start of one live block to the start of another. Blocks are whole granules, so rounding up is safe. */
export function copyBlock({ space }: ArenaTable, from: Pointer, to: Pointer, byteLength: number): void {
  if (!space.isNear(slotOf(from)) || !space.isNear(slotOf(to))) {
    const source = space.home(slotOf(from))
    const target = space.home(slotOf(to))
    const at = target.byteOffset + arenaOffset(to)
    source.region.copy(source.byteOffset + arenaOffset(from), byteLength, target.region, at)
    return
  }
  const { words, region } = space
  const source = space.wordAt(from)
  const target = space.wordAt(to)
  const count = (byteLength + 3) >>> 2
  if (byteLength > LOOP_MAX_BYTES) region.copy(source * 4, byteLength, region, target * 4)
  // `| 0`: V8 would take the sum for a double, and make an index of it at each access.
  else for (let i = 0; i < count; i++) words[(target + i) | 0] = words[(source + i) | 0] as number
}

/**
 * Clears a live block from its start.
 * @param isFresh - it was not written since its memory came from the system, by the books: what is not resident stays so
 */
export function clearBlock(table: ArenaTable, pointer: Pointer, byteLength: number, isFresh = false): void {
  const { space } = table
  if (isFresh || !space.isNear(slotOf(pointer))) {
    table.clearBytes(slotOf(pointer), payloadOffset(pointer), byteLength, isFresh)
    return
  }
  space.region.clear(space.wordAt(pointer) * 4, byteLength)
}

/** Live blocks of a run, lowest first, put behind what is in `blocks`. */
export function listBlocks(table: ArenaTable, run: Pointer, length: number, blocks: Pointer[] = []): Pointer[] {
  for (let column = 0; column < length * MAP_WORDS; column++) {
    for (let bits = table.map.word(run, column); bits !== 0; bits &= bits - 1) {
      blocks.push((run + (column << 5) + lowestBit(bits)) as Pointer)
    }
  }
  return blocks
}

/** Every live block of a heap, slot by slot, lowest first. What is freed meanwhile is left out. */
export function* liveBlocks(table: ArenaTable): Generator<Pointer> {
  for (const slot of table.slots()) {
    if (table.isLarge(slot) && isLive(table, largePointer(slot))) yield largePointer(slot)
    if (!table.isArena(slot)) continue
    for (const [pool, length] of runsOf(table.ledger(slot))) {
      for (const pointer of listBlocks(table, pointerTo(slot, pool, 0), length))
        if (isLive(table, pointer)) yield pointer
    }
  }
}
