/** The talk's story on every arm: a large computation, its results dropped, an idle moment, then many short simulations. */

import { median } from '../common/quantile'
import { MIB, mib, table } from '../common/table'
import { saveChart } from '../graphs/chart'
import { lineChart } from '../graphs/lines'
import { liveAfter } from '../traces/live'
import { type Context, doing, say, withFlat } from './context'
import { type Arm, allArms, openArm } from './drivers'
import { type Story, story } from './workloads'

const COPIES = 4
const COMPUTE_STEPS = 20
const IDLE_STEPS = 8
const IDLE_STEP_MS = 250

interface Row {
  readonly arm: string
  readonly role: string
  readonly missing?: string
  readonly growth: number[]
  readonly seconds: number
}

export async function storyOnAllArms(context: Context, simulations = 12, arms = allArms()): Promise<void> {
  const work = story(COPIES)
  const live = liveSteps(work, simulations)
  const rows = await withFlat(work.trace, async (file) => {
    const done: Row[] = []
    for (const arm of arms) {
      doing(`story: ${arm.name}`)
      done.push(await measure(arm, file, work, simulations))
    }
    return done
  })
  report(work, live, rows)
  context.results.story = { about: work.about, liveBytes: live, rows }
  await chart(context, work, live, rows, simulations)
}

function* stretches({ peak }: Story): Generator<readonly [from: number, to: number]> {
  for (let step = 0; step < COMPUTE_STEPS; step++) {
    yield [Math.floor((peak * step) / COMPUTE_STEPS), Math.floor((peak * (step + 1)) / COMPUTE_STEPS)]
  }
}

async function measure(arm: Arm, file: string, work: Story, simulations: number): Promise<Row> {
  const { name, role, missing } = arm
  if (missing !== undefined) return { arm: name, role, missing, growth: [], seconds: Number.NaN }
  const driver = await openArm(arm, file)
  const growth = [0]
  let ns = 0
  const look = (): number => growth.push(driver.look().growth)
  try {
    for (const [from, to] of stretches(work)) {
      ns += await driver.run(from, to)
      look()
    }
    ns += await driver.run(work.peak, work.dropped)
    look()
    for (let step = 0; step < IDLE_STEPS; step++) {
      await driver.idle(IDLE_STEP_MS)
      look()
    }
    for (let round = 0; round < simulations; round++) {
      ns += await driver.run(work.dropped, work.simulated)
      look()
    }
  } finally {
    await driver.close()
  }
  return { arm: name, role, growth, seconds: ns / 1e9 }
}

/** Live bytes at each step of {@link measure}. */
function liveSteps(work: Story, simulations: number): number[] {
  const survivors = liveAfter(work.trace, work.dropped)
  const computing = [...stretches(work)].map(([, to]) => liveAfter(work.trace, to))
  return [0, ...computing, ...new Array<number>(1 + IDLE_STEPS + simulations).fill(survivors)]
}

/** Step after the drop, and after the idle moment. */
const DROPPED = COMPUTE_STEPS + 1
const RESTED = DROPPED + IDLE_STEPS

function report(work: Story, live: readonly number[], rows: readonly Row[]): void {
  say(`\nstory: ${work.about}; live ${mib(Math.max(...live))} MiB, then ${mib(live.at(-1)!)} MiB. Resident growth, MiB`)
  const lines = rows.map(({ arm, missing, growth, seconds }) =>
    missing !== undefined
      ? [arm, missing, '', '', '', '']
      : [
          arm,
          mib(Math.max(...growth)),
          mib(growth[DROPPED]!),
          mib(growth[RESTED]!),
          mib(median(growth.slice(RESTED + 1))),
          seconds.toFixed(2),
        ],
  )
  say(table(['', 'peak', 'dropped', 'idle 2 s', 'simulations', 'seconds'], lines))
}

async function chart(
  context: Context,
  work: Story,
  live: readonly number[],
  rows: readonly Row[],
  simulations: number,
): Promise<void> {
  const points = (bytes: readonly number[]): (readonly [number, number])[] =>
    bytes.map((value, step) => [step, value / MIB])
  await saveChart(
    'out/rss/story',
    lineChart({
      title: 'A large computation, then many short simulations',
      subtitle: 'Growth of the resident set beside live bytes. Lower is better.',
      xLabel: 'steps: a twentieth of the computation, the drop, 250 ms of idling, or a simulation each',
      yLabel: 'MiB',
      height: 400,
      phases: [
        { name: 'computation', from: 0, to: COMPUTE_STEPS },
        { name: 'drop, idle', from: COMPUTE_STEPS, to: RESTED },
        { name: 'simulations', from: RESTED, to: RESTED + simulations },
      ],
      series: [
        ...rows
          .filter(({ missing }) => missing === undefined)
          .map(({ arm, role, growth }) => ({
            name: arm,
            role: role === 'ebb' ? ('ebb' as const) : ('peer' as const),
            points: points(growth),
          })),
        { name: 'live bytes', role: 'live', isDashed: true, points: points(live) },
      ],
      caption: `Each arm in a fresh process with the same requests: ${work.about}; 1 block in 1000 stays. ${context.machine}`,
    }),
    context.image('story'),
  )
}
