/** What the page is shown of the heaps of a thread at a moment. */
import type { Figures } from '../inspect/figures'

/** A heap as the page knows it. */
export interface HeapName {
  /** In the books; given to another heap when this one is closed. */
  readonly number: number
  /** Never given to another heap. */
  readonly id: number
  readonly name: string
}

export interface HeapView extends HeapName {
  readonly stats: Figures
}

export interface View {
  readonly heaps: readonly HeapView[]
  /** Rows of 64 cells, each for 256 KiB, as `heap.map()` has them: the slot of each, and the number of its heap. */
  readonly slots: Int32Array
  readonly owners: Uint16Array
  /** A byte for each 4 KiB, a `PoolState`. */
  readonly states: Uint8Array
  /** Milliseconds for which the thread of the heaps has not turned its event loop, as far as is known. */
  readonly busyMs: number
}

/** Looks at the heaps. */
export type Look = () => View
