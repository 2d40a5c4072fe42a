/** How values of a kind lie in words, and what a scalar can hold. */

import { show, typeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { isBytes } from '../heap/lists'
import { refuseValue, type ScalarKind } from '../records/types'

/** A kind's way into words and out of them. Of values without a fixed length the first word is the head (text.ts). */
export interface Codec<V> {
  /** Words of every value; 0 where each has a length of its own. */
  readonly words: number
  /** Whether a value begins at an even word. */
  readonly isEven: boolean
  /**
   * Words that the value takes.
   * @throws TypeError, RangeError for what is no value of the kind
   */
  prepare(value: V): number
  /** Writes the value that was prepared last. */
  write(heap: Heap, pointer: Pointer, word: number, value: V): void
  read(heap: Heap, pointer: Pointer, word: number): V
  /** Words of the value that stands there, where each has a length of its own. */
  wordsAt?(heap: Heap, pointer: Pointer, word: number): number
  /** Copies bytes out; returns how many. @throws RangeError where the target is too short */
  into?(heap: Heap, pointer: Pointer, word: number, target: Uint8Array): number
}

const WHOLE: Partial<Record<ScalarKind, readonly [number, number]>> = {
  i8: [-(2 ** 7), 2 ** 7 - 1],
  u8: [0, 2 ** 8 - 1],
  i16: [-(2 ** 15), 2 ** 15 - 1],
  u16: [0, 2 ** 16 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  ref: [0, 2 ** 31 - 1],
}
const BIG: Partial<Record<ScalarKind, readonly [bigint, bigint]>> = {
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
}

/** Refuses what a scalar cannot hold. @throws TypeError for another kind of thing, RangeError for a number out of range */
export function checkScalar(name: string, kind: ScalarKind, value: unknown): void {
  const range = WHOLE[kind] ?? BIG[kind]
  if (range === undefined) {
    if (typeof value !== (kind === 'bool' ? 'boolean' : 'number')) refuseValue(name, kind, value)
    return
  }
  if (typeof value !== typeof range[0]) refuseValue(name, kind, value)
  const number = value as number
  if (!(number >= range[0] && number <= range[1]) || (typeof value === 'number' && !Number.isInteger(value)))
    refuseValue(name, kind, value)
}

/** Refuses what bytes cannot be copied into, and values that are none. */
export function mustBeTarget<V>(
  codec: Codec<V>,
  target: unknown,
): asserts codec is Codec<V> & Required<Pick<Codec<V>, 'into'>> {
  if (codec.into === undefined) throw typeError('ebb: getInto is for values of bytes; use get')
  if (!isBytes(target)) throw typeError(`ebb: getInto needs a Uint8Array, got ${show(target)} (${typeof target})`)
}
