/**
 * `npm run bench:guard`: this tree against another revision, interleaved in one run: a change that costs speed is seen before it lands.
 *
 *     npm run bench:guard                              the working tree against HEAD
 *     npm run bench:guard -- --base v0.1.0 churn       against a tag; only rows with "churn" in their name
 *     npm run bench:guard -- --rounds 21 --fail-above 1.05
 *
 * Prints time of this tree / time of the base. Each round gives one ratio; the median and the quartiles of those are shown: a
 * difference inside the quartiles is noise. Ends with 1 only where --fail-above is given and a row's lower quartile is above it.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { quantile } from './common/quantile'
import { digits, table } from './common/table'
import { startNodeArm } from './speed/arms'
import { flatten } from './speed/flat'
import type { FlatTrace, Task } from './speed/protocol'
import { geometricMean } from './speed/report'
import { buildRevision } from './speed/revision'
import { isMeasured, type MeasuredRow, measureRow, type RowPlan } from './speed/rounds'
import { projectRoot, readTrace, traceNames } from './traces/trace'
import { workloads } from './workloads/workloads'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: 'string', default: 'HEAD' },
    rounds: { type: 'string', default: '15' },
    'fail-above': { type: 'string' },
  },
})

const WORKLOADS = ['churn 1e3', 'churn 1e5', 'burst fifo 2e4', 'glibc-thread', 'mstress', 'growth']

interface Ratio {
  readonly name: string
  readonly tree: number
  readonly base: number
  readonly median: number
  readonly low: number
  readonly high: number
}

function plans(tree: string, base: string): RowPlan[] {
  const both = (name: string, hasMemory: boolean, task: () => Task): RowPlan => ({
    group: 'guard',
    name,
    note: '',
    hasMemory,
    arms: () => {
      const shared = task()
      return [
        { name: 'tree', start: () => startNodeArm(shared, { library: tree }, 'tree') },
        { name: 'base', start: () => startNodeArm(shared, { library: base }, 'base') },
      ]
    },
  })
  const trace = (name: string, make: () => FlatTrace): RowPlan =>
    both(name, true, () => ({ kind: 'trace', arm: 'ebb', trace: make() }))
  const single = (name: string, single: string, isShuffled: boolean, isAlone = false): RowPlan =>
    both(name, false, () => ({
      kind: 'single',
      arm: 'ebb',
      single,
      options: { byteLength: 48, count: 1e5, isShuffled, isAlone, milliseconds: 60 },
    }))
  const all = [
    ...traceNames().map((name) => trace(name, () => flatten(readTrace(name)))),
    ...workloads(false)
      .filter(({ name }) => WORKLOADS.includes(name))
      .map(({ name, make }) => trace(name, () => flatten(make()))),
    single('pair 48', 'pair', false),
    single('pair 48, nothing else live', 'pair', false, true),
    single('read int32 1e5', 'read int32', true),
    single('write int32 1e5', 'write int32', true),
  ]
  return positionals.length === 0 ? all : all.filter(({ name }) => positionals.some((word) => name.includes(word)))
}

function ratioOf(row: MeasuredRow): Ratio {
  const [tree, base] = row.arms
  if (tree === undefined || base === undefined || !isMeasured(tree) || !isMeasured(base)) {
    throw new Error(`${row.name} was not measured`)
  }
  const ratios = tree.rounds.map((ns, i) => ns / base.rounds[i]!)
  return {
    name: row.name,
    tree: tree.ns,
    base: base.ns,
    median: quantile(ratios, 0.5),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
  }
}

const verdict = ({ low, high }: Ratio): string => (low > 1 ? 'slower' : high < 1 ? 'faster' : '')

async function main(): Promise<void> {
  const rounds = Number(values.rounds)
  const failAbove = values['fail-above'] === undefined ? Number.POSITIVE_INFINITY : Number(values['fail-above'])
  if (!(rounds >= 1) || Number.isNaN(failAbove)) throw new RangeError('--rounds and --fail-above take numbers')
  const { revision, library } = buildRevision(values.base)
  const machine = describeMachine()
  console.log(`${machineLine(machine)}\nbase: ${revision}; ${rounds} interleaved rounds`)
  const ratios: Ratio[] = []
  for (const plan of plans(join(projectRoot(), 'dist', 'index.js'), library)) {
    process.stderr.write(`${plan.name}\n`)
    ratios.push(ratioOf(await measureRow(plan, { rounds, warmUps: 2 })))
  }
  const lines = ratios.map((ratio) => [
    ratio.name,
    digits(ratio.tree),
    digits(ratio.base),
    ratio.median.toFixed(3),
    `${ratio.low.toFixed(3)} - ${ratio.high.toFixed(3)}`,
    verdict(ratio),
  ])
  lines.push(['geometric mean', '', '', geometricMean(ratios.map(({ median }) => median)).toFixed(3), '', ''])
  console.log(`\n${table(['', 'tree, ns', `${revision}, ns`, 'ratio', 'half of the rounds', ''], lines)}`)
  console.log(`\n${writeJson('bench-guard', { machine, base: revision, rounds, ratios })}`)
  const failed = ratios.filter(({ low }) => low > failAbove)
  for (const { name, median } of failed) console.log(`${name}: ${median.toFixed(3)} is above ${failAbove}`)
  if (failed.length > 0) process.exitCode = 1
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
