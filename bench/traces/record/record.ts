/**
 * Records a Python program: `record.js [--name NAME] [--out FILE] SCRIPT [ARGUMENT...]`; without a script, records the
 * committed programs anew.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../../common/root'
import { buildProgram, findPython, type PythonBuild } from '../../peers/build'
import { encodeTrace, TRACE_SUFFIX, type Trace } from '../trace'
import { convertLog } from './convert'

/** Name of a committed trace and the program it is made from. */
const PROGRAMS: readonly (readonly [string, string])[] = [
  ['ast', 'ast_walk.py'],
  ['calculator', 'calculator.py'],
  ['groupby', 'groupby.py'],
  ['json', 'json_index.py'],
  ['requests', 'requests.py'],
  ['simulation', 'simulation.py'],
]

function record(python: PythonBuild, name: string, command: readonly string[]): Trace {
  const recorder = buildProgram('recorder', 'traces/record/recorder.c', [], python)
  const folder = mkdtempSync(join(tmpdir(), 'ebb-record-'))
  try {
    const log = join(folder, 'requests')
    const { status, error } = spawnSync(recorder, [log, ...command], { stdio: 'inherit' })
    if (error) throw error
    if (status !== 0) throw new Error(`${command[0]} failed: the recorder ended with ${status}`)
    const program = relative(projectRoot(), command[0]!)
    const source = `${program.startsWith('..') ? basename(program) : program} on CPython ${python.version}`
    return convertLog(readFileSync(log), name, source)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function save(trace: Trace, file: string): void {
  const packed = encodeTrace(trace)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, packed)
  const own = trace.operations - trace.closingFrees
  console.log(
    `${file}: ${own} operations, ${trace.ids} ids, peak ${trace.peakLiveBytes} bytes, ${packed.length} bytes packed`,
  )
}

function main(): void {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    options: { name: { type: 'string' }, out: { type: 'string' } },
    allowPositionals: true,
  })
  const python = findPython()
  const [script] = positionals
  if (script !== undefined) {
    const name = values.name ?? basename(script, '.py')
    save(record(python, name, positionals), values.out ?? join(projectRoot(), 'out', 'traces', name + TRACE_SUFFIX))
    return
  }
  const traces = join(projectRoot(), 'bench', 'traces')
  for (const [name, file] of PROGRAMS) {
    save(record(python, name, [join(traces, 'programs', file)]), join(traces, 'data', name + TRACE_SUFFIX))
  }
}

try {
  main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
