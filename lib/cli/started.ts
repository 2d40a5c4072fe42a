/** The command behind `--`: started, and waited for. */
import { spawn } from 'node:child_process'
import { CliError } from './exit'

export interface Ended {
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
}

/** A command that runs, and the promise of its end. */
export interface Started {
  readonly pid: number
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
}

/** How it runs. */
export interface StartOptions {
  /** `2`: what it prints goes to the error output. */
  readonly stdout?: 'inherit' | 2
  /** Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
}

/**
 * @param by - the command of `ebb` that starts it, for messages
 * @param words - a program and its arguments
 * @throws CliError `unreachable` where there is no such program
 */
export function startCommand(by: string, words: readonly string[], options: StartOptions = {}): Promise<Started> {
  const { stdout = 'inherit', env = process.env } = options
  const [file, ...rest] = words as [string, ...string[]]
  const child = spawn(file, rest, { stdio: ['inherit', stdout, 'inherit'], env })
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'there is no such command' : error.message
      reject(new CliError('unreachable', `ebb ${by}: cannot start ${file}: ${why}`, error))
    })
    child.on('spawn', () => {
      const ended = new Promise<Ended>((settle) => {
        child.on('exit', (code, signal) => settle({ exitCode: code ?? undefined, signal: signal ?? undefined }))
      })
      resolve({ pid: child.pid as number, ended, kill: (signal) => child.kill(signal) })
    })
  })
}
