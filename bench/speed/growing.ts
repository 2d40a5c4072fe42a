/** What V8's collector pays while a heap grows beside JavaScript objects: ebb, Buffers, plain arrays. */
import { medians } from '../common/quantile'
import { digits, MIB, table } from '../common/table'
import { barChart } from '../graphs/bars'
import type { Chart } from '../graphs/chart'
import { NodeProcess } from './arms'
import type { GcOptions } from './protocol'

const ARMS = ['ebb', 'Buffer.allocUnsafe', 'Buffer.allocUnsafeSlow', 'objects'] as const
const BLOCK_BYTES = [256, 4096] as const

type Counts = Readonly<Record<string, number>>
export interface Grown {
  readonly arm: string
  readonly byteLength: number
  /** Medians over the rounds, each in a new process. */
  readonly counts: Counts
}

async function once(arm: string, options: GcOptions): Promise<Counts> {
  const child = new NodeProcess(arm)
  try {
    await child.start({ kind: 'gc', arm, options })
    return await child.ask({ verb: 'inspect' })
  } finally {
    await child.kill()
  }
}

async function measure(arm: string, options: GcOptions, rounds: number): Promise<Grown> {
  process.stderr.write(`${arm}, blocks of ${options.byteLength} bytes\n`)
  const all: Counts[] = []
  for (let round = 0; round < rounds; round++) all.push(await once(arm, options))
  return { arm, byteLength: options.byteLength, counts: medians(all) }
}

const COLUMNS = [
  ['majors', 'mark-compacts', 1],
  ['majorMs', 'their time, ms', 1],
  ['minors', 'scavenges', 1],
  ['minorMs', 'their time, ms', 1],
  ['longestMs', 'longest, ms', 1],
  ['elapsedMs', 'growing took, ms', 1],
  ['resident', 'resident, MB', 1e-6],
] as const

function sizeReport(results: readonly Grown[], byteLength: number): string {
  const lines = results
    .filter((result) => result.byteLength === byteLength)
    .map(({ arm, counts }) => [arm, ...COLUMNS.map(([key, , scale]) => digits((counts[key] ?? Number.NaN) * scale))])
  return `## A heap grows by blocks of ${byteLength} bytes\n\n${table(['', ...COLUMNS.map(([, title]) => title)], lines)}`
}

/** How far a heap grows, and beside how much. Bytes. */
export interface Growth {
  readonly growTo: number
  readonly besides: number
  readonly rounds: number
}

export const growthOf = (isQuick: boolean): Growth =>
  isQuick ? { growTo: 2 ** 27, besides: 30e6, rounds: 1 } : { growTo: 2 ** 30, besides: 150e6, rounds: 3 }

export async function measureGrowing({ growTo, besides, rounds }: Growth): Promise<Grown[]> {
  const results: Grown[] = []
  for (const byteLength of BLOCK_BYTES) {
    for (const arm of ARMS) results.push(await measure(arm, { byteLength, growTo, besides }, rounds))
  }
  return results
}

const about = ({ growTo, besides }: Growth): string => `To ${growTo / MIB} MiB beside ${besides / 1e6} MB of objects.`

export const growingReport = (results: readonly Grown[], growth: Growth): string =>
  [about(growth), ...BLOCK_BYTES.map((byteLength) => sizeReport(results, byteLength))].join('\n\n')

export const growingChart = (results: readonly Grown[], growth: Growth, caption: string): Chart =>
  barChart({
    title: 'Time in the collector while a heap grows',
    subtitle: `${about(growth)} Shorter is better.`,
    xLabel: 'ms in all collections on the main thread',
    caption,
    bars: results.map(({ arm, byteLength, counts }) => ({
      label: arm,
      group: `blocks of ${byteLength} bytes`,
      value: (counts.majorMs ?? 0) + (counts.minorMs ?? 0),
      role: arm === 'ebb' ? ('ebb' as const) : ('peer' as const),
    })),
  })
