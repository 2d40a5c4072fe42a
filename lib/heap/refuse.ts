/** Refusals: the slow, exact reason why a pointer is not that of a live block, or a range not inside of one. All of them throw. */
import { HeapError, type HeapErrorCode, refuseClosed, show, showPointer, typeError } from '../base/errors'
import {
  GRANULE_SHIFT,
  GRANULES_PER_POOL,
  granuleOf,
  largePointer,
  type Pointer,
  poolOf,
  recordOf,
  type SizeClass,
  type Slot,
  slotOf,
} from '../base/layout'
import { blockBytesOf, runBlocksOf, WHOLE_RUN } from '../base/size-classes'
import { mustHaveStack } from '../base/stack'
import type { ArenaTable } from '../books/arena-table'
import { CLASS, isFreePool, word } from '../books/ledger'
import type { HeapParts } from '../supply/parts'
import { runOf } from '../supply/runs'
import { isLive, usableBytes } from './live-blocks'

/** Throws EBB_CLOSED where the heap is closed; RangeError where the stack is too short for what an open one does. */
export function mustBeOpen({ isClosed }: HeapParts, verb: string): void {
  mustHaveStack(0)
  if (isClosed) refuseClosed(verb)
}

/** Throws TypeError: a method was called on something else than a heap. */
export function refuseReceiver(receiver: unknown): never {
  throw typeError(
    `ebb: a method of a heap was called on ${show(receiver)} (${typeof receiver}), which is no heap of this copy of ebb; ` +
      'call heap.free(pointer), or pass (pointer) => heap.free(pointer)',
  )
}

/** Throws where the pointer is not that of a live block of the heap. */
export function mustBeLive(parts: HeapParts, pointer: unknown, verb: string): asserts pointer is Pointer {
  if (!isLive(parts.table, pointer)) refusePointer(parts, pointer, verb)
}

/**
 * Throws the reason why an access through an accessor failed.
 * @param cause - the error of the DataView, thrown where the access lies inside of a live block
 */
export function refuseAccess(
  parts: HeapParts,
  pointer: Pointer,
  byteOffset: number,
  byteLength: number,
  cause: unknown,
): never {
  // A debug heap has looked at pointer and offset, and knows blocks by other pointers: what is wrong is the value. Where a plain heap's
  // method is called on it, it has not.
  if (parts.checked !== undefined && cause !== undefined && pointer > 0) throw cause
  mustBeLive(parts, pointer, 'access')
  const usable = usableBytes(parts, pointer)
  if (Number.isInteger(byteOffset) && byteOffset >= 0 && byteOffset + byteLength <= usable) throw cause
  refuseRange(pointer, `${byteLength} bytes at byteOffset ${show(byteOffset)}`, usable, 'access')
}

/**
 * Throws EBB_OUT_OF_BOUNDS.
 * @param range - what does not fit the block, for the message: `'8 bytes at byteOffset 12'`
 * @param usable - bytes of the block
 * @param story - what else is known of it, for the end of the message
 */
export function refuseRange(pointer: Pointer, range: string, usable: number, verb: string, story = ''): never {
  throw new HeapError(
    'EBB_OUT_OF_BOUNDS',
    `ebb: ${verb}(${showPointer(pointer)}): ${range} leave the block of ${usable} usable bytes; realloc it first${story}`,
  )
}

/**
 * Throws the reason why a pointer is not that of a live block.
 * @param verb - the refused call, for the message: `'free'`, `'realloc'` ...
 */
export function refusePointer(parts: HeapParts, pointer: unknown, verb: string): never {
  mustBeOpen(parts, verb)
  if (typeof pointer !== 'number') {
    throw typeError(`ebb: ${verb} needs a pointer that this heap returned, got ${show(pointer)} (${typeof pointer})`)
  }
  const [code, why] = explain(parts.table, pointer as Pointer)
  const named = Number.isInteger(pointer) ? showPointer(pointer) : show(pointer)
  throw new HeapError(code, `ebb: ${verb}(${named}): ${why}`)
}

/** True for every slot of a large block. */
function isInLarge(table: ArenaTable, slot: Slot): boolean {
  if (table.isOwn(slot) || !table.space.isNear(slot)) return table.isLarge(slot)
  return [...table.own].some(
    (first) => table.isLarge(first) && slot > first && slot < first + table.space.slotsOf(first),
  )
}

function explain(table: ArenaTable, pointer: Pointer): readonly [HeapErrorCode, string] {
  if (!Number.isInteger(pointer) || pointer < 0 || pointer > 0x7fffffff) {
    return ['EBB_INVALID_POINTER', 'not a pointer: pointers are integers from 1 to 2^31 - 1 as alloc returns them']
  }
  if (pointer === 0) return ['EBB_INVALID_POINTER', 'the null pointer has no block; allocate one first']
  const slot = slotOf(pointer)
  if (table.isLarge(slot) && pointer === largePointer(slot))
    return ['EBB_DOUBLE_FREE', 'the block is free already, and waits to be allocated again; it was freed before']
  if (isInLarge(table, slot))
    return [
      'EBB_INVALID_POINTER',
      'it points into a large block, not at its start; pass the pointer that alloc returned',
    ]
  if (!table.isArena(slot)) {
    return [
      'EBB_INVALID_POINTER',
      'nothing is mapped there; it was freed and its memory given back, or it belongs to another heap',
    ]
  }
  const pool = poolOf(pointer)
  if (pool === 0) return ['EBB_INVALID_POINTER', "it points into an arena's own books; it was never returned by alloc"]
  const ledger = table.ledger(slot)
  const run = runOf(table, pointer)
  const sizeClass = word(ledger, recordOf(poolOf(run)) + CLASS) as SizeClass
  if (sizeClass === 0)
    return ['EBB_INVALID_POINTER', 'no block was ever there; it belongs to another heap or was made up']
  const granules = sizeClass === WHOLE_RUN ? Infinity : blockBytesOf(sizeClass) >> GRANULE_SHIFT
  const distance = (poolOf(pointer) - poolOf(run)) * GRANULES_PER_POOL + granuleOf(pointer)
  if (distance >= granules * runBlocksOf(sizeClass))
    return ['EBB_INVALID_POINTER', 'it points behind the last block of a pool; it was never returned by alloc']
  if (distance % granules !== 0)
    return ['EBB_INVALID_POINTER', 'it points inside a block, not at its start; pass the pointer that alloc returned']
  const how = isFreePool(ledger, poolOf(run)) ? 'and so is all of its pool' : 'and waits to be allocated again'
  return ['EBB_DOUBLE_FREE', `the block is free already, ${how}; it was freed before, or moved by realloc or compact`]
}
