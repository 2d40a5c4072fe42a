/**
 * `npm run bench:watched`: what it costs a process with 1 GB of blocks, under load, to be watched by `ebb top` once a second. Phases alone and
 * phases watched take turns; each arm is the median of its phases.
 *
 *     npm run bench:watched -- [--rounds 5]
 *
 * Ends with 1 if being watched costs more than 2 %.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { AskedProcess } from './common/asked-process'
import { median } from './common/quantile'
import { projectRoot } from './common/root'
import { digits, table } from './common/table'

/** Milliseconds of a phase: some looks. */
const PHASE = 3500
const BOUND = 1.02
/** Of the inspector of the child; any that is free does. */
const PORT = 9251

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })

/** The arms: how the child is watched. */
const ARMS: Readonly<Record<string, readonly string[]>> = {
  'ebb top --inspect': ['--inspect', String(PORT)],
  'ebb top --pid': ['--pid'],
}

/** A phase while `ebb top` watches. */
async function watched(child: AskedProcess, options: readonly string[]): Promise<number> {
  const script = path.join(projectRoot(), 'scripts', 'ebb.js')
  const target = options.at(-1) === '--pid' ? [...options, String(child.pid)] : options
  const top = spawn(process.execPath, [script, 'top', ...target], { stdio: ['ignore', 'pipe', 'inherit'] })
  // It has begun to look.
  await once(top.stdout, 'data')
  top.stdout.resume()
  const pairs = (await child.request({ ms: PHASE })) as number
  top.kill()
  await once(top, 'exit')
  return pairs
}

async function main(): Promise<void> {
  const child = new AskedProcess('watched', path.join(__dirname, 'watched', 'child.js'), {
    execArgv: [`--inspect=127.0.0.1:${PORT}`],
  })
  const alone: number[] = []
  const arms = new Map(Object.keys(ARMS).map((name) => [name, [] as number[]]))
  await child.request({ ms: PHASE })
  for (let round = 0; round < Number(values.rounds); round++) {
    alone.push((await child.request({ ms: PHASE })) as number)
    for (const [name, options] of Object.entries(ARMS)) arms.get(name)?.push(await watched(child, options))
  }
  await child.end()
  const base = median(alone)
  const rows = [...arms].map(([name, pairs]) => {
    const ratio = base / median(pairs)
    if (ratio > BOUND) process.exitCode = 1
    return [name, digits(median(pairs) / 1e6), ratio.toFixed(3), ratio > BOUND ? 'MISS' : 'PASS']
  })
  const head = ['watched by', 'million pairs a second', 'time of a pair / alone', `bound ${BOUND}`]
  console.log(table(head, [['nobody', digits(base / 1e6), '1.000', ''], ...rows]))
}

main()
