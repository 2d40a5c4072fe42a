/** What callers give as options: every property is read once and checked before anything is taken. */

import { type Clock, systemClock } from '../base/clock'
import { rangeError, show, typeError } from '../base/errors'
import type { Ablation } from '../supply/arenas'
import { checkDebug, type DebugOptions } from './debug-options'
import { checkNumber, readOptions } from './read-options'

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
  /**
   * Finds a caller's mistakes, at a price: every access is held to the block's bytes and to its life, and leaks have a name. `true`, or
   * what to do otherwise than by default. Default: as `EBB_DEBUG` in the environment says. docs/debugging.md.
   */
  readonly debug?: boolean | DebugOptions | undefined
  /**
   * Samples where live blocks were allocated, one in so many bytes on average; `true`: one in 512 KiB. Default: not. docs/debugging.md.
   */
  readonly profile?: boolean | number
  /**
   * Zeroes what is freed before anybody can have it again: by `free`, `freeMany`, `realloc`, `compact` and `close`. Not together with
   * `profile`. A debug heap fills freed blocks in any case. Default false. docs/security.md.
   */
  readonly clearOnFree?: boolean
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

/** All options but these have a default. */
type Optional = 'compact' | 'debug' | 'profile'
export type CheckedOptions = Required<Omit<HeapOptions, Optional>> & {
  readonly compact: 'idle' | undefined
  readonly debug: DebugOptions | false | undefined
  /** Bytes; 0: not. */
  readonly profile: number
}

const AN_OPTION = 'an option of a heap'

/** @throws TypeError for an option of another kind or an unknown one, RangeError for a number that cannot be */
export function checkOptions(options: HeapOptions): CheckedOptions {
  const known = ['decay', 'limit', 'name', 'clock', 'compact', 'debug', 'profile', 'clearOnFree', 'ablation'] as const
  const given = readOptions(options, known, AN_OPTION)
  const { decay, limit, name = '', clock = systemClock, compact, ablation } = given
  if (typeof name !== 'string') throw typeError(`ebb: option name must be a string, got ${show(name)} (${typeof name})`)
  if (!isClock(clock))
    throw typeError(`ebb: option clock must be an object with the methods now and schedule, got ${show(clock)}`)
  if (compact !== undefined && compact !== 'idle')
    throw typeError(`ebb: option compact must be 'idle', or not be there, got ${show(compact)} (${typeof compact})`)
  if (compact === 'idle' && decay === Infinity)
    throw rangeError("ebb: option compact: 'idle' gives memory back by itself, which decay: Infinity forbids")
  const { clearOnFree = false } = given
  if (typeof clearOnFree !== 'boolean')
    throw typeError(`ebb: option clearOnFree must be true or false, got ${show(clearOnFree)} (${typeof clearOnFree})`)
  const profile = checkProfile(given.profile)
  if (clearOnFree && profile > 0)
    throw typeError('ebb: options clearOnFree and profile do not go together; profile another heap')
  const switches = readOptions(ablation ?? {}, ['fullestFirst', 'dirtyFirst'] as const, 'an ablation of a heap')
  for (const [key, value] of Object.entries(switches))
    if (value !== undefined && typeof value !== 'boolean')
      throw typeError(`ebb: option ablation.${key} must be true or false, got ${show(value)} (${typeof value})`)
  return {
    decay: checkNumber('option decay', decay ?? 1000, 'milliseconds'),
    limit: checkNumber('option limit', limit ?? Infinity, 'bytes'),
    name,
    clock,
    compact,
    debug: checkDebug(given.debug),
    profile,
    clearOnFree,
    ablation: switches as Ablation,
  }
}

/** Bytes from one sample to the next on average, where nothing else is said. */
const PROFILE_BYTES = 512 * 1024

function checkProfile(profile: unknown): number {
  if (profile === undefined || typeof profile === 'boolean') return profile === true ? PROFILE_BYTES : 0
  return checkNumber('option profile', profile, 'bytes')
}

/** @throws as {@link checkOptions} */
export function checkBudget(budget: CompactBudget): Required<CompactBudget> {
  const { maxBlocks, maxMs } = readOptions(budget, ['maxBlocks', 'maxMs'] as const, 'a budget of compact')
  return {
    maxBlocks: checkNumber('maxBlocks', maxBlocks ?? Infinity, 'blocks'),
    maxMs: checkNumber('maxMs', maxMs ?? Infinity, 'milliseconds'),
  }
}

function isClock(value: unknown): value is Clock {
  if (typeof value !== 'object' || value === null) return false
  const { now, schedule } = value as Partial<Clock>
  return typeof now === 'function' && typeof schedule === 'function'
}
