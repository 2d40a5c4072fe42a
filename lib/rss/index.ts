/**
 * `ebb/rss`: how much memory a process holds, measured rather than computed. One sample, a recorder that takes one every so often,
 * and CSV. Works without the native addon and without a heap.
 *
 *     import { RssRecorder, sampleRss } from 'ebb/rss'
 *
 *     const recorder = new RssRecorder({ pid: child.pid, interval: 50 }).start()
 *     ...
 *     fs.writeFileSync('rss.csv', recorder.stop().toCsv())
 */

import { inspect } from 'node:util'
import { type Cancel, epochNow, repeat } from '../base/clock'
import { rangeError, show, typeError } from '../base/errors'
import { uncloneable } from '../base/uncloneable'
import { type LinuxMemory, linuxMemory } from './linux'

/** One look at a process. Bytes; a field is undefined where the platform has no such figure or does not let us see it. */
export interface RssSample {
  /** Milliseconds since the recorder was started; since the epoch for a sample without a recorder. */
  readonly ms: number
  /** Bytes in RAM, those shared with other processes in full. Linux: `Rss` of smaps_rollup; elsewhere `process.memoryUsage.rss()`. */
  readonly resident: number
  /** Bytes in RAM, each shared page divided by the number of processes that share it. Linux: `Pss`. */
  readonly proportional: number | undefined
  /** Bytes in RAM that no file stands behind: heaps, stacks, blocks of ebb. Linux: `Anonymous`. */
  readonly anonymous: number | undefined
  /** The most that was ever resident, in bytes. Linux: `VmHWM`; elsewhere `ru_maxrss`, of this process only. */
  readonly peak: number | undefined
  /** Bytes of anonymous memory in transparent huge pages. Linux: `AnonHugePages`. */
  readonly hugePages: number | undefined
  /**
   * Bytes charged to the process's control group: all of its processes and the page cache that they brought in. Linux: `memory.current`
   * (v2), `memory.usage_in_bytes` (v1).
   */
  readonly cgroup: number | undefined
  /** The name given to {@link RssRecorder.mark}; undefined for all other samples. */
  readonly mark?: string
}

/**
 * Stable codes of an {@link RssError}.
 *
 * | code | meaning |
 * |---|---|
 * | `EBB_RSS_GONE` | no process has this pid, or it has ended |
 * | `EBB_RSS_DENIED` | the process belongs to somebody else, or Node may not read `/proc`: its memory is not shown to us |
 * | `EBB_RSS_UNSUPPORTED` | this platform shows a process its own memory only |
 */
export type RssErrorCode = 'EBB_RSS_GONE' | 'EBB_RSS_DENIED' | 'EBB_RSS_UNSUPPORTED'

/** A process that could not be sampled. */
export class RssError extends Error {
  override readonly name = 'RssError'
  /** See {@link RssErrorCode}. */
  readonly code: RssErrorCode
  /** The process that was asked for. */
  readonly pid: number

  /**
   * @param code - stable error code
   * @param pid - the process that was asked for
   * @param message - what was refused, and the remedy
   * @param cause - the system error, where there is one
   */
  constructor(code: RssErrorCode, pid: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.pid = pid
  }
}

/**
 * Looks at a process once. On Linux the kernel walks the page tables for it: about a millisecond for each GB that is resident.
 * @param pid - process id; default: this process. Others can be seen on Linux only.
 * @throws RangeError for what is no process id; {@link RssError}
 */
export function sampleRss(pid: number = process.pid): RssSample {
  checkPid(pid)
  return sampleSince(0, pid)
}

/** How a recorder records. */
export interface RssRecorderOptions {
  /** Process id; default: this process. Others can be seen on Linux only. */
  readonly pid?: number
  /** Milliseconds between samples, from 1; default 100. The event loop of this process decides how exactly they are kept. */
  readonly interval?: number
}

const STAYS = uncloneable('an RssRecorder', 'send recorder.samples')

/**
 * Samples a process every so often. Its timer is unref'd: it keeps no process alive. If the process that is watched ends, so does the
 * recording; what was seen until then stays.
 */
export class RssRecorder {
  /** @internal */
  readonly uncloneable: symbol = STAYS
  /** Process id. */
  readonly pid: number
  /** Milliseconds. */
  readonly interval: number
  /** Why the recording ended by itself: `EBB_RSS_GONE` when the process ended. Undefined while it runs and after {@link stop}. */
  error: RssError | undefined
  private readonly taken: RssSample[] = []
  private cancel: Cancel | undefined
  /** Epoch of the first start, in milliseconds; meaningless before it. */
  private startedAt = 0

  /**
   * @param options - see {@link RssRecorderOptions}
   * @throws RangeError for a pid or interval that cannot be, TypeError for an unknown option
   */
  constructor(options: RssRecorderOptions = {}) {
    if (typeof options !== 'object' || options === null)
      throw typeError(
        `ebb/rss: options come in an object, such as { pid: ... }, got ${show(options)} (${typeof options})`,
      )
    const unknown = Object.keys(options).find((key) => key !== 'pid' && key !== 'interval')
    if (unknown !== undefined)
      throw typeError(`ebb/rss: ${show(unknown)} is not an option of a recorder; there are pid, interval`)
    this.pid = options.pid ?? process.pid
    this.interval = options.interval ?? 100
    checkPid(this.pid)
    if (!(this.interval >= 1 && this.interval <= 0x7fff_ffff)) {
      throw rangeError(`ebb/rss: interval must be 1 to ${0x7fff_ffff} milliseconds, got ${show(this.interval)}`)
    }
  }

