/** Rows of `npm run bench:collections` for dicts and caches: each subject in a process of its own, rounds in turn, medians. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median } from '../common/quantile'
import { digits } from '../common/table'
import type { ListRow } from './list'

type Figures = Readonly<Record<string, number>>

function once(what: string, arm: string, keys: string, count: number): Figures {
  const script = join(__dirname, 'child.js')
  const args = ['--expose-gc', '--max-old-space-size=8192', script, what, arm, keys, String(count)]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${what} ${arm} ${keys} ${count}: ${stderr}`)
  return JSON.parse(stdout) as Figures
}

/** Figures of several arms, each the median (or another one) over rounds in which they take turns. */
function inTurn(
  what: string,
  arms: readonly string[],
  keys: string,
  count: number,
  rounds: number,
  of: (figures: number[]) => number = median,
): Figures[] {
  const all = arms.map((): Figures[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, arm] of arms.entries()) {
      const figures = once(what, arm, keys, count)
      process.stderr.write(`${what} ${arm} ${keys} ${count} ${JSON.stringify(figures)}\n`)
      all[i]?.push(figures)
    }
  return all.map((figures) => {
    const names = Object.keys(figures[0] ?? {})
    return Object.fromEntries(names.map((name) => [name, of(figures.map((one) => one[name] ?? Number.NaN))]))
  })
}

const powerOf = (count: number): string => count.toExponential(0).replace('+', '')
const below = (name: string, value: number, bound: number, beside: string): ListRow => ({
  name,
  bound: String(bound),
  measured: `${digits(value)} (${beside})`,
  isHeld: value <= bound,
})

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
    // Of the best round: a scheduler that takes the processor away lengthens the others.
    const best = (figures: number[]): number => Math.min(...figures)
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
  }
  const { perEntry } = once('small', 'ebb', 'i32', 100)
  rows.push(below('1000 dicts of 100 entries: bytes an entry', perEntry as number, 40, 'i32 -> f64'))
  const [each] = inTurn('moves', ['ebb'], 'str', 5e5, isQuick ? 1 : 3) as [Figures]
  const [one, many] = [each.one as number, each.many as number]
  rows.push(below('1000 dicts: compact() a block, of one dict', many / one, 1.2, `${digits(many)} : ${digits(one)} ns`))
  return rows
}

function caches(isQuick: boolean): ListRow[] {
  const count = isQuick ? 4e5 : 4e6
  const arms = ['lru-cache', 'ebb', 'ebb-into']
  const [lru, ebb, into] = inTurn('cache', arms, 'zipf', count, isQuick ? 1 : 3) as [Figures, Figures, Figures]
  const scans = once('cache', 'ebb', 'scans', count)
  const more = (ebb.hits as number) - (lru.hits as number)
  return [
    below(
      'Cache: time of a request, of lru-cache',
      (ebb.ns as number) / (lru.ns as number),
      0.75,
      `${digits(ebb.ns as number)} : ${digits(lru.ns as number)} ns`,
    ),
    below(
      'Cache: resident, of lru-cache',
      (ebb.resident as number) / (lru.resident as number),
      0.35,
      `${digits((ebb.resident as number) / 1e6)} MB`,
    ),
    below(
      'Cache by getInto: time of a request, of lru-cache',
      (into.ns as number) / (lru.ns as number),
      0.75,
      `${digits(into.ns as number)} : ${digits(lru.ns as number)} ns`,
    ),
    below(
      'Cache by getInto: resident, of lru-cache',
      (into.resident as number) / (lru.resident as number),
      0.35,
      `${digits((into.resident as number) / 1e6)} MB`,
    ),
    {
      name: 'Cache: hits more than lru-cache, points',
      bound: '6',
      measured: `${digits(more)} (${digits(ebb.hits as number)} %)`,
      isHeld: more >= 6,
    },
    below(
      'Cache: longest 1000 requests, ms',
      ebb.longestMs as number,
      8,
      `lru-cache ${digits(lru.longestMs as number)}`,
    ),
    {
      name: 'Cache: hits with 25 % of one-time keys, %',
      bound: '51',
      measured: digits(scans.hits as number),
      isHeld: (scans.hits as number) >= 51,
    },
  ]
}

function many(): ListRow[] {
  const ten = once('huge', 'ebb', 'i32', 1e7)
  const hundred = once('huge', 'ebb', 'i32', 1e8)
  const ratio = (hundred.ns as number) / (ten.ns as number)
  return [
    below('Dict i32 -> i32, 1e8: set, of 1e7', ratio, 2, `${digits(hundred.ns as number)} ns; Map stops at 1.7e7`),
  ]
}

/** All rows of dicts and caches. */
export function dictRows(isQuick: boolean): ListRow[] {
  const counts = isQuick ? COUNTS.slice(0, 1) : COUNTS
  const rounds = isQuick ? 1 : 3
  return [
    ...times('i32', counts, rounds),
    ...times('str', counts, rounds),
    ...growth(isQuick),
    ...caches(isQuick),
    ...(isQuick ? [] : many()),
  ]
}
