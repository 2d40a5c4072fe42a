/** What fullest-first and dirty-first are worth: the same work with each of them off. Nothing is promised; it is printed as it is. */
import { mib, table } from '../common/table'
import { liveCurve } from '../traces/live'
import { readTrace } from '../traces/trace'
import { type Context, doing, say, sum, withFlat } from './context'
import { type Arm, openArm } from './drivers'
import { type Stretches, SURVIVORS } from './workloads'

const SWITCHES = [
  ['both on', {}],
  ['fullest-first off', { fullestFirst: false }],
  ['dirty-first off', { dirtyFirst: false }],
  ['both off', { fullestFirst: false, dirtyFirst: false }],
] as const

const armOf = (
  name: string,
  decay: number | null,
  ablation: { fullestFirst?: boolean; dirtyFirst?: boolean },
): Arm => ({
  name,
  role: 'ebb',
  node: { kind: 'ebb', decay, ablation },
})

export async function ablation(context: Context, isQuick: boolean): Promise<void> {
  const lines: string[][] = []
  for (const name of isQuick ? ['simulation'] : ['ast', 'groupby', 'json', 'simulation']) {
    lines.push(...(await onProgram(name)))
  }
  for (const name of isQuick ? [] : ['sessions', 'redis']) lines.push(...(await onStretches(SURVIVORS[name]!())))
  const head = ['', '', 'resident over live', 'arenas, peak', 'arenas, end', 'discards', 'ns/op']
  say('\nablation: each heuristic switched off (decay 0 on programs; default decay and 1.5 s of idling on the others)')
  say(table(head, lines))
  context.results.ablation = { head, lines }
}

async function onProgram(name: string): Promise<string[][]> {
  const trace = readTrace(name)
  const every = Math.ceil(trace.operations / 200)
  const live = sum(liveCurve(trace, every))
  return withFlat(trace, async (file) => {
    const lines: string[][] = []
    for (const [label, switches] of SWITCHES) {
      doing(`ablation: ${name}, ${label}`)
      const driver = await openArm(armOf(label, 0, switches), file, 'whole')
      const { growth } = await driver.ask({ do: 'sample', every, what: 'own pages' })
      const before = await driver.ask({ do: 'figures' })
      const ns = (await driver.run(0, trace.operations)) / trace.operations
      const { discards } = await driver.ask({ do: 'figures' })
      await driver.close()
      const ratio = (sum(growth) / live).toFixed(3)
      lines.push([
        name,
        label,
        ratio,
        `${before.peakArenas}`,
        `${before.arenas}`,
        `${discards - before.discards}`,
        ns.toFixed(1),
      ])
    }
    return lines
  })
}

async function onStretches({ name, trace, peak, dropped }: Stretches): Promise<string[][]> {
  return withFlat(trace, async (file) => {
    const lines: string[][] = []
    for (const [label, switches] of SWITCHES) {
      doing(`ablation: ${name}, ${label}`)
      const driver = await openArm(armOf(label, 1000, switches), file)
      const ns = (await driver.run(0, peak)) + (await driver.run(peak, dropped))
      await driver.idle(1500)
      const figures = await driver.ask({ do: 'figures' })
      await driver.close()
      const ratio = figures.ownResidentBytes / figures.liveBytes
      lines.push([
        name,
        label,
        `${ratio.toFixed(3)} (${mib(figures.ownResidentBytes)} MiB)`,
        `${figures.peakArenas}`,
        `${figures.arenas}`,
        `${figures.discards}`,
        (ns / dropped).toFixed(1),
      ])
    }
    return lines
  })
}
