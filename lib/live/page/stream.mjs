// The stream of frames, as lib/live/frames.ts writes them. Each frame has what has changed since the one before.

/**
 * @typedef {object} Stats the figures of `stats()` of a heap
 * @property {number} arenas
 * @property {number} blocks
 * @property {number} liveBytes
 * @property {number} freeBlockBytes
 * @property {number} freePools
 * @property {number} dirtyPools
 * @property {number} slackBytes
 * @property {number} largeBlocks
 * @property {number} largeBytes
 * @property {number} keptBytes
 * @property {number} mappedBytes
 * @property {number} residentBytes
 * @property {number} maps
 * @property {number} unmaps
 * @property {number} discards
 * @property {number} discardedBytes
 * @property {number} moves
 * @property {{ sizeClass: number, blockBytes: number, pools: number, blocks: number, freeBlocks: number }[]} classes
 *
 * @typedef {object} Heap
 * @property {number} number in the books, as the rows have it
 * @property {number} id
 * @property {string} name
 * @property {Stats} stats
 *
 * @typedef {object} View what is known after a frame
 * @property {number} tick
 * @property {number} at milliseconds since the epoch
 * @property {number} cost milliseconds that the look at the heaps took
 * @property {number} rss bytes
 * @property {number} busyMs milliseconds for which the thread of the heaps has been busy
 * @property {Heap[]} heaps
 * @property {Int32Array} slots of the rows
 * @property {Uint16Array} owners number of the heap of each row
 * @property {Uint8Array} states 64 cells a row
 */

export const CELLS = 64
const text = new TextDecoder()

/**
 * Takes a frame in.
 * @param {View | undefined} before
 * @param {Uint8Array} frame without its length in front
 * @returns {View}
 */
export function takeIn(before, frame) {
  const data = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const textBytes = data.getUint32(0, true)
  const { rows, ...rest } = JSON.parse(text.decode(frame.subarray(4, 4 + textBytes)))
  let at = 4 + textBytes
  const listed = data.getUint32(at, true)
  at += 4
  const isNew = before === undefined || listed > 0 || before.slots.length !== rows
  const slots = isNew ? new Int32Array(rows) : before.slots
  const owners = isNew ? new Uint16Array(rows) : before.owners
  const states = isNew ? new Uint8Array(rows * CELLS) : before.states
  for (let row = 0; row < listed; row++, at += 6) {
    slots[row] = data.getInt32(at, true)
    owners[row] = data.getUint16(at + 4, true)
  }
  const changed = data.getUint32(at, true)
  at += 4
  for (let i = 0; i < changed; i++, at += 4 + CELLS) {
    states.set(frame.subarray(at + 4, at + 4 + CELLS), data.getUint32(at, true) * CELLS)
  }
  return { ...rest, slots, owners, states }
}

/** Cuts a stream of bytes into frames; keeps what is left of a frame until the rest of it comes. */
export class Cutter {
  #bytes = new Uint8Array(1 << 16)
  #length = 0

  /**
   * @param {Uint8Array} chunk
   * @param {(frame: Uint8Array) => void} take the frame is good until this returns
   */
  push(chunk, take) {
    if (this.#length + chunk.length > this.#bytes.length) {
      const longer = new Uint8Array(2 * (this.#length + chunk.length))
      longer.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = longer
    }
    this.#bytes.set(chunk, this.#length)
    this.#length += chunk.length
    let start = 0
    while (this.#length - start >= 4) {
      const end = start + 4 + new DataView(this.#bytes.buffer, start).getUint32(0, true)
      if (end > this.#length) break
      take(this.#bytes.subarray(start + 4, end))
      start = end
    }
    this.#bytes.copyWithin(0, start, this.#length)
    this.#length -= start
  }
}

/**
 * Reads frames until the connection ends.
 * @param {AbortSignal} signal
 * @param {(view: View) => void} show
 */
export async function read(signal, show) {
  const response = await fetch('frames', { signal })
  if (!response.ok || response.body === null) throw new Error((await response.text()).replace(/^ebb live: /, ''))
  const reader = response.body.getReader()
  const cutter = new Cutter()
  /** @type {View | undefined} */
  let view
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const before = view?.tick
    cutter.push(value, (frame) => {
      view = takeIn(view, frame)
    })
    // Of frames that came together only the last is shown.
    if (view !== undefined && view.tick !== before) show(view)
  }
}
