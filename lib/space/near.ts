/**
 * Typed arrays over all near memory, one for each kind of number, and the element of each at which slot 0 would begin (modulo 2^32).
 * Whoever reads and writes blocks with them copies what it needs into constants of its own file.
 *
 * An element that is computed from a far pointer, or from none, lies outside of the arrays: see FAR_ALIASES in plan.ts.
 */
import { ARENA_BYTES, GRANULES_PER_ARENA, POOL_BYTES, type PoolIndex, pointerTo } from '../base/layout'
import { space } from './thread-space'

const { region, nearFirst, nearEnd } = space
const { buffer } = region
const start = nearEnd > nearFirst ? space.wordAt(pointerTo(nearFirst, 0 as PoolIndex, 0)) * 4 : 0
/** Behind the last arena room is left for an access that begins in it and leaves it. */
const bytes = nearEnd > nearFirst ? (nearEnd - nearFirst) * ARENA_BYTES + POOL_BYTES : 0
/** Pointers into near arenas begin here. */
const firstNear = nearFirst * GRANULES_PER_ARENA

export const NEAR = {
  i8: new Int8Array(buffer, start, bytes),
  u8: new Uint8Array(buffer, start, bytes),
  i16: new Int16Array(buffer, start, bytes / 2),
  u16: new Uint16Array(buffer, start, bytes / 2),
  i32: new Int32Array(buffer, start, bytes / 4),
  u32: new Uint32Array(buffer, start, bytes / 4),
  f32: new Float32Array(buffer, start, bytes / 4),
  f64: new Float64Array(buffer, start, bytes / 8),
  i64: new BigInt64Array(buffer, start, bytes / 8),
  u64: new BigUint64Array(buffer, start, bytes / 8),
  /** Elements of 1, 2, 4 and 8 bytes. */
  near1: -(firstNear << 4) | 0,
  near2: -(firstNear << 3) | 0,
  near4: -(firstNear << 2) | 0,
  near8: -(firstNear << 1) | 0,
} as const
