/**
 * `npm run bench:guard`: this tree against another revision, interleaved in one run: a change that costs speed is seen before it lands.
 *
 *     npm run bench:guard                              the working tree against HEAD
 *     npm run bench:guard -- v0.1.0 churn              against a tag; only rows with "churn" in their name
 *     npm run bench:guard -- main 'one long loop'      the traces in a shape that bench/traces/shapes.ts names: only where it is asked for
 *     npm run bench:guard -- main --node 24            both sides on another Node: 20 to 26 (fetched into build/platforms), or its path
 *     npm run bench:guard -- main --rounds 30 --bound 1.03
 *
 * Each row is measured twice, with new processes: once the tree's is started first, once the base's; within each the two take turns, and
 * who begins changes from round to round. A round gives one ratio, time of the tree / time of the base. Shown are the medians
 * of both orders, and as the row's ratio the square root of their product, in which what the order does cancels out; beside it the
 * ratio of the fastest rounds. Traces and workloads are timed by the CPU time of their processes, which a loaded machine disturbs less
 * than the clock. Ends with 1 where a row's ratio is above the bound.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { fetchNode } from './common/nodes'
import { median, quantile } from './common/quantile'
import { projectRoot } from './common/root'
import { digits, table } from './common/table'
import { startNodeArm } from './speed/arms'
import { EBB_DETACHED, SHAPE_ARMS } from './speed/js-arms'
import type { Task } from './speed/protocol'
import { geometricMean, measured } from './speed/report'
import { buildRevision } from './speed/revision'
import { measureRow } from './speed/rounds'
import { type FlatTrace, flatten } from './traces/flat'
import { readTrace, traceNames } from './traces/trace'
import { workloads } from './workloads/workloads'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '16' },
    bound: { type: 'string', default: '1.05' },
    node: { type: 'string', default: process.execPath },
  },
})
const [base = 'HEAD', ...words] = positionals

/** The Node that runs both sides. */
const execPath = /^[\d.]+$/.test(values.node) ? fetchNode(values.node) : values.node

const WORKLOADS = ['churn 1e3', 'churn 1e5', 'burst fifo 2e4', 'glibc-thread', 'mstress', 'growth']

interface Ratio {
  readonly name: string
  /** ns per operation, medians of all rounds. */
  readonly tree: number
  readonly base: number
  /** Medians of the rounds' ratios, by who was started first. */
  readonly treeFirst: number
  readonly baseFirst: number
  readonly ratio: number
  /** Ratio of the fastest rounds of both sides. */
  readonly fastest: number
  /** Half of all rounds lie between these two. */
  readonly low: number
  readonly high: number
}

/** A row before it is known which side is started first. */
interface Guarded {
  readonly name: string
  readonly isTrace: boolean
  task(): Task
}

function guarded(): Guarded[] {
  const trace = (name: string, arm: string, make: () => FlatTrace): Guarded => ({
    name,
    isTrace: true,
    task: () => ({ kind: 'trace', arm, trace: make(), isCpuTime: true }),
  })
  const single = (name: string, single: string, isShuffled: boolean, isAlone = false): Guarded => ({
    name,
    isTrace: false,
    task: () => ({
      kind: 'single',
      arm: 'ebb',
      single,
      options: { byteLength: 48, count: 1e5, isShuffled, isAlone, milliseconds: 60 },
    }),
  })
  const all = [
    ...traceNames().map((name) => trace(name, 'ebb', () => flatten(readTrace(name)))),
    ...traceNames().map((name) => trace(`${name} after a detach`, EBB_DETACHED, () => flatten(readTrace(name)))),
    ...workloads(false)
      .filter(({ name }) => WORKLOADS.includes(name))
      .map(({ name, make }) => trace(name, 'ebb', () => flatten(make()))),
    single('pair 48', 'pair', false),
    single('pair 48, nothing else live', 'pair', false, true),
    single('read int32 1e5', 'read int32', true),
    single('write int32 1e5', 'write int32', true),
    single('record step 1e5', 'record step', false),
    single('bytes() of 48', 'view', false),
  ]
  if (words.length === 0) return all
  const shapes = traceNames().flatMap((name) =>
    SHAPE_ARMS.map((arm) => trace(`${name}, ${arm}`, arm, () => flatten(readTrace(name)))),
  )
  return [...all, ...shapes].filter(({ name }) => words.some((word) => name.includes(word)))
}

type Side = 'tree' | 'base'

