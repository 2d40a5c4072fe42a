/** The slow path of alloc: who serves a request, by its size. */
import { rangeError, show } from '../base/errors'
import { MEDIUM_MAX_BYTES, POOL_BYTES, type Pointer, poolStart, type SizeClass, slotOf } from '../base/layout'
import { blockBytesOf, runBlocksOf, sizeClassOf } from '../base/size-classes'
import type { HeapParts } from '../supply/parts'

/** Takes a block for any valid request. */
export function takeAny({ magazines }: HeapParts, byteLength: number): Pointer {
  return byteLength <= MEDIUM_MAX_BYTES ? magazines.take(sizeClassOf(byteLength)) : magazines.takeLone(byteLength)
}

/** Takes a block at a multiple of `alignment` bytes: of a class whose blocks all are, a whole run, or a large block. */
export function allocAligned(parts: HeapParts, byteLength: number, alignment: number): Pointer {
  const page = parts.space.region.osPageSize
  if (!Number.isInteger(alignment) || alignment < 1 || alignment > page || (alignment & (alignment - 1)) !== 0) {
    throw rangeError(
      `ebb: alignment must be a power of two from 1 to ${page} (an OS page) bytes, got ${show(alignment)}`,
    )
  }
  if (alignment > POOL_BYTES) return parts.magazines.takeLarge(Math.max(1, byteLength), true)
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
