/** A recording of the memory of a process: what `ebb record` writes and `ebb report` reads. As JSON, or as the CSV of `ebb/rss`. */
import type { LineChart } from './draw/line-svg'
import { lineSvg } from './draw/line-svg'
import type { Point } from './draw/scale'
import { showBytes, showTime } from './draw/units'
import { CliError } from './exit'

/** One look. Bytes, as `ebb/rss` has them; what the kernel does not tell is left out. */
export interface Sample {
  /** Milliseconds since the recording began. */
  readonly ms: number
  readonly resident: number
  readonly proportional?: number | undefined
  readonly anonymous?: number | undefined
  readonly peak?: number | undefined
  readonly hugePages?: number | undefined
  readonly cgroup?: number | undefined
  readonly mark?: string
}

export interface Recording {
  readonly format: 'ebb-record'
  readonly version: 1
  /** What was recorded: a command line, or a process. */
  readonly title: string
  readonly pid?: number | undefined
  /** ISO 8601. */
  readonly startedAt?: string | undefined
  /** Milliseconds between looks. */
  readonly interval?: number | undefined
  /** How the command ended. */
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly samples: readonly Sample[]
}

/** Figures that are drawn, in the order of their colours. */
const FIGURES = [
  ['resident', 'resident (RSS)'],
  ['anonymous', 'anonymous'],
  ['proportional', 'proportional (PSS)'],
] as const

/** Numbers of a sample, in the order of the CSV. */
const NUMBERS = ['ms', 'resident', 'proportional', 'anonymous', 'peak', 'hugePages', 'cgroup'] as const

/** Points of a figure; none where it was not told. */
export const pointsOf = ({ samples }: Recording, figure: (typeof NUMBERS)[number]): Point[] =>
  samples.flatMap((sample) => (sample[figure] === undefined ? [] : [[sample.ms, sample[figure] as number] as const]))

/** Milliseconds from the first look to the last. */
export const lengthOf = ({ samples }: Recording): number => samples.at(-1)?.ms ?? 0

/** First, most and last of a figure, as text. */
export function summary(recording: Recording): (readonly [name: string, first: string, most: string, last: string])[] {
  return FIGURES.flatMap(([figure, name]) => {
    const values = pointsOf(recording, figure).map(([, value]) => value)
    if (values.length === 0) return []
    const most = values.reduce((a, b) => Math.max(a, b))
    return [[name, showBytes(values[0] as number), showBytes(most), showBytes(values.at(-1) as number)] as const]
  })
}

/** The largest resident set that the kernel knows of: it may lie between two looks. */
export const peakOf = ({ samples }: Recording): number | undefined =>
  samples.findLast(({ peak }) => peak !== undefined)?.peak

/** One line: how long, how often, how it ended. */
export function subtitleOf(recording: Recording): string {
  const { samples, interval, exitCode, signal, startedAt } = recording
  const parts = [`${samples.length} ${samples.length === 1 ? 'sample' : 'samples'} in ${showTime(lengthOf(recording))}`]
  if (interval !== undefined) parts.push(`one every ${showTime(interval)}`)
  const peak = peakOf(recording)
  if (peak !== undefined) parts.push(`peak ${showBytes(peak)}`)
  if (signal !== undefined) parts.push(`ended by ${signal}`)
  else if (exitCode !== undefined) parts.push(`ended with ${exitCode}`)
  if (startedAt !== undefined) parts.push(startedAt.slice(0, 16).replace('T', ' '))
  return parts.join(', ')
}

/** The picture of a recording, to stand alone or in a page. */
export function pictureOf(recording: Recording, width: number, height: number, isEmbedded: boolean): string {
  const lines = FIGURES.flatMap(([figure, name]) => {
    const points = pointsOf(recording, figure)
    return points.length === 0 ? [] : [{ name, points, isDashed: figure === 'proportional' }]
  })
  const chart: LineChart = {
    title: recording.title,
    subtitle: subtitleOf(recording),
    lines,
    end: lengthOf(recording),
    marks: recording.samples.flatMap(({ ms, mark }) => (mark === undefined ? [] : [[ms, mark] as const])),
    ...{ width, height, isEmbedded },
  }
  return lineSvg(chart)
}

/**
 * Reads a recording.
 * @param name - of the file, for messages
 * @returns undefined for a text that is neither JSON of `ebb record` nor CSV of `ebb/rss`
 * @throws CliError `file` for one that is damaged
 */
export function readRecording(text: string, name: string): Recording | undefined {
  if (/^\uFEFF?ms,resident\b/.test(text)) return readCsv(text, name)
  const value = parseJson(text) as Partial<Recording> | undefined
  if (value?.format !== 'ebb-record') return undefined
  if (value.version !== 1)
    throw new CliError('file', `ebb: ${name} is a recording of version ${String(value.version)}, and 1 is known`)
  const { samples } = value
  if (!Array.isArray(samples) || samples.length === 0) throw new CliError('file', `ebb: ${name} has no samples`)
  for (const [i, sample] of samples.entries()) checkSample(sample, `${name}: sample ${i + 1}`)
  return { ...(value as Recording), title: String(value.title ?? name) }
}

/** The value of a JSON text; undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checkSample(sample: unknown, where: string): void {
  for (const key of NUMBERS) {
    const value = (sample as Record<string, unknown> | null)?.[key]
    if (value === undefined && key !== 'ms' && key !== 'resident') continue
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new CliError('file', `ebb: ${where} has no ${key} that is a number from 0 on, got ${JSON.stringify(value)}`)
    }
  }
}

function readCsv(text: string, name: string): Recording {
  const [head, ...rows] = csvRows(text.replace(/^\uFEFF/, ''))
  const columns = head as string[]
  const samples = rows.map((row, i): Sample => {
    const sample: Record<string, number | string> = {}
    columns.forEach((column, c) => {
      const cell = row[c] ?? ''
      if (cell !== '') sample[column] = column === 'mark' ? cell : Number(cell)
    })
    checkSample(sample, `${name}: line ${i + 2}`)
    return sample as unknown as Sample
  })
  if (samples.length === 0) throw new CliError('file', `ebb: ${name} has no samples`)
  // The clock of a sample without a recorder is that of the epoch.
  const start = (samples[0] as Sample).ms
  const isEpoch = start > 1e11
  return {
    ...{ format: 'ebb-record', version: 1, title: name },
    samples: isEpoch ? samples.map((sample) => ({ ...sample, ms: sample.ms - start })) : samples,
  }
}

/** Rows of cells (RFC 4180). */
function csvRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, separator] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (separator === ',') continue
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}
