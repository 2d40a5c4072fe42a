/**
 * What EBB_DEBUG in the environment asks for: `1`, or words with commas between them.
 *
 *     EBB_DEBUG=1
 *     EBB_DEBUG=leaks                         a report of live blocks at exit
 *     EBB_DEBUG=stacks=100,quarantine=1e8     numbers as in DebugOptions; noleaks and noidle switch off
 */
import { show, typeError } from '../base/errors'
import { checkDebug, type DebugOptions } from '../heap/debug-options'

/** Digits, with an exponent at most. */
const isNumber = (value: string | undefined): boolean => /^\d+(?:e\d+)?$/.test(value ?? '')

/** @throws TypeError for a word that says nothing */
export function debugByEnvironment({ EBB_DEBUG = '' }: NodeJS.ProcessEnv = process.env): DebugOptions {
  const options: Record<string, unknown> = {}
  for (const word of EBB_DEBUG.split(',').map((part) => part.trim())) {
    const [name, value] = word.split('=') as [string, string?]
    if (name === 'leaks') options.leaks = 'exit'
    else if (name === 'noleaks') options.leaks = 'ignore'
    else if (name === 'noidle') options.idle = false
    else if (['stacks', 'frames', 'quarantine'].includes(name) && isNumber(value)) options[name] = Number(value)
    else if (!['', '0', '1', 'true'].includes(word))
      throw typeError(
        `ebb: EBB_DEBUG knows 1, leaks, noleaks, noidle, stacks=N, frames=N and quarantine=BYTES, with commas between them, got ${show(word)}`,
      )
  }
  return checkDebug(options) as DebugOptions
}
