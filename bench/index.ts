/**
 * `npm run bench`: how fast ebb is beside native allocators and beside what JavaScript offers.
 *
 *     npm run bench                          everything: about ten minutes
 *     npm run bench -- traces                groups (traces, shapes, busy, workloads, pairs, accessors, records, views, text) or parts of names of rows
 *     npm run bench -- --quick               under a minute; few rounds, numbers not to be quoted
 *     npm run bench -- traces --nodes 22,24  the recorded traces on these versions of Node too
 *     npm run bench -- pairs text --node 24  these on another Node: 20 to 26 (fetched into build/platforms)
 *     npm run bench -- traces --arms pymalloc,glibc   only these beside ebb
 *     npm run bench -- --rounds 15
 *     npm run bench -- --write               puts the results into docs/performance.md
 */
import { parseArgs } from 'node:util'
import { writeDocument } from './common/document'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { fetchNode, runOnNode } from './common/nodes'
import { peerLine } from './peers/peers'
import { charts } from './speed/charts'
import { promiseReport, promises } from './speed/must-hold'
import { groupReport } from './speed/report'
import { type MeasuredRow, measureRow } from './speed/rounds'
import { rows } from './speed/rows'
import { isShapeGroup, shapeReport } from './speed/shape-rows'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    nodes: { type: 'string' },
    node: { type: 'string' },
    arms: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

/** Arms of the recorded traces on other Nodes: label, and how each is started. */
const otherNodes = (versions: readonly string[]) =>
  versions.map((version) => ({
    label: `ebb, Node ${version.split('.')[0]}`,
    options: { execPath: fetchNode(version.trim()) },
  }))

const reportOf = (group: string, own: readonly MeasuredRow[]): string =>
  isShapeGroup(group) ? shapeReport(group, own) : groupReport(group, own)

async function main(): Promise<void> {
  const isQuick = values.quick
  const rounds = values.rounds === undefined ? (isQuick ? 3 : 9) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds must be a whole number from 1, got ${values.rounds}`)
  const nodes = otherNodes(values.nodes?.split(',') ?? [])
  const { plans, peers } = rows({ isQuick, nodes, arms: values.arms?.split(',') }, positionals)
  if (plans.length === 0) throw new Error(`no row has ${positionals.join(' or ')} in its name`)
  const machine = describeMachine()
  const quick = isQuick ? ' (quick: not to be quoted)' : ''
  const head = [machineLine(machine), peerLine(peers), `${rounds} interleaved rounds${quick}`].join('\n')
  console.log(head)
  const results: MeasuredRow[] = []
  for (const plan of plans) {
    process.stderr.write(`${results.length + 1}/${plans.length} ${plan.name}\n`)
    results.push(await measureRow(plan, { rounds, warmUps: isQuick ? 1 : 2 }))
  }
  const groups = [...new Set(results.map((row) => row.group))]
  const bounds = promises(
    results,
    nodes.map(({ label }) => label),
  )
  const own = (group: string): MeasuredRow[] => results.filter((row) => row.group === group)
  const parts = [promiseReport(bounds), ...groups.map((group) => reportOf(group, own(group)))]
  console.log(`\n${parts.join('\n\n')}`)
  const file = writeJson('bench', { machine, peers, isQuick, rounds, results, bounds })
  if (values.write)
    writeDocument('performance.md', 'speed', `${head.replaceAll('\n', '\\\n')}\n\n${parts.join('\n\n')}`)
  console.log(`\n${[file, ...(await charts(results, machineLine(machine)))].join('\n')}`)
}

if (!runOnNode(values.node))
  main().catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
