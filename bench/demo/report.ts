/** What the demo shows at its end: a chart for the terminal, a table, a picture. */
import { cpus } from 'node:os'
import { styleText } from 'node:util'
import { blue, darkgray, plot, red } from 'asciichart'
import Table from 'cli-table3'
import { median } from '../common/quantile'
import { MIB } from '../common/table'
import type { Chart } from '../graphs/chart'
import { lineChart } from '../graphs/lines'
import { ARM_TITLES } from './players'
import type { Curve, Observed } from './watch'
import { LARGE_PROGRAM, SHORT_PROGRAM, type WorkSize } from './work'

/** After the drop ebb may hold this share of its peak growth. */
const BOUND = 0.1

const byName = (observed: readonly Observed[], arm: string): Observed => observed.find((one) => one.arm === arm)!

const between = (curve: Curve, from: number, to: number): number[] =>
  curve.filter(([seconds]) => seconds >= from && seconds <= to).map(([, bytes]) => bytes)

/** Growth in bytes: the most, after the drop and its idle moment, in the middle of the simulations. */
function figures({ resident, phases }: Observed): { peak: number; dropped: number; short: number } {
  return {
    peak: Math.max(...resident.map(([, bytes]) => bytes)),
    dropped: phases.simulate.growth,
    short: median(between(resident, phases.simulate.seconds, phases.end.seconds)),
  }
}

/** Whether what ebb promises was seen. */
export function isHeld(observed: readonly Observed[]): boolean {
  const { peak, dropped } = figures(byName(observed, 'ebb'))
  return dropped <= BOUND * peak
}

/** Resident growth of both arms and live bytes, as text. Each arm has its own pace; the phases are drawn equally wide. */
export function terminalChart(observed: readonly Observed[]): string {
  const columns = Math.max(40, Math.min(96, (process.stdout.columns ?? 100) - 14))
  const buffer = byName(observed, 'Buffer')
  const ebb = byName(observed, 'ebb')
  const end = Math.max(...observed.map((one) => one.phases.end.seconds))
  const lines = [ebb.live, buffer.resident, ebb.resident].map((curve) => resample(curve, end, columns))
  const chart = plot(lines, {
    height: 16,
    colors: [darkgray, red, blue],
    format: (value) => value.toFixed(0).padStart(8),
  })
  const key = [
    styleText('red', `-- ${ARM_TITLES.Buffer}`),
    styleText('blue', `-- ${ARM_TITLES.ebb}`),
    styleText('gray', '-- live bytes (of the ebb arm)'),
  ]
  return `    MiB  resident growth over ${end.toFixed(1)} s\n${chart}\n          ${key.join('   ')}`
}

/** MiB at equal distances; after a curve's end, its last value. */
function resample(curve: Curve, end: number, columns: number): number[] {
  let index = 0
  return Array.from({ length: columns }, (_, column) => {
    const seconds = (column * end) / (columns - 1)
    while (index + 1 < curve.length && curve[index + 1]![0] <= seconds) index++
    return Math.max(0, curve[index]![1] / MIB)
  })
}

const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

/** The table, and whether the bound is held. */
export function summary(observed: readonly Observed[], size: WorkSize): string {
  const rows = ['resident growth at its peak', '  live bytes', 'after the drop', '  live bytes', '  share of the peak']
  rows.push(
    `during ${size.simulations} simulations (median)`,
    '  live bytes',
    'seconds of work',
    '  of them simulations',
    '  CPU seconds of all threads',
  )
  rows.push('checksum of all that was read back')
  const table = new Table({
    head: ['', ...observed.map(({ arm }) => ARM_TITLES[arm])],
    colAligns: ['left', ...observed.map(() => 'right' as const)],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  const columns = observed.map((one) => {
    const { peak, dropped, short } = figures(one)
    const { drop, simulate, end } = one.phases
    return [
      inMib(peak),
      inMib(drop.liveBytes),
      inMib(dropped),
      inMib(simulate.liveBytes),
      percent(dropped, peak),
      inMib(short),
      inMib(median(between(one.live, simulate.seconds + 0.05, end.seconds))),
      one.busySeconds.toFixed(2),
      one.simulationSeconds.toFixed(2),
      one.cpuSeconds.toFixed(2),
      (one.checksum >>> 0).toString(16).padStart(8, '0'),
    ]
  })
  for (const [index, row] of rows.entries()) table.push([row, ...columns.map((column) => column[index]!)])
  const { peak, dropped } = figures(byName(observed, 'ebb'))
  const verdict = isHeld(observed) ? styleText('green', 'PASS') : styleText('red', 'MISS')
  const same = new Set(observed.map((one) => one.checksum)).size === 1 ? 'same' : styleText('red', 'DIFFERENT')
  return [
    table.toString(),
    `${verdict}  after the drop ebb holds ${percent(dropped, peak)} of its peak growth (bound: ${100 * BOUND} %)`,
    `Both arms carried out the same requests of ${size.copies} x "${LARGE_PROGRAM}" and ${size.simulations} x "${SHORT_PROGRAM}"; what they read back is the ${same}.`,
  ].join('\n')
}

/** The same as a picture. */
export function picture(observed: readonly Observed[], size: WorkSize): Chart {
  const buffer = byName(observed, 'Buffer')
  const ebb = byName(observed, 'ebb')
  const points = (curve: Curve, end: number): [number, number][] =>
    curve.filter(([seconds]) => seconds >= 0 && seconds <= end).map(([seconds, bytes]) => [seconds, bytes / MIB])
  const own = figures(ebb)
  const other = figures(buffer)
  return lineChart({
    title: 'Resident memory after a large computation',
    subtitle: `After the drop and 2 s of idling: ebb ${inMib(own.dropped)}, Buffers ${inMib(other.dropped)}, live ${inMib(ebb.phases.simulate.liveBytes)}. Lower is better.`,
    xLabel: 'seconds (each process at its own pace)',
    yLabel: 'growth of the resident set, MiB',
    series: [
      {
        name: `Buffer.allocUnsafe (${buffer.cpuSeconds.toFixed(1)} CPU s)`,
        points: points(buffer.resident, buffer.phases.end.seconds),
      },
      {
        name: `ebb (${ebb.cpuSeconds.toFixed(1)} CPU s)`,
        role: 'ebb',
        points: points(ebb.resident, ebb.phases.end.seconds),
      },
      { name: 'live bytes, ebb', role: 'live', isDashed: true, points: points(ebb.live, ebb.phases.end.seconds) },
    ],
    caption:
      `Two fresh Node processes carry out the same requests of recorded Python programs: ${size.copies} copies of one that parses ` +
      `source files, until they hold most; then all records but 1 in 1000 are dropped, 2 s of idling, then ${size.simulations} ` +
      `short simulations. One keeps its records in Buffers, one in ebb with its default decay. Resident sets sampled from outside every 50 ms. ` +
      `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}.`,
  })
}
