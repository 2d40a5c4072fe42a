'use strict'
// Runs the seeded tests again and again, each time with another seed, until so many minutes have passed or one fails. Arguments:
//     --minutes N   how long; default 10
//     --seed N      the first seed; default: the clock. A run is repeated by its SEED alone.
//     FILES         which tests; default: FILES below
// Needs a built checkout.
const { spawnSync } = require('node:child_process')
const { existsSync } = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')

const root = path.join(__dirname, '..')
const FILES = [
  'whole/commands',
  'whole/heap-model',
  'whole/hostile',
  'whole/out-of-memory',
  'collections/',
  'supply/',
  'debug/mistakes',
].map((name) => `test/${name}`)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
})
const minutes = Number(values.minutes)
const first = Number(values.seed)
if (!(minutes > 0 && Number.isInteger(first))) throw new Error('--minutes is above 0, --seed a whole number')
if (!existsSync(path.join(root, 'dist', 'inside.js'))) throw new Error('dist/ is missing: npm run build')

/** Runs all files with a seed; returns what they wrote, if one failed. */
function runWith(seed) {
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--silent=passed-only',
    ...(positionals.length > 0 ? positionals : FILES),
  ]
  const env = { ...process.env, SEED: String(seed) }
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
  if (error) throw error
  return status === 0 ? undefined : stdout + stderr
}

const start = Date.now()
const passed = () => (Date.now() - start) / 60_000
let seed = first
for (; passed() < minutes; seed++) {
  const failure = runWith(seed)
  if (failure === undefined) continue
  console.error(`${failure}\nSEED=${seed} failed after ${passed().toFixed(1)} minutes; repeat it with --seed ${seed}`)
  process.exit(1)
}
console.log(`SEED=${first} to SEED=${seed - 1}: ${seed - first} runs in ${passed().toFixed(1)} minutes, none failed`)
