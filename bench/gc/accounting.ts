/**
 * What V8 is told of ebb's space. V8 counts external memory, and from 14.8 on (Deno 2.9; Node 24 and 26 with a flag) its global limit
 * contains it: address space that is counted as memory makes such a V8 collect without end beside a busy heap. Measured: what
 * memoryUsage().external says, and the mark-compacts of a busy heap with ebb and without.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fetchDeno, fetchNode, findDeno, findNode, nodeMajors } from '../common/nodes'
import { medians } from '../common/quantile'
import { projectRoot } from '../common/root'
import { digits, MIB, mib, table } from '../common/table'
import type { Told } from './busy'

/** A runtime that is measured, with the flags of V8 that make it another case. */
export interface Runtime {
  readonly name: string
  readonly binary: string
  readonly flags: readonly string[]
  readonly isDeno: boolean
}

/** Address space may not be counted as memory. */
export const EXTERNAL_BOUND = 16 * MIB
/** Mark-compacts that ebb may add. */
export const MORE_BOUND = 2

const GLOBAL_LIMIT = '--external-memory-accounted-in-global-limit'

/** `--max-old-space-size`, MiB. */
const LIMITS = [256, 1024, 2048] as const

/** How much of it is done. */
export interface Amount {
  readonly rounds: number
  /** MB of objects that live, by limit. */
  objects(limit: number): readonly number[]
}

export const FULL: Amount = { rounds: 5, objects: (limit) => (limit <= 256 ? [60] : [60, 150]) }
export const QUICK: Amount = { rounds: 1, objects: () => [60] }

/** Objects that are replaced: about 320 MB grow old and are dropped. */
const REPLACED = 4_000_000
/** A child takes a second or two; one whose collector never rests is ended after this long, ms. */
const PATIENCE_MS = 30_000

/** What came of one child; of several, the medians. */
interface Run extends Told {
  readonly markCompacts: number
  /** 1: it was ended, so its mark-compacts are the least that it takes, and its CPU seconds are not known (NaN). */
  readonly isEnded: number
}

export interface Beside {
  readonly runtime: string
  /** MiB. */
  readonly limit: number
  /** MB. */
  readonly objects: number
  readonly without: Run
  readonly withEbb: Run
  readonly isHeld: boolean
}

/**
 * This Node, and the others: those that are on this machine, or all where they are to be fetched. A Node whose V8 has
 * the accounting of external memory behind a flag is there twice.
 */
export function runtimesHere(isFetched: boolean): Runtime[] {
  const own = process.versions.node.split('.')[0]!
  const list: Runtime[] = []
  for (const major of nodeMajors()) {
    const binary = major === own ? process.execPath : (isFetched ? fetchNode : findNode)(major)
    if (binary === undefined) continue
    list.push({ name: `Node ${major}`, binary, flags: [], isDeno: false })
    if (hasGlobalLimit(binary)) list.push({ name: `Node ${major}, flag`, binary, flags: [GLOBAL_LIMIT], isDeno: false })
  }
  const deno = (isFetched ? fetchDeno : findDeno)()
  if (deno !== undefined) list.push({ name: 'Deno', binary: deno, flags: [], isDeno: true })
  return list
}

function hasGlobalLimit(binary: string): boolean {
  const { stdout } = spawnSync(binary, ['--v8-options'], { encoding: 'utf8', maxBuffer: 16 * MIB })
  return stdout.includes(GLOBAL_LIMIT)
}

