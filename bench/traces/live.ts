/** Requested bytes that are live in the course of a trace. */
import type { Trace } from './builder'

/** Carries out the operations [0, to) on a table of sizes; `after` is told the live bytes after each operation. */
function walk({ ops, ids }: Pick<Trace, 'ops' | 'ids'>, to: number, after: (at: number, live: number) => void): void {
  const sizes = new Float64Array(ids)
  let live = 0
  for (let at = 0; at < to; at++) {
    const id = ops[2 * at]! >>> 2
    // A free has the size 0.
    live += ops[2 * at + 1]! - sizes[id]!
    sizes[id] = ops[2 * at + 1]!
    after(at, live)
  }
}

/** Live bytes after each `every` operations; the last point after all of them. */
export function liveCurve(trace: Pick<Trace, 'ops' | 'ids'>, every: number): Float64Array {
  const operations = trace.ops.length / 2
  const curve = new Float64Array(Math.ceil(operations / every))
  walk(trace, operations, (at, live) => {
    curve[Math.floor(at / every)] = live
  })
  return curve
}

/** Live bytes after the first `to` operations. */
export function liveAfter(trace: Pick<Trace, 'ops' | 'ids'>, to: number): number {
  let bytes = 0
  walk(trace, to, (_, live) => {
    bytes = live
  })
  return bytes
}

/** The number of operations after which most bytes are live for the first time. */
export function peakOf(trace: Pick<Trace, 'ops' | 'ids'>): number {
  let most = 0
  let peak = 0
  walk(trace, trace.ops.length / 2, (at, live) => {
    if (live <= most) return
    most = live
    peak = at + 1
  })
  return peak
}
