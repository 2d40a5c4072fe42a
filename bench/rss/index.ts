/**
 * `npm run bench:rss`: what stays resident. The talk's three experiments (cyclic allocation, real programs, reallocation), bursts
 * with survivors, and what is promised of all of them, each promise with its bound and what was measured.
 *
 *     npm run bench:rss                        everything: about ten minutes
 *     npm run bench:rss -- --quick             the promises alone, fewer arms: under a minute on an idle machine
 *     npm run bench:rss -- survivors idle      only these: survivors, cyclic, programs, story, idle, large, short, talk,
 *                                              ablation
 *     npm run bench:rss -- --publish           copies the charts that the docs show to docs/img/
 *
 * Results go to out/rss.json and out/rss/*.svg. Ends with 1 if a promise is missed. Linux only: it reads /proc.
 */
import { parseArgs } from 'node:util'
import { describeMachine, machineLine, writeJson } from '../common/machine'
import { table } from '../common/table'
import { nativePeers, peerLine } from '../peers/peers'
import { ablation } from './ablation'
import { type Context, doing, say } from './context'
import { cyclic } from './cyclic'
import { type Arm, allArms } from './drivers'
import { idle } from './idle'
import { large } from './large'
import { programs } from './programs'
import { shortStretch } from './short'
import { storyOnAllArms } from './story'
import { survivors } from './survivors'
import { talk } from './talk'
import { PROMISED, SURVIVORS } from './workloads'

/** Those that docs and README show. */
const PUBLISHED = ['survivors-small-1-in-100', 'cyclic', 'story', 'programs', 'program-json', 'talk']

/** What `--quick` compares with. */
const QUICK_ARMS = ['ebb', 'Buffer.allocUnsafe', 'glibc']

type Experiment = (context: Context) => Promise<void>

function experiments(isQuick: boolean): Record<string, Experiment> {
  const arms: Arm[] = allArms().filter(({ name }) => !isQuick || QUICK_ARMS.includes(name))
  return {
    survivors: (context) => survivors(context, isQuick ? PROMISED : Object.keys(SURVIVORS), arms),
    cyclic: (context) => cyclic(context, arms),
    programs: (context) => programs(context, isQuick ? ['json'] : undefined),
    idle,
    large,
    ...(isQuick ? {} : { story: storyOnAllArms, short: shortStretch, talk }),
    ablation: (context) => ablation(context, isQuick),
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, publish: { type: 'boolean', default: false } },
  })
  if (process.platform !== 'linux') throw new Error('bench:rss reads /proc and runs on Linux only')
  const all = experiments(values.quick)
  for (const name of positionals) {
    if (!(name in all))
      throw new Error(`no experiment ${JSON.stringify(name)}; there are ${Object.keys(all).join(', ')}`)
  }
  const machine = describeMachine()
  const peers = nativePeers()
  say(`${machineLine(machine)}\n${peerLine(peers)}`)
  const context: Context = {
    isQuick: values.quick,
    image: (name) => (values.publish && PUBLISHED.includes(name) ? name : undefined),
    promises: [],
    results: {},
    machine: `Node ${machine.node}, ${machine.platform}, ${machine.cores} cores, ${machine.date.slice(0, 10)}; ${peerLine(peers)}.`,
  }
  for (const [name, run] of Object.entries(all)) {
    if (positionals.length === 0 || positionals.includes(name)) await run(context)
  }
  doing('')
  say(
    "\n* change of the control group's charge from the peak to the idle moment; everything else in the group counts too",
  )
  say(
    `\n${table(
      ['promise', '', 'bound', 'measured'],
      context.promises.map(({ isHeld, name, bound, measured }) => [name, isHeld ? 'PASS' : 'MISS', bound, measured]),
    )}`,
  )
  say(writeJson('rss', { machine, peers: peerLine(peers), promises: context.promises, ...context.results }))
  if (context.promises.some(({ isHeld }) => !isHeld)) process.exitCode = 1
}

void main()
