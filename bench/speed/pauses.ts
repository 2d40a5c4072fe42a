/** The longest single calls: each arm's million calls, one by one, in a process of its own. */

import { digits, table } from '../common/table'
import { NodeProcess } from './arms'
import { PERCENTILES } from './collector'

/** Blocks that live meanwhile. */
const LIVE = 100_000
const ARMS = ['empty call', 'ebb', 'Buffer.allocUnsafe', 'Buffer.allocUnsafeSlow'] as const

/** ns by name of the measure, for each arm. */
export type Pauses = readonly { readonly arm: string; readonly ns: Readonly<Record<string, number>> }[]

export async function measurePauses(calls: number): Promise<Pauses> {
  const pauses: { arm: string; ns: Readonly<Record<string, number>> }[] = []
  for (const arm of ARMS) {
    process.stderr.write(`single calls: ${arm}\n`)
    const child = new NodeProcess(arm)
    await child.start({ kind: 'pause', arm, options: { calls, live: LIVE } })
    pauses.push({ arm, ns: await child.ask({ verb: 'inspect' }) })
    await child.kill()
  }
  return pauses
}

export function pauseReport(pauses: Pauses): string {
  const keys = ['mean', ...PERCENTILES.map((percentile) => `p${percentile}`), 'max']
  const lines = pauses.map(({ arm, ns }) => [arm, ...keys.map((key) => digits((ns[key] ?? Number.NaN) / 1e3))])
  return [
    `## Single calls of alloc and free, µs each, with ${LIVE} live blocks (the clock's own cost included: see the empty call)`,
    table(['', ...keys], lines),
  ].join('\n\n')
}
