/** Rows of `npm run bench:collections` that are measured by child.ts: each subject in a process of its own, rounds in turn, medians. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median } from '../common/quantile'
import { digits } from '../common/table'
import type { ListRow } from './list'

export type Figures = Readonly<Record<string, number>>

/** V8's space for new objects grows and shrinks by megabytes, more than stays of a dict: it has one size where memory is measured. */
const FIXED_SPACE = ['--min-semi-space-size=4', '--max-semi-space-size=4']

export function once(what: string, arm: string, keys: string, count: number): Figures {
  const script = join(__dirname, 'child.js')
  const fixed = what === 'resident' ? FIXED_SPACE : []
  const args = ['--expose-gc', '--max-old-space-size=8192', ...fixed, script, what, arm, keys, String(count)]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${what} ${arm} ${keys} ${count}: ${stderr}`)
  return JSON.parse(stdout) as Figures
}

/** Of the best round: a scheduler that takes the processor away lengthens the others. */
export const best = (figures: number[]): number => Math.min(...figures)

/** The median, except of what is the longest of many calls. */
const middle = (figures: number[], name: string): number => (name === 'longestMs' ? best : median)(figures)

/** Figures of several arms, each the median (or another one) over rounds in which they take turns. */
export function inTurn(
  what: string,
  arms: readonly string[],
  keys: string,
  count: number,
  rounds: number,
  of: (figures: number[], name: string) => number = middle,
): Figures[] {
  const all = arms.map((): Figures[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, arm] of arms.entries()) {
      const figures = once(what, arm, keys, count)
      process.stderr.write(`${what} ${arm} ${keys} ${count} ${JSON.stringify(figures)}\n`)
      all[i]?.push(figures)
    }
  return all.map((figures) => {
    const names = Object.keys(figures[0] ?? {})
    return Object.fromEntries(
      names.map((name) => [
        name,
        of(
          figures.map((one) => one[name] ?? Number.NaN),
          name,
        ),
      ]),
    )
  })
}

export const powerOf = (count: number): string => count.toExponential(0).replace('+', '')
export const below = (name: string, value: number, bound: number, beside: string): ListRow => ({
  name,
  bound: String(bound),
  measured: `${digits(value)} (${beside})`,
  isHeld: value <= bound,
})
