/**
 * Filling memory that was never touched. In the rounds of the phases an allocator fills what it kept of the round before: pymalloc all of a
 * thousand blocks, glibc all of any number. Here nothing is freed between fills, so everybody's memory is fresh, and the code is warm.
 */
import { medians } from '../common/quantile'
import { digits, table } from '../common/table'
import type { Filled, PhaseArm } from './phases'

/**
 * Turns of an arm by the number of blocks, and fills of a turn: some take their pages at once, and then none for a few fills. The first turn, in
 * which code is compiled, does not count.
 */
const TURNS: readonly (readonly [live: number, turns: number, fills: number])[] = [
  [1e3, 20, 20],
  [1e4, 20, 4],
  [1e5, 12, 1],
  [1e6, 4, 1],
]

/** Medians of one arm at one count. */
export interface FreshPoint extends Filled {
  readonly arm: string
  readonly live: number
}

async function fillOften(arm: PhaseArm, fills: number): Promise<Filled> {
  const all: Filled[] = []
  for (let fill = 0; fill < fills; fill++) all.push(await arm.fill())
  const mean = (of: (filled: Filled) => number): number => all.reduce((sum, filled) => sum + of(filled), 0) / fills
  return { ns: mean(({ ns }) => ns), faults: mean(({ faults }) => faults) }
}

/** @param start - starts all arms on a trace that begins with so many allocations */
export async function measureFresh(
  start: (live: number) => Promise<PhaseArm[]>,
  most: number,
  isQuick: boolean,
): Promise<FreshPoint[]> {
  const points: FreshPoint[] = []
  for (const [live, turns, fills] of TURNS) {
    if (live > most) break
    const arms = await start(live)
    const found = arms.map((): Filled[] => [])
    for (let turn = -1; turn < (isQuick ? turns / 4 : turns); turn++) {
      for (const [i, arm] of arms.entries()) {
        const filled = await fillOften(arm, fills)
        if (turn >= 0) found[i]!.push(filled)
      }
    }
    for (const [i, arm] of arms.entries()) {
      points.push({ arm: arm.name, live, ...medians<keyof Filled>(found[i]!) })
      await arm.kill()
    }
  }
  return points
}

export const freshAt = (points: readonly FreshPoint[], arm: string, live: number): FreshPoint | undefined =>
  points.find((point) => point.arm === arm && point.live === live)

export function freshReport(points: readonly FreshPoint[]): string {
  const arms = [...new Set(points.map(({ arm }) => arm))]
  const lives = [...new Set(points.map(({ live }) => live))]
  const lines = lives.map((live) => {
    const all = arms.map((arm) => freshAt(points, arm, live) as FreshPoint)
    const ebb = all[0]?.ns ?? Number.NaN
    return [
      live.toExponential().replace('+', ''),
      ...all.map(({ ns }) => digits(ns)),
      ...all.slice(1).map(({ ns }) => (ebb / ns).toFixed(2)),
      ...all.map(({ faults }) => digits(1000 * faults)),
    ]
  })
  const ratios = arms.slice(1).map((arm) => `ebb / ${arm}`)
  const head = ['blocks', ...arms, ...ratios, ...arms.map((arm) => `${arm}, faults per 1000`)]
  return `## Fill into memory that was never touched: ns per operation\n\n${table(head, lines)}`
}
