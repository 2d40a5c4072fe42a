/**
 * The work of the demo, the same for both arms: several copies of a recorded program run side by side up to the moment when they hold most
 * (the large computation); their results are dropped, but for a few that stay; then another recorded program runs again and
 * again (the short simulations).
 */
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
  const { peak, sizes } = walkToPeak(trace)
  const live = [...sizes.keys()].filter((id) => sizes[id]! >= 0)
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
  return { ops, ids: trace.ids, peak, dropped, end, curve: liveCurve(ops, trace.ids) }
}

export function shortJob(): ShortJob {
  const { ops, ids, operations, meanLiveBytes } = readTrace(SHORT_PROGRAM)
  return { ops, ids, end: operations, meanLiveBytes }
}

/** The operation after which most bytes are live, and the size of each block that is live there (-1: none). */
function walkToPeak(trace: Trace): { peak: number; sizes: Float64Array } {
  const sizes = new Float64Array(trace.ids).fill(-1)
  let live = 0
  let at = 0
  for (; live < trace.peakLiveBytes; at++) live += step(trace.ops, at, sizes)
  return { peak: at, sizes }
}

/** Carries out one operation on a table of sizes; bytes that it adds. */
function step(ops: Uint32Array, at: number, sizes: Float64Array): number {
  const word = ops[2 * at]!
  const id = word >>> 2
  const before = Math.max(0, sizes[id]!)
  const isFree = (word & 3) === KIND_FREE
  sizes[id] = isFree ? -1 : ops[2 * at + 1]!
  return Math.max(0, sizes[id]!) - before
}

function liveCurve(ops: Uint32Array, ids: number): LiveCurve {
  const sizes = new Float64Array(ids).fill(-1)
  const operations = ops.length / 2
  const curve = new Float64Array(Math.ceil(operations / SLICE) + 1)
  let live = 0
  for (let at = 0; at < operations; at++) {
    if (at % SLICE === 0) curve[at / SLICE] = live
    live += step(ops, at, sizes)
  }
  return curve
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
