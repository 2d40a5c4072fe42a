/**
 * Filling memory that was never touched. In the rounds of the phases an allocator fills what it kept of the round before: pymalloc all of a
 * thousand blocks, glibc all of any number. Here nothing is freed between fills, so everybody's memory is fresh, and the code is warm.
 */
import { medians } from '../common/quantile'
import { digits, table } from '../common/table'
import type { Filled, PhaseArm } from './phases'

/** Fills of an arm, by the number of blocks. The first, in which code is compiled, does not count. */
const FILLS: readonly (readonly [live: number, fills: number])[] = [
  [1e3, 200],
  [1e4, 50],
  [1e5, 12],
  [1e6, 4],
]

/** Medians of one arm at one count. */
export interface FreshPoint extends Filled {
  readonly arm: string
  readonly live: number
}

/** @param start - starts all arms on a trace that begins with so many allocations */
export async function measureFresh(
  start: (live: number) => Promise<PhaseArm[]>,
  most: number,
  isQuick: boolean,
): Promise<FreshPoint[]> {
  const points: FreshPoint[] = []
  for (const [live, fills] of FILLS) {
    if (live > most) break
    const arms = await start(live)
    const found = arms.map((): Filled[] => [])
    for (let fill = -1; fill < (isQuick ? fills / 4 : fills); fill++) {
      for (const [i, arm] of arms.entries()) {
        const filled = await arm.fill()
        if (fill >= 0) found[i]!.push(filled)
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
