/**
 * `npm run bench:scale`: what an operation costs with a thousand to fifty million live blocks, beside native allocators; what the books take;
 * how long stats() and close() take; and the longest single calls of a million.
 *
 *     npm run bench:scale                    up to 5e7 blocks (7 GB), as far as free memory goes
 *     npm run bench:scale -- --quick         up to 1e6
 *     npm run bench:scale -- --most 1e7
 *     npm run bench:scale -- --least 1e7
 *     npm run bench:scale -- --part fresh    phases, fresh or pauses alone
 *     npm run bench:scale -- --alone         without the native allocators
 *     npm run bench:scale -- --node 24       on another Node: 20 to 26 (fetched into build/platforms)
 *     npm run bench:scale -- --write         puts the results into docs/performance.md
 */

import { freemem } from 'node:os'
import { parseArgs } from 'node:util'
import { writeDocument } from './common/document'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { runOnNode } from './common/nodes'
import { medians } from './common/quantile'
import { digits, table } from './common/table'
import { saveChart } from './graphs/chart'
import { lineChart } from './graphs/lines'
import { isInstalled, nativePeers, peerLine } from './peers/peers'
import { type FreshPoint, freshAt, freshReport, measureFresh } from './speed/fresh'
import { atMost, type Bound, promiseReport } from './speed/must-hold'
import { measurePauses, pauseReport } from './speed/pauses'
import { type PhaseArm, type Phases, startNative, startNode } from './speed/phases'
import { flatten } from './traces/flat'
import { churn } from './workloads/basic'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    most: { type: 'string' },
    least: { type: 'string' },
    part: { type: 'string' },
    alone: { type: 'boolean', default: false },
    node: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

/** Live blocks of 16 to 256 bytes. */
const COUNTS = [1e3, 1e4, 1e5, 1e6, 1e7, 5e7] as const
const PEERS = ['glibc', 'pymalloc', 'mimalloc']

/** Bytes of memory that a count takes: the blocks, the trace twice, tables. */
const BYTES_PER_BLOCK = 230
/** From here on arms are measured one after the other: their heaps would not fit into memory together. */
const ALONE_FROM = 1e7

/** Medians of one arm at one count. */
interface Point extends Phases {
  readonly arm: string
  readonly live: number
}

function roundsOf(live: number, isQuick: boolean): number {
  if (live >= 1e7) return 3
  return isQuick ? 3 : live >= 1e6 ? 7 : 15
}

/** Starts of all arms on one trace; ebb is the first. */
function startsOf(live: number): (() => Promise<PhaseArm>)[] {
  const replaced = Math.min(2e6, Math.max(1e5, live))
  const trace = flatten(churn(live, replaced))
  const drain = live + 2 * replaced
  const starts: (() => Promise<PhaseArm>)[] = [() => startNode(trace, live, drain)]
  for (const peer of nativePeers()) {
    if (!values.alone && PEERS.includes(peer.name) && isInstalled(peer))
      starts.push(() => startNative(peer, trace, live, drain))
  }
  return starts
}

async function startAll(live: number): Promise<PhaseArm[]> {
  const arms: PhaseArm[] = []
  for (const start of startsOf(live)) arms.push(await start())
  return arms
}

async function measureCount(live: number, isQuick: boolean): Promise<Point[]> {
  const rounds = roundsOf(live, isQuick)
  const starts = startsOf(live)
  const points: Point[] = []
  const isAlone = live >= ALONE_FROM
  const groups = isAlone ? starts.map((start) => [start]) : [starts]
  // The host of a virtual machine provides memory when it is first touched: the first arm would pay for all of them.
  if (isAlone) await measureTogether(starts.slice(-1), live, 1)
  for (const group of groups) points.push(...(await measureTogether(group, live, rounds)))
  return points
}

async function measureTogether(starts: (() => Promise<PhaseArm>)[], live: number, rounds: number): Promise<Point[]> {
  const arms: PhaseArm[] = []
  for (const start of starts) arms.push(await start())
  const found = arms.map((): Phases[] => [])
  // The first round is a warm-up, except where a round takes so long that nothing of it is warm in the next.
  for (let round = rounds > 3 ? -1 : 0; round < rounds; round++) {
    for (const [i, arm] of arms.entries()) {
      const phases = await arm.round()
      if (round >= 0) found[i]!.push(phases)
    }
  }
  const points: Point[] = []
  for (const [i, arm] of arms.entries()) {
    points.push({ arm: arm.name, live, ...medians<keyof Phases>(found[i]!), ...(await arm.end()) })
  }
  return points
}

const count = (live: number): string => live.toExponential().replace('+', '')
const milliseconds = (ns: number | undefined): string => (ns === undefined ? '-' : digits(ns / 1e6))

