'use strict'
// Mutants of lib/ that survive because they change nothing that a test could assert, and why. Each is named by its file and by the part of
// the line that is changed, or by the line where that is a whole block; `to`, where only that change of the part is meant.

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
  ['books/arena-table.ts', '[]', FIRST],
  ['books/arena-table.ts', 'arrays.ledgers.length <= index', SAME, 'arrays.ledgers.length < index'],
  ['books/budget.ts', '() => false', SAME],
  ['books/budget.ts', 'limitChannel.isHeard', SAVES, 'true'],
  ['books/ledger.ts', 'stretch > longest', SAME, 'stretch >= longest'],
  ['books/ledger.ts', 'stretch === length', SAVES, 'false'],
  ['release/decay.ts', 'p - 32', SAME],
  ['release/purger.ts', 'purgeChannel.isHeard', SAVES],
  ['release/purger.ts', 'discardChannel.isHeard', SAVES],
  ['supply/arenas.ts', 'false', FIRST, 'true'],
  ['supply/arenas.ts', 'slot !== 0', SAVES, 'true'],
  ['supply/arenas.ts', 'word(ledger, A_RUN_BOUND) < length', SAVES, 'false'],
  ['supply/arenas.ts', 'this.dirty.groupPools > 1', SAVES],
  ['supply/arenas.ts', 'first - (first % this.dirty.groupPools)', SAME], // what lies in front of a run in its OS page is resident
  ['supply/arenas.ts', 'first % this.dirty.groupPools', SAME],
  ['supply/kept-memory.ts', '[]', BEHIND],
  ['supply/kept-memory.ts', 'this.#bins[this.#binOf(entry.slot)]?.delete', SAME],
  ['supply/large-blocks.ts', 'false', FIRST, 'true'],
  ['supply/large-blocks.ts', '!this.#table.isLarge(slot)', SAME], // when a heap closes, arenas go first
  ['supply/large-blocks.ts', 'before - rounded', SAME], // how much goes back at once; the rest is the purger's
  ['supply/magazines.ts', 'SEGMENT_WORDS / 2', BEHIND, 'SEGMENT_WORDS * 2'],
  ['supply/magazines.ts', 'i < count', BEHIND, 'i <= count'],
  ['supply/magazines.ts', 'runPools[sizeClass] === 1', SHORT, 'false'],
  ['supply/magazines.ts', 'c < CLASS_TABLE_LENGTH', BEHIND, 'c <= CLASS_TABLE_LENGTH'],
  ['supply/magazines.ts', 'get isDirty(): boolean {', SAME], // undefined is as good as false, and as no bytes
  ['supply/magazines.ts', 'giveBackStep(): number {', SAME],
  ['supply/magazines.ts', 'top === this.sleep', SAVES, 'false'],
  ['supply/magazines.ts', 'false', SAVES, 'true'],
  ['supply/magazines.ts', 'released.length > 0', SAVES],
  ['supply/parts.ts', 'get isDirty(): boolean {', SAVES], // the pages of books go back with the next memory that does
  ['supply/resting-pools.ts', 'c < CLASS_TABLE_LENGTH', BEHIND, 'c <= CLASS_TABLE_LENGTH'],
  ['supply/resting-pools.ts', 'this.count > 0', SAVES],
  ['supply/runs.ts', 'recordAt(pool) + CLASS', SAME], // CLASS is 0
  ['supply/runs.ts', 'record + CLASS', SAME],
  ['supply/runs.ts', 'record + distance * RECORD_WORDS + CLASS', SAME],
  ['supply/runs.ts', 'sizeClass < 0', SAME, 'sizeClass <= 0'],
  ['supply/runs.ts', 'before === 0', SHORT, 'false'],
  ['supply/runs.ts', 'isFresh', SHORT, 'false'],
  ['supply/runs.ts', 'if (isFresh) {', SHORT],
  ['supply/runs.ts', 'runPools[sizeClass] === 1', SHORT, 'false'],
  ['supply/whole-runs.ts', 'length > old', SAVES],
  ['supply/whole-runs.ts', 'recordAt(run) + CLASS', SAME],
  ['heap/blocks.ts', 'if (byteLength > 0 && byteLength <= smallMax) {', SHORT],
  ['heap/blocks.ts', "if (typeof pointer !== 'number' || (pointer | 0) !== pointer || pointer < 0) return 0", SHORT],
  ['heap/blocks.ts', 'return sizeClass > 0 && sizeClass <= last && base !== noMagazines ? sizeClass : 0', SHORT],
  ['heap/bytes.ts', 'byClass >= 0', SHORT],
  ['heap/heap.ts', 'this.#listeners.size === 0', SHORT, 'false'],
  ['heap/free.ts', 'parts.pins.size > 0', SAVES],
  ['heap/lists.ts', 'Array.isArray(into)', SHORT, 'true'],
  ['heap/live-blocks.ts', 'byteLength > BUILTIN_MAX_BYTES', SHORT],
  ['heap/live-blocks.ts', 'byteLength > LOOP_MAX_BYTES', SHORT],
  ['heap/live-blocks.ts', 'isFresh || !space.isNear(slotOf(pointer))', SHORT, 'true'],
  ['heap/pins.ts', 'sizeClass !== WHOLE_RUN', SAME, 'true'], // as many blocks as such a run has by the table: none
  ['heap/pins.ts', 'parts.moving !== 0', SAME, 'true'], // the null pool has no magazine
  ['heap/strings.ts', 'length > LOOP_MAX', SHORT],
  ['heap/strings.ts', 'text.length <= BEGIN', SHORT],
  ['heap/strings.ts', "'utf8'", SAME], // the default
  ['heap/texts.ts', 'text.length <= ENCODE_LOOP_MAX', SHORT],
  ['heap/texts.ts', 'byteLength < 0', SAVES],
  ['heap/take.ts', 'byteLength > MEDIUM_MAX_BYTES', SAME, 'byteLength >= MEDIUM_MAX_BYTES'],
]

/** Whether it is known why a mutant that survives does. */
function isExplained(file, { text, part, replacement }) {
  return explained.some(
    ([name, what, , to]) =>
      file === `lib/${name}` && (what === part || what === text) && (to === undefined || to === replacement),
  )
}

module.exports = { isExplained }
