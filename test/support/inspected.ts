import { spawn } from 'node:child_process'
import { join } from 'node:path'

const BUILT = join(__dirname, '..', '..', 'dist', 'index.js')

/** A Node process that can be inspected. */
export interface Inspected {
  readonly pid: number
  readonly port: number
  end(): void
}

/** Runs a script in a process with an inspector, at a port that the system chooses. It finds `Heap` of the built package, and where that is in `BUILT`. */
export function inspected(script: string, env: Record<string, string> = {}): Promise<Inspected> {
  const { NODE_OPTIONS: _, ...rest } = process.env
  const head = `const BUILT = ${JSON.stringify(BUILT)}\nconst { Heap } = require(BUILT)\n`
  const child = spawn(
    process.execPath,
    ['--inspect=127.0.0.1:0', '-e', `${head}${script}\nconsole.error('is running')`],
    {
      env: { ...rest, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  return new Promise((resolve, reject) => {
    let text = ''
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`the process ended with ${code}: ${text}`)))
    child.stderr.on('data', (part) => {
      text += part
      const port = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(text)?.[1]
      if (port !== undefined && text.includes('is running'))
        resolve({ pid: child.pid as number, port: Number(port), end: () => child.kill('SIGKILL') })
    })
  })
}
