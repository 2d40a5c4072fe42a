/** What the bench and its child processes say to each other. A child is one arm of one row: it is started, answers, and ends. */
import type { FlatTrace } from '../traces/flat'

/** What a child works on. */
export type Task =
  /** `isCpuTime`: turns count the CPU time of the process, not the clock's: on a loaded machine it waits for others as well. */
  | { readonly kind: 'trace'; readonly arm: string; readonly trace: FlatTrace; readonly isCpuTime?: boolean }
  | { readonly kind: 'single'; readonly arm: string; readonly single: string; readonly options: SingleOptions }
  | { readonly kind: 'gc'; readonly arm: string; readonly options: GcOptions }
  | { readonly kind: 'pause'; readonly arm: string; readonly options: PauseOptions }

/** Parameters of a single operation; each reads what it needs. */
export interface SingleOptions {
  readonly byteLength?: number
  /** Pairs: no other block is live, so that each alloc takes a pool and each free gives it back. */
  readonly isAlone?: boolean
  /** Blocks or objects that are walked over. */
  readonly count?: number
  readonly isShuffled?: boolean
  /** What texts are made of. */
  readonly text?: 'ascii' | 'latin1' | 'utf8'
  /** ms that a turn measures. */
  readonly milliseconds: number
}

export interface GcOptions {
  readonly byteLength: number
  /** Bytes that the heap grows to. */
  readonly growTo: number
  /** Bytes of JavaScript objects that are alive beside it. */
  readonly besides: number
}

export interface PauseOptions {
  readonly calls: number
  /** Blocks that live meanwhile. */
  readonly live: number
}

export type Request =
  /** `library`: path of another build of ebb to measure in this one's place. */
  | { readonly verb: 'start'; readonly task: Task; readonly library?: string }
  /** Measures once; a trace is replayed as often as `replays` says, back to back. */
  | { readonly verb: 'turn'; readonly replays: number }
  /** Replays a trace and looks at the resident set some times. */
  | { readonly verb: 'memory'; readonly samples: number }
  /** Replays the operations [from, to). */
  | { readonly verb: 'run'; readonly from: number; readonly to: number }
  /** What the arm can tell about itself: ebb its books. */
  | { readonly verb: 'inspect' }
  /** Closes ebb's heap with all that is live; nothing can be replayed any more. */
  | { readonly verb: 'close' }
  | { readonly verb: 'finish' }

/** Answers, by verb. */
export interface Answers {
  start: { readonly versions: Readonly<Record<string, string>> }
  /** ns per operation of each replay, or of the one measurement. */
  turn: { readonly ns: readonly number[] }
  memory: MemoryRound
  /** ns of all of it, and minor page faults meanwhile. */
  run: { readonly ns: number; readonly faults: number }
  inspect: Readonly<Record<string, number>>
  close: { readonly ns: number }
  finish: Readonly<Record<string, never>>
}

/** Bytes that the resident set grew over what it was when the trace was loaded. */
export interface MemoryRound {
  readonly peak: number
  /** [operation, resident growth] */
  readonly samples: readonly (readonly [number, number])[]
}
