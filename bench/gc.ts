/**
 * `npm run bench:gc`: what V8's collector pays while a heap grows to 1 GB beside 150 MB of JavaScript objects: ebb, Buffers, plain arrays.
 *
 *     npm run bench:gc
 *     npm run bench:gc -- --quick      to 128 MB beside 30 MB
 *     npm run bench:gc -- --write      puts the results into docs/performance.md
 */
import { parseArgs } from 'node:util'
import { writeDocument } from './common/document'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { median } from './common/quantile'
import { digits, table } from './common/table'
import { barChart, saveChart } from './graphs/plot'
import { NodeProcess } from './speed/arms'
import type { GcOptions } from './speed/protocol'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})

const ARMS = ['ebb', 'Buffer.allocUnsafe', 'Buffer.allocUnsafeSlow', 'objects'] as const
const BLOCK_BYTES = [256, 4096] as const

type Counts = Readonly<Record<string, number>>
interface Result {
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

async function measure(arm: string, options: GcOptions, rounds: number): Promise<Result> {
  process.stderr.write(`${arm}, blocks of ${options.byteLength} bytes\n`)
  const all: Counts[] = []
  for (let round = 0; round < rounds; round++) all.push(await once(arm, options))
  const counts: Record<string, number> = {}
  for (const key of Object.keys(all[0] ?? {})) counts[key] = median(all.map((round) => round[key] ?? Number.NaN))
  return { arm, byteLength: options.byteLength, counts }
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

function report(results: readonly Result[], byteLength: number): string {
  const lines = results
    .filter((result) => result.byteLength === byteLength)
    .map(({ arm, counts }) => [arm, ...COLUMNS.map(([key, , scale]) => digits((counts[key] ?? Number.NaN) * scale))])
  return `## A heap grows by blocks of ${byteLength} bytes\n\n${table(['', ...COLUMNS.map(([, title]) => title)], lines)}`
}

async function main(): Promise<void> {
  const isQuick = values.quick
  const growTo = isQuick ? 2 ** 27 : 2 ** 30
  const besides = isQuick ? 30e6 : 150e6
  const machine = describeMachine()
  const line = machineLine(machine)
  console.log(`${line}\nThe heap grows to ${growTo / 2 ** 20} MiB beside ${besides / 1e6} MB of objects.`)
  const results: Result[] = []
  for (const byteLength of BLOCK_BYTES) {
    for (const arm of ARMS) results.push(await measure(arm, { byteLength, growTo, besides }, isQuick ? 1 : 3))
  }
  const text = BLOCK_BYTES.map((byteLength) => report(results, byteLength)).join('\n\n')
  console.log(`\n${text}`)
  if (values.write) writeDocument('gc', `${line}\n\n${text}`)
  const file = writeJson('bench-gc', { machine, isQuick, growTo, besides, results })
  const chart = barChart({
    title: 'Time in the collector while a heap grows',
    subtitle: `To ${growTo / 2 ** 20} MiB beside ${besides / 1e6} MB of objects. Shorter is better.`,
    xLabel: 'ms in all collections on the main thread',
    caption: line,
    bars: results.map(({ arm, byteLength, counts }) => ({
      label: arm,
      group: `blocks of ${byteLength} bytes`,
      value: (counts.majorMs ?? 0) + (counts.minorMs ?? 0),
      role: arm === 'ebb' ? ('ebb' as const) : ('peer' as const),
    })),
  })
  console.log(`\n${[file, ...(await saveChart('out/bench-gc', chart))].join('\n')}`)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
