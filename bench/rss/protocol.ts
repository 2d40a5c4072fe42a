/** What the bench says to a Node arm in a process of its own, and what that answers. */
import type { Compacted, HeapFigures } from './ebb-arm'

/** An arm that runs in Node. `decay: null` is Infinity, which JSON has not. */
export type NodeArm =
  | {
      readonly kind: 'ebb'
      readonly decay: number | null
      readonly ablation?: { fullestFirst?: boolean; dirtyFirst?: boolean }
    }
  | { readonly kind: 'allocUnsafe' | 'allocUnsafeSlow' | 'array' | 'mempool' }

export type Command =
  /** Loads a flat trace, compiles the arm's code by a warm-up, collects garbage. `whole`: the warm-up is the trace itself. */
  | { readonly do: 'load'; readonly file: string; readonly arm: NodeArm; readonly warmUp: 'little' | 'whole' }
  | { readonly do: 'run'; readonly from: number; readonly to: number }
  /** Replays all of it and reads the resident set each `every` operations: of the process, or of the heap's own pages. */
  | { readonly do: 'sample'; readonly every: number; readonly what: 'process' | 'own pages' }
  | { readonly do: 'collect' }
  | { readonly do: 'compact' }
  | { readonly do: 'figures' }
  /** Rounds of the whole trace, in turn on heaps with these decays. */
  | { readonly do: 'duel'; readonly decays: readonly (number | null)[]; readonly rounds: number }
  | { readonly do: 'garbage'; readonly bytes: number }

export interface Duel {
  /** ns of each round, by heap. */
  readonly ns: number[][]
  /** Calls to the operating system after the first round, by heap. */
  readonly osCalls: { maps: number; unmaps: number; discards: number }[]
}

export interface Answers {
  load: Record<string, never>
  run: { ns: number }
  sample: { growth: number[] }
  collect: Record<string, never>
  compact: Compacted
  figures: HeapFigures
  duel: Duel
  garbage: Record<string, never>
}
