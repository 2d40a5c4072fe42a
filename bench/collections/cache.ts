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
  // What the keys and values of as many hits and misses make V8 take, without any cache.
  const none = once('cache', 'none', 'zipf', count)
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
      `${megabytes(ebb)} : ${megabytes(lru)} MB; ${megabytes(none)} without a cache`,
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
      `${megabytes(into)} : ${megabytes(lru)} MB; ${megabytes(none)} without a cache`,
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
