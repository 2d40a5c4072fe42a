/** The screen of `ebb top`, as lines: a pure function of the looks so far. */
import type { HeapReport } from '../../heap/door'
import { showFindings } from '../advice/finding'
import { ofThread } from '../advice/heap-rules'
import { type ProcessFacts, processFindings } from '../advice/process-rules'
import { areaChart, sparkline } from './bars'
import { type Ink, printable, withoutInk } from './ink'
import type { Point } from './scale'
import { table } from './table'
import { plural, showBytes, showCount, showShare } from './units'

const POOL_BYTES = 4096

/** Lines of the chart, and how few heaps may be shown before it gets smaller. */
const CHART = { most: 10, least: 4 } as const
const HEAPS_SHOWN = 3
/** Looks that the trend of a heap shows. */
const TREND = 8

/** A line of figures, in parts that are left out from the right where there is no room. */
function fitting(parts: readonly string[], columns: number): string {
  let line = ''
  for (const part of parts) {
    const longer = line === '' ? part : `${line}   ${part}`
    if (withoutInk(longer).length > columns) break
    line = longer
  }
  return line
}

/** Bytes resident, by the kernel where it can be seen, else by the process's own word. */
const residentOf = ({ proc, asked }: ProcessFacts): number => proc?.resident ?? asked?.memory.rss ?? 0

const heapsOf = ({ asked }: ProcessFacts): HeapReport[] => asked?.copies.flatMap(({ heaps }) => heaps) ?? []

function titleOf({ proc, asked }: ProcessFacts, ink: Ink): string {
  const pid = asked?.pid ?? proc?.pid
  const name = printable(proc?.name ?? asked?.title ?? '')
  const node = asked === undefined ? '' : `, Node ${printable(asked.versions.node)}`
  return ink('bold', `ebb top: process ${pid} (${name})${node}`)
}

function figuresOf(facts: ProcessFacts, ink: Ink): string[] {
  const { proc, asked } = facts
  const figure = (name: string, value: string): string => `${ink('dim', name)} ${value}`
  const parts = [figure('resident', ink('bold', showBytes(residentOf(facts))))]
  if (proc?.hasAddon === true && proc.regionsResident !== undefined)
    parts.push(figure('of it ebb', showBytes(proc.regionsResident)))
  if (asked !== undefined) {
    parts.push(
      figure('V8 heap', showBytes(asked.memory.heapTotal)),
      figure('external', showBytes(asked.memory.external)),
    )
  }
  if (proc?.peak !== undefined) parts.push(figure('peak', showBytes(proc.peak)))
  const { cgroup } = proc ?? {}
  if (cgroup !== undefined) {
    const limit = Math.min(cgroup.limit, cgroup.high)
    const of = Number.isFinite(limit) ? ` of ${showBytes(limit)}` : ''
    parts.push(figure('group', `${showBytes(cgroup.usage)}${of}`))
  }
  if (proc?.mappings !== undefined) parts.push(figure('mappings', showCount(proc.mappings)))
  return parts
}

/** What matters less stands to the right, where a narrow window cuts it off. */
const HEAD = ['heap', 'trend', 'live', 'resident', 'mapped', 'in pools', 'dirty', 'back/s', 'blocks', 'arenas', 'large']

function heapRow(heap: HeapReport, before: HeapReport | undefined, seconds: number, trend: string): string[] {
  const { stats, limit } = heap
  const back =
    before === undefined || seconds <= 0 ? undefined : (stats.discardedBytes - before.stats.discardedBytes) / seconds
  return [
    (heap.name === '' ? '(no name)' : printable(heap.name)).slice(0, 24) + ofThread(heap),
    trend,
    showBytes(stats.liveBytes),
    showBytes(stats.residentBytes),
    showBytes(stats.mappedBytes) + (limit === null ? '' : ` ${showShare(stats.mappedBytes / limit)}`),
    showBytes(stats.freeBlockBytes),
    showBytes(stats.dirtyPools * POOL_BYTES + stats.keptBytes),
    back === undefined || back < 0 ? '' : showBytes(back),
    showCount(stats.blocks),
    showCount(stats.arenas),
    showCount(stats.largeBlocks),
  ]
}

