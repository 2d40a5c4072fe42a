/**
 * The bytes round a block of a debug heap, and those in it that nobody has written. The values are those of CPython's debug hooks
 * (Objects/obmalloc.c, PyMem_SetupDebugHooks).
 *
 *     what the heap below gave
 *     +--------------------------+----------------------------+-------------------------+
 *     | ... | entry | fd fd .. fd | cd cd cd cd cd cd cd cd cd | fd fd fd fd fd fd fd .. |
 *     +--------------------------+----------------------------+-------------------------+
 *       front: 16 bytes or more  ^ pointer: what was asked for   back: 16 bytes or more
 *
 * A freed block holds dd in place of what was asked for, rounded up to eight bytes.
 */

/** Fresh memory that nobody has written. */
export const FRESH_BYTE = 0xcd
/** A freed block. */
const FREED_BYTE = 0xdd
/** A guard. */
const GUARD_BYTE = 0xfd

const word = (byte: number): number => (byte * 0x01010101) | 0
const GUARD = word(GUARD_BYTE)
/** Eight bytes of each as a double: none is NaN, so that two are equal where their bytes are. */
const doubleOf = (byte: number): number => new Float64Array(new Uint8Array(8).fill(byte).buffer)[0] as number
const FRESH = doubleOf(FRESH_BYTE)
const FREED = doubleOf(FREED_BYTE)
const GUARD_DOUBLE = doubleOf(GUARD_BYTE)

/** Bytes in front of a block, and the least behind it. The first word in front is the number of its entry. */
export const FRONT_BYTES = 16
export const BACK_BYTES = 16

/** What {@link firstDamage} says of a block without. */
const INTACT = -(2 ** 30)

/** Bytes of a word that belong to what was asked for, as a mask. */
const MASKS = [0, 0xff, 0xffff, 0xffffff] as const

/**
 * Writes both guards.
 * @param at - the block's first word
 * @param entry - number of its entry
 * @param byteLength - bytes that were asked for
 * @param end - words from the block's first to the end of the back guard
 */
export function arm(words: Int32Array, at: number, entry: number, byteLength: number, end: number): void {
  words[at - 4] = entry
  words[at - 3] = GUARD
  words[at - 2] = GUARD
  words[at - 1] = GUARD
  armBack(words, at, byteLength, end)
}

/** Writes the back guard. */
export function armBack(words: Int32Array, at: number, byteLength: number, end: number): void {
  const part = byteLength & 3
  let i = at + (byteLength - part) / 4
  if (part !== 0) {
    const mask = MASKS[part] as number
    words[i] = ((words[i] as number) & mask) | (GUARD & ~mask)
    i++
  }
  for (const last = at + end; i < last; i++) words[i] = GUARD
}

/** Fills doubles: a block and what is behind it is a whole number of them. */
export function fillFresh(doubles: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) doubles[i] = FRESH
}

/** Doubles of a freed block that are not its back guard any more. */
const freedDoubles = (byteLength: number): number => Math.ceil(byteLength / 8)

export function fillFreed(doubles: Float64Array, from: number, byteLength: number): void {
  for (let i = from, to = from + freedDoubles(byteLength); i < to; i++) doubles[i] = FREED
}

/** Whether the guards of a live block are as {@link arm} wrote them. */
export function isIntact(words: Int32Array, at: number, entry: number, byteLength: number, end: number): boolean {
  if (!isFrontIntact(words, at, entry)) return false
  const part = byteLength & 3
  let i = at + (byteLength - part) / 4
  if (part !== 0) {
    const mask = ~(MASKS[part] as number)
    if (((words[i] as number) & mask) !== (GUARD & mask)) return false
    i++
  }
  for (const last = at + end; i < last; i++) if (words[i] !== GUARD) return false
  return true
}

/** Whether the front guard is as {@link arm} wrote it. */
export const isFrontIntact = (words: Int32Array, at: number, entry: number): boolean =>
  words[at - 4] === entry && words[at - 3] === GUARD && words[at - 2] === GUARD && words[at - 1] === GUARD

/**
 * Whether a block is as {@link fillFreed} left it, back guard and all.
 * @param end - words from the block's first to the end of the back guard
 */
export function isStillFreed(doubles: Float64Array, from: number, byteLength: number, end: number): boolean {
  const back = from + freedDoubles(byteLength)
  for (let i = from; i < back; i++) if (doubles[i] !== FREED) return false
  for (let i = back; i < from + end / 2; i++) if (doubles[i] !== GUARD_DOUBLE) return false
  return true
}

/** The byte that should be at an offset from the block's start; undefined: anything may be there. */
export function expectedByte(offset: number, entry: number, byteLength: number, isFreed: boolean): number | undefined {
  if (offset < -FRONT_BYTES) return undefined
  if (offset < 4 - FRONT_BYTES) return (entry >>> (8 * (offset + FRONT_BYTES))) & 0xff
  if (offset < 0) return GUARD_BYTE
  if (isFreed && offset < freedDoubles(byteLength) * 8) return FREED_BYTE
  return offset < byteLength ? undefined : GUARD_BYTE
}

/**
 * Where the first wrong byte is, counted from the block's start; {@link INTACT}: there is none.
 * @param end - bytes from the block's start to the end of the back guard
 */
export function firstDamage(
  byteAt: (offset: number) => number,
  entry: number,
  byteLength: number,
  end: number,
  isFreed: boolean,
): number {
  const isWrong = (offset: number): boolean => {
    const expected = expectedByte(offset, entry, byteLength, isFreed)
    return expected !== undefined && byteAt(offset) !== expected
  }
  for (let offset = -FRONT_BYTES; offset < 0; offset++) if (isWrong(offset)) return offset
  for (let offset = isFreed ? 0 : byteLength; offset < end; offset++) if (isWrong(offset)) return offset
  return INTACT
}
