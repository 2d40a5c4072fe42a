/** Charts of a run: time beside memory, one bar for each arm, grouped by row. */
import { join } from 'node:path'
import { projectRoot } from '../common/root'
import { digits, megabytes } from '../common/table'
import { type Bar, barChart } from '../graphs/bars'
import { saveChart } from '../graphs/chart'
import { SHAPE_ARMS } from './js-arms'
import { isMeasured, type Measured, type MeasuredRow } from './rounds'

/** What a chart shows of a measured arm. */
interface Aspect {
  readonly file: string
  readonly title: string
  readonly xLabel: string
  value(entry: Measured): number | undefined
  text(value: number): string
}

const ASPECTS: readonly Aspect[] = [
  {
    file: 'time',
    title: 'time per operation',
    xLabel: 'ns per operation (median of interleaved rounds)',
    value: ({ ns }) => ns,
    text: (value) => `${digits(value)} ns`,
  },
  {
    file: 'memory',
    title: 'memory at the peak',
    xLabel: 'growth of the resident set at its peak, MB',
    value: ({ peakBytes }) => (peakBytes === undefined ? undefined : peakBytes / 1e6),
    text: (value) => `${megabytes(value * 1e6)} MB`,
  },
]

/** More than this many times the best bar of its row, a bar is cut; its text tells the value. */
const CUT = 12

/** Writes out/bench-GROUP-ASPECT.svg for each group of rows that has it. Returns the files. */
export async function charts(rows: readonly MeasuredRow[], caption: string): Promise<string[]> {
  const files: string[] = []
  for (const group of new Set(rows.map((row) => row.group))) {
    const own = rows.filter((row) => row.group === group)
    for (const aspect of ASPECTS) {
      const bars = own.flatMap((row) => barsOf(row, aspect))
      if (bars.length === 0) continue
      const base = join(projectRoot(), 'out', `bench-${group}-${aspect.file}`)
      const title = `${group}: ${aspect.title}`
      const subtitle = `Shorter is better. Bars of more than ${CUT} times the shortest of their row are cut.`
      files.push(...(await saveChart(base, barChart({ title, subtitle, xLabel: aspect.xLabel, bars, caption }))))
    }
  }
  return files
}

function barsOf(row: MeasuredRow, aspect: Aspect): Bar[] {
  const values: { arm: string; value: number }[] = []
  for (const entry of row.arms) {
    const value = isMeasured(entry) ? aspect.value(entry) : undefined
    if (value !== undefined) values.push({ arm: entry.arm, value })
  }
  const longest = CUT * Math.min(...values.map(({ value }) => value))
  return values.map(({ arm, value }) => ({
    label: arm,
    group: row.name,
    value: Math.min(value, longest),
    text: aspect.text(value) + (value > longest ? ' (cut)' : ''),
    role: arm.startsWith('ebb') || SHAPE_ARMS.includes(arm) ? 'ebb' : 'peer',
  }))
}
