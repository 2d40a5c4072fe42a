/**
 * `npm run soak`: phases of unlike work, round after round for minutes, on heaps that stay and heaps that come and go. After each round,
 * when all is freed, it looks at what the process holds. Flat at the end, or it ends with 1.
 *
 *     npm run soak                      five minutes
 *     npm run soak -- --minutes 60
 *     npm run soak -- --seed 7          another sequence
 */
import { parseArgs } from 'node:util'
import { describeMachine, machineLine } from './common/machine'
import { mib, table } from './common/table'
import { type Held, lookAt } from './soak/held'
import { PHASES, type Stage } from './soak/phases'
import { isFlat, type Verdict, verdicts } from './soak/verdict'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('--minutes is above 0, --seed a whole number')

const line = (name: string, held: Held): string[] => [
  name,
  mib(held.residentBytes),
  String(held.maps),
  mib(held.mappedBytes),
  String(held.handles),
  String(held.blocks),
]
const HEAD = ['round', 'resident MiB', 'mappings', 'mapped MiB', 'handles', 'blocks']

async function soak(): Promise<void> {
  const start = performance.now()
  const end = start + minutes * 60_000
  const stage: Stage = { seed, round: 0, operations: 0 }
  const all: Held[] = []
  while (performance.now() < end) {
    stage.round++
    for (const phase of PHASES) await phase(stage)
    all.push(await lookAt())
  }
  const shown = [...new Set([0, 1, 2, 3, 4].map((i) => Math.round((i * (all.length - 1)) / 4)))]
  console.log(
    table(
      HEAD,
      shown.map((i) => line(String(i + 1), all[i]!)),
    ),
  )
  const found: Verdict[] = verdicts(all)
  for (const { name, from, to, isFlat } of found) console.log(`${isFlat ? 'flat' : 'GROWS'}: ${name}, ${from} to ${to}`)
  const took = ((performance.now() - start) / 60_000).toFixed(1)
  console.log(`seed ${seed}: ${all.length} rounds, ${stage.operations.toExponential(2)} operations in ${took} minutes`)
  console.log(machineLine(describeMachine()))
  if (!isFlat(found)) process.exitCode = 1
}

void soak()
