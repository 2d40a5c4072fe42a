/**
 * Typed arrays over the whole space, one for each kind of number, and the element of each at which slot 0 would begin (modulo 2^32).
 * Whoever reads and writes blocks with them copies what it needs into constants of its own file.
 */
import { GRANULES_PER_ARENA } from './layout'
import { space } from './os-pages'

const { buffer, near } = space

export const NEAR = {
  i8: new Int8Array(buffer),
  u8: new Uint8Array(buffer),
  i16: new Int16Array(buffer),
  u16: new Uint16Array(buffer),
  i32: space.words,
  u32: new Uint32Array(buffer),
  f32: new Float32Array(buffer),
  f64: new Float64Array(buffer),
  /** Elements of 1, 2, 4 and 8 bytes. */
  near1: (near * 4) | 0,
  near2: (near * 2) | 0,
  near4: near,
  near8: near / 2,
  /** Pointers into near arenas begin here. */
  firstNear: space.nearFirst * GRANULES_PER_ARENA,
} as const
