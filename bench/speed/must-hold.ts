/** What is promised about speed, and whether this run kept it. */

import { digits, table } from '../common/table'
import { EBB_DETACHED } from './js-arms'
import { reasonFor } from './reasons'
import { geometricMean, measured, ratio } from './report'
import type { MeasuredRow } from './rounds'
import { shapeBounds } from './shape-rows'
import { textBounds } from './text-rows'

export interface Bound {
  readonly name: string
  /** "at most" or "at least" this. */
  readonly bound: number
  readonly isUpper: boolean
  /** Undefined: this run did not measure it. */
  readonly value: number | undefined
}

export const isKept = ({ value, bound, isUpper }: Bound): boolean | undefined =>
  value === undefined ? undefined : isUpper ? value <= bound : value >= bound

const row = (rows: readonly MeasuredRow[], name: string): MeasuredRow | undefined =>
  rows.find((candidate) => candidate.name === name)

/** Shares of all rows of a group against one peer, for one kind of ebb; those that were not measured are left out. */
function sharesOf(group: string, rows: readonly MeasuredRow[], peer: string, arm = 'ebb'): number[] {
  const shares: number[] = []
  for (const candidate of rows) {
    if (candidate.group !== group) continue
    const ebb = measured(candidate, arm)
    const other = measured(candidate, peer)
    if (ebb !== undefined && other !== undefined) shares.push(ebb.ns / other.ns)
  }
  return shares
}

const traceShares = (rows: readonly MeasuredRow[], peer: string, arm = 'ebb'): number[] =>
  sharesOf('traces', rows, peer, arm)

export const atMost = (name: string, bound: number, value: number | undefined): Bound => ({
  name,
  bound,
  isUpper: true,
  value,
})
const atLeast = (name: string, bound: number, value: number | undefined): Bound => ({
  name,
  bound,
  isUpper: false,
  value,
})
const inverse = (value: number | undefined): number | undefined => (value === undefined ? undefined : 1 / value)
const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : geometricMean(values)
const worstOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : Math.max(...values)

/** The bounds on recorded traces, for ebb on one Node. */
function traceBounds(rows: readonly MeasuredRow[], arm: string): Bound[] {
  const pymalloc = traceShares(rows, 'pymalloc', arm)
  return [
    atMost(`traces: ${arm} / pymalloc, geometric mean`, 1.0, meanOf(pymalloc)),
    atMost(`traces: ${arm} / pymalloc, worst`, 1.25, worstOf(pymalloc)),
    atMost(`traces: ${arm} / glibc, geometric mean`, 0.8, meanOf(traceShares(rows, 'glibc', arm))),
    atMost(`traces: ${arm} / mimalloc, geometric mean`, 2.0, meanOf(traceShares(rows, 'mimalloc', arm))),
  ]
}

/** Bytes of pairs that are no small blocks. */
const LONGER_PAIRS = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576] as const

/** @param otherNodes - labels of arms that are ebb on another Node */
export function promises(rows: readonly MeasuredRow[], otherNodes: readonly string[] = []): Bound[] {
  const list = ['ebb', EBB_DETACHED, ...otherNodes].flatMap((arm) => traceBounds(rows, arm))
  list.push(
    atMost('pair of 48 bytes: ebb / pymalloc', 1.3, ratio(row(rows, 'pair 48'), 'pymalloc')),
    atLeast('churn of 1e5: Buffer.allocUnsafe / ebb', 5, inverse(ratio(row(rows, 'churn 1e5'), 'Buffer.allocUnsafe'))),
    atLeast(
      'FIFO burst of 2e4: @thi.ng/malloc / ebb',
      10,
      inverse(ratio(row(rows, 'burst fifo 2e4'), '@thi.ng/malloc')),
    ),
  )
  for (const bytes of LONGER_PAIRS) {
    list.push(atMost(`pair of ${bytes} bytes: ebb / glibc`, 1.0, ratio(row(rows, `pair ${bytes}`), 'glibc')))
  }
  const workloads = sharesOf('workloads', rows, 'glibc')
  list.push(
    atMost('workloads: ebb / glibc, worst', 1.1, worstOf(workloads)),
    atMost('workloads: ebb / glibc, geometric mean', 0.6, meanOf(workloads)),
  )
  for (const count of ['1e5', '1e6']) {
    for (const order of ['in order', 'shuffled']) {
      const name = `read int32, ${count} ${order}`
      list.push(atMost(`${name}: ebb / property of an object`, 1.2, ratio(row(rows, name), 'objects')))
      for (const verb of ['read x', 'read tag', 'read x, y, tag']) {
        const field = `${verb} of ${count} records, ${order}`
        list.push(atMost(`${field}: ebb / property of an object`, 1.2, ratio(row(rows, field), 'objects')))
      }
    }
  }
  return [...list, ...shapeBounds(rows), ...textBounds(rows)]
}

/** As a table, and why what is missed is; what this run did not measure is left out. */
export function promiseReport(list: readonly Bound[]): string {
  const known = list.filter(({ value }) => value !== undefined)
  if (known.length === 0) return ''
  const lines = known.map((promise) => [
    promise.name,
    `${promise.isUpper ? '<=' : '>='} ${digits(promise.bound)}`,
    digits(promise.value!),
    isKept(promise) ? 'PASS' : 'MISS',
  ])
  return `## What must hold\n\n${table(['', 'bound', 'value', ''], lines)}${whyMissed(known)}`
}

/** Each reason once, with the bounds that it is for. */
function whyMissed(list: readonly Bound[]): string {
  const names = new Map<string, string[]>()
  for (const promise of list) {
    if (isKept(promise)) continue
    const reason = reasonFor(promise.name) ?? 'not known'
    names.set(reason, [...(names.get(reason) ?? []), promise.name])
  }
  return [...names].map(([reason, missed]) => `\n\nMissed: ${missed.join('; ')}. Why: ${reason}.`).join('')
}