/** Resident bytes of the heap at a place, over the last looks. */
function trend(looks: readonly ProcessFacts[], place: number, name: string): string {
  const last = looks.slice(-TREND).map((look) => heapsOf(look)[place])
  const values = last.map((heap) => (heap?.name === name ? heap.stats.residentBytes : 0))
  return sparkline(values, TREND)
}

function heapLines(looks: readonly ProcessFacts[], room: number, ink: Ink): string[] {
  const [before, now] = [looks.at(-2), looks.at(-1) as ProcessFacts]
  if (now.asked === undefined) {
    return [ink('dim', 'To see its heaps: node --inspect=PORT, or kill -USR1 PID; then ebb top --inspect PORT.')]
  }
  const heaps = heapsOf(now)
  if (heaps.length === 0) return [ink('dim', 'It has no heap of ebb that is open.')]
  const earlier = before === undefined ? [] : heapsOf(before)
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000
  const order = heaps.map((heap, place) => [heap, earlier[place], trend(looks, place, heap.name)] as const)
  order.sort(([a], [b]) => b.stats.residentBytes - a.stats.residentBytes)
  const shown = order.slice(0, order.length > room ? room - 1 : room)
  const rows = shown.map(([heap, then, line]) =>
    heapRow(heap, then?.name === heap.name ? then : undefined, seconds, ink('blue', line)),
  )
  const lines = table([HEAD.map((text) => ink('dim', text)), ...rows])
  const rest = order.length - shown.length
  if (rest > 0) lines.push(ink('dim', `and ${plural(rest, 'heap')} more, with less resident`))
  return lines
}

/**
 * The screen.
 * @param looks - oldest first, at least one
 * @param interval - milliseconds between looks
 * @param keys - the line at the bottom
 * @returns at most `rows` lines
 */
export function screen(
  looks: readonly ProcessFacts[],
  { columns, rows, interval, keys }: { columns: number; rows: number; interval: number; keys: string },
  ink: Ink,
): string[] {
  const now = looks.at(-1) as ProcessFacts
  const before = looks.at(-2)
  const findings = processFindings(now, before).filter(({ level }) => level !== 'PASS')
  const heaps = Math.max(HEAPS_SHOWN, heapsOf(now).length) + 1
  const advice = showFindings(findings, ink, columns)
  const fixed = 2 + 2 + 1 + 2 + (keys === '' ? 0 : 1)
  const height = Math.max(CHART.least, Math.min(CHART.most, rows - fixed - heaps - Math.min(advice.length, 4)))
  const span = Math.max(1, columns - 14)
  const seen = looks.slice(-span)
  // The newest look stands at the right end.
  const end = (span - 1) * interval
  const points = seen.map((look): Point => [Math.max(0, end - (now.at - look.at)), residentOf(look)])
  const lines = [
    fitting([titleOf(now, ink)], columns),
    fitting(figuresOf(now, ink), columns),
    '',
    ...recent(points, end, columns, height, ink),
    '',
    ...heapLines(looks, Math.max(HEAPS_SHOWN, rows - fixed - height - 3), ink).map((line) => cut(line, columns)),
  ]
  const left = rows - lines.length - (keys === '' ? 0 : 1) - 1
  if (left > 0 && advice.length > 0) lines.push('', ...advice.slice(0, left))
  const shown = lines.slice(0, rows - (keys === '' ? 0 : 1))
  if (keys === '') return shown
  while (shown.length < rows - 1) shown.push('')
  return [...shown, ink('dim', cut(keys, columns))]
}

/** The chart without its axis of time: that says how long ago instead. */
function recent(points: readonly Point[], end: number, columns: number, height: number, ink: Ink): string[] {
  const first = points[0]?.[0] ?? 0
  const shown: Point[] = first > 0 ? [[0, 0], [Math.max(0, first - 1), 0], ...points] : [...points]
  const chart = areaChart(shown, end, columns, height, ink, (ms) =>
    ms === end ? 'now' : `-${Math.round((end - ms) / 1000)} s`,
  )
  return chart
}

/** A line that fits: without its colours where it has to be cut. */
function cut(line: string, columns: number): string {
  const plain = withoutInk(line)
  return plain.length <= columns ? line : plain.slice(0, columns).trimEnd()
}
