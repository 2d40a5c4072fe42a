/** Rows of `npm run bench:collections` for caches: beside lru-cache, with the same budget. */
import { digits } from '../common/table'
import { below, type Figures, inTurn, once } from './child-rows'
import type { ListRow } from './list'

const megabytes = (figures: Figures): string => digits((figures.resident as number) / 1e6)

/** All rows of caches. */
export function cacheRows(isQuick: boolean): ListRow[] {
  const count = isQuick ? 4e5 : 4e6
  const arms = ['lru-cache', 'ebb', 'ebb-into']
  const [lru, ebb, into] = inTurn('cache', arms, 'zipf', count, isQuick ? 1 : 3) as [Figures, Figures, Figures]
  const scans = once('cache', 'ebb', 'scans', count)
  const points = (name: string): number => (ebb[name] as number) - (lru[name] as number)
  const hits = (name: string, figures: Figures): string => `${digits(figures[name] as number)} %`
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
      `${megabytes(ebb)} : ${megabytes(lru)} MB`,
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
      `${megabytes(into)} : ${megabytes(lru)} MB`,
    ),
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
