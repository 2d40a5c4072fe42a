import { figuresOfNothing } from '../../lib/inspect/figures'
import { booksOf } from '../../lib/inspect/map'
import type { View } from '../../lib/live/view'
import { space } from '../../lib/space/thread-space'

const NOTHING = figuresOfNothing(booksOf(space), 0)

/** A view of rows, each given as [slot, number of its heap, state of all its cells]. */
export function viewOf(rows: readonly (readonly [slot: number, heap: number, state: number])[], busyMs = 0): View {
  return {
    heaps: [...new Set(rows.map(([, heap]) => heap))].map((number) => ({
      number,
      id: number,
      name: `h${number}`,
      stats: NOTHING,
    })),
    slots: Int32Array.from(rows, ([slot]) => slot),
    owners: Uint16Array.from(rows, ([, heap]) => heap),
    states: Uint8Array.from(rows.flatMap(([, , state]) => new Array(64).fill(state))),
    busyMs,
  }
}
