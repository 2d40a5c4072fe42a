/** Rows of `npm run bench:collections` for lists: a List of f64 beside an Array, rounds in turn, each in a process of its own. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median } from '../common/quantile'
import { digits } from '../common/table'
import type { ListFigures, VisitFigures } from './list-arm'

/** A bound, and what was measured beside it. */
export interface ListRow {
  readonly name: string
  readonly bound: string
  readonly measured: string
  readonly isHeld: boolean
}

const ROUNDS = 3

type Figures = ListFigures & VisitFigures

function child<T>(...args: string[]): T {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--expose-gc', join(__dirname, 'list-arm.js'), ...args],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return JSON.parse(stdout) as T
}

const figures = (arm: 'list' | 'array', count: number): Figures => ({
  ...child<ListFigures>(arm, String(count)),
  ...child<VisitFigures>(arm, String(count), 'visit'),
})

/** Of the best round: a scheduler that takes the processor away lengthens the others. */
function longest(lists: readonly ListFigures[], arrays: readonly ListFigures[], count: number): ListRow {
  const [list, array] = [lists, arrays].map((all) => Math.min(...all.map((one) => one.longest))) as [number, number]
  return {
    name: `List f64, ${powerOf(count)}: longest push`,
    bound: '4 ms',
    measured: `${digits(list)} ms (Array ${digits(array)})`,
    isHeld: list <= 4,
  }
}

const powerOf = (count: number): string => count.toExponential(0).replace('+', '')

/** Measures lists of so many floats. */
export function listRows(count = 1e7, rounds = ROUNDS): ListRow[] {
  const lists: Figures[] = []
  const arrays: Figures[] = []
  for (let round = 0; round < rounds; round++) {
    lists.push(figures('list', count))
    arrays.push(figures('array', count))
  }
  const of = (all: readonly Figures[], name: keyof Figures): number => median(all.map((one) => one[name]))
  const ratio = (name: string, figure: keyof Figures, bound: number): ListRow => {
    const [list, array] = [of(lists, figure), of(arrays, figure)]
    return {
      name: `List f64, ${powerOf(count)}: ${name}`,
      bound: `${bound} of Array`,
      measured: `${(list / array).toFixed(2)} (${digits(list)} and ${digits(array)} ns)`,
      isHeld: list / array <= bound,
    }
  }
  const figure = (name: string, key: keyof Figures, bound: number, unit: string): ListRow => ({
    name: `List f64, ${powerOf(count)}: ${name}`,
    bound: `${bound}${unit}`,
    measured: `${digits(of(lists, key))}${unit} (Array ${digits(of(arrays, key))})`,
    isHeld: of(lists, key) <= bound,
  })
  return [
    ratio('push', 'push', 0.45),
    ratio('iterate by forEach', 'forEach', 0.3),
    ratio('iterate by forEach, a visitor that only looks', 'visit', 0.3),
    ratio('iterate by for of', 'forOf', 0.3),
    ratio('iterate by copyOut of 4096, of for of', 'batches', 0.5),
    ratio('get in order', 'get', 2),
    figure('resident bytes an element', 'resident', 8.5, ''),
    longest(lists, arrays, count),
    figure('resident after 95 % popped, of the full one', 'left', 0.15, ''),
  ]
}
