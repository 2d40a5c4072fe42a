/** The talk's first experiment, cyclic allocation: fill, drop, repeat. What it costs to give back, and what others hold between rounds. */

import { median } from '../common/quantile'
import { mib, table } from '../common/table'
import { saveChart } from '../graphs/chart'
import { lineChart } from '../graphs/lines'
import { type Context, doing, say, withFlat } from './context'
import { type Arm, allArms, EBB, openArm } from './drivers'
import type { Duel } from './protocol'
import { cyclicRound } from './workloads'

/** Default decay may cost this much more than none. */
const COST_BOUND = 1.05

interface Row {
  readonly arm: string
  readonly role: string
  readonly missing?: string
  /** Resident growth: filled and dropped in turn, then each quarter of a second of idling. Bytes. */
  readonly growth: number[]
  /** Median ns per operation of the rounds after the first. */
  readonly ns: number
}

const ROUNDS = 6
const IDLE_STEPS = 8
const IDLE_STEP_MS = 250

export async function cyclic(context: Context, arms = allArms()): Promise<void> {
  const trace = cyclicRound()
  await withFlat(trace, async (file) => {
    const rows: Row[] = []
    for (const arm of arms) {
      doing(`cyclic: ${arm.name}`)
      rows.push(await measure(arm, file, trace.operations))
    }
    report(rows)
    await chart(context, rows)
    doing('cyclic: default decay against none')
    const duel = await fight(file, context.isQuick ? 30 : 100)
    promise(context, duel)
    context.results.cyclic = { rows, duel }
  })
}

async function measure(arm: Arm, file: string, operations: number): Promise<Row> {
  const { name, role, missing } = arm
  if (missing !== undefined) return { arm: name, role, missing, growth: [], ns: Number.NaN }
  const driver = await openArm(arm, file)
  const growth = [0]
  const ns: number[] = []
  const half = operations / 2
  try {
    for (let round = 0; round < ROUNDS; round++) {
      let taken = await driver.run(0, half)
      growth.push(driver.look().growth)
      taken += await driver.run(half, operations)
      growth.push(driver.look().growth)
      if (round > 0) ns.push(taken / operations)
    }
    for (let step = 0; step < IDLE_STEPS; step++) {
      await driver.idle(IDLE_STEP_MS)
      growth.push(driver.look().growth)
    }
  } finally {
    await driver.close()
  }
  return { arm: name, role, growth, ns: median(ns) }
}

/** Two heaps in one process, rounds interleaved. */
async function fight(file: string, rounds: number): Promise<Duel> {
  const driver = await openArm(EBB, file)
  try {
    return await driver.ask({ do: 'duel', decays: [1000, null], rounds })
  } finally {
    await driver.close()
  }
}

function promise({ promises }: Context, { ns, osCalls }: Duel): void {
  const [byDefault, never] = ns as [number[], number[]]
  const ratio = median(byDefault) / median(never)
  const calls = osCalls[0]!
  promises.push(
    {
      name: 'cyclic: default decay against Infinity, medians of interleaved rounds',
      bound: `at most ${COST_BOUND} times`,
      measured: `${ratio.toFixed(3)} times (${median(byDefault).toFixed(1)} and ${median(never).toFixed(1)} ns/op)`,
      isHeld: ratio <= COST_BOUND,
    },
    {
      name: 'cyclic: mapped and unmapped after round one',
      bound: '0 and 0',
      measured: `${calls.maps} and ${calls.unmaps} (${calls.discards} discards)`,
      isHeld: calls.maps === 0 && calls.unmaps === 0,
    },
  )
}

function report(rows: readonly Row[]): void {
  say(`\ncyclic: ${ROUNDS} rounds of filling 40 MB and dropping all. Growth of the resident set, MiB`)
  const lines = rows.map(({ arm, missing, growth, ns }) =>
    missing !== undefined
      ? [arm, missing, '', '', '']
      : [arm, mib(Math.max(...growth)), mib(growth[2 * ROUNDS]!), mib(growth.at(-1)!), ns.toFixed(1)],
  )
  say(table(['', 'peak', 'dropped', 'idle 2 s', 'ns/op'], lines))
}

async function chart(context: Context, rows: readonly Row[]): Promise<void> {
  const steps = 2 * ROUNDS
  await saveChart(
    'out/rss/cyclic',
    lineChart({
      title: 'Cyclic allocation: fill, drop, repeat, then idle',
      subtitle: 'Growth of the resident set. Lower is better.',
      xLabel: 'steps: a fill or a drop each; when idle, 250 ms',
      yLabel: 'MiB',
      phases: [
        { name: `${ROUNDS} rounds`, from: 0, to: steps },
        { name: 'idle', from: steps, to: steps + IDLE_STEPS },
      ],
      series: rows
        .filter(({ missing }) => missing === undefined)
        .map(({ arm, role, growth }) => ({
          name: arm,
          role: role === 'ebb' ? ('ebb' as const) : ('peer' as const),
          points: growth.map((bytes, step) => [step, bytes / 2 ** 20] as const),
        })),
      caption: `Each arm in a fresh process with the same requests: 160 k blocks of 16 to 4096 bytes a round. ${context.machine}`,
    }),
    context.image('cyclic'),
  )
}
