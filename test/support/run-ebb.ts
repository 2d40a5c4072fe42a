import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { ChildResult } from './child'

const ENTRY = join(__dirname, '..', '..', 'scripts', 'ebb.js')

/**
 * Runs the built command line in a process of its own, in a pipe.
 * @param input - for its standard input, which ends behind it
 * @param started - called with the process once it runs
 */
export function runEbb(
  words: readonly string[],
  {
    input = '',
    env = {},
    started,
  }: { input?: string; env?: Record<string, string>; started?: (child: ChildProcess) => void } = {},
): Promise<ChildResult> {
  const { NODE_OPTIONS: _, NO_COLOR: __, FORCE_COLOR: ___, ...rest } = process.env
  const child = spawn(process.execPath, [ENTRY, ...words], {
    env: { ...rest, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  started?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
