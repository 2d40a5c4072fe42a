/**
 * The way of a request above the small sizes, and of a realloc.
 *
 *     realloc:  fits and is not more than a quarter too large, or its class stays --> the same block
 *               one block in its run, free pools behind it, or a large block       --> longer (or shorter) in place
 *               else                                                               --> alloc, copy, free
 *
 * (The quarter is CPython's, pymalloc_realloc() in Objects/obmalloc.c.)
 */
import { usableBytes } from './blocks'
import { show } from './errors'
import {
  FREE_POOLS_MAX,
  MEDIUM_MAX_BYTES,
  POOL_BYTES,
  type Pointer,
  poolOf,
  recordOf,
  type SizeClass,
  slotOf,
} from './layout'
import { CLASS, PINS, word } from './ledger'
import type { HeapParts } from './parts'
import { blockBytesOf, RUN_POOLS, runBlocksOf, sizeClassOf, WHOLE_RUN } from './size-class'
import { poolStart } from './small'

/**
 * Runs of up to half an arena's pools leave room for another; runs of at least this many leave no more of it unused than a
 * run of equal blocks may lose. What is between is a large block.
 */
const HALF_ARENA_POOLS = FREE_POOLS_MAX >> 1
const NEARLY_ARENA_POOLS = FREE_POOLS_MAX - (FREE_POOLS_MAX >> 3)

/** Pools of a whole run that serves the request; 0 where it is a large block. */
export function wholeRunPools(byteLength: number): number {
  const pools = Math.ceil(byteLength / POOL_BYTES)
  return pools <= HALF_ARENA_POOLS || (pools >= NEARLY_ARENA_POOLS && pools <= FREE_POOLS_MAX) ? pools : 0
}

/** Takes a block for any valid request. */
export function takeAny({ small, runs, large }: HeapParts, byteLength: number): Pointer {
  if (byteLength <= MEDIUM_MAX_BYTES) {
    const sizeClass = sizeClassOf(byteLength)
    return RUN_POOLS[sizeClass] === 1 ? small.take(sizeClass) : runs.take(sizeClass)
  }
  const pools = wholeRunPools(byteLength)
  return pools > 0 ? runs.takeWhole(pools) : large.take(byteLength)
}

/** Takes a block at a multiple of `alignment` bytes: a class whose blocks are, or a whole run, or a large block. */
export function allocAligned(parts: HeapParts, byteLength: number, alignment: number): Pointer {
  const page = parts.os.osPageSize
  if (!Number.isInteger(alignment) || alignment < 1 || alignment > page || (alignment & (alignment - 1)) !== 0) {
    throw new RangeError(
      `ebb: alignment must be a power of two from 1 to ${page} (an OS page) bytes, got ${show(alignment)}`,
    )
  }
  if (alignment > POOL_BYTES) return parts.large.take(Math.max(1, byteLength), true)
  if (byteLength > MEDIUM_MAX_BYTES) return takeAny(parts, byteLength)
  let sizeClass = sizeClassOf(byteLength)
  while (blockBytesOf(sizeClass) % alignment !== 0) sizeClass = (sizeClass + 1) as SizeClass
  return takeAny(parts, blockBytesOf(sizeClass))
}

/** Whether the memory that `takeAny` has just taken for this request reads zero throughout. */
export function tookZeroed({ arenas, large, table }: HeapParts, pointer: Pointer, byteLength: number): boolean {
  if (table.isLarge(slotOf(pointer))) return large.tookZeroed
  // A block that shares its run may lie where another was before.
  const isWhole = byteLength > MEDIUM_MAX_BYTES || runBlocksOf(sizeClassOf(byteLength)) === 1
  return isWhole && poolStart(pointer) === pointer && arenas.tookZeroed
}

/**
 * Bytes a large block is made longer by at least, as a share of its size: growth in small steps stays linear. Not more than the quarter
 * that a block may be too large by. What is never touched is not resident.
 */
const LARGE_GROWTH = 1 / 3

/** Resizes a live block where it is. False where it has to move. */
export function resizeInPlace(parts: HeapParts, pointer: Pointer, byteLength: number): boolean {
  const usable = usableBytes(parts, pointer)
  const slot = slotOf(pointer)
  if (byteLength <= usable && usable - byteLength <= usable >>> 2) return true
  if (parts.table.isLarge(slot)) {
    if (byteLength <= usable) return usable - byteLength <= usable / 4
    return (
      parts.large.growInPlace(pointer, growthOf(parts, usable, byteLength)) ||
      parts.large.growInPlace(pointer, byteLength)
    )
  }
  const record = recordOf(poolOf(poolStart(pointer)))
  const ledger = parts.table.ledger(slot)
  const sizeClass = word(ledger, record + CLASS) as SizeClass
  if (byteLength <= MEDIUM_MAX_BYTES && sizeClassOf(byteLength) === sizeClass) return true
  const isAlone = sizeClass > 0 && runBlocksOf(sizeClass) === 1 && word(ledger, record + PINS) === 0
  if (!isAlone) return false
  if (byteLength <= usable) {
    if (sizeClass !== WHOLE_RUN || byteLength <= MEDIUM_MAX_BYTES) return false
    parts.runs.shrinkInPlace(pointer, Math.ceil(byteLength / POOL_BYTES))
    return true
  }
  const pools = wholeRunPools(byteLength)
  return pools > 1 && parts.runs.growInPlace(pointer, pools)
}

/** Moves a large block to where it is longer, without copying where the system can. 0: it has to be copied. */
export function moveLarge(parts: HeapParts, pointer: Pointer, byteLength: number): Pointer | 0 {
  const { large, table } = parts
  if (!table.isLarge(slotOf(pointer))) return 0
  const usable = large.byteLength(pointer)
  return byteLength > usable ? large.move(pointer, growthOf(parts, usable, byteLength)) : 0
}

function growthOf({ large, mappings }: HeapParts, usable: number, byteLength: number): number {
  const generous = mappings.roundUp(Math.max(byteLength, usable + Math.ceil(usable * LARGE_GROWTH)))
  const more = generous - usable
  return generous <= large.maxByteLength && mappings.mappedBytes + more <= mappings.limit ? generous : byteLength
}
