/**
 * `npm run bench:load`: what `require('ebb')` and a first block cost a fresh process, beside modules of Node and packages that many programs
 * load. Each is loaded in a process of its own, the processes take turns. Memory is told in two parts: a process's own pages, and pages
 * of files, most of them of the node binary, which every program touches as it uses more of Node and which the kernel shares and may drop.
 *
 *     npm run bench:load [-- --quick] [--write]
 *
 * Ends with 1 if a bound is missed.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDocument } from './common/document'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { medians } from './common/quantile'
import { projectRoot } from './common/root'
import { digits, megabytes, table } from './common/table'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 3 : 31

/** Names of what is loaded; the first is ours. */
const MODULES = ['ebb', 'node:http', 'node:crypto', 'lru-cache', 'cli-table3', '@opentelemetry/api', 'ajv'] as const
const BOUNDS = { ms: 12, resident: 3e6 } as const
const WHY = 'most are pages of the node binary, see above'

interface Loaded {
  readonly ms: number
  /** Growth in bytes: of all, of the process's own pages, of pages of files. */
  readonly resident: number
  readonly own: number
  readonly files: number
}

/** [own pages, pages of files], bytes. Elsewhere than on Linux all count as own. */
function memory(): readonly [number, number] {
  if (process.platform !== 'linux') return [process.memoryUsage.rss(), 0]
  const status = readFileSync('/proc/self/status', 'latin1')
  const field = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
  return [field('RssAnon') + field('RssShmem'), field('RssFile')]
}

function load(name: string): Loaded {
  memory() // reads and compiles what it needs itself
  const [ownBefore, filesBefore] = memory()
  const start = performance.now()
  const loaded = require(name === 'ebb' ? join(projectRoot(), 'dist', 'index.js') : name)
  if (name === 'ebb') new loaded.Heap().alloc(48)
  const ms = performance.now() - start
  const [own, files] = memory()
  return { ms, resident: own + files - ownBefore - filesBefore, own: own - ownBefore, files: files - filesBefore }
}

function loadInProcess(name: string): Loaded {
  const { stdout, stderr, status } = spawnSync(process.execPath, [__filename, '--load', name], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name}: ${stderr}`)
  return JSON.parse(stdout) as Loaded
}

function main(): void {
  const rounds: Loaded[][] = MODULES.map(() => [])
  for (let round = 0; round < ROUNDS; round++) MODULES.forEach((name, i) => void rounds[i]!.push(loadInProcess(name)))
  const results = MODULES.map((name, i) => ({ name, ...medians<keyof Loaded>(rounds[i]!) }))
  const machine = describeMachine()
  const head = `${machineLine(machine)}; medians of ${ROUNDS} processes${isQuick ? ' (quick: not to be quoted)' : ''}`
  const lines = results.map(({ name, ms, resident, own, files }) => [
    name === 'ebb' ? 'ebb and a first block' : name,
    digits(ms),
    megabytes(resident),
    megabytes(own),
    megabytes(files),
  ])
  const [ebb] = results
  const bounds = [
    ['ms', digits(BOUNDS.ms), digits(ebb!.ms), ebb!.ms <= BOUNDS.ms ? 'PASS' : 'MISS'],
    [
      'resident, MB',
      digits(BOUNDS.resident / 1e6),
      megabytes(ebb!.resident),
      ebb!.resident <= BOUNDS.resident ? 'PASS' : `MISS: ${WHY}`,
    ],
  ]
  const text = [
    table(['loaded', 'ms', 'resident, MB', 'own pages', 'pages of files'], lines),
    table(['ebb and a first block', 'at most', 'measured', ''], bounds),
  ].join('\n\n')
  console.log(`${head}\n\n${text}\n\n${writeJson('bench-load', { machine, isQuick, results })}`)
  if (process.argv.includes('--write')) writeDocument('performance.md', 'load', `${head}\n\n${text}`)
  if (bounds.some(([, , , verdict]) => verdict !== 'PASS')) process.exitCode = 1
}

const at = process.argv.indexOf('--load')
if (at < 0) main()
else console.log(JSON.stringify(load(process.argv[at + 1]!)))