/** One child; its library is this tree's build. */
function runOnce({ name, binary, flags, isDeno }: Runtime, limit: number, objects: number, isWith: boolean): Run {
  const v8Flags = ['--trace-gc', `--max-old-space-size=${limit}`, ...flags]
  const script = [join(__dirname, 'busy.js'), `${objects}`, `${REPLACED}`]
  if (isWith) script.push(join(projectRoot(), 'dist', 'index.js'))
  const args = isDeno
    ? ['run', '--quiet', '--allow-all', `--v8-flags=${v8Flags.join(',')}`, ...script]
    : [...v8Flags, ...script]
  const options = { encoding: 'utf8', maxBuffer: 256 * MIB, timeout: PATIENCE_MS, killSignal: 'SIGKILL' } as const
  const { status, signal, stdout, stderr, error } = spawnSync(binary, args, options)
  // "Mark-Compact", "Mark-sweep" before V8 11, with "Incremental" in front of it from 14 on; not "Minor Mark-Compact".
  const markCompacts = stdout.match(/ ms: (?:Incremental )?Mark-(?:Compact|sweep)/gi)?.length ?? 0
  const told: Partial<Told> = Object.assign({}, ...(stderr.match(/^\{.*\}$/gm) ?? []).map((line) => JSON.parse(line)))
  const isEnded = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT'
  if (!isEnded && (status !== 0 || told.cpuSeconds === undefined)) {
    throw new Error(`${name}: ${args.join(' ')} ended with ${signal ?? status}: ${stderr.slice(-2000)}`)
  }
  return { external: Number.NaN, cpuSeconds: Number.NaN, ...told, markCompacts, isEnded: Number(isEnded) }
}

/** With ebb and without in turn, round by round. */
function measureOne(runtime: Runtime, limit: number, objects: number, rounds: number): Beside {
  const without: Run[] = []
  const withEbb: Run[] = []
  for (let round = 0; round < rounds && withEbb.at(-1)?.isEnded !== 1; round++) {
    without.push(runOnce(runtime, limit, objects, false))
    withEbb.push(runOnce(runtime, limit, objects, true))
  }
  const [before, after] = [medians<keyof Run>(without), medians<keyof Run>(withEbb)]
  const isHeld = after.isEnded === 0 && after.markCompacts - before.markCompacts <= MORE_BOUND
  return { runtime: runtime.name, limit, objects, without: before, withEbb: after, isHeld }
}

export function measureAccounting(list: readonly Runtime[], { rounds, objects }: Amount): Beside[] {
  const results: Beside[] = []
  for (const runtime of list) {
    for (const limit of LIMITS) {
      for (const megabytes of objects(limit)) {
        process.stderr.write(`${runtime.name}, heap limit ${limit} MiB, ${megabytes} MB of objects\n`)
        results.push(measureOne(runtime, limit, megabytes, rounds))
      }
    }
  }
  return results
}

/** By runtime: the most that memoryUsage().external said with ebb, bytes. */
export function externals(results: readonly Beside[]): { runtime: string; external: number; isHeld: boolean }[] {
  return [...new Set(results.map(({ runtime }) => runtime))].map((runtime) => {
    const external = Math.max(...results.filter((row) => row.runtime === runtime).map((row) => row.withEbb.external))
    return { runtime, external, isHeld: external < EXTERNAL_BOUND }
  })
}

export const isAccountingHeld = (results: readonly Beside[]): boolean =>
  results.every(({ isHeld }) => isHeld) && externals(results).every(({ isHeld }) => isHeld)

const countOf = ({ markCompacts, isEnded }: Run): string => `${isEnded > 0 ? '>' : ''}${markCompacts}`
const verdict = (isHeld: boolean): string => (isHeld ? 'PASS' : 'MISS')

export function accountingReport(results: readonly Beside[]): string {
  const external = externals(results).map((row) => [row.runtime, mib(row.external), verdict(row.isHeld)])
  const beside = results.map(({ runtime, limit, objects, without, withEbb, isHeld }) => [
    runtime,
    `${limit}`,
    `${objects}`,
    countOf(without),
    countOf(withEbb),
    digits(without.cpuSeconds),
    digits(withEbb.cpuSeconds),
    verdict(isHeld),
  ])
  const head = ['', 'heap limit, MiB', 'objects, MB', 'without', 'with ebb', 'CPU s without', 'CPU s with', '']
  return [
    `## memoryUsage().external after loading ebb and making one heap (bound: below ${EXTERNAL_BOUND / MIB} MiB)`,
    table(['', 'MiB', ''], external),
    `## Mark-compacts of a busy JavaScript heap (bound: at most ${MORE_BOUND} more with ebb than without)`,
    table(head, beside),
  ].join('\n\n')
}
