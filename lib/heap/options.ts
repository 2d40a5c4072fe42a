/** What callers give as options: every property is read once and checked before anything is taken. */

import { type Clock, systemClock } from '../base/clock'
import { show } from '../base/errors'
import type { Ablation } from '../supply/arenas'

/** Options of a new heap. */
export interface HeapOptions {
  /**
   * Milliseconds that freed memory may stay resident before it goes back to the operating system. 0: it goes back at once;
   * Infinity: never by itself. Default 1000.
   */
  readonly decay?: number
  /**
   * Bytes the heap may map. A request beyond them makes the heap give back all that is free, and fails if that is not enough. Default
   * Infinity.
   */
  readonly limit?: number
  /** A name for statistics and messages. */
  readonly name?: string
  /** Where time comes from; tests put their own here. Default: the system's clock and timers. */
  readonly clock?: Clock
  /**
   * `'idle'`: while the event loop idles and resident memory stands well above live bytes, what collections own is moved together, a slice
   * of 1.5 ms at a time (idle.ts). Default: nothing moves but in `compact()`.
   */
  readonly compact?: 'idle' | undefined
  /** Switches heuristics off, to measure what they are worth. */
  readonly ablation?: Ablation
}

/** The most that one call of `compact` may spend. */
export interface CompactBudget {
  /** Blocks it may move; default: no bound. */
  readonly maxBlocks?: number
  /** Milliseconds it may take, tested after each block; default: no bound. */
  readonly maxMs?: number
}

/** All options but `compact` have a default. */
type CheckedOptions = Required<Omit<HeapOptions, 'compact'>> & Pick<HeapOptions, 'compact'>

const AN_OPTION = 'an option of a heap'

/** @throws TypeError for an option of another kind or an unknown one, RangeError for a number that cannot be */
export function checkOptions(options: HeapOptions): CheckedOptions {
  const known = ['decay', 'limit', 'name', 'clock', 'compact', 'ablation'] as const
  const { decay, limit, name = '', clock = systemClock, compact, ablation } = readOptions(options, known, AN_OPTION)
  if (typeof name !== 'string')
    throw new TypeError(`ebb: option name must be a string, got ${show(name)} (${typeof name})`)
  if (!isClock(clock))
    throw new TypeError(`ebb: option clock must be an object with the methods now and schedule, got ${show(clock)}`)
  if (compact !== undefined && compact !== 'idle')
    throw new TypeError(`ebb: option compact must be 'idle', or not be there, got ${show(compact)} (${typeof compact})`)
  if (compact === 'idle' && decay === Infinity)
    throw new RangeError("ebb: option compact: 'idle' gives memory back by itself, which decay: Infinity forbids")
  const switches = readOptions(ablation ?? {}, ['fullestFirst', 'dirtyFirst'] as const, 'an ablation of a heap')
  for (const [key, value] of Object.entries(switches))
    if (value !== undefined && typeof value !== 'boolean')
      throw new TypeError(`ebb: option ablation.${key} must be true or false, got ${show(value)} (${typeof value})`)
  return {
    decay: checkNumber('option decay', decay ?? 1000, 'milliseconds'),
    limit: checkNumber('option limit', limit ?? Infinity, 'bytes'),
    name,
    clock,
    compact,
    ablation: switches as Ablation,
  }
}

/** @throws as {@link checkOptions} */
export function checkBudget(budget: CompactBudget): Required<CompactBudget> {
  const { maxBlocks, maxMs } = readOptions(budget, ['maxBlocks', 'maxMs'] as const, 'a budget of compact')
  return {
    maxBlocks: checkNumber('maxBlocks', maxBlocks ?? Infinity, 'blocks'),
    maxMs: checkNumber('maxMs', maxMs ?? Infinity, 'milliseconds'),
  }
}

/** The known properties of an object, inherited ones too, each read once; a property of its own that is not known is refused. */
function readOptions<K extends string>(given: unknown, known: readonly K[], what: string): { [key in K]?: unknown } {
  if (typeof given !== 'object' || given === null)
    throw new TypeError(
      `ebb: ${what} comes in an object, such as { ${known[0]}: ... }, got ${show(given)} (${typeof given})`,
    )
  const unknown = Object.keys(given).find((key) => !known.includes(key as K))
  if (unknown !== undefined) throw new TypeError(`ebb: ${show(unknown)} is not ${what}; there are ${known.join(', ')}`)
  const read: { [key in K]?: unknown } = {}
  for (const key of known) read[key] = (given as { [key in K]?: unknown })[key]
  return read
}

function isClock(value: unknown): value is Clock {
  if (typeof value !== 'object' || value === null) return false
  const { now, schedule } = value as Partial<Clock>
  return typeof now === 'function' && typeof schedule === 'function'
}

function checkNumber(name: string, value: unknown, unit: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`ebb: ${name} must be a number of ${unit}, got ${show(value)} (${typeof value})`)
  if (!(value >= 0)) throw new RangeError(`ebb: ${name} must be from 0 to Infinity ${unit}, got ${show(value)}`)
  return value
}
