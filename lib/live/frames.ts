/**
 * Frames: what is sent to a page. A page gets what has changed since the frame it got last, so one that reads slowly is never sent what
 * it has missed, only what it needs now, and nothing has to be kept for it but a number.
 *
 *     frame    u32 bytes of the rest | u32 bytes of the text | text
 *              u32 rows | slot i32, heap u16 of each row        0 rows where they are the same as before
 *              u32 rows that have changed | row u32, 64 cells of each; all of them where the rows are new
 *
 * Little endian. The text is JSON, a {@link FrameText}.
 */
import { POOLS_PER_ARENA } from '../base/layout'
import type { HeapView, View } from './view'

/** The text of a frame. */
export interface FrameText {
  /** Number of the look at the heaps. */
  readonly tick: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Milliseconds that the look took. */
  readonly cost: number
  /** Bytes of the whole process in memory. */
  readonly rss: number
  /** Rows there are; their list comes along where it is another than before. */
  readonly rows: number
  readonly heaps: readonly HeapView[]
  /** Milliseconds for which the thread of the heaps has been busy. */
  readonly busyMs: number
}

/** What is measured at the moment of a frame. */
type Moment = Pick<FrameText, 'at' | 'cost' | 'rss'>

const CELLS = POOLS_PER_ARENA
const WORDS_PER_ROW = CELLS / 4
const NONE: View = {
  heaps: [],
  slots: new Int32Array(0),
  owners: new Uint16Array(0),
  states: new Uint8Array(0),
  busyMs: 0,
}

export class Frames {
  /** The number of the last look; 0: there was none. */
  tick = 0
  #view = NONE
  /** The look at which the list of rows changed, and those at which the cells of each row did. */
  #listedAt = 0
  #changedAt = new Int32Array(0)
  /** Frames of this look, by the look that their readers have. */
  readonly #encoded = new Map<number, Buffer>()

  /** Takes in a look at the heaps, which nobody may change any more. */
  update(view: View): void {
    this.tick++
    this.#encoded.clear()
    const before = this.#view
    this.#view = view
    if (!isEqual(view.slots, before.slots) || !isEqual(view.owners, before.owners)) {
      this.#listedAt = this.tick
      this.#changedAt = new Int32Array(view.slots.length).fill(this.tick)
      return
    }
    const now = wordsOf(view.states)
    const then = wordsOf(before.states)
    for (let row = 0; row < this.#changedAt.length; row++) {
      if (!isSameRow(now, then, row)) this.#changedAt[row] = this.tick
    }
  }

  /**
   * The frame for a page that has been sent the look `since`; 0: none yet. The same Buffer for all that ask for the same.
   */
  encode(since: number, moment: Moment): Buffer {
    let frame = this.#encoded.get(since)
    if (frame === undefined) {
      frame = this.#encode(since, moment)
      this.#encoded.set(since, frame)
    }
    return frame
  }

  #encode(since: number, moment: Moment): Buffer {
    const { heaps, slots, owners, states, busyMs } = this.#view
    const text: FrameText = { tick: this.tick, ...moment, rows: slots.length, heaps, busyMs }
    const json = Buffer.from(JSON.stringify(text))
    const listed = this.#listedAt > since ? slots.length : 0
    const changed = rowsAfter(this.#changedAt, since)
    const byteLength = 16 + json.length + listed * 6 + changed.length * (4 + CELLS)
    const frame = Buffer.allocUnsafe(byteLength)
    frame.writeUInt32LE(byteLength - 4, 0)
    frame.writeUInt32LE(json.length, 4)
    let end = 8 + json.copy(frame, 8)
    end = frame.writeUInt32LE(listed, end)
    for (let row = 0; row < listed; row++) {
      end = frame.writeInt32LE(slots[row] as number, end)
      end = frame.writeUInt16LE(owners[row] as number, end)
    }
    end = frame.writeUInt32LE(changed.length, end)
    for (const row of changed) {
      end = frame.writeUInt32LE(row, end)
      frame.set(states.subarray(row * CELLS, (row + 1) * CELLS), end)
      end += CELLS
    }
    return frame
  }
}

function rowsAfter(changedAt: Int32Array, since: number): number[] {
  const rows: number[] = []
  for (let row = 0; row < changedAt.length; row++) if ((changedAt[row] as number) > since) rows.push(row)
  return rows
}

const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)

function isSameRow(now: Uint32Array, then: Uint32Array, row: number): boolean {
  const end = (row + 1) * WORDS_PER_ROW
  for (let word = row * WORDS_PER_ROW; word < end; word++) if (now[word] !== then[word]) return false
  return true
}

const isEqual = (a: Int32Array | Uint16Array, b: Int32Array | Uint16Array): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index])
