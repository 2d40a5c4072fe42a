/**
 * `npm run bench:collections`: dicts beside Maps, caches beside lru-cache, lists beside Arrays, each promise with its bound and what was measured.
 *
 *     npm run bench:collections                 everything
 *     npm run bench:collections -- --quick      fewer entries and rounds, to see that nothing is broken; bounds are not held to
 *
 * Results go to out/collections.json. Ends with 1 if a bound is missed.
 */
import { parseArgs } from 'node:util'
import { describeMachine, machineLine, writeJson } from '../common/machine'
import { table } from '../common/table'
import { dictRows } from './dict'
import { listRows } from './list'

function main(): void {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
  const machine = describeMachine()
  console.log(machineLine(machine))
  const rows = [...dictRows(values.quick), ...(values.quick ? listRows(1e6, 1) : listRows())]
  const lines = rows.map(({ isHeld, name, bound, measured }) => [name, isHeld ? 'PASS' : 'MISS', bound, measured])
  console.log(table(['', '', 'bound', 'measured'], lines))
  console.log(writeJson('collections', { machine, rows }))
  if (!values.quick && rows.some(({ isHeld }) => !isHeld)) process.exitCode = 1
}

main()
