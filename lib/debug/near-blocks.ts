/**
 * The usual case of a debug heap's work, for blocks in near memory: the same as guards.ts does, eight bytes at a time through the typed arrays
 * that are constants to V8, and with nothing called in between. What is no whole number of doubles long is finished by guards.ts.
 */
import { GRANULES_PER_ARENA, type Pointer } from '../base/layout'
import { NEAR } from '../space/near'
import { space } from '../space/thread-space'
import { armBack, isIntact } from './guards'

const { i32, f64, near4 } = NEAR
const firstNear = space.nearFirst * GRANULES_PER_ARENA
const nearEnd = space.nearEnd * GRANULES_PER_ARENA
const doubleOf = (byte: number): number => new Float64Array(new Uint8Array(8).fill(byte).buffer)[0] as number
const fresh = doubleOf(0xcd)
const freed = doubleOf(0xdd)
const guard = doubleOf(0xfd)
const guardWord = 0xfdfdfdfd | 0

/** The number of the entry in front of a block; 0 where it is not near. */
export function nearEntry(pointer: number): number {
  return pointer > firstNear && pointer < nearEnd ? (i32[(near4 + (pointer << 2) - 4) | 0] as number) : 0
}

/** Whether a block is near. */
export const isNearBlock = (pointer: Pointer): boolean => pointer > firstNear && pointer < nearEnd

/** Writes both guards, and fills what was asked for. */
export function openNear(pointer: Pointer, entry: number, byteLength: number, end: number): void {
  const at = (near4 + (pointer << 2)) | 0
  i32[at - 4] = entry
  i32[at - 3] = guardWord
  let i = at >> 1
  f64[i - 1] = guard
  const back = i + ((byteLength + 7) >> 3)
  const last = (at + end) >> 1
  for (; i < back; i++) f64[i] = fresh
  for (; i < last; i++) f64[i] = guard
  if ((byteLength & 7) !== 0) armBack(i32, at, byteLength, end)
}

/** Where both guards are whole, fills the block as a freed one; returns false where they are not, and leaves it alone. */
export function closeNear(pointer: Pointer, entry: number, byteLength: number, end: number): boolean {
  const at = (near4 + (pointer << 2)) | 0
  const first = at >> 1
  const last = (at + end) >> 1
  if (i32[at - 4] !== entry || i32[at - 3] !== guardWord || f64[first - 1] !== guard) return false
  if ((byteLength & 7) !== 0 && !isIntact(i32, at, entry, byteLength, end)) return false
  const back = first + ((byteLength + 7) >> 3)
  for (let i = back; i < last; i++) if (f64[i] !== guard) return false
  for (let i = first; i < back; i++) f64[i] = freed
  return true
}

/** Whether a freed block is as {@link closeNear} left it. */
export function isClosedNear(pointer: Pointer, entry: number, byteLength: number, end: number): boolean {
  const at = (near4 + (pointer << 2)) | 0
  const first = at >> 1
  const last = (at + end) >> 1
  if (i32[at - 4] !== entry || i32[at - 3] !== guardWord || f64[first - 1] !== guard) return false
  const back = first + ((byteLength + 7) >> 3)
  for (let i = first; i < back; i++) if (f64[i] !== freed) return false
  for (let i = back; i < last; i++) if (f64[i] !== guard) return false
  return true
}
