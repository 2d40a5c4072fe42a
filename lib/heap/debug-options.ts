/** The options of a debug heap, as part of those of a heap. */
import { show, typeError } from '../base/errors'
import { checkNumber, readOptions } from './read-options'

/** What a debug heap does otherwise than by default. */
export interface DebugOptions {
  /**
   * Every so many-th block has its stacks kept, where it was allocated and where it was freed: 1, the default, all; 0: none. A stack takes
   * some microseconds.
   */
  readonly stacks?: number
  /** Calls that a stack shows; default 8. */
  readonly frames?: number
  /** Bytes of freed blocks that are held back before their memory serves others; default 1 MiB. */
  readonly quarantine?: number
  /**
   * Who is told of live blocks. `'warn'`, the default: `close()` warns of them (`process.emitWarning`). `'exit'`: a report on stderr when
   * the process ends, too. `'ignore'`: nobody.
   */
  readonly leaks?: 'warn' | 'exit' | 'ignore'
  /** Whether all blocks are looked at while the process idles; default true. What is found is a warning. */
  readonly idle?: boolean
}

const KNOWN = ['stacks', 'frames', 'quarantine', 'leaks', 'idle'] as const
const LEAKS = ['warn', 'exit', 'ignore'] as const

/**
 * @returns false: no debug heap is wanted; undefined: nothing is said
 * @throws TypeError for an option of another kind or an unknown one, RangeError for a number that cannot be
 */
export function checkDebug(debug: unknown): DebugOptions | false | undefined {
  if (debug === undefined || debug === false) return debug
  const given = readOptions(debug === true ? {} : debug, KNOWN, 'an option of a debug heap')
  const checked: Record<string, unknown> = {}
  const numbers = { stacks: 'blocks', frames: 'calls', quarantine: 'bytes' } as const
  for (const name of ['stacks', 'frames', 'quarantine'] as const)
    if (given[name] !== undefined) checked[name] = checkNumber(`option debug.${name}`, given[name], numbers[name])
  const { leaks, idle } = given
  if (leaks !== undefined && !LEAKS.includes(leaks as 'warn'))
    throw typeError(`ebb: option debug.leaks must be 'warn', 'exit' or 'ignore', got ${show(leaks)} (${typeof leaks})`)
  if (idle !== undefined && typeof idle !== 'boolean')
    throw typeError(`ebb: option debug.idle must be true or false, got ${show(idle)} (${typeof idle})`)
  if (leaks !== undefined) checked.leaks = leaks
  if (idle !== undefined) checked.idle = idle
  return checked
}
