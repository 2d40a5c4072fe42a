/** Why a debug heap refuses a pointer or an access: the slow, exact reason, with the block's story. All of them throw. */
import { HeapError, type HeapErrorCode, show, showPointer } from '../base/errors'
import type { Pointer } from '../base/layout'
import { WeakList } from '../base/weak-list'
import { mustBeOpen, refusePointer } from '../heap/refuse'
import { damageOf } from './damage'
import { FREED, LIVE } from './entries'
import { DebugError, storyOf } from './report'
import type { Tracker } from './tracker'

/** A debug heap, as others look for the owner of a pointer. */
interface Known {
  readonly name: string
  readonly tracker: Tracker
}

const heaps = new WeakList<Known>()

/** Makes a heap one that pointers are looked for in. */
export const addKnown = (heap: Known): void => heaps.add(heap)

/**
 * Finds a live block whose entry cannot be read from memory, or throws the reason why there is none.
 * @param code - for a block that is free
 */
export function findOrRefuse(tracker: Tracker, pointer: unknown, verb: string, code: HeapErrorCode): number {
  const { parts, entries } = tracker
  mustBeOpen(parts, verb)
  if (typeof pointer !== 'number') return refusePointer(parts, pointer, verb)
  const entry = entries.search(pointer)
  if (!entries.hasMemory(entry)) return refuseUnknown(tracker, pointer, verb, code, entry)
  if (entries.state(entry) === LIVE) {
    const damage = damageOf(tracker, entry, verb)
    if (damage !== undefined) throw damage
    return entry
  }
  const block = tracker.reportOf(entry)
  const named = `ebb: ${verb}(${showPointer(pointer)})`
  const isAccess = code === 'EBB_USE_AFTER_FREE'
  if (entries.state(entry) === FREED)
    throw new DebugError(
      code,
      `${named}: ${isAccess ? 'the block is free' : 'the block is free already; it was freed before'}${storyOf(block)}`,
      block,
    )
  return refuseMoved(tracker, pointer as Pointer, verb)
}

function refuseUnknown(tracker: Tracker, pointer: number, verb: string, code: HeapErrorCode, past: number): never {
  const named = `ebb: ${verb}(${Number.isInteger(pointer) ? showPointer(pointer) : show(pointer)})`
  if (tracker.moves.has(pointer as Pointer)) refuseMoved(tracker, pointer as Pointer, verb)
  const inside = tracker.entries.around(pointer)
  if (inside !== 0) {
    const block = tracker.reportOf(inside)
    const distance = (pointer - block.pointer) * 16
    const where =
      distance < 0 ? `${-distance} bytes in front of a block` : `${distance} bytes behind the start of a block`
    throw new DebugError(
      'EBB_INVALID_POINTER',
      `${named}: it points ${where}, not at its start; pass the pointer that alloc returned${storyOf(block)}`,
      block,
    )
  }
  for (const other of heaps) {
    if (other.tracker === tracker) continue
    const entry = other.tracker.entries.search(pointer)
    if (!other.tracker.entries.hasMemory(entry)) continue
    const block = other.tracker.reportOf(entry)
    const state = block.freed === undefined ? 'a block' : 'a freed block'
    throw new DebugError(
      'EBB_INVALID_POINTER',
      `${named}: it is ${state} of another heap, ${show(other.name)}; pass it to that one${storyOf(block)}`,
      block,
    )
  }
  if (past === 0) return refusePointer(tracker.parts, pointer, verb)
  const block = tracker.reportOf(past)
  const why = 'the block is free already, and its memory has gone back; it was freed before'
  throw new DebugError(code, `${named}: ${why}${storyOf(block)}`, block)
}

function refuseMoved(tracker: Tracker, pointer: Pointer, verb: string): never {
  const { entries, moves } = tracker
  const move = moves.get(pointer)
  const isKnown =
    move !== undefined && entries.serialOf(move.entry) === move.serial && entries.pointer(move.entry) !== 0
  const block = isKnown ? tracker.reportOf(move.entry) : undefined
  const isLive = isKnown && entries.state(move.entry) === LIVE
  const where = isLive ? `it is at ${showPointer(entries.pointer(move.entry))} now` : 'it was freed since'
  const stack = tracker.lines(move?.trace)
  const moved = stack.length > 0 ? `\n  moved by        ${stack.join(`\n${' '.repeat(18)}`)}` : ''
  throw new DebugError(
    'EBB_MOVED',
    `ebb: ${verb}(${showPointer(pointer)}): compact has moved the block, and ${where}; take the new pointer where compact tells it` +
      `${block === undefined ? '' : storyOf(block)}${moved}`,
    block,
  )
}

/** Throws EBB_OUT_OF_BOUNDS for bytes outside of a live block. */
export function refuseReach(tracker: Tracker, entry: number, range: string, verb: string): never {
  const block = tracker.reportOf(entry)
  throw new DebugError(
    'EBB_OUT_OF_BOUNDS',
    `ebb: ${verb}(${showPointer(block.pointer)}): ${range} leave the block of ${block.byteLength} bytes that were asked for; ` +
      `realloc it first${storyOf(block)}`,
    block,
  )
}

/** Throws where a live block must stay: it is pinned, or compact is calling its callback for it. */
export function mustNotBeHeld(tracker: Tracker, entry: number, pointer: Pointer, verb: string): void {
  if (tracker.isMoving(pointer)) {
    throw new HeapError(
      'EBB_BUSY',
      `ebb: ${verb}(${showPointer(pointer)}): compact is moving the block; use where it is told to go`,
    )
  }
  if (tracker.parts.pins.size === 0 || !tracker.parts.pins.has(tracker.inner(entry))) return
  const block = tracker.reportOf(entry)
  const message = `ebb: ${verb}(${showPointer(pointer)}): the block is pinned; unpin it first${storyOf(block)}`
  throw new DebugError('EBB_PINNED', message, block)
}
