/** Finds the C compiler and CPython's development files, and builds C programs into build/peers. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { projectRoot } from '../common/root'

/** What it takes to embed CPython. */
export interface PythonBuild {
  readonly version: string
  readonly compile: readonly string[]
  readonly link: readonly string[]
  /** libpython as an archive, where it is installed. */
  readonly archive?: string
}

/** Why something cannot be had here, and what to install. */
export class MissingTool extends Error {
  override readonly name = 'MissingTool'
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')

/** The system's own python3-config before one that a version manager put in front; `PYTHON_CONFIG` overrules both. */
export function findPython(): PythonBuild {
  const chosen = process.env.PYTHON_CONFIG
  for (const config of chosen ? [chosen] : ['/usr/bin/python3-config', 'python3-config']) {
    const link = spawnSync(config, ['--ldflags', '--embed'], { encoding: 'utf8' })
    const compile = spawnSync(config, ['--includes'], { encoding: 'utf8' })
    if (link.status !== 0 || compile.status !== 0) continue
    const version = /-lpython(\d+\.\d+)/.exec(link.stdout)?.[1] ?? ''
    const folder = spawnSync(config, ['--configdir'], { encoding: 'utf8' }).stdout.trim()
    const archive = join(folder, `libpython${version}.a`)
    const python = { version, compile: words(compile.stdout), link: words(link.stdout) }
    return existsSync(archive) ? { ...python, archive } : python
  }
  throw new MissingTool("CPython's development files are missing (apt-get install python3-dev, or set PYTHON_CONFIG)")
}

/**
 * Compiles one C file of bench/ (`source`, relative to it) to build/peers/`name` unless that is newer already; gives its path.
 * The flags are part of the name's contract: one name is always built with the same ones.
 */
export function buildProgram(name: string, source: string, options: readonly string[], python?: PythonBuild): string {
  const root = projectRoot()
  const folder = join(root, 'build', 'peers')
  const output = join(folder, python ? `${name}-${python.version}` : name)
  const input = join(root, 'bench', source)
  if (existsSync(output) && statSync(output).mtimeMs > newestSource(input)) return output
  mkdirSync(folder, { recursive: true })
  const compiler = process.env.CC ?? 'cc'
  // Under a name of its own first: two benches may build at the same time.
  const partial = `${output}.${process.pid}`
  const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', ...options]
  const command = [...flags, ...(python?.compile ?? []), input, '-o', partial, ...(python?.link ?? [])]
  const run = spawnSync(compiler, command, { encoding: 'utf8' })
  if (run.error) throw new MissingTool(`no C compiler: ${compiler} cannot be run (apt-get install gcc, or set CC)`)
  if (run.status !== 0) throw new MissingTool(`${basename(source)} does not build: ${run.stderr.trim()}`)
  renameSync(partial, output)
  return output
}

/** When a source or a header beside it was last changed. */
function newestSource(input: string): number {
  const folder = dirname(input)
  const files = readdirSync(folder).filter((file) => /\.[ch]$/.test(file))
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs))
}
