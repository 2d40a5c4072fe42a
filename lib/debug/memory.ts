/** Words and bytes of blocks, near and far, without a check. */
import { type Pointer, slotOf } from '../base/layout'
import { payloadOffset } from '../heap/live-blocks'
import { isNear } from '../heap/near-bytes'
import { NEAR } from '../space/near'
import type { HeapParts } from '../supply/parts'

const { i32, f64, near4 } = NEAR

/** The words that a block lies in. */
export function wordsOf({ table }: HeapParts, pointer: Pointer): Int32Array {
  if (isNear(pointer)) return i32
  const payload = table.payload(slotOf(pointer))
  return new Int32Array(payload.buffer, payload.byteOffset, payload.length >> 2)
}

/** The block's first word in {@link wordsOf}. */
export const wordAt = (pointer: Pointer): number =>
  isNear(pointer) ? (near4 + (pointer << 2)) | 0 : payloadOffset(pointer) >> 2

/** The doubles that a block lies in; it begins at half of {@link wordAt}. */
export function doublesOf({ table }: HeapParts, pointer: Pointer): Float64Array {
  if (isNear(pointer)) return f64
  const payload = table.payload(slotOf(pointer))
  return new Float64Array(payload.buffer, payload.byteOffset, payload.length >> 3)
}

/** Bytes of the slot that a block lies in, and where it begins there. */
export function bytesOf({ table }: HeapParts, pointer: Pointer): { bytes: Uint8Array; at: number } {
  return { bytes: table.payload(slotOf(pointer)), at: payloadOffset(pointer) }
}
