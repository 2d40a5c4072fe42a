/** Tables of a group of rows: time, ebb's share of each peer's time, and memory. */

import { digits, megabytes, table } from '../common/table'
import { isMeasured, type Measured, type MeasuredRow } from './rounds'

/** The measured arm of that name in a row. */
export function measured(row: MeasuredRow | undefined, arm: string): Measured | undefined {
  const entry = row?.arms.find((candidate) => candidate.arm === arm)
  return entry !== undefined && isMeasured(entry) ? entry : undefined
}

const REFERENCE = 'ebb'

/** ebb's time as a share of the arm's; undefined where one of them is missing. */
export function ratio(row: MeasuredRow | undefined, arm: string): number | undefined {
  const ebb = measured(row, REFERENCE)
  const other = measured(row, arm)
  return ebb === undefined || other === undefined ? undefined : ebb.ns / other.ns
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

/** Arms of all rows, in the order of their first appearance. */
function armNames(rows: readonly MeasuredRow[]): string[] {
  return [...new Set(rows.flatMap((row) => row.arms.map(({ arm }) => arm)))]
}

function cells(rows: readonly MeasuredRow[], arms: readonly string[], show: (row: MeasuredRow, arm: string) => string) {
  return rows.map((row) => [row.name, ...arms.map((arm) => show(row, arm))])
}

/** Why arms are missing, each reason once. */
function missingNotes(rows: readonly MeasuredRow[]): string[] {
  const notes = new Map<string, string[]>()
  for (const row of rows) {
    for (const entry of row.arms) {
      if (isMeasured(entry)) continue
      const key = `${entry.arm}: ${entry.missing}`
      notes.set(key, [...(notes.get(key) ?? []), row.name])
    }
  }
  return [...notes].map(
    ([note, names]) => `missing ${note}${names.length < rows.length ? ` (${names.join(', ')})` : ''}`,
  )
}

export function groupReport(group: string, rows: readonly MeasuredRow[]): string {
  const arms = armNames(rows)
  const time = (row: MeasuredRow, arm: string): string => {
    const entry = measured(row, arm)
    return entry === undefined ? '-' : digits(entry.ns)
  }
  const share = (row: MeasuredRow, arm: string): string => {
    const value = ratio(row, arm)
    return value === undefined ? '-' : value.toFixed(2)
  }
  const others = arms.filter((arm) => arm !== REFERENCE)
  const shares = cells(rows, others, share)
  if (rows.length > 1) {
    const means = others.map((arm) => {
      const values = rows.map((row) => ratio(row, arm)).filter((value) => value !== undefined)
      return values.length === 0 ? '-' : geometricMean(values).toFixed(2)
    })
    shares.push(['geometric mean', ...means])
  }
  return [
    `## ${group}: ns per operation`,
    table(['', ...arms], cells(rows, arms, time)),
    `## ${group}: time of ebb / time of the other (below 1: ebb is faster)`,
    table(['', ...others], shares),
    ...memoryReport(group, rows, arms),
    ...missingNotes(rows),
  ].join('\n\n')
}

function memoryReport(group: string, rows: readonly MeasuredRow[], arms: readonly string[]): string[] {
  if (!rows.some((row) => row.arms.some((entry) => isMeasured(entry) && entry.peakBytes !== undefined))) return []
  const memory = (row: MeasuredRow, arm: string): string => {
    const bytes = measured(row, arm)?.peakBytes
    return bytes === undefined ? '-' : megabytes(bytes)
  }
  const idle = rows.map((row) => {
    const ebb = measured(row, REFERENCE)
    const values = [ebb?.ns, ebb?.low, ebb?.high, ebb?.afterIdle]
    return [row.name, ...values.map((value) => (value === undefined ? '-' : digits(value)))]
  })
  return [
    `## ${group}: MB that the process grew to at its peak`,
    table(['', ...arms], cells(rows, arms, memory)),
    `## ${group}: ebb in detail, ns per operation`,
    table(['', 'median', '25 %', '75 %', 'after idling'], idle),
  ]
}
