/** Where and with what a result was measured. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { projectRoot } from './root'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly platform: string
  readonly node: string
  readonly v8: string
  readonly date: string
  /** Processes that wanted to run, on average over the minute before: near or above `cores`, times are worth less. */
  readonly load: number
  /** Of this tree; ends in + where files differ from it. */
  readonly revision: string
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${release()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    date: new Date().toISOString(),
    load: loadavg()[0] ?? 0,
    revision: revision(),
  }
}

function revision(): string {
  const git = (...words: string[]) => spawnSync('git', words, { cwd: projectRoot(), encoding: 'utf8' })
  const { status, stdout } = git('rev-parse', '--short', 'HEAD')
  if (status !== 0) return 'unknown'
  const isDirty = git('status', '--porcelain', '--untracked-files=no', '--', 'lib', 'native').stdout.trim() !== ''
  return stdout.trim() + (isDirty ? '+' : '')
}

/** One line for the head of a report. */
export function machineLine({ cpu, cores, memoryBytes, platform, node, date, load, revision }: Machine): string {
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`
  return `${cpu}, ${cores} cores, ${memory}, ${platform}; Node ${node}; ebb ${revision}; ${date.slice(0, 16)}Z, load ${load.toFixed(1)}`
}

/** Writes out/NAME.json. Returns its path. */
export function writeJson(name: string, content: object): string {
  const file = join(projectRoot(), 'out', `${name}.json`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(content, null, 1)}\n`)
  return file
}
