/** Rows of `npm run bench:collections` for dicts. */
import { digits } from '../common/table'
import { below, best, type Figures, inTurn, once, powerOf } from './child-rows'
import type { ListRow } from './list'

/** Bounds by operation, for 1e3, 1e5, 1e6 and 1e7 entries: a share of Map's time. */
const TIMES = {
  i32: { get: [1.1, 0.7, 0.6, 0.5], set: [1.2, 0.8, 0.6, 0.4], delete: [1.2, 1.1, 0.8, 0.6] },
  str: { get: [1.3, 0.7, 0.6, 0.6], set: [1.2, 1, 0.8, 0.6] },
} as const
const COUNTS = [1e3, 1e5, 1e6, 1e7]

function times(keys: 'i32' | 'str', counts: readonly number[], rounds: number): ListRow[] {
  const rows: ListRow[] = []
  for (const [i, count] of counts.entries()) {
    const [map, ebb] = inTurn('times', ['map', 'ebb'], keys, count, count < 1e7 ? rounds : 1) as [Figures, Figures]
    const row = (operation: string, bound: number): void => {
      const ours = ebb[operation] as number
      const theirs = map[operation] as number
      const name = `Dict ${keys} -> f64, ${powerOf(count)}: ${operation}, of Map`
      rows.push(below(name, ours / theirs, bound, `${digits(ours)} : ${digits(theirs)} ns`))
    }
    for (const [operation, bounds] of Object.entries(TIMES[keys])) row(operation, bounds[i] as number)
    if (count === 1e6 && keys === 'str') {
      row('miss', 0.5)
      row('again', 1)
    }
    if (count === 1e6) row('values', 3)
  }
  return rows
}

/** Bounds of the longest set in ms, and of resident bytes an entry. */
const GROWTH = [
  ['i32', 3, 26],
  ['str', 6, 50],
] as const

function growth(isQuick: boolean): ListRow[] {
  const rows: ListRow[] = []
  for (const [keys, longest, perEntry] of isQuick ? GROWTH.slice(0, 1) : GROWTH) {
    const kinds = `Dict ${keys} -> f64`
    const many = isQuick ? 1e6 : 1e7
    const [ours] = inTurn('longest', ['ebb'], keys, many, isQuick ? 1 : 3, best) as [Figures]
    const theirs = once('longest', 'map', keys, many)
    rows.push(
      below(
        `${kinds}: longest 64 sets to ${powerOf(many)}, CPU ms`,
        ours.longest as number,
        longest,
        `Map ${digits(theirs.longest as number)}`,
      ),
    )
    const half = isQuick ? 5e5 : 5e6
    const [map, ebb] = inTurn('collector', ['map', 'ebb'], keys, half, 1) as [Figures, Figures]
    rows.push(
      below(`${kinds}: mark-compacts while filling ${powerOf(half)}`, ebb.majors as number, 0, `Map ${map.majors}`),
    )
    rows.push(
      below(`${kinds}: a full collection then, ms`, ebb.full as number, 25, `Map ${digits(map.full as number)}`),
    )
    const [full, held] = inTurn('resident', ['map', 'ebb'], keys, 1e6, isQuick ? 1 : 3) as [Figures, Figures]
    rows.push(
      below(
        `${kinds}: resident bytes an entry, 1e6`,
        held.perEntry as number,
        perEntry,
        `Map ${digits(full.perEntry as number)}`,
      ),
    )
    rows.push(
      below(
        `${kinds}: resident after 95 % deleted, of the full`,
        held.share as number,
        0.12,
        `Map ${digits(full.share as number)}`,
      ),
    )
    rows.push(below(`${kinds}: the same, of live bytes`, held.ofLive as number, 1.3, 'nobody calls anything'))
    const [large] = inTurn('resident', ['ebb'], keys, half, isQuick ? 1 : 3) as [Figures]
    rows.push(
      below(`${kinds}: the same, ${powerOf(half)} entries`, large.ofLive as number, 1.3, 'nobody calls anything'),
    )
  }
  const { perEntry } = once('small', 'ebb', 'i32', 100)
  rows.push(below('1000 dicts of 100 entries: bytes an entry', perEntry as number, 40, 'i32 -> f64'))
  const [each] = inTurn('moves', ['ebb'], 'str', 5e5, isQuick ? 1 : 3) as [Figures]
  const [one, many] = [each.one as number, each.many as number]
  rows.push(below('1000 dicts: compact() a block, of one dict', many / one, 1.2, `${digits(many)} : ${digits(one)} ns`))
  return rows
}

function many(): ListRow[] {
  const ten = once('huge', 'ebb', 'i32', 1e7)
  const hundred = once('huge', 'ebb', 'i32', 1e8)
  const ratio = (hundred.ns as number) / (ten.ns as number)
  return [
    below('Dict i32 -> i32, 1e8: set, of 1e7', ratio, 2, `${digits(hundred.ns as number)} ns; Map stops at 1.7e7`),
  ]
}

/** All rows of dicts. */
export function dictRows(isQuick: boolean): ListRow[] {
  const counts = isQuick ? COUNTS.slice(0, 1) : COUNTS
  const rounds = isQuick ? 1 : 3
  return [
    ...times('i32', counts, rounds),
    ...times('str', counts, rounds),
    ...growth(isQuick),
    ...(isQuick ? [] : many()),
  ]
}
