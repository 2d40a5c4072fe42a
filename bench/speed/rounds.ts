/** Measures the arms of a row in turn, round by round, so that what the machine does meanwhile meets all of them alike. */

import { MissingArm } from '../common/asked-process'
import { median, quantile } from '../common/quantile'
import type { Arm } from './arms'

/** An arm that is started when its row is measured. */
export interface ArmPlan {
  readonly name: string
  start(): Promise<Arm>
}

/** A line of a table. */
export interface RowPlan {
  readonly group: string
  readonly name: string
  /** Whether the arms replay a trace: a turn is more than one replay then, and one replay is for memory. */
  readonly isReplay: boolean
  /** Operations and bytes, for tables. */
  readonly note: string
  arms(): ArmPlan[]
  /** Starts what is to go on beside all arms of the row. */
  readonly beside?: () => { end(): Promise<void> }
}

/** What an arm of a row came to. */
export interface Measured {
  readonly arm: string
  /** ns per operation: median of the rounds. */
  readonly ns: number
  /** Half of the rounds lie between these two, ns per operation. */
  readonly low: number
  readonly high: number
  /** ns per operation of the replay before it, that is after the arm had been idle while the others ran; median. */
  readonly afterIdle?: number
  readonly rounds: readonly number[]
  /** Bytes that the resident set grew at its peak, in a replay of its own. */
  readonly peakBytes?: number
}

export interface MissingMeasure {
  readonly arm: string
  readonly missing: string
}

export interface MeasuredRow {
  readonly group: string
  readonly name: string
  readonly note: string
  readonly arms: readonly (Measured | MissingMeasure)[]
}

export const isMeasured = (entry: Measured | MissingMeasure): entry is Measured => 'ns' in entry

export interface RoundOptions {
  /** Rounds that count. */
  readonly rounds: number
  /** Rounds before them that do not. */
  readonly warmUps: number
}

/** A replay slower than this is not repeated within a turn: what the arm did a second ago makes no difference to it. */
const SLOW_REPLAY_NS = 4e8
/** A shorter replay is repeated until about this much is measured. */
const TURN_NS = 3e7
const MAX_REPLAYS = 50

interface Running {
  readonly arm: Arm
  readonly replays: number
  readonly peakBytes?: number
  readonly idle: number[]
  readonly rounds: number[]
}

/** Measures one row; arms that this machine lacks are told, any other failure is thrown. */
export async function measureRow(plan: RowPlan, options: RoundOptions): Promise<MeasuredRow> {
  const running: Running[] = []
  const missing: MissingMeasure[] = []
  const order: string[] = []
  const beside = plan.beside?.()
  try {
    for (const armPlan of plan.arms()) {
      order.push(armPlan.name)
      try {
        running.push(await prepare(await armPlan.start(), plan.isReplay))
      } catch (error) {
        if (!(error instanceof MissingArm)) throw error
        missing.push({ arm: armPlan.name, missing: error.message })
      }
    }
    for (let round = -options.warmUps; round < options.rounds; round++) await oneRound(running, round)
  } finally {
    await Promise.all([...running.map(({ arm }) => arm.close()), beside?.end()])
  }
  const entries: (Measured | MissingMeasure)[] = [...running.map(summary), ...missing]
  entries.sort((a, b) => order.indexOf(a.arm) - order.indexOf(b.arm))
  return { group: plan.group, name: plan.name, note: plan.note, arms: entries }
}

async function prepare(arm: Arm, isReplay: boolean): Promise<Running> {
  if (!isReplay) return { arm, replays: 1, idle: [], rounds: [] }
  const peakBytes = await arm.peak()
  // The first replay is compiled while it runs; the second tells how long one takes.
  await arm.turn(1)
  const begin = process.hrtime.bigint()
  await arm.turn(1)
  const elapsed = Number(process.hrtime.bigint() - begin)
  const replays = elapsed > SLOW_REPLAY_NS ? 1 : 1 + Math.min(MAX_REPLAYS, Math.ceil(TURN_NS / elapsed))
  return { arm, replays, idle: [], rounds: [], peakBytes }
}

/** Every arm once; who begins changes from round to round. */
async function oneRound(running: readonly Running[], round: number): Promise<void> {
  for (let i = 0; i < running.length; i++) {
    const { arm, replays, idle, rounds } = running[(i + Math.max(0, round)) % running.length]!
    const ns = await arm.turn(replays)
    if (round < 0) continue
    // The first replay of several finds the arm as it was left while the others ran, e.g. with memory given back.
    if (replays > 1) idle.push(ns[0]!)
    rounds.push(median(replays > 1 ? ns.slice(1) : ns))
  }
}

function summary({ arm, rounds, idle, peakBytes }: Running): Measured {
  return {
    arm: arm.name,
    ns: median(rounds),
    low: quantile(rounds, 0.25),
    high: quantile(rounds, 0.75),
    rounds,
    ...(idle.length > 0 ? { afterIdle: median(idle) } : {}),
    ...(peakBytes === undefined ? {} : { peakBytes }),
  }
}
