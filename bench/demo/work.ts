/**
 * The work of the demo, the same for both arms: several copies of a recorded program run side by side up to the moment when they hold most
 * (the large computation); their results are dropped, but for a few that stay; then another recorded program runs again and
 * again (the short simulations).
 */
import { liveCurve, peakOf } from '../traces/live'
import { KIND_FREE, readTrace, type Trace } from '../traces/trace'

/** How much work there is. */
export interface WorkSize {
  /** Copies of the large program. */
  readonly copies: number
  /** Rounds of the short one. */
  readonly simulations: number
  /** Milliseconds of idling after the drop. */
  readonly idleMs: number
}

/** One block of this many stays when the results are dropped: somebody keeps a name, a cache an entry. */
const KEEP_ONE_OF = 1000

export const LARGE_PROGRAM = 'ast'
export const SHORT_PROGRAM = 'simulation'

/** Requests that come in three stretches: [0, peak) is the computation, [peak, dropped) the drop, [dropped, end) the survivors' own end. */
export interface LargeJob {
  readonly ops: Uint32Array
  readonly ids: number
  readonly peak: number
  readonly dropped: number
  readonly end: number
  readonly curve: LiveCurve
}

export interface ShortJob {
  readonly ops: Uint32Array
  readonly ids: number
  readonly end: number
  /** Requested bytes live, on average. */
  readonly meanLiveBytes: number
}

/** Operations between two points of the curve, and between two looks at the clock. */
export const SLICE = 4096

/** Requested bytes live at each multiple of SLICE operations. */
export type LiveCurve = Float64Array

export function largeJob(): LargeJob {
  const trace = readTrace(LARGE_PROGRAM)
  const peak = peakOf(trace)
  const live = liveIds(trace, peak)
  const draw = randomNumbers(20041009)
  const isKept = new Set(live.filter(() => draw() * KEEP_ONE_OF < 1))
  const words: number[] = []
  for (const id of live) if (!isKept.has(id)) words.push((id << 2) | KIND_FREE, 0)
  const dropped = peak + words.length / 2
  for (const id of isKept) words.push((id << 2) | KIND_FREE, 0)
  const end = peak + words.length / 2
  const ops = new Uint32Array(2 * end)
  ops.set(trace.ops.subarray(0, 2 * peak))
  ops.set(words, 2 * peak)
  return {
    ops,
    ids: trace.ids,
    peak,
    dropped,
    end,
    curve: Float64Array.of(0, ...liveCurve({ ops, ids: trace.ids }, SLICE)),
  }
}

export function shortJob(): ShortJob {
  const { ops, ids, operations, meanLiveBytes } = readTrace(SHORT_PROGRAM)
  return { ops, ids, end: operations, meanLiveBytes }
}

/** Ids of the blocks that are live after the first `to` operations. */
function liveIds({ ops, ids }: Trace, to: number): number[] {
  const isLive = new Uint8Array(ids)
  for (let at = 0; at < to; at++) isLive[ops[2 * at]! >>> 2] = (ops[2 * at]! & 3) === KIND_FREE ? 0 : 1
  return [...isLive.keys()].filter((id) => isLive[id] === 1)
}

/** Seeded: both arms, and every run, keep the same. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
