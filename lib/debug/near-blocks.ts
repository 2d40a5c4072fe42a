/**
 * The usual case of a debug heap's work, for blocks in near memory: the same as guards.ts and entries.ts do, eight bytes at a time through the
 * typed arrays that are constants to V8, and with nothing called in between. Where a case is not usual they return 0 or false, and change nothing.
 *
 * What V8 (Node 20) makes of it is what counts here:
 * - `reopenNear` and `freeNear` are longer than what V8 inlines (460 bytes of bytecode). Shorter ones it inlines into the caller's loop, whose
 *   bounds then leave no room for what they call: a pair took 52 ns instead of 41.
 * - Each function takes an array into a local variable before a loop. In a loop V8 knows a constant of the module for one too late, and
 *   looks up its map, buffer, length and address anew in each round.
 * - Rows are reached by shifts and `|`: for `entry * 8 + 3` V8 tests twice whether the number gets too large.
 */
import { GRANULE_SHIFT, GRANULES_PER_ARENA, type Pointer, SMALL_MAX_BYTES } from '../base/layout'
import { NEAR } from '../space/near'
import { space } from '../space/thread-space'
import {
  END,
  FLAGS,
  frontOf,
  isPlain,
  NEXT,
  PAST,
  PAST_MAX,
  PLAIN,
  POINTER,
  REST,
  ROW_SHIFT,
  SERIAL,
  TRACED,
} from './entries'
import { armBack, BACK_BYTES, FRONT_BYTES, isIntact } from './guards'
import type { Tracker } from './tracker'

const { i32, f64, near4 } = NEAR
const firstNear = space.nearFirst * GRANULES_PER_ARENA
const nearEnd = space.nearEnd * GRANULES_PER_ARENA
const doubleOf = (byte: number): number => new Float64Array(new Uint8Array(8).fill(byte).buffer)[0] as number
const fresh = doubleOf(0xcd)
const freed = doubleOf(0xdd)
const guard = doubleOf(0xfd)
const guardWord = 0xfdfdfdfd | 0
const GUARD_BYTES = FRONT_BYTES + BACK_BYTES
/** The longest block that is small with its guards. */
const smallMax = SMALL_MAX_BYTES - GUARD_BYTES

/** Words from a small block's first to the end of what the heap below gives for it. */
export const endOfSmall = (byteLength: number): number =>
  (((byteLength + GUARD_BYTES + 15) >> 4) << 2) - FRONT_BYTES / 4

/** The number of the entry in front of a block; 0 where it is not near. */
export function nearEntry(pointer: number): number {
  return pointer > firstNear && pointer < nearEnd ? (i32[(near4 + (pointer << 2) - 4) | 0] as number) : 0
}

/** Whether a block is near. */
export const isNearBlock = (pointer: Pointer): boolean => pointer > firstNear && pointer < nearEnd

/** Writes both guards, and fills what was asked for. */
export function openNear(pointer: Pointer, entry: number, byteLength: number, end: number): void {
  const doubles = f64
  const at = (near4 + (pointer << 2)) | 0
  const first = at >> 1
  const last = (at + end) >> 1
  const back = (first + ((byteLength + 7) >> 3)) | 0
  i32[at - 4] = entry
  i32[at - 3] = guardWord
  doubles[first - 1] = guard
  // The last may reach into the guard, which comes after it.
  for (let i = first; i < back; i += 2) {
    doubles[i] = fresh
    doubles[i + 1] = fresh
  }
  doubles[back] = guard
  doubles[back + 1] = guard
  for (let i = back + 2; i < last; i++) doubles[i] = guard
  if ((byteLength & 7) !== 0) armBack(i32, at, byteLength, end)
}

/** Whether a freed block is as {@link freeNear} left it. */
export function isClosedNear(pointer: Pointer, entry: number, byteLength: number, end: number): boolean {
  const doubles = f64
  const at = (near4 + (pointer << 2)) | 0
  const first = at >> 1
  const last = (at + end) >> 1
  const back = (first + ((byteLength + 7) >> 3)) | 0
  if (i32[at - 4] !== entry || i32[at - 3] !== guardWord || doubles[first - 1] !== guard) return false
  if (doubles[back] !== guard || doubles[back + 1] !== guard) return false
  for (let i = back + 2; i < last; i++) if (doubles[i] !== guard) return false
  let i = first
  for (; i < back - 1; i += 2) if (doubles[i] !== freed || doubles[i + 1] !== freed) return false
  return i >= back || doubles[i] === freed
}

