/** The recorded traces in the shapes that programs have, on a quiet machine and on a busy one; and what is promised of the worst. */
import { join } from 'node:path'
import { AskedProcess } from '../common/asked-process'
import { digits, table } from '../common/table'
import type { Peer } from '../peers/peers'
import { flatten } from '../traces/flat'
import { readTrace, traceNames } from '../traces/trace'
import { startNativeTrace, startNodeArm } from './arms'
import { DETACHED, FLOOR, SHAPE_ARMS } from './js-arms'
import { nativePlan } from './plans'
import { geometricMean, measured } from './report'
import type { ArmPlan, MeasuredRow, RowPlan } from './rounds'

/** The groups of rows, and what is on beside them. */
const GROUPS = { shapes: 'alone', busy: 'beside a process that walks memory' } as const
type Group = keyof typeof GROUPS

export const isShapeGroup = (group: string): group is Group => group in GROUPS

/** What an allocator that does nothing takes: the limit of JavaScript. */
const FLOORS = [FLOOR, FLOOR + DETACHED] as const

const startWalker = (): AskedProcess => new AskedProcess('walker', join(__dirname, 'walker.js'))

export function shapeRows(isQuick: boolean, peers: readonly Peer[]): RowPlan[] {
  const names = isQuick ? traceNames().slice(1, 2) : traceNames()
  return Object.keys(GROUPS).flatMap((group) =>
    names.map((name) => ({
      group,
      name,
      note: 'recorded',
      isReplay: true,
      arms: () => plansFor(name, peers),
      ...(group === 'busy' ? { beside: startWalker } : {}),
    })),
  )
}

function plansFor(name: string, peers: readonly Peer[]): ArmPlan[] {
  const trace = flatten(readTrace(name))
  return [
    ...[...SHAPE_ARMS, ...FLOORS].map((arm) => ({
      name: arm,
      start: () => startNodeArm({ kind: 'trace', arm, trace }),
    })),
    ...peers.map((peer) => nativePlan(peer, (installed) => startNativeTrace(installed, trace))),
  ]
}

/** The arm that takes longest among those whose name has the ending. */
function worstShape(row: MeasuredRow, isDetached: boolean): { readonly arm: string; readonly ns: number } | undefined {
  const all = SHAPE_ARMS.filter((arm) => arm.endsWith(DETACHED) === isDetached).map((arm) => measured(row, arm))
  return all.filter((entry) => entry !== undefined).sort((a, b) => b.ns - a.ns)[0]
}

/** Time of the worst shape / time of a peer, by trace. */
function worstShares(rows: readonly MeasuredRow[], peer: string, isDetached: boolean): number[] {
  const shares = rows.map((row) => {
    const worst = worstShape(row, isDetached)
    const other = measured(row, peer)
    return worst === undefined || other === undefined ? undefined : worst.ns / other.ns
  })
  return shares.filter((share) => share !== undefined)
}

/** Geometric means of the worst shape against each peer, at most. */
const BOUNDS = [
  ['pymalloc', 1.0],
  ['glibc', 0.7],
  ['jemalloc', 1.0],
  ['mimalloc', 1.4],
] as const
/** And of the worst trace against pymalloc. */
const WORST_BOUND = 1.25

export function shapeBounds(rows: readonly MeasuredRow[]) {
  return Object.keys(GROUPS).flatMap((group) => {
    const own = rows.filter((row) => row.group === group)
    return [false, true].flatMap((isDetached) => {
      const title = `traces, worst shape${isDetached ? DETACHED : ''}${group === 'busy' ? ', busy machine' : ''}`
      const bound = (name: string, bound: number, value: number | undefined) => ({
        name: `${title}: ebb / ${name}`,
        bound,
        isUpper: true,
        value,
      })
      const shares = (peer: string): number[] => worstShares(own, peer, isDetached)
      const pymalloc = shares('pymalloc')
      return [
        ...BOUNDS.map(([peer, most]) => {
          const values = shares(peer)
          return bound(`${peer}, geometric mean`, most, values.length === 0 ? undefined : geometricMean(values))
        }),
        bound('pymalloc, worst trace', WORST_BOUND, pymalloc.length === 0 ? undefined : Math.max(...pymalloc)),
      ]
    })
  })
}

/** One table: arms from above to below, traces from left to right; and which shape is the worst. */
export function shapeReport(group: Group, rows: readonly MeasuredRow[]): string {
  const arms = [...new Set(rows.flatMap((row) => row.arms.map(({ arm }) => arm)))]
  const show = (ns: number | undefined): string => (ns === undefined ? '-' : digits(ns))
  const lines = arms.map((arm) => [arm, ...rows.map((row) => show(measured(row, arm)?.ns))])
  for (const isDetached of [false, true]) {
    const title = `the worst${isDetached ? DETACHED : ''}`
    lines.push([title, ...rows.map((row) => worstShape(row, isDetached)?.arm.replace(DETACHED, '') ?? '-')])
  }
  return `## shapes, ${GROUPS[group]}: ns per operation\n\n${table(['', ...rows.map(({ name }) => name)], lines)}`
}
