/** The slow path of alloc: takes a block from a magazine or a run, or as a large block, by the size of the request. */
import { show } from '../base/errors'
import {
  FREE_POOLS_MAX,
  MEDIUM_MAX_BYTES,
  POOL_BYTES,
  type Pointer,
  poolStart,
  type SizeClass,
  slotOf,
} from '../base/layout'
import { blockBytesOf, RUN_POOLS, runBlocksOf, sizeClassOf } from '../base/size-classes'
import type { HeapParts } from '../supply/parts'

/**
 * A whole run has at most HALF_ARENA_POOLS, which leaves room for another, or at least NEARLY_ARENA_POOLS, which leaves no more of
 * the arena unused than a run of equal blocks may lose. Between the two a request gets a large block.
 */
const HALF_ARENA_POOLS = FREE_POOLS_MAX >> 1
const NEARLY_ARENA_POOLS = FREE_POOLS_MAX - (FREE_POOLS_MAX >> 3)

/** Pools of the whole run that serves a request; 0 where a large block does. */
export function wholeRunPools(byteLength: number): number {
  const pools = Math.ceil(byteLength / POOL_BYTES)
  return pools <= HALF_ARENA_POOLS || (pools >= NEARLY_ARENA_POOLS && pools <= FREE_POOLS_MAX) ? pools : 0
}

/** Takes a block for any valid request. */
export function takeAny({ magazines, runs, large }: HeapParts, byteLength: number): Pointer {
  if (byteLength <= MEDIUM_MAX_BYTES) {
    const sizeClass = sizeClassOf(byteLength)
    return RUN_POOLS[sizeClass] === 1 ? magazines.take(sizeClass) : runs.take(sizeClass)
  }
  const pools = wholeRunPools(byteLength)
  return pools > 0 ? runs.takeWhole(pools) : large.take(byteLength)
}

/** Takes a block at a multiple of `alignment` bytes: of a class whose blocks all are, a whole run, or a large block. */
export function allocAligned(parts: HeapParts, byteLength: number, alignment: number): Pointer {
  const page = parts.space.region.osPageSize
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

/** Whether the memory that `takeAny` has just taken for this request was not written since it came from the system, by the books. */
export function tookFresh({ arenas, large, table }: HeapParts, pointer: Pointer, byteLength: number): boolean {
  if (table.isLarge(slotOf(pointer))) return large.tookFresh
  // A block that shares its run may lie where another was before.
  const isWhole = byteLength > MEDIUM_MAX_BYTES || runBlocksOf(sizeClassOf(byteLength)) === 1
  return isWhole && poolStart(pointer) === pointer && arenas.tookFresh
}
