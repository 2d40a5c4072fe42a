/**
 * The hot paths: alloc, allocZeroed, realloc and free. Each method handles the usual case on the words of the space and leaves the rest
 * to a function below the class. V8 inlines such a method into the caller's hot loop while it is short enough: what counts are bytes of
 * bytecode, 920 for all calls of a loop. A constant of the module takes 7 at each use, so what is used more than twice is taken into a
 * local variable first, and each method has one way out for all that is unusual.
 */

import { isByteLength, refuseByteLength } from '../base/errors'
import {
  GRANULE_BYTES,
  GRANULE_SHIFT,
  GRANULES_PER_ARENA,
  MEDIUM_MAX_BYTES,
  POOL_BYTES,
  POOL_BYTES_SHIFT,
  POOL_SHIFT,
  type Pointer,
  type SizeClass,
  SMALL_MAX_BYTES,
} from '../base/layout'
import {
  blockBytesOf,
  CLASS_TABLE_LENGTH,
  MEDIUM_CLASS,
  RUN_BLOCKS,
  sizeClassOf,
  WHOLE_RUN,
} from '../base/size-classes'
import { mustHaveStack } from '../base/stack'
import { checkHeap } from '../inspect/check-heap'
import { HEAP_WORDS_SHIFT } from '../space/plan'
import { space } from '../space/thread-space'
import { SEGMENT_MASK } from '../supply/magazines'
import type { HeapParts } from '../supply/parts'
import { freeBlock, refuseHeld } from './free'
import { clearBlock, copyBlock, usableBytes } from './live-blocks'
import { Numbers, partsOf } from './numbers'
import { mustBeLive, mustBeOpen, refusePointer } from './refuse'
import { moveLarge, resizeInPlace } from './resize'
import { takeAny, tookFresh } from './take'

// File-local copies: an imported binding is a property load on every use.
const smallMax = SMALL_MAX_BYTES
const mediumMax = MEDIUM_MAX_BYTES
const mediumClass = MEDIUM_CLASS
const wholeRun = WHOLE_RUN
const poolBytes = POOL_BYTES
const poolBytesShift = POOL_BYTES_SHIFT
const granuleBytes = GRANULE_BYTES
const granuleShift = GRANULE_SHIFT
const smallClasses = SMALL_MAX_BYTES / GRANULE_BYTES
const classes = CLASS_TABLE_LENGTH
const runBlocks = RUN_BLOCKS
const poolShift = POOL_SHIFT
const segmentMask = SEGMENT_MASK
const heapShift = HEAP_WORDS_SHIFT
const { words, owners, taken, near, noMagazines } = space
const firstNear = space.nearFirst * GRANULES_PER_ARENA
const nearEnd = space.nearEnd * GRANULES_PER_ARENA
/** True for a pointer into near memory. */
const isNear = (pointer: Pointer): boolean => pointer >= firstNear && pointer < nearEnd

/** Granules of a small block, which are its size class too. */
const granulesOf = (byteLength: number): number => (byteLength + 15) >>> 4

/** Pools of a block that lies alone. */
const poolsFor = (byteLength: number): number => (byteLength + poolBytes - 1) >>> poolBytesShift

/** EBB_CHECK=3 in the environment: the heap checks itself after every CHECK_INTERVAL-th slow operation. */
const CHECK = Number(process.env.EBB_CHECK ?? 0)
const CHECK_INTERVAL = 64

/** Taking, resizing and freeing blocks. */
export class Blocks extends Numbers {
  /** Word of this heap's magazines. Set here and not in the constructor: a private field that is written once is a constant to V8. */
  readonly #base: number = partsOf(this).table.map.base

