/** How a command ends: its codes, and the error that carries one. */

/** Exit codes of every command; docs/cli.md explains them. `ebb record -- COMMAND` passes on the code of COMMAND. */
export const EXIT = {
  /** Done; for `doctor`: nothing worse than a NOTE. */
  ok: 0,
  /** `doctor`: something to WARN of. Any command: an error that it has no other code for. */
  found: 1,
  /** The command line is wrong: an unknown command or option, a value that cannot be. */
  usage: 2,
  /** This platform or runtime cannot do it, as where there is no /proc. */
  unsupported: 3,
  /** The process or port is not there, does not let us look, or does not use ebb. */
  unreachable: 4,
  /** A file cannot be read or written, or is not what it should be. */
  file: 5,
} as const

/** The lines of a help text on exit codes. */
export const EXIT_TEXTS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  found: 'a WARN or FAIL was found, or an unexpected error',
  usage: 'the command line is wrong',
  unsupported: 'this platform cannot do it',
  unreachable: 'the process cannot be reached, or does not use ebb',
  file: 'a file cannot be read or written',
}

/** Ends a command with a message and a code, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exit: (typeof EXIT)[keyof typeof EXIT]

  /**
   * @param exit - name of the exit code
   * @param message - what was refused, the value, and the remedy
   * @param cause - the underlying error, where there is one
   */
  constructor(exit: keyof typeof EXIT, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exit = EXIT[exit]
  }
}
