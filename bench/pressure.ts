/**
 * `npm run bench:pressure`: a program whose cache would grow to 400 MiB, in a memory control group of 256 MiB: with a listener for pressure,
 * which halves the cache, and without. In each kind of group that this machine can make: `apt-get install user-mode-linux` adds one that
 * needs no privileges.
 *
 *     npm run bench:pressure
 *     npm run bench:pressure -- --only v1     only grounds with this in their name
 *     npm run bench:pressure -- --write       puts the results into docs/pressure.md
 *
 * Ends with 1 if the one with a listener does not live, or the one without does.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDocument } from './common/document'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { MIB, mib, table } from './common/table'
import { type Ground, groundsHere, type Outcome } from './pressure/grounds'

const LIMIT = 256 * MIB
const WANTED_MIB = 400
const ARMS = ['without', 'with'] as const

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})

interface Result extends Outcome {
  readonly ground: string
  readonly arm: (typeof ARMS)[number]
}

function measure(ground: Ground): Result[] {
  return ARMS.map((arm) => {
    const command = [process.execPath, join(__dirname, 'pressure', 'child.js'), arm, String(WANTED_MIB)]
    const outcome = ground.run(command, LIMIT)
    console.log(`${ground.name}, ${arm} a listener: ${outcome.end}, peak ${mib(outcome.peak)} MiB`)
    return { ground: ground.name, arm, ...outcome }
  })
}

function line({ ground, arm, end, peak, lived }: Result): string[] {
  const levels = ['warning', 'critical'].map((level) => lived?.told.filter((told) => told.level === level).length ?? 0)
  const how = lived === undefined ? ['-', '-', '-'] : [...levels.map(String), mib(lived.cache)]
  return [`${ground}, ${arm} a listener`, end, mib(peak), lived === undefined ? '-' : mib(lived.put), ...how]
}

function main(): void {
  const machine = describeMachine()
  const grounds = groundsHere().filter(({ name }) => name.includes(values.only))
  if (grounds.length === 0)
    throw new Error('no memory control group can be made here: run as root, or install user-mode-linux')
  const head = machineLine(machine)
  console.log(head)
  const results = grounds.flatMap(measure)
  const columns = [
    '256 MiB, a cache of up to 400',
    'end',
    'peak, MiB',
    'put, MiB',
    'warnings',
    'criticals',
    'cache then, MiB',
  ]
  const text = table(columns, results.map(line))
  console.log(`\n${text}`)
  if (values.write) writeDocument('pressure.md', 'bench', `${head}\n\n${text}`)
  console.log(`\n${writeJson('bench-pressure', { machine, results })}`)
  const isHeld = results.every(({ arm, end }) => (arm === 'with') === (end === 'lived'))
  console.log(isHeld ? 'PASS' : 'MISS')
  if (!isHeld) process.exitCode = 1
}

main()
