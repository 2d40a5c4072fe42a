import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(__dirname, '..', '..')
const BUILT = join(ROOT, 'dist', 'index.js')

export interface ChildResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a script in a fresh Node process. It finds `Heap`, `HeapError` and `partsOf` of the built package, `addon`, and `say(value)`,
 * which prints a line of JSON.
 * @param started - called with the process once it runs
 */
export function runChild(
  script: string,
  flags: readonly string[] = [],
  started?: (child: ChildProcess) => void,
): Promise<ChildResult> {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run \`npm run build\` before the tests`)
  const head = `
    const { Heap, HeapError } = require(${JSON.stringify(BUILT)})
    const { loadAddon, PACKAGE_FOLDER, partsOf } = require(${JSON.stringify(join(ROOT, 'dist', 'inside.js'))})
    const addon = loadAddon()
    const say = (value) => require('node:fs').writeSync(1, JSON.stringify(value) + '\\n')
  `
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [...flags, '-e', head + script], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  started?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

/** The lines that a child said. */
export const said = (result: ChildResult): unknown[] =>
  result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