  /** All samples so far, oldest first. */
  get samples(): readonly RssSample[] {
    return this.taken
  }

  /** Whether it is sampling. */
  get isRunning(): boolean {
    return this.cancel !== undefined
  }

  /**
   * Takes a sample now and then one every `interval`. Does nothing while it runs; after a stop the recording goes on, on the same clock.
   * @throws {@link RssError} if the first sample cannot be taken
   */
  start(): this {
    if (this.cancel !== undefined) return this
    if (this.taken.length === 0) this.startedAt = epochNow()
    this.error = undefined
    this.taken.push(sampleSince(this.startedAt, this.pid))
    this.cancel = repeat(() => this.tick(), this.interval)
    return this
  }

  /**
   * Takes a sample now and names it: where a phase of a program begins or ends. Works whether it runs or not.
   * @throws {@link RssError}
   */
  mark(name: string): RssSample {
    if (this.taken.length === 0) this.startedAt = epochNow()
    const sample: RssSample = { ...sampleSince(this.startedAt, this.pid), mark: String(name) }
    this.taken.push(sample)
    return sample
  }

  /** Ends the recording; a last sample is taken if the process is still there. Does nothing if it does not run. */
  stop(): this {
    if (this.cancel === undefined) return this
    this.tick()
    this.cancel?.()
    this.cancel = undefined
    this.error = undefined
    return this
  }

  /** The samples as CSV; see {@link toCsv}. */
  toCsv(): string {
    return toCsv(this.taken)
  }

  /** What `console.log` shows of a recorder. */
  [inspect.custom](): string {
    const { pid, interval, isRunning, error, taken } = this
    return `RssRecorder ${inspect({ pid, interval, isRunning, samples: taken.length, ...(error && { error }) })}`
  }

  private tick(): void {
    try {
      this.taken.push(sampleSince(this.startedAt, this.pid))
    } catch (error) {
      if (!(error instanceof RssError)) throw error
      this.error = error
      this.cancel?.()
      this.cancel = undefined
    }
  }
}

const COLUMNS = ['ms', 'resident', 'proportional', 'anonymous', 'peak', 'hugePages', 'cgroup', 'mark'] as const

/**
 * Samples as CSV (RFC 4180, lines ended by `\n`): a head with the names of the fields, then one line a sample. Milliseconds with one
 * decimal, memory in bytes, what is undefined empty.
 */
export function toCsv(samples: Iterable<RssSample>): string {
  if (typeof samples !== 'object' || samples === null || typeof samples[Symbol.iterator] !== 'function')
    throw typeError(`ebb/rss: toCsv needs samples in an array, got ${show(samples)} (${typeof samples})`)
  const lines = [COLUMNS.join(',')]
  for (const sample of samples) {
    if (typeof sample !== 'object' || sample === null)
      throw typeError(`ebb/rss: toCsv needs samples, got ${show(sample)} among them`)
    lines.push(COLUMNS.map((column) => field(sample[column], column)).join(','))
  }
  return `${lines.join('\n')}\n`
}

function field(value: string | number | undefined, column: (typeof COLUMNS)[number]): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return column === 'ms' ? value.toFixed(1) : String(value)
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

function checkPid(pid: unknown): void {
  if (!Number.isInteger(pid) || (pid as number) < 1 || (pid as number) > 0x7fff_ffff) {
    throw rangeError(`ebb/rss: pid must be a process id, a whole number from 1, got ${show(pid)}`)
  }
}

function sampleSince(startedAt: number, pid: number): RssSample {
  const memory = process.platform === 'linux' ? ofLinux(pid) : ofThisProcess(pid)
  return { ms: epochNow() - startedAt, ...memory }
}

function ofLinux(pid: number): LinuxMemory {
  let memory: LinuxMemory | undefined
  let cause: unknown
  try {
    memory = linuxMemory(pid === process.pid ? 'self' : String(pid))
  } catch (error) {
    cause = error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') {
      throw new RssError('EBB_RSS_DENIED', pid, `ebb/rss: process ${pid} is not shown to this user`, error)
    }
    if (code === 'ERR_ACCESS_DENIED') {
      // Node's permission model. What it tells of itself needs no file.
      if (pid === process.pid) return ofThisProcess(pid)
      const message = `ebb/rss: process ${pid} is not shown to this one; start Node with --allow-fs-read=/proc beside --permission`
      throw new RssError('EBB_RSS_DENIED', pid, message, error)
    }
    if (code !== 'ENOENT' && code !== 'ESRCH') throw error
  }
  if (memory === undefined)
    throw new RssError('EBB_RSS_GONE', pid, `ebb/rss: there is no process ${pid} any more`, cause)
  return memory
}

function ofThisProcess(pid: number): LinuxMemory {
  if (pid !== process.pid) {
    throw new RssError(
      'EBB_RSS_UNSUPPORTED',
      pid,
      `ebb/rss: on ${process.platform} a process sees its own memory only; sample process ${pid} from inside`,
    )
  }
  return {
    resident: process.memoryUsage.rss(),
    proportional: undefined,
    anonymous: undefined,
    // libuv gives kilobytes everywhere.
    peak: process.resourceUsage().maxRSS * 1024,
    hugePages: undefined,
    cgroup: undefined,
  }
}
