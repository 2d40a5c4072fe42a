/**
 * The slow path of realloc.
 *
 *     realloc:  fits and is not more than a quarter too large, or its class stays --> the same block
 *               one block in its run, free pools behind it, or a large block       --> longer (or shorter) in place
 *               else                                                               --> alloc, copy, free
 *
 * (The quarter is CPython's, pymalloc_realloc() in Objects/obmalloc.c.)
 */

import { MEDIUM_MAX_BYTES, POOL_BYTES, type Pointer, recordAt, type SizeClass, slotOf } from '../base/layout'
import { runBlocksOf, sizeClassOf, WHOLE_RUN } from '../base/size-classes'
import { CLASS, PINS, word } from '../books/ledger'
import type { HeapParts } from '../supply/parts'
import { wholeRunPools } from '../supply/whole-runs'
import { usableBytes } from './live-blocks'

/**
 * A large block grows by at least this share of its size, so that growth in small steps takes linear time. Bytes that are never touched
 * are not resident.
 */
const LARGE_GROWTH = 1 / 3

/** Resizes a live block in place. Returns false where it has to move. */
export function resizeInPlace(parts: HeapParts, pointer: Pointer, byteLength: number): boolean {
  const usable = usableBytes(parts, pointer)
  const slot = slotOf(pointer)
  if (byteLength <= usable && usable - byteLength <= usable / 4) return true
  if (parts.table.isLarge(slot)) {
    if (byteLength <= usable) return shrinkLarge(parts, pointer, byteLength)
    parts.magazines.releaseClass(WHOLE_RUN) // so that what counts as live is
    return (
      parts.large.growInPlace(pointer, growthOf(parts, usable, byteLength)) ||
      parts.large.growInPlace(pointer, byteLength)
    )
  }
  const record = recordAt(pointer)
  const ledger = parts.table.ledger(slot)
  const sizeClass = word(ledger, record + CLASS) as SizeClass
  if (byteLength <= MEDIUM_MAX_BYTES && sizeClassOf(byteLength) === sizeClass) return true
  const isAlone = sizeClass > 0 && runBlocksOf(sizeClass) === 1 && word(ledger, record + PINS) === 0
  if (!isAlone) return false
  if (byteLength <= usable) {
    if (byteLength <= MEDIUM_MAX_BYTES) return false
    parts.wholeRuns.shrinkInPlace(pointer, Math.ceil(byteLength / POOL_BYTES))
    return true
  }
  const pools = wholeRunPools(byteLength)
  return pools > 1 && parts.wholeRuns.growInPlace(pointer, pools)
}

/** False: a block of that size is not a large one. */
function shrinkLarge({ large }: HeapParts, pointer: Pointer, byteLength: number): boolean {
  if (byteLength <= MEDIUM_MAX_BYTES || wholeRunPools(byteLength) > 0) return false
  large.shrinkInPlace(pointer, byteLength)
  return true
}

/** Moves a large block to where it is longer, without copying where the system can. 0: the request is not for more. */
export function moveLarge(parts: HeapParts, pointer: Pointer, byteLength: number): Pointer | 0 {
  const { large, table } = parts
  if (!table.isLarge(slotOf(pointer))) return 0
  const usable = large.byteLength(pointer)
  if (byteLength <= usable) return 0
  const generous = growthOf(parts, usable, byteLength)
  try {
    return large.move(pointer, generous)
  } catch (failure) {
    if (generous === byteLength) throw failure
    return large.move(pointer, byteLength)
  }
}

/** Bytes that a large block is to grow to: the generous size where the limit allows it. */
function growthOf({ large, budget }: HeapParts, usable: number, byteLength: number): number {
  const generous = Math.max(byteLength, usable + Math.ceil(usable * LARGE_GROWTH))
  return generous <= large.maxByteLength && budget.allows(generous - usable) ? generous : byteLength
}
