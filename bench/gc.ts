/**
 * `npm run bench:gc`: what ebb means to V8's collector. "accounting": what V8 is told of the space, and the mark-compacts of a busy
 * JavaScript heap with ebb and without, on several runtimes. "growing": what the collector pays while a heap grows to 1 GB
 * beside 150 MB of objects.
 *
 *     npm run bench:gc                          both, on this Node and on those that are in build/platforms already
 *     npm run bench:gc -- accounting            one of them
 *     npm run bench:gc -- accounting --fetch    fetches Node 20, 22, 24, 26 and Deno where they are missing (500 MB)
 *     npm run bench:gc -- --only "Node 24"      only runtimes with this in their name
 *     npm run bench:gc -- --quick               one round, small heaps
 *     npm run bench:gc -- --write               puts the results into docs/performance.md
 *
 * Ends with 1 if a bound is missed.
 */
import { parseArgs } from 'node:util'
import { writeDocument } from './common/document'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { accountingReport, FULL, isAccountingHeld, measureAccounting, QUICK, runtimesHere } from './gc/accounting'
import { saveChart } from './graphs/chart'
import { growingChart, growingReport, growthOf, measureGrowing } from './speed/growing'

const PARTS = ['accounting', 'growing']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    fetch: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})

/** The whole of one part: printed, written where that is wanted; returns what goes into the JSON. */
async function accounting(line: string): Promise<object> {
  const runtimes = runtimesHere(values.fetch).filter(({ name }) => name.includes(values.only))
  if (runtimes.length === 0) throw new Error(`no runtime here has ${JSON.stringify(values.only)} in its name`)
  const results = measureAccounting(runtimes, values.quick ? QUICK : FULL)
  const text = accountingReport(results)
  console.log(`\n${text}`)
  if (values.write) writeDocument('performance.md', 'accounting', `${line}\n\n${text}`)
  if (!isAccountingHeld(results)) process.exitCode = 1
  return results
}

async function growing(line: string): Promise<object> {
  const growth = growthOf(values.quick)
  const results = await measureGrowing(growth)
  const text = growingReport(results, growth)
  console.log(`\n${text}`)
  if (values.write) writeDocument('performance.md', 'gc', `${line}\n\n${text}`)
  console.log(`\n${(await saveChart('out/bench-gc', growingChart(results, growth, line))).join('\n')}`)
  return { growth, results }
}

async function main(): Promise<void> {
  const unknown = positionals.find((word) => !PARTS.includes(word))
  if (unknown !== undefined) throw new Error(`no part ${JSON.stringify(unknown)}; there are ${PARTS.join(', ')}`)
  const wants = (part: string): boolean => positionals.length === 0 || positionals.includes(part)
  const machine = describeMachine()
  const line = machineLine(machine)
  console.log(line)
  const parts = {
    ...(wants('accounting') ? { accounting: await accounting(line) } : {}),
    ...(wants('growing') ? { growing: await growing(line) } : {}),
  }
  console.log(`\n${writeJson('bench-gc', { machine, isQuick: values.quick, ...parts })}`)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