/**
 * Makes a small block of the memory of the one that is in the quarantine for longest and has to leave it, where that is as long: as if it went to
 * the heap below and came back at once. 0: it cannot. To be called where the quarantine is full only: V8 inlines what most calls of a function
 * come to.
 */
export function reopenNear(tracker: Tracker, byteLength: number): Pointer | 0 {
  if (typeof byteLength !== 'number' || (byteLength | 0) !== byteLength) return 0
  const { entries, untilStack } = tracker
  if (byteLength < 0 || byteLength > smallMax || tracker.hasMoves || untilStack === 1) return 0
  if (entries.past < PAST_MAX) return 0
  const { rows, oldest } = entries
  const old = oldest << ROW_SHIFT
  const end = endOfSmall(byteLength)
  const flags = rows[old | FLAGS] as number
  const pointer = ~(rows[old | POINTER] as number) as Pointer
  if (rows[old | END] !== end || !isPlain(flags) || !isNearBlock(pointer)) return 0
  if (!isClosedNear(pointer, oldest, (end << 2) - (rows[old | REST] as number), end)) return 0
  // The oldest of the quarantine is of the past now. Of that the oldest is forgotten, and its entry is the new block's.
  rows[old | FLAGS] = flags | PAST
  entries.oldest = oldest === entries.last ? 0 : (rows[old | NEXT] as number)
  entries.heldBytes -= (end << 2) + FRONT_BYTES
  const entry = rows[NEXT] as number
  const row = entry << ROW_SHIFT
  rows[NEXT] = rows[row | NEXT] as number
  if (((rows[row | FLAGS] as number) & TRACED) !== 0) entries.forgetStacks(entry)
  rows[row | POINTER] = pointer
  rows[row | FLAGS] = PLAIN
  rows[row | END] = end
  rows[row | REST] = (end << 2) - byteLength
  entries.serial = (entries.serial + 1) | 0
  rows[row | SERIAL] = entries.serial
  if (untilStack !== 0) tracker.untilStack = untilStack - 1
  openNear(pointer, entry, byteLength, end)
  return pointer
}

/** Frees a near live block whose stacks are not kept and whose guards are whole. False: it is none. */
export function freeNear(tracker: Tracker, pointer: Pointer): boolean {
  if (typeof pointer !== 'number' || (pointer | 0) !== pointer || !isNearBlock(pointer) || tracker.mayHold) return false
  const { entries } = tracker
  const { rows } = entries
  const doubles = f64
  const at = (near4 + (pointer << 2)) | 0
  const entry = i32[at - 4] as number
  const row = entry << ROW_SHIFT
  const flags = rows[row | FLAGS] as number
  // The shift loses upper bits, which may be overwritten.
  if (rows[row | POINTER] !== pointer || row >> ROW_SHIFT !== entry || (flags & TRACED) !== 0) return false
  const end = rows[row | END] as number
  const byteLength = (end << 2) - (rows[row | REST] as number)
  const first = at >> 1
  const last = (at + end) >> 1
  const back = (first + ((byteLength + 7) >> 3)) | 0
  if (i32[at - 3] !== guardWord || doubles[first - 1] !== guard) return false
  if (doubles[back] !== guard || doubles[back + 1] !== guard) return false
  for (let i = back + 2; i < last; i++) if (doubles[i] !== guard) return false
  if ((byteLength & 7) !== 0 && !isIntact(i32, at, entry, byteLength, end)) return false
  let i = first
  for (; i < back - 1; i += 2) {
    doubles[i] = freed
    doubles[i + 1] = freed
  }
  if (i < back) doubles[i] = freed
  rows[row | POINTER] = ~pointer
  rows[(entries.last << ROW_SHIFT) | NEXT] = entry
  if (entries.oldest === 0) entries.oldest = entry
  entries.last = entry
  entries.heldBytes += (end << 2) + (frontOf(flags) << GRANULE_SHIFT)
  if (entries.heldBytes > tracker.mostHeld) tracker.release(tracker.quarantineBytes)
  return true
}
