/**
 * `npm run bench:load`: what `require('ebb')` and a first block cost a fresh process, beside modules of Node and packages that many programs
 * load. Each is loaded in a process of its own, the processes take turns. Memory is told in two parts: a process's own pages, and pages
 * of files, most of them of the node binary, which every program touches as it uses more of Node and which the kernel shares and may drop.
 *
 *     npm run bench:load                          31 processes of each
 *     npm run bench:load -- --quick               3
 *     npm run bench:load -- --nodes 22,24,26      ebb on these versions of Node too (fetched into build/platforms)
 *     npm run bench:load -- --write               puts the results into docs/performance.md
 *
 * Ends with 1 if a bound is missed.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDocument } from './common/document'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { fetchNode } from './common/nodes'
import { medians } from './common/quantile'
import { projectRoot } from './common/root'
import { digits, megabytes, table } from './common/table'
import type { Loaded } from './load/child'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    nodes: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const isQuick = values.quick
const ROUNDS = isQuick ? 3 : 31

/** What is loaded beside ebb. */
const OTHERS = ['node:http', 'node:crypto', 'lru-cache', 'cli-table3', '@opentelemetry/api', 'ajv'] as const
const BOUNDS = { ms: 12, resident: 3e6 } as const
const CHILD = join(__dirname, 'load', 'child.js')
const EBB = [join(projectRoot(), 'dist', 'index.js'), '--heap']

/** A row: what is loaded, and by which Node. */
interface Plan {
  readonly name: string
  readonly words: readonly string[]
  readonly execPath: string
}

function loadInProcess({ name, words, execPath }: Plan): Loaded {
  const { stdout, stderr, status } = spawnSync(execPath, [CHILD, ...words], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name}: ${stderr}`)
  return JSON.parse(stdout) as Loaded
}

function plans(): Plan[] {
  const { execPath } = process
  const nodes = (values.nodes?.split(',') ?? []).map((version) => ({
    name: `ebb and a first block, Node ${version}`,
    words: EBB,
    execPath: fetchNode(version.trim()),
  }))
  const others = OTHERS.map((name) => ({ name, words: [name], execPath }))
  return [{ name: 'ebb and a first block', words: EBB, execPath }, ...nodes, ...others]
}

/** Why the resident set of a load misses its bound: its two parts. */
const whyResident = ({ own, files }: Loaded): string =>
  `${megabytes(own)} MB of own pages, ${megabytes(files)} of files, most of the node binary`

function main(): void {
  const all = plans()
  const rounds: Loaded[][] = all.map(() => [])
  for (let round = 0; round < ROUNDS; round++) all.forEach((plan, i) => void rounds[i]!.push(loadInProcess(plan)))
  const results = all.map(({ name }, i) => ({ name, ...medians<keyof Loaded>(rounds[i]!) }))
  const machine = describeMachine()
  const head = `${machineLine(machine)}; medians of ${ROUNDS} processes${isQuick ? ' (quick: not to be quoted)' : ''}`
  const lines = results.map(({ name, ms, resident, own, files }) => [
    name,
    digits(ms),
    megabytes(resident),
    megabytes(own),
    megabytes(files),
  ])
  const [ebb] = results
  const bounds = [
    ['ms', digits(BOUNDS.ms), digits(ebb!.ms), ebb!.ms <= BOUNDS.ms ? 'PASS' : 'MISS'],
    [
      'resident, MB',
      digits(BOUNDS.resident / 1e6),
      megabytes(ebb!.resident),
      ebb!.resident <= BOUNDS.resident ? 'PASS' : `MISS: ${whyResident(ebb!)}`,
    ],
  ]
  const text = [
    table(['loaded', 'ms', 'resident, MB', 'own pages', 'pages of files'], lines),
    table(['ebb and a first block', 'at most', 'measured', ''], bounds),
  ].join('\n\n')
  console.log(`${head}\n\n${text}\n\n${writeJson('bench-load', { machine, isQuick, results })}`)
  if (values.write) writeDocument('performance.md', 'load', `${head}\n\n${text}`)
  if (bounds.some(([, , , verdict]) => verdict !== 'PASS')) process.exitCode = 1
}

main()
