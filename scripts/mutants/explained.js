'use strict'
// Mutants of lib/ that survive because they change nothing that a test could assert, and why. Each is named by its file and by the part of
// the line that is changed, or by the line where that is a whole block; and by what it is changed to: one thing, or several.

/** A short way that gives what the long one gives, sooner. */
const SHORT = 'a short way'
/** Without it, work is done that comes to nothing. */
const SAVES = 'saves work'
/** The same number, or the same effect. */
const SAME = 'the same'
/** Written over before anybody reads it. */
const FIRST = 'written before it is read'
/** Nothing lies behind that bound. */
const BEHIND = 'nothing lies behind'

const explained = [
  ['books/arena-table.ts', 'arenaOpenChannel.isHeard', SAVES, 'true'],
  ['books/arena-table.ts', '[]', FIRST, '["Stryker was here"]'],
  ['books/arena-table.ts', 'arrays.ledgers.length <= index', SAME, 'arrays.ledgers.length < index'],
  ['books/budget.ts', '() => false', SAME, '() => undefined'],
  ['books/budget.ts', 'limitChannel.isHeard', SAVES, 'true'],
  ['books/ledger.ts', 'stretch > longest', SAME, 'stretch >= longest'],
  ['books/ledger.ts', 'stretch === length', SAVES, 'false'],
  ['supply/arenas.ts', 'false', FIRST, 'true'],
  ['supply/arenas.ts', 'slot !== 0', SAVES, 'true'],
  ['supply/arenas.ts', 'word(ledger, A_RUN_BOUND) < length', SAVES, 'false'],
  ['supply/arenas.ts', 'this.dirty.groupPools > 1', SAVES, ['true', 'this.dirty.groupPools >= 1']],
  ['supply/arenas.ts', 'first - (first % this.dirty.groupPools)', SAME, 'first + first % this.dirty.groupPools'], // what lies in front of a run in its OS page is resident
  ['supply/arenas.ts', 'first % this.dirty.groupPools', SAME, 'first * this.dirty.groupPools'],
  ['supply/kept-memory.ts', '[]', BEHIND, '["Stryker was here"]'],
  [
    'supply/kept-memory.ts',
    'this.#bins[this.#binOf(entry.slot)]?.delete',
    SAME,
    'this.#bins[this.#binOf(entry.slot)].delete',
  ],
  ['supply/large-blocks.ts', 'false', FIRST, 'true'],
  ['supply/large-blocks.ts', '!this.#table.isLarge(slot)', SAME, 'false'], // when a heap closes, arenas go first
  ['supply/large-blocks.ts', 'before - rounded', SAME, 'before + rounded'], // how much goes back at once; the rest is the purger's
  ['supply/magazines.ts', 'SEGMENT_WORDS / 2', BEHIND, 'SEGMENT_WORDS * 2'],
  ['supply/magazines.ts', 'i < count', BEHIND, 'i <= count'],
  ['supply/magazines.ts', 'runPools[sizeClass] === 1', SHORT, 'false'],
  ['supply/magazines.ts', 'c < CLASS_TABLE_LENGTH', BEHIND, 'c <= CLASS_TABLE_LENGTH'],
  ['supply/magazines.ts', 'get isDirty(): boolean {', SAME, '{}'], // undefined is as good as false, and as no bytes
  ['supply/magazines.ts', 'giveBackStep(): number {', SAME, '{}'],
  ['supply/magazines.ts', 'top === this.sleep', SAVES, 'false'],
  ['supply/magazines.ts', 'false', SAVES, 'true'],
  ['supply/magazines.ts', 'released.length > 0', SAVES, ['true', 'released.length >= 0']],
  ['supply/parts.ts', 'get isDirty(): boolean {', SAVES, '{}'], // the pages of books go back with the next memory that does
  ['supply/resting-pools.ts', 'c < CLASS_TABLE_LENGTH', BEHIND, 'c <= CLASS_TABLE_LENGTH'],
  ['supply/resting-pools.ts', 'this.count > 0', SAVES, ['true', 'this.count >= 0']],
  ['supply/runs.ts', 'recordAt(pool) + CLASS', SAME, 'recordAt(pool) - CLASS'], // CLASS is 0
  ['supply/runs.ts', 'record + CLASS', SAME, 'record - CLASS'],
  ['supply/runs.ts', 'record + distance * RECORD_WORDS + CLASS', SAME, 'record + distance * RECORD_WORDS - CLASS'],
  ['supply/runs.ts', 'sizeClass < 0', SAME, 'sizeClass <= 0'],
  ['supply/runs.ts', 'before === 0', SHORT, 'false'],
  ['supply/runs.ts', 'isFresh', SHORT, 'false'],
  ['supply/runs.ts', 'if (isFresh) {', SHORT, '{}'],
  ['supply/runs.ts', 'runPools[sizeClass] === 1', SHORT, 'false'],
  ['supply/whole-runs.ts', 'length > old', SAVES, ['true', 'length >= old']],
  ['supply/whole-runs.ts', 'recordAt(run) + CLASS', SAME, 'recordAt(run) - CLASS'],
  [
    'heap/blocks.ts',
    'if (byteLength > 0 && byteLength <= smallMax) {',
    SHORT,
    [
      'true',
      'false',
      'byteLength > 0 || byteLength <= smallMax',
      'byteLength >= 0',
      'byteLength <= 0',
      'byteLength < smallMax',
      'byteLength > smallMax',
    ],
  ],
  [
    'heap/blocks.ts',
    'return sizeClass > 0 && sizeClass <= last && base !== noMagazines ? sizeClass : 0',
    SHORT,
    ['false', 'sizeClass >= 0', 'sizeClass < last'],
  ],
  ['heap/bytes.ts', 'byClass >= 0', SHORT, ['false', 'byClass > 0']],
  ['heap/heap.ts', 'this.#listeners.size === 0', SHORT, 'false'],
  ['heap/free.ts', 'parts.pins.size > 0', SAVES, ['true', 'parts.pins.size >= 0']],
  ['heap/lists.ts', 'Array.isArray(into)', SHORT, 'true'],
  [
    'heap/live-blocks.ts',
    'byteLength > LOOP_MAX_BYTES',
    SHORT,
    ['true', 'false', 'byteLength >= LOOP_MAX_BYTES', 'byteLength <= LOOP_MAX_BYTES'],
  ],
  ['heap/live-blocks.ts', 'isFresh || !space.isNear(slotOf(pointer))', SHORT, 'true'],
  ['heap/pins.ts', 'sizeClass !== WHOLE_RUN', SAME, 'true'], // as many blocks as such a run has by the table: none
  ['heap/pins.ts', 'parts.moving !== 0', SAME, 'true'], // the null pool has no magazine
  ['heap/strings.ts', 'length > LOOP_MAX', SHORT, ['true', 'false', 'length >= LOOP_MAX', 'length <= LOOP_MAX']],
  ['heap/strings.ts', 'text.length <= BEGIN', SHORT, ['false', 'text.length < BEGIN']],
  ['heap/strings.ts', "'utf8'", SAME, '""'], // the default
  [
    'heap/texts.ts',
    'text.length <= ENCODE_LOOP_MAX',
    SHORT,
    ['true', 'false', 'text.length < ENCODE_LOOP_MAX', 'text.length > ENCODE_LOOP_MAX'],
  ],
  ['heap/texts.ts', 'byteLength < 0', SAVES, ['true', 'byteLength <= 0']],
  ['heap/take.ts', 'byteLength > MEDIUM_MAX_BYTES', SAME, 'byteLength >= MEDIUM_MAX_BYTES'],
  ['heap/numbers.ts', "'number'", SHORT, '""'], // the long way tests it again
  ['heap/numbers.ts', "typeof byteOffset === 'number'", SAME, 'true'], // what is no number equals no multiple
  ['heap/numbers.ts', 'value !== undefined', SHORT, 'false'],
  ['heap/numbers.ts', 'i32[index] !== undefined', SHORT, 'false'],
  ['heap/numbers.ts', 'f32[index] !== undefined', SHORT, 'false'],
  ['heap/numbers.ts', 'f64[index] !== undefined', SHORT, 'false'],
  ['heap/numbers.ts', 'u64[index] !== undefined', SHORT, 'false'],
  ['heap/numbers.ts', 'isInArena && (byteOffset | 0) === byteOffset', SHORT, 'false'],
  ['heap/numbers.ts', '(byteOffset | 0) === byteOffset', SHORT, ['true', '(byteOffset | 0) !== byteOffset']], // a DataView cuts fractions, whichever it is
  ['heap/numbers.ts', 'pointer >= firstNear', BEHIND, 'pointer > firstNear'],
  ['heap/numbers.ts', 'pointer < nearEnd', BEHIND, 'pointer <= nearEnd'],
  [
    'heap/numbers.ts',
    '((pointer & granuleMask) << granuleShift) + byteOffset < arenaBytes || byteOffset < usableOfLone(pointer)',
    SHORT,
    '((pointer & granuleMask) << granuleShift) + byteOffset < arenaBytes && byteOffset < usableOfLone(pointer)',
  ],
  ['heap/numbers.ts', "typeof byteOffset !== 'number'", SAME, 'false'], // at() refuses it
  ['heap/near-bytes.ts', 'length <= FROM_CODES_MAX && (start & 3) === 0', SHORT, 'false'],
  ['heap/near-bytes.ts', 'length <= FROM_CODES_MAX', SHORT, 'length < FROM_CODES_MAX'],
  ['heap/near-bytes.ts', 'length <= 4', SHORT, ['false', 'length < 4']],
  ['heap/near-bytes.ts', 'length === 4', SHORT, 'false'],
  ['heap/near-bytes.ts', 'length === 8', SHORT, 'false'],
  [
    'heap/near-bytes.ts',
    'length > FROM_CODES_MAX',
    SHORT,
    ['true', 'false', 'length >= FROM_CODES_MAX', 'length <= FROM_CODES_MAX'],
  ],
  ['heap/near-bytes.ts', 'if (length > FROM_CODES_MAX) {', SHORT, '{}'],
  [
    'heap/near-bytes.ts',
    'if (byteLength >= DECODE_MIN_BYTES && byteLength <= DECODE_MAX_BYTES) {',
    SHORT,
    [
      'true',
      'false',
      'byteLength >= DECODE_MIN_BYTES || byteLength <= DECODE_MAX_BYTES',
      'byteLength > DECODE_MIN_BYTES',
      'byteLength < DECODE_MIN_BYTES',
      'byteLength < DECODE_MAX_BYTES',
      'byteLength > DECODE_MAX_BYTES',
      '{}',
    ],
  ],
  ['heap/near-bytes.ts', 'text !== undefined', SHORT, 'false'],
  [
    'heap/near-bytes.ts',
    '((bytes.byteOffset ^ start) & 7) === 0',
    SHORT,
    ['true', 'false', '((bytes.byteOffset ^ start) & 7) !== 0'],
  ],
  [
    'heap/near-bytes.ts',
    'byteLength > LOOP_MAX_BYTES',
    SHORT,
    ['true', 'false', 'byteLength >= LOOP_MAX_BYTES', 'byteLength <= LOOP_MAX_BYTES'],
  ],
  ['heap/near-bytes.ts', 'if (byteLength > LOOP_MAX_BYTES) {', SHORT, '{}'],
  ['heap/near-bytes.ts', 'byteLength === 8 && (start & 3) === 0', SHORT, 'false'],
  [
    'heap/near-bytes.ts',
    'byteLength <= UNALIGNED_MAX_BYTES',
    SHORT,
    ['true', 'false', 'byteLength < UNALIGNED_MAX_BYTES', 'byteLength > UNALIGNED_MAX_BYTES'],
  ],
  [
    'heap/near-bytes.ts',
    'if (byteLength < NATIVE_IN_BYTES && isAlignedAs(source, start)) u8.set(source, start)',
    SHORT,
    [
      'true',
      'false',
      'byteLength < NATIVE_IN_BYTES || isAlignedAs(source, start)',
      'byteLength <= NATIVE_IN_BYTES',
      'byteLength >= NATIVE_IN_BYTES',
    ],
  ],
  ['heap/near-bytes.ts', 'byteLength <= ON_HEAP_MAX', SHORT, ['false', 'byteLength < ON_HEAP_MAX']],
  ['heap/near-bytes.ts', 'byteLength > CUT_MAX', SHORT, 'byteLength >= CUT_MAX'],
  [
    'heap/near-bytes.ts',
    'if (byteLength >= NATIVE_OUT_BYTES || (start & 7) !== 0) region.copyOut(nearStart + start, copy)',
    SHORT,
    [
      'true',
      'false',
      'byteLength >= NATIVE_OUT_BYTES && (start & 7) !== 0',
      'byteLength > NATIVE_OUT_BYTES',
      'byteLength < NATIVE_OUT_BYTES',
      '(start & 7) === 0',
    ],
  ],
  [
    'heap/near-bytes.ts',
    'if (byteLength <= UNALIGNED_MAX_BYTES || (byteLength < NATIVE_IN_BYTES && isAlignedAs(target, start)))',
    SHORT,
    [
      'true',
      'false',
      'byteLength <= UNALIGNED_MAX_BYTES && byteLength < NATIVE_IN_BYTES && isAlignedAs(target, start)',
      'byteLength < UNALIGNED_MAX_BYTES',
      'byteLength > UNALIGNED_MAX_BYTES',
      'byteLength < NATIVE_IN_BYTES || isAlignedAs(target, start)',
      'byteLength <= NATIVE_IN_BYTES',
      'byteLength >= NATIVE_IN_BYTES',
    ],
  ],
  ['heap/near-bytes.ts', 'target.length === byteLength', SAVES, 'false'],
  ['heap/near-bytes.ts', 'used + byteLength > slab.byteLength', SAVES, 'true'],
  ['heap/near-bytes.ts', 'used + byteLength > slab.byteLength', SAVES, 'used + byteLength >= slab.byteLength'],
  ['heap/near-bytes.ts', 'pointer < firstNear', BEHIND, 'pointer <= firstNear'], // a ledger
  ['heap/near-bytes.ts', 'pointer >= nearEnd', BEHIND, 'pointer > nearEnd'],
  ['heap/near-bytes.ts', 'sizeClass <= 0', BEHIND, 'sizeClass < 0'],
  ['heap/compact.ts', 'compactChannel.isHeard', SAVES, 'true'],
  ['heap/compact.ts', 'private readonly list: Pointer[] = []', FIRST, '["Stryker was here"]'],
  ['heap/compact.ts', 'maxMs === Infinity', SAME, 'false'],
  ['heap/compact.ts', 'this.deadline !== Infinity', SAVES, 'true'],
  ['heap/compact.ts', 'c < WHOLE_RUN', BEHIND, 'c <= WHOLE_RUN'],
  ['heap/compact.ts', 'live >= 0', BEHIND, 'live > 0'], // empty runs are not listed
  ['heap/compact.ts', 'source > target', SAVES, 'source >= target'],
  ['heap/idle.ts', 'giveBackStep(): number {', SAME, '{}'],
  ['heap/idle.ts', '{ maxBlocks: Infinity, maxMs: Infinity }', SAME, '{}'], // a slice sets its own deadline
]

/** Whether it is known why a mutant that survives does. */
function isExplained(file, { text, part, replacement }) {
  return explained.some(
    ([name, what, , to]) =>
      file === `lib/${name}` && (what === part || what === text) && [to].flat().includes(replacement),
  )
}

module.exports = { isExplained }
