/** The talk's second experiment: recorded programs, and how much more than their live bytes an allocator holds while they run. */

import { MIB, table } from '../common/table'
import { barChart } from '../graphs/bars'
import { saveChart } from '../graphs/chart'
import { lineChart } from '../graphs/lines'
import { isInstalled, nativePeers, PeerProcess } from '../peers/peers'
import { liveCurve } from '../traces/live'
import { readTrace, type Trace, traceNames } from '../traces/trace'
import { type Context, doing, say, sum, withFlat } from './context'
import { type Arm, EBB, EBB_AT_ONCE, openArm } from './drivers'

const SAMPLES = 200

/** Traces with fewer live bytes are printed, but nothing is promised of them. */
const PROMISED_FROM = MIB

/** tcmalloc is printed beside those that the bound names. */
const RIVALS = ['pymalloc', 'glibc', 'jemalloc', 'mimalloc']

interface Row {
  readonly arm: string
  readonly role: 'ebb' | 'peer'
  readonly missing?: string
  /** Resident growth after each stretch, bytes. */
  readonly growth: readonly number[]
  /** Integral of resident growth over integral of live bytes. */
  readonly ratio: number
  /** ebb: the same for what the kernel says of the heap's own pages. */
  readonly ownRatio?: number
}

export async function programs(context: Context, names = traceNames()): Promise<void> {
  const results: Record<string, unknown> = {}
  for (const name of names) {
    const trace = readTrace(name)
    const every = Math.ceil(trace.operations / SAMPLES)
    const live = liveCurve(trace, every)
    const rows = await withFlat(trace, (file) => rowsOf(trace, file, every, live))
    report(trace, rows)
    promise(context, trace, rows)
    await chart(context, trace, every, live, rows)
    results[name] = { every, liveBytes: [...live], rows }
  }
  context.results.programs = results
  await summaryChart(context, results as Record<string, { rows: Row[] }>)
}

async function rowsOf(trace: Trace, file: string, every: number, live: Float64Array): Promise<Row[]> {
  const rows: Row[] = []
  const total = sum(live)
  for (const arm of [EBB_AT_ONCE, EBB]) {
    doing(`${trace.name}: ${arm.name}`)
    const growth = await sampleEbb(arm, file, every, 'process')
    const own = await sampleEbb(arm, file, every, 'own pages')
    rows.push({ arm: arm.name, role: 'ebb', growth, ratio: sum(growth) / total, ownRatio: sum(own) / total })
  }
  for (const peer of nativePeers()) {
    doing(`${trace.name}: ${peer.name}`)
    if (!isInstalled(peer)) {
      rows.push({ arm: peer.name, role: 'peer', missing: peer.missing, growth: [], ratio: Number.NaN })
      continue
    }
    const driver = new PeerProcess(peer)
    await driver.load(file)
    const { samples, residentSum, liveSum } = await driver.sample(every)
    await driver.close()
    const growth = samples.map(([, resident]) => resident)
    rows.push({ arm: peer.name, role: 'peer', growth, ratio: residentSum / liveSum })
  }
  return rows
}

/**
 * As in the native driver the process reads its own smaps_rollup after the same operations. The heap is new; the code was compiled by
 * replays on other heaps, as the C program's was by its compiler.
 */
async function sampleEbb(arm: Arm, file: string, every: number, what: 'process' | 'own pages'): Promise<number[]> {
  const driver = await openArm(arm, file, 'whole')
  try {
    return (await driver.ask({ do: 'sample', every, what })).growth
  } finally {
    await driver.close()
  }
}

function report(trace: Trace, rows: readonly Row[]): void {
  const peak = (trace.peakLiveBytes / MIB).toFixed(1)
  say(`\n${trace.name}: ${trace.source}; peak of live bytes ${peak} MiB. Resident growth over live bytes, integrals`)
  const lines = rows.map(({ arm, missing, ratio, ownRatio, growth }) =>
    missing !== undefined
      ? [arm, missing, '', '']
      : [arm, ratio.toFixed(3), ownRatio?.toFixed(3) ?? '', (Math.max(...growth) / MIB).toFixed(1)],
  )
  say(table(['', 'process', 'own pages', 'peak MiB'], lines))
}

function promise({ promises }: Context, trace: Trace, rows: readonly Row[]): void {
  if (trace.peakLiveBytes < PROMISED_FROM) return
  const rivals = rows.filter(({ arm, missing }) => RIVALS.includes(arm) && missing === undefined)
  if (rivals.length === 0) return
  const best = rivals.reduce((a, b) => (b.ratio < a.ratio ? b : a))
  const atOnce = rows.find(({ arm }) => arm === EBB_AT_ONCE.name)!
  const byDefault = rows.find(({ arm }) => arm === EBB.name)!
  promises.push(
    {
      name: `${trace.name}: resident over live, decay 0`,
      bound: `below ${best.ratio.toFixed(3)} (${best.arm}, best of ${rivals.length})`,
      measured: `${atOnce.ratio.toFixed(3)} (own pages ${atOnce.ownRatio?.toFixed(3)})`,
      isHeld: atOnce.ratio < best.ratio,
    },
    {
      name: `${trace.name}: resident over live, default decay`,
      bound: `at most ${best.ratio.toFixed(3)} (${best.arm})`,
      measured: `${byDefault.ratio.toFixed(3)} (own pages ${byDefault.ownRatio?.toFixed(3)})`,
      isHeld: byDefault.ratio <= best.ratio,
    },
  )
}

async function chart(
  context: Context,
  trace: Trace,
  every: number,
  live: Float64Array,
  rows: readonly Row[],
): Promise<void> {
  const points = (bytes: ArrayLike<number>): (readonly [number, number])[] =>
    Array.from(bytes, (value, index) => [
      (Math.min(trace.operations, (index + 1) * every) / 1e6) as number,
      value / MIB,
    ])
  await saveChart(
    `out/rss/program-${trace.name}`,
    lineChart({
      title: `Resident memory while "${trace.name}" runs`,
      subtitle:
        'Growth of the resident set beside the bytes that the program holds. Closer to the dashed line is better.',
      xLabel: 'million requests',
      yLabel: 'MiB',
      series: [
        ...rows
          .filter(({ missing }) => missing === undefined)
          .map(({ arm, role, growth, ratio }) => ({
            name: `${arm} (${ratio.toFixed(2)})`,
            role,
            points: points(growth),
          })),
        { name: 'live bytes', role: 'live', isDashed: true, points: points(live) },
      ],
      caption: `In brackets: integral of resident growth over integral of live bytes. ${context.machine}`,
    }),
    context.image(`program-${trace.name}`),
  )
}

async function summaryChart(context: Context, results: Record<string, { rows: Row[] }>): Promise<void> {
  const bars = Object.entries(results).flatMap(([group, { rows }]) =>
    rows
      .filter(({ missing }) => missing === undefined)
      .map(({ arm, role, ratio }) => ({ group, label: arm, role, value: ratio })),
  )
  await saveChart(
    'out/rss/programs',
    barChart({
      title: 'Memory held for each byte in use, over recorded programs',
      subtitle: 'Integral of resident growth over integral of live bytes. Lower is better.',
      xLabel: 'bytes resident for each live byte',
      bars,
      caption: `The whole process, read by itself from smaps_rollup at ${SAMPLES} points of each program. ${context.machine}`,
    }),
    context.image('programs'),
  )
}
