/** Rows of `npm run bench:collections` for caches: beside lru-cache, with the same budget. */
import { digits } from '../common/table'
import { below, type Figures, inTurn, once } from './child-rows'
import type { ListRow } from './list'

/** What is compared with lru-cache: name of the row, figure, bound, how it is written. */
const SHARES: readonly (readonly [string, string, number, (figure: number) => string])[] = [
  ['time of a request', 'ns', 0.75, (ns) => `${digits(ns)} ns`],
  ['resident', 'resident', 0.35, (bytes) => `${digits(bytes / 1e6)} MB`],
]

/** All rows of caches. */
export function cacheRows(isQuick: boolean): ListRow[] {
  const count = isQuick ? 4e5 : 4e6
  const arms = ['lru-cache', 'ebb', 'ebb-into']
  const [lru, ebb, into] = inTurn('cache', arms, 'zipf', count, isQuick ? 1 : 3) as [Figures, Figures, Figures]
  const scans = once('cache', 'ebb', 'scans', count)
  const points = (name: string): number => (ebb[name] as number) - (lru[name] as number)
  const hits = (name: string, figures: Figures): string => `${digits(figures[name] as number)} %`
  const shares = (name: string, figures: Figures): ListRow[] =>
    SHARES.map(([what, figure, bound, write]) => {
      const [ours, theirs] = [figures[figure] as number, lru[figure] as number]
      return below(`${name}: ${what}, of lru-cache`, ours / theirs, bound, `${write(ours)} : ${write(theirs)}`)
    })
  return [
    ...shares('Cache', ebb),
    ...shares('Cache by getInto', into),
    {
      name: 'Cache: hits more than lru-cache once full, points',
      bound: '6',
      measured: `${digits(points('hits'))} (${hits('hits', ebb)}); from empty ${digits(points('fromEmpty'))} (${hits('fromEmpty', ebb)})`,
      isHeld: points('hits') >= 6,
    },
    below(
      'Cache: longest 1000 requests, ms',
      ebb.longestMs as number,
      8,
      `lru-cache ${digits(lru.longestMs as number)}`,
    ),
    {
      name: 'Cache: hits once full with 25 % of one-time keys, %',
      bound: '51',
      measured: `${digits(scans.hits as number)}; from empty ${digits(scans.fromEmpty as number)}`,
      isHeld: (scans.hits as number) >= 51,
    },
  ]
}
