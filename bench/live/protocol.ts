/** What the command and the process with the heap say to each other. */

export type Request =
  /** Fill a heap, and serve its page. */
  | { readonly kind: 'open'; readonly bytes: number }
  /** Replace so many blocks. */
  | { readonly kind: 'load'; readonly replaced: number }

export interface Answers {
  readonly open: {
    readonly url: string
    readonly thread: string
    readonly blocks: number
    /** Milliseconds that one `heap.map()` took. */
    readonly mapMs: number
  }
  readonly load: { readonly ms: number; readonly liveBytes: number }
}
