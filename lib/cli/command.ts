/** What a command of `ebb` is. The table of them all is in table.ts. */
import type { Arguments } from './arguments'
import type { Io } from './io'

/** `--name VALUE`, or a switch where there is no `value`. */
export interface Option {
  /** Without the dashes. */
  readonly name: string
  /** One letter. */
  readonly short?: string
  /** What stands for the value in the help, such as `PID`; a switch has none. */
  readonly value?: string
  /** May be given several times. */
  readonly isList?: true
  readonly help: string
}

export interface Command {
  readonly name: string
  /** For the list of commands: one line, no full stop. */
  readonly summary: string
  /** What follows `ebb`, each a line of the usage. */
  readonly usage: readonly string[]
  /** A paragraph for the help. */
  readonly about: string
  readonly options: readonly Option[]
  /** What it takes beside options: nothing, one file, or another command with its arguments after `--`. */
  readonly operands: 'none' | 'file' | 'command'
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  /**
   * Does it.
   * @returns the exit code
   * @throws CliError
   */
  run(args: Arguments, io: Io): Promise<number> | number
}