function costReport(points: readonly Point[]): string {
  const arms = [...new Set(points.map(({ arm }) => arm))]
  const lives = [...new Set(points.map(({ live }) => live))]
  const at = (arm: string, live: number): Point | undefined =>
    points.find((point) => point.arm === arm && point.live === live)
  const parts: string[] = []
  for (const phase of ['fill', 'churn', 'drain'] as const) {
    const lines = lives.map((live) => [
      count(live),
      ...arms.map((arm) => digits(at(arm, live)?.[phase] ?? Number.NaN)),
      ...arms.slice(1).map((arm) => ((at('ebb', live)?.[phase] ?? 0) / (at(arm, live)?.[phase] ?? 0)).toFixed(2)),
    ])
    const head = ['live blocks', ...arms, ...arms.slice(1).map((arm) => `ebb / ${arm}`)]
    parts.push(`## ${phase}: ns per operation`, table(head, lines))
  }
  const books = lives.map((live) => {
    const point = at('ebb', live)
    const glibc = at('glibc', live)
    return [
      count(live),
      digits((point?.bookBytes ?? 0) / live),
      digits((point?.resident ?? 0) / live),
      digits((glibc?.resident ?? 0) / live),
      milliseconds(point?.statsNs),
      milliseconds(point?.closeNs),
    ]
  })
  const head = ['live blocks', 'books, B/block', 'resident, B/block', 'glibc, B/block', 'stats(), ms', 'close(), ms']
  parts.push('## The books and the whole heap (blocks of 136 bytes on average)', table(head, books))
  return parts.join('\n\n')
}

/** What must hold. */
function bounds(points: readonly Point[], fresh: readonly FreshPoint[]): Bound[] {
  const at = (arm: string, live: number): Point | undefined =>
    points.find((point) => point.arm === arm && point.live === live)
  const over = (one: number | undefined, other: number | undefined): number | undefined =>
    one === undefined || other === undefined ? undefined : one / other
  const list = [1e3, 1e4, 1e5, 1e6].map((live) =>
    atMost(
      `fill of ${count(live)} into fresh memory: ebb / pymalloc`,
      1,
      over(freshAt(fresh, 'ebb', live)?.ns, freshAt(fresh, 'pymalloc', live)?.ns),
    ),
  )
  const flat = (['fill', 'churn', 'drain'] as const).map((phase) =>
    atMost(`${phase} at 5e7 / at 1e7`, 2, over(at('ebb', 5e7)?.[phase], at('ebb', 1e7)?.[phase])),
  )
  const full = atMost('fill of 1e7: ebb / pymalloc', 1, over(at('ebb', 1e7)?.fill, at('pymalloc', 1e7)?.fill))
  return [...list, full, ...flat]
}

async function costChart(points: readonly Point[], caption: string): Promise<string[]> {
  const arms = [...new Set(points.map(({ arm }) => arm))]
  return saveChart(
    'out/bench-scale',
    lineChart({
      title: 'Replacing a random block, by the number of live blocks',
      subtitle:
        'Lower is better. A flat line is an allocator that does not care; caches and page tables bend every one.',
      xLabel: 'live blocks of 16 to 256 bytes',
      yLabel: 'ns per operation',
      xScale: 'log',
      hasDots: true,
      caption,
      series: arms.map((arm) => ({
        name: arm,
        role: arm === 'ebb' ? 'ebb' : 'peer',
        points: points.filter((point) => point.arm === arm).map(({ live, churn }) => [live, churn] as const),
      })),
    }),
  )
}

async function measureCounts(least: number, most: number, isQuick: boolean): Promise<Point[]> {
  const points: Point[] = []
  for (const live of COUNTS) {
    if (live < least) continue
    if (live > most) break
    if (live * BYTES_PER_BLOCK > freemem()) {
      console.log(`\n${count(live)} blocks are left out: they need ${digits((live * BYTES_PER_BLOCK) / 1e9)} GB`)
      break
    }
    process.stderr.write(`${count(live)} live blocks\n`)
    points.push(...(await measureCount(live, isQuick)))
  }
  return points
}

async function main(): Promise<void> {
  const isQuick = values.quick
  const most = values.most === undefined ? (isQuick ? 1e6 : 5e7) : Number(values.most)
  const machine = describeMachine()
  const line = machineLine(machine)
  console.log(`${line}\n${peerLine(nativePeers())}`)
  const has = (part: string): boolean => values.part === undefined || values.part === part
  const points = has('phases') ? await measureCounts(Number(values.least ?? 0), most, isQuick) : []
  const fresh = has('fresh') ? await measureFresh(startAll, most, isQuick) : []
  const pauses = has('pauses') ? await measurePauses(isQuick ? 1e5 : 1e6) : []
  const text = [
    points.length > 0 ? costReport(points) : '',
    fresh.length > 0 ? freshReport(fresh) : '',
    promiseReport(bounds(points, fresh)),
    pauses.length > 0 ? pauseReport(pauses) : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
  console.log(`\n${text}`)
  if (values.write) writeDocument('performance.md', 'scale', `${line}\n\n${text}`)
  const file = writeJson('bench-scale', { machine, isQuick, points, fresh, pauses })
  console.log(`\n${[file, ...(points.length > 0 ? await costChart(points, line) : [])].join('\n')}`)
}

if (!runOnNode(values.node))
  main().catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
