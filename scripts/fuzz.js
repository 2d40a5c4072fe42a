'use strict'
/**
 * Hostile calls of everything that the package exports, so many from each seed in a process of its own: one that is ended by a signal is seen,
 * and its last calls are shown. Ends with 1 at the first fault. Needs a built checkout.
 *
 *     npm run test:fuzz                                   1e6 calls
 *     npm run test:fuzz -- --calls 1e4 --seed 7
 */
const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, readFileSync } = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')

const root = path.join(__dirname, '..')
const child = path.join(__dirname, 'fuzz', 'child.js')
const traces = path.join(root, 'out')
/** Calls of one process. */
const CALLS = 50_000
/** A process that takes longer has hung. */
const PATIENCE_MS = 300_000
/** Calls shown of a process that did not end by itself. */
const LAST = 12

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '1e6' }, seed: { type: 'string', default: '1' } },
})
const calls = Number(values.calls)
const first = Number(values.seed)
if (!(calls >= 1 && Number.isInteger(first))) throw new Error('--calls is from 1, --seed a whole number')
if (!existsSync(path.join(root, 'dist', 'inside.js'))) throw new Error('dist/ is missing: npm run build')

/** Makes calls from a seed; returns what is to be told where they found a fault. */
function fault(seed, count, more = []) {
  const args = ['--expose-gc', child, String(seed), String(count), ...more]
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  })
  if (status === 0) return undefined
  const ended = signal === null ? `ended with ${status}` : `was ended by ${signal}${error ? `: ${error.message}` : ''}`
  return { signal, text: `seed ${seed}: the process ${ended}\n${stdout}${stderr}` }
}

const start = Date.now()
let done = 0
for (let seed = first; done < calls; seed++) {
  const count = Math.min(CALLS, calls - done)
  const found = fault(seed, count)
  if (found !== undefined) {
    console.error(found.text)
    if (found.signal !== null) {
      mkdirSync(traces, { recursive: true })
      const trace = path.join(traces, `fuzz-${seed}.txt`)
      fault(seed, count, [trace])
      console.error(`its last calls, of ${trace}:\n${readFileSync(trace, 'utf8').split('\n').slice(-LAST).join('\n')}`)
    }
    process.exit(1)
  }
  done += count
}
const seconds = ((Date.now() - start) / 1000).toFixed(0)
console.log(
  `${done} hostile calls from seed ${first} in ${seconds} s: no signal, every error has a code, the books are sound`,
)