  /**
   * Allocates a block.
   * @param byteLength - bytes wanted, a whole number from 0; 0 gets a block of its own too
   * @returns pointer to at least that many bytes, contents undefined, aligned to 16 bytes
   * @throws TypeError, RangeError for what is not a number of bytes; HeapError `EBB_OUT_OF_MEMORY`, `EBB_LIMIT`, `EBB_CLOSED`
   */
  alloc(byteLength: number): Pointer {
    // `| 0` and `>>> 0`, not `>>> 0` twice: V8 compares an unsigned with a signed number as doubles.
    if (typeof byteLength === 'number' && (byteLength | 0) === byteLength && (byteLength - 1) >>> 0 < smallMax) {
      const books = words
      const magazine = this.#base + ((byteLength + 15) >>> 4)
      const top = books[magazine] as number
      const pointer = books[top] as Pointer | 0
      if (pointer !== 0) {
        books[magazine] = top - 1
        books[pointer >>> 5]! |= 1 << pointer
        return pointer
      }
    }
    // `| 0` tells V8 that this is a 32-bit integer: if one of several paths returned an unknown value, it would box the pointers of all.
    return (allocLonger(this, this.#base, byteLength) | 0) as Pointer
  }

  /** Allocates a block whose usable bytes are all 0. Otherwise like {@link alloc}. (`calloc`) */
  allocZeroed(byteLength: number): Pointer {
    return (takeZeroed(this, byteLength) | 0) as Pointer
  }

  /**
   * Makes a block larger or smaller. It stays where it is while it fits and is not more than a quarter too large.
   * @param pointer - a live block, or 0 for a new one
   * @param byteLength - bytes wanted
   * @returns pointer to the block; if it is another one, `pointer` is dead. On failure the block is as it was.
   * @throws as {@link alloc} and {@link free}
   */
  realloc(pointer: Pointer, byteLength: number): Pointer {
    return (resize(this, this.#base, pointer, byteLength) | 0) as Pointer
  }

  /**
   * Frees a block. 0 is ignored, as in C.
   * @throws HeapError `EBB_DOUBLE_FREE`, `EBB_INVALID_POINTER`, `EBB_PINNED`, `EBB_CLOSED`; nothing is changed then
   */
  free(pointer: Pointer): void {
    if (typeof pointer === 'number' && (pointer | 0) === pointer && pointer >= 0) {
      const books = words
      const index = pointer >>> 5
      const bits = books[index] as number
      const bit = 1 << pointer
      if ((bits & bit) !== 0) {
        const magazine = books[owners + (pointer >>> poolShift)] as number
        // A magazine of this heap; freeSlow refuses the pointer of another heap.
        if ((magazine ^ this.#base) >>> heapShift === 0) {
          const top = ((books[magazine] as number) + 1) | 0
          if ((top & segmentMask) !== 0) {
            books[index] = bits ^ bit
            books[top] = pointer
            books[magazine] = top
            return
          }
        }
      }
    }
    freeSlow(this, pointer)
  }
}

/**
 * Takes a block of more than smallMax bytes from its magazine, where that has one. Short enough to be inlined into a loop of such blocks, and
 * not shorter: V8 would then have room for it in loops of small ones, which take 7 % longer with it.
 */
function allocLonger(heap: Blocks, base: number, byteLength: number): Pointer {
  if (typeof byteLength === 'number' && (byteLength | 0) === byteLength && byteLength > smallMax) {
    const isLone = byteLength > mediumMax
    const sizeClass = isLone ? wholeRun : (mediumClass[(byteLength + 127) >>> 7] as number)
    const magazine = base + sizeClass
    const top = words[magazine] as number
    const pointer = words[top] as Pointer | 0
    if (pointer !== 0 && (!isLone || words[taken + (pointer >>> poolShift)] === poolsFor(byteLength))) {
      words[magazine] = top - 1
      words[pointer >>> 5]! |= 1 << pointer
      return pointer
    }
  }
  return allocSlow(heap, byteLength)
}

function allocSlow(heap: Blocks, byteLength: number): Pointer {
  const parts = partsOf(heap)
  // Not the compare of alloc: V8 would keep what came out of that, as a value, for the loop that both are inlined into.
  const isSmall =
    typeof byteLength === 'number' && (byteLength | 0) === byteLength && byteLength > 0 && byteLength <= smallMax
  if (!isSmall && !isByteLength(byteLength)) refuseByteLength(byteLength)
  mustBeOpen(parts, 'alloc')
  if (isSmall) return parts.magazines.refill(granulesOf(byteLength) as SizeClass)
  return settle(parts, takeAny(parts, byteLength))
}

function takeZeroed(heap: Blocks, byteLength: number): Pointer {
  if (typeof byteLength === 'number' && byteLength <= smallMax) {
    const pointer = heap.alloc(byteLength)
    const granules = granulesOf(byteLength) || 1
    if (!isNear(pointer)) {
      clearBlock(partsOf(heap).table, pointer, granules << granuleShift)
      return pointer
    }
    // `| 0` keeps the indices 32-bit integers: a sum that might be more is a double to V8, and turned into an index at each access.
    const all = words
    const start = (near + (pointer << 2)) | 0
    const end = (start + (granules << 2)) | 0
    for (let i = start; i < end; i = (i + 4) | 0) {
      all[i] = 0
      all[(i + 1) | 0] = 0
      all[(i + 2) | 0] = 0
      all[(i + 3) | 0] = 0
    }
    return pointer
  }
  const parts = partsOf(heap)
  parts.arenas.tookFresh = false
  parts.large.tookFresh = false
  const pointer = heap.alloc(byteLength)
  clearBlock(parts.table, pointer, usableBytes(parts, pointer), tookFresh(parts, pointer, byteLength))
  return pointer
}

function resize(heap: Blocks, base: number, pointer: Pointer, byteLength: number): Pointer {
  if ((pointer as number) === 0) return heap.alloc(byteLength)
  const granules = classOf(base, pointer, smallClasses)
  if (granules > 0 && typeof byteLength === 'number' && (byteLength | 0) === byteLength) {
    if (byteLength > 0 && byteLength <= smallMax) {
      const unused = (granules << granuleShift) - byteLength
      if (unused >= 0 && (unused < granuleBytes || unused <= granules << (granuleShift - 2))) return pointer
      return moveSmall(heap, pointer, byteLength, Math.min(granules, granulesOf(byteLength)))
    }
  }
  return resizeLonger(heap, base, pointer, byteLength)
}

/**
 * Size class of a live block that is free to move, as its magazine tells: of a small one its granules. 0 for all else, and for those above
 * `last`.
 */
function classOf(base: number, pointer: Pointer, last: number): number {
  if (!isLive(pointer)) return 0
  const sizeClass = (words[owners + (pointer >>> poolShift)] as number) - base
  // Heaps without magazines of their own have the same base.
  return sizeClass > 0 && sizeClass <= last && base !== noMagazines ? sizeClass : 0
}

/** Resizes a block that has others in its run, and so stays or moves; all else goes the general way. */
function resizeLonger(heap: Blocks, base: number, pointer: Pointer, byteLength: number): Pointer {
  mustHaveStack(0)
  const sizeClass = classOf(base, pointer, wholeRun) as SizeClass
  const isWhole = typeof byteLength === 'number' && (byteLength | 0) === byteLength && byteLength > 0
  if (!isWhole || sizeClass === 0 || runBlocks[sizeClass] === 1) return resizeAny(heap, pointer, byteLength)
  const usable = blockBytesOf(sizeClass)
  if (byteLength <= usable && usable - byteLength <= usable / 4) return pointer
  if (byteLength <= mediumMax && sizeClassOf(byteLength) === sizeClass) return pointer
  return moveBlock(heap, pointer, byteLength, usable)
}

function moveBlock(heap: Blocks, pointer: Pointer, byteLength: number, usable: number): Pointer {
  const moved = heap.alloc(byteLength)
  copyBlock(partsOf(heap).table, pointer, moved, Math.min(byteLength, usable))
  heap.free(pointer)
  return moved
}

/** Moves a small block to another small class and keeps the first `granules` of it. */
function moveSmall(heap: Blocks, pointer: Pointer, byteLength: number, granules: number): Pointer {
  const moved = heap.alloc(byteLength)
  if (!isNear(pointer) || !isNear(moved)) copyBlock(partsOf(heap).table, pointer, moved, granules << granuleShift)
  else {
    const all = words
    let to = (near + (moved << 2)) | 0
    const start = (near + (pointer << 2)) | 0
    const end = (start + (granules << 2)) | 0
    for (let from = start; from < end; from = (from + 4) | 0) {
      const second = all[(from + 1) | 0] as number
      const third = all[(from + 2) | 0] as number
      const fourth = all[(from + 3) | 0] as number
      all[to] = all[from] as number
      all[(to + 1) | 0] = second
      all[(to + 2) | 0] = third
      all[(to + 3) | 0] = fourth
      to = (to + 4) | 0
    }
  }
  heap.free(pointer)
  return moved
}

function resizeAny(heap: Blocks, pointer: Pointer, byteLength: number): Pointer {
  const parts = partsOf(heap)
  mustBeLive(parts, pointer, 'realloc')
  if (!isByteLength(byteLength)) refuseByteLength(byteLength)
  refuseHeld(parts, pointer, 'realloc')
  if (resizeInPlace(parts, pointer, byteLength)) return pointer
  const longer = moveLarge(parts, pointer, byteLength)
  if (longer !== 0) return longer
  return moveBlock(heap, pointer, byteLength, usableBytes(parts, pointer))
}

/** Whether a live block of some heap starts there. */
const isLive = (pointer: Pointer): boolean =>
  typeof pointer === 'number' &&
  (pointer | 0) === pointer &&
  pointer >= 0 &&
  ((words[pointer >>> 5] as number) & (1 << pointer)) !== 0

/** Frees a block that is live for some heap; refuses all else but the null pointer. */
function freeSlow(heap: Blocks, pointer: Pointer): void {
  if (!isLive(pointer)) {
    if ((pointer as number) !== 0) refusePointer(partsOf(heap), pointer, 'free')
    return
  }
  mustHaveStack(0)
  const parts = partsOf(heap)
  const { base } = parts.table.map
  const sizeClass = (words[owners + (pointer >>> poolShift)] as number) - base
  if (sizeClass > 0 && sizeClass < classes && base !== noMagazines) {
    // A magazine of this heap that is full or asleep: nothing about the block is in question.
    words[pointer >>> 5] = (words[pointer >>> 5] as number) & ~(1 << pointer)
    parts.magazines.put(sizeClass as SizeClass, pointer)
  } else {
    mustBeLive(parts, pointer, 'free')
    freeBlock(parts, pointer)
  }
  settle(parts, 0)
}

/** Ends a slow operation: checks the books where that is asked for. */
export function settle<T>(parts: HeapParts, result: T): T {
  if (CHECK >= 3 && ++parts.slowOperations % CHECK_INTERVAL === 0) checkHeap(parts)
  return result
}