/** Rounds of one row with new processes, started in this order; ns of each round, by side. */
async function measureInOrder(
  { name, isTrace }: Guarded,
  task: Task,
  libraries: Readonly<Record<Side, string>>,
  order: readonly Side[],
  rounds: number,
): Promise<Record<Side, readonly number[]>> {
  const arms = order.map((side) => ({
    name: side,
    start: () => startNodeArm(task, { library: libraries[side], execPath }, side),
  }))
  const row = await measureRow(
    { group: 'guard', name, note: '', isReplay: isTrace, arms: () => arms },
    { rounds, warmUps: 2 },
  )
  const roundsOf = (side: Side): readonly number[] => {
    const entry = measured(row, side)
    if (entry === undefined) throw new Error(`${name} was not measured`)
    return entry.rounds
  }
  return { tree: roundsOf('tree'), base: roundsOf('base') }
}

async function ratioOf(row: Guarded, libraries: Readonly<Record<Side, string>>, rounds: number): Promise<Ratio> {
  const task = row.task()
  const first = await measureInOrder(row, task, libraries, ['tree', 'base'], rounds / 2)
  const second = await measureInOrder(row, task, libraries, ['base', 'tree'], rounds / 2)
  const ratios = [first, second].map(({ tree, base }) => tree.map((ns, i) => ns / base[i]!))
  const [tree, base] = [
    [...first.tree, ...second.tree],
    [...first.base, ...second.base],
  ]
  const [treeFirst, baseFirst] = [median(ratios[0]!), median(ratios[1]!)]
  return {
    name: row.name,
    tree: median(tree),
    base: median(base),
    treeFirst,
    baseFirst,
    ratio: Math.sqrt(treeFirst * baseFirst),
    fastest: Math.min(...tree) / Math.min(...base),
    low: quantile(ratios.flat(), 0.25),
    high: quantile(ratios.flat(), 0.75),
  }
}

/** What a Node calls itself. */
function versionOf(binary: string): string {
  const { status, stdout, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`--node takes a version or a path, got ${values.node}: ${error?.message ?? stdout}`)
  return stdout.trim()
}

async function main(): Promise<void> {
  const rounds = Number(values.rounds)
  const bound = Number(values.bound)
  if (!(rounds >= 2 && rounds % 2 === 0)) throw new RangeError(`--rounds takes an even number, got ${values.rounds}`)
  if (!(bound > 0)) throw new RangeError(`--bound takes a ratio such as 1.05, got ${values.bound}`)
  const node = versionOf(execPath)
  const rows = guarded()
  if (rows.length === 0) throw new Error(`no row has ${words.join(' or ')} in its name`)
  const { revision, library } = buildRevision(base)
  const libraries = { tree: join(projectRoot(), 'dist', 'index.js'), base: library }
  const machine = describeMachine()
  console.log(`${machineLine(machine)}\nboth on Node ${node}; base: ${revision}; ${rounds} interleaved rounds`)
  const ratios: Ratio[] = []
  for (const row of rows) {
    process.stderr.write(`${row.name}\n`)
    ratios.push(await ratioOf(row, libraries, rounds))
  }
  console.log(`\n${report(ratios, revision, bound)}`)
  console.log(`\n${writeJson('bench-guard', { machine, node, base: revision, rounds, bound, ratios })}`)
  if (ratios.some(({ ratio }) => ratio > bound)) process.exitCode = 1
}

function report(ratios: readonly Ratio[], revision: string, bound: number): string {
  const verdict = ({ ratio, low, high }: Ratio): string =>
    ratio > bound ? 'MISS' : low > 1 ? 'PASS, slower' : high < 1 ? 'PASS, faster' : 'PASS'
  const lines = ratios.map((ratio) => [
    ratio.name,
    digits(ratio.tree),
    digits(ratio.base),
    ratio.treeFirst.toFixed(3),
    ratio.baseFirst.toFixed(3),
    ratio.ratio.toFixed(3),
    ratio.fastest.toFixed(3),
    `${ratio.low.toFixed(3)} - ${ratio.high.toFixed(3)}`,
    verdict(ratio),
  ])
  lines.push(['geometric mean', '', '', '', '', geometricMean(ratios.map(({ ratio }) => ratio)).toFixed(3), '', '', ''])
  const title = `at most ${bound}`
  const head = [
    '',
    'tree, ns',
    `${revision}, ns`,
    'tree first',
    'base first',
    'ratio',
    'fastest',
    'half of the rounds',
    title,
  ]
  return table(head, lines)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
