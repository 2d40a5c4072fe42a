/**
 * `npm run demo`: what becomes of a Node process's resident memory after a large computation. Two fresh processes carry out the same
 * requests of real programs; one keeps its records in Buffers, one in ebb.
 *
 *     npm run demo               about 30 s; a chart, a table, out/demo-light.svg, out/demo-dark.svg, out/demo-*.csv
 *     npm run demo -- --quick    fewer copies and simulations
 *     npm run demo -- --publish  copies the pictures to docs/img/ too
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from './common/root'
import type { ArmName } from './demo/players'
import { progressLine } from './demo/progress'
import { isHeld, picture, summary, terminalChart } from './demo/report'
import { type Observed, watchArm } from './demo/watch'
import type { WorkSize } from './demo/work'
import { saveChart } from './graphs/chart'

const FULL: WorkSize = { copies: 8, simulations: 30, idleMs: 2200 }
const QUICK: WorkSize = { copies: 8, simulations: 4, idleMs: 2200 }

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, publish: { type: 'boolean' } } })
  const size = values.quick ? QUICK : FULL
  const started = performance.now()
  const progress = progressLine(process.stdout)
  const observed: Observed[] = []
  for (const arm of ['Buffer', 'ebb'] satisfies ArmName[]) {
    observed.push(await watchArm(arm, size, progress.show))
    progress.end()
  }
  console.log(`\n${terminalChart(observed)}\n`)
  console.log(summary(observed, size))
  const out = join(projectRoot(), 'out')
  mkdirSync(out, { recursive: true })
  for (const { arm, csv } of observed) writeFileSync(join(out, `demo-${arm.toLowerCase()}.csv`), csv)
  const files = await saveChart('out/demo', picture(observed, size), values.publish ? 'demo' : undefined)
  console.log(`\n${files.filter((file) => file.endsWith('.svg')).join('\n')}`)
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`)
  if (!isHeld(observed)) process.exitCode = 1
}

void main()
