/**
 * `npm run bench:collections`: dicts beside Maps, caches beside lru-cache, lists beside Arrays, each promise with its bound and what was measured.
 *
 *     npm run bench:collections                 everything
 *     npm run bench:collections -- cache list   these parts alone, of dict, cache and list
 *     npm run bench:collections -- --quick      fewer entries and rounds, to see that nothing is broken; bounds are not held to
 *
 * Results go to out/collections.json. Ends with 1 if a bound is missed.
 */
import { parseArgs } from 'node:util'
import { describeMachine, machineLine, writeJson } from '../common/machine'
import { table } from '../common/table'
import { cacheRows } from './cache'
import { dictRows } from './dict'
import { listRows } from './list'

const PARTS = {
  dict: dictRows,
  cache: cacheRows,
  list: (isQuick: boolean) => (isQuick ? listRows(1e6, 1) : listRows()),
} as const

/** The parts that were asked for, or all. */
function partsOf(names: readonly string[]): (keyof typeof PARTS)[] {
  const all = Object.keys(PARTS) as (keyof typeof PARTS)[]
  const unknown = names.find((name) => !(all as string[]).includes(name))
  if (unknown !== undefined) throw new RangeError(`no part ${unknown}; there are ${all.join(', ')}`)
  return names.length === 0 ? all : all.filter((name) => names.includes(name))
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  })
  const parts = partsOf(positionals)
  const machine = describeMachine()
  console.log(machineLine(machine))
  const rows = parts.flatMap((part) => PARTS[part](values.quick))
  const lines = rows.map(({ isHeld, name, bound, measured }) => [name, isHeld ? 'PASS' : 'MISS', bound, measured])
  console.log(table(['', '', 'bound', 'measured'], lines))
  console.log(writeJson('collections', { machine, rows }))
  if (!values.quick && rows.some(({ isHeld }) => !isHeld)) process.exitCode = 1
}

main()
