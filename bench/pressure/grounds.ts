/**
 * Where a program can be held to so many bytes by the kernel: a folder of version 1 or 2 of control groups, where this user may make one;
 * or version 2 in a kernel of its own, which runs as a plain process: user-mode Linux, Debian's package `user-mode-linux`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { projectRoot } from '../common/root'
import type { Lived } from './protocol'

/** What came of one child. */
export interface Outcome {
  /** Undefined where it was killed, or did not come to its end in time. */
  readonly lived: Lived | undefined
  /** `'killed'` by SIGKILL, the kernel's. */
  readonly end: 'lived' | 'killed' | 'late'
  /** The most that was charged to its group, bytes. */
  readonly peak: number
}

export interface Ground {
  readonly name: string
  /** Runs a program in a fresh group that may have `limit` bytes. */
  run(command: readonly string[], limit: number): Outcome
}

const PATIENCE_S = 120

function outcomeOf(stdout: string, code: number | null, peak: number): Outcome {
  const line = stdout.split(/\r?\n/).find((text) => text.startsWith('{'))
  if (line !== undefined) return { lived: JSON.parse(line) as Lived, end: 'lived', peak }
  // A shell says 128 and the signal's number; `timeout` 124.
  if (code !== 137 && code !== 124) throw new Error(`the child ended with ${code}, saying:\n${stdout}`)
  return { lived: undefined, end: code === 137 ? 'killed' : 'late', peak }
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')

/** Joins the group, then becomes the program. */
const joining = (folder: string, command: readonly string[]): string =>
  `sh -c 'echo $$ > "$0/cgroup.procs"; exec timeout ${PATIENCE_S} "$@"' ${quoted([folder, ...command])}`

interface Files {
  readonly version: 1 | 2
  readonly limit: string
  readonly peak: string
  /** File and text that forbid swap, beside a limit. */
  swap(limit: number): readonly [string, string]
}

const V1: Files = {
  version: 1,
  limit: 'memory.limit_in_bytes',
  peak: 'memory.max_usage_in_bytes',
  swap: (limit) => ['memory.memsw.limit_in_bytes', String(limit)],
}
const V2: Files = { version: 2, limit: 'memory.max', peak: 'memory.peak', swap: () => ['memory.swap.max', '0'] }

function forbidSwap(folder: string, [file, text]: readonly [string, string]): void {
  try {
    writeFileSync(join(folder, file), text)
  } catch {
    // The kernel does not count swap.
  }
}

/** A group below `parent`, where one can be made and limited. */
function folderGround(parent: string, files: Files): Ground | undefined {
  const folder = join(parent, `ebb-bench-${process.pid}`)
  const withGroup = <T>(limit: number, call: () => T): T => {
    mkdirSync(folder)
    try {
      writeFileSync(join(folder, files.limit), String(limit))
      forbidSwap(folder, files.swap(limit))
      return call()
    } finally {
      rmdirSync(folder)
    }
  }
  try {
    withGroup(2 ** 28, () => readFileSync(join(folder, files.peak)))
  } catch {
    return undefined
  }
  return {
    name: `cgroup v${files.version}`,
    run: (command, limit) =>
      withGroup(limit, () => {
        const { stdout, status } = spawnSync('sh', ['-c', `${joining(folder, command)}; exit $?`], { encoding: 'utf8' })
        return outcomeOf(stdout, status, Number(readFileSync(join(folder, files.peak), 'latin1')))
      }),
  }
}

/** What is used of scripts/kernel/boot.js. */
interface Kernel {
  readonly GROUP: string
  groupOf(byteLength: number): string
  holding(node: string): string
  hasUserModeLinux(): boolean
  boot(script: string, mebibytes: number, seconds: number): string
}

const kernel = createRequire(__filename)(join(projectRoot(), 'scripts', 'kernel', 'boot.js')) as Kernel

/** What the kernel of its own runs: the program in a group, with its files read before, so that they are not charged to it. */
const inGroup = (command: readonly string[], limit: number): string => {
  const node = quoted([command[0]!])
  return `${kernel.groupOf(limit)}
${kernel.holding(node)}
ldd ${node} | grep -o '/[^ ]*' | xargs cat ${node} > /dev/null
${joining(kernel.GROUP, command)}
echo "exit $?"
echo "peak $(cat ${kernel.GROUP}/memory.peak)"`
}

function umlGround(): Ground | undefined {
  if (!kernel.hasUserModeLinux()) return undefined
  return {
    name: 'cgroup v2, in user-mode Linux',
    run(command, limit) {
      const stdout = kernel.boot(inGroup(command, limit), 768, 200)
      const number = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(stdout)?.[1] ?? NaN)
      return outcomeOf(stdout, number('exit'), number('peak'))
    },
  }
}

/** All that there are here. */
export function groundsHere(): Ground[] {
  const own = readFileSync('/proc/self/cgroup', 'latin1')
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1]
  const v2 = /^0::(.*)$/m.exec(own)?.[1]
  const grounds = [
    v1 === undefined ? undefined : folderGround(join('/sys/fs/cgroup/memory', v1), V1),
    v2 === undefined ? undefined : folderGround(join('/sys/fs/cgroup', v2), V2),
    umlGround(),
  ]
  return grounds.filter((ground) => ground !== undefined)
}
