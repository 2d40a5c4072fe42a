/** The process that a command looks at: `--pid PID`, `--inspect HOST:PORT`, or both. */
import type { Wanted } from '../heap/door'
import type { ProcessFacts } from './advice/process-rules'
import type { Arguments } from './arguments'
import type { Option } from './command'
import { CliError } from './exit'
import { type AskedFacts, AskedProcess } from './facts/asked'
import { parseAddress } from './facts/inspector'
import { mustHaveProc, procFacts } from './facts/proc'
import type { Io } from './io'

export const TARGET_OPTIONS: readonly Option[] = [
  { name: 'pid', short: 'p', value: 'PID', help: 'the process, as the kernel sees it (Linux)' },
  {
    name: 'inspect',
    short: 'i',
    value: '[HOST:]PORT',
    help: 'the process, asked through its inspector for its heaps: one started with node --inspect=PORT, or sent SIGUSR1',
  },
]

/** Linux's largest process id. */
export const PID_MAX = 2 ** 22
/** By how much of it the resident set may differ between two looks of a moment. */
const SAME_RSS = 0.25

/** A process that can be looked at as often as one likes. */
export class Target {
  readonly #io: Io
  readonly #asked: AskedProcess | undefined
  #pid: number | undefined

  constructor(io: Io, pid: number | undefined, asked: AskedProcess | undefined) {
    this.#io = io
    this.#pid = pid
    this.#asked = asked
  }

  /** @throws CliError `unreachable` */
  async look(wanted: Wanted = {}): Promise<ProcessFacts> {
    const asked = await this.#asked?.ask(wanted)
    // A process on this machine that was asked is looked at from outside, too; one in a container has another number here.
    this.#pid ??= asked === undefined ? undefined : this.#seen(asked)
    const proc = this.#pid === undefined ? undefined : procFacts(this.#pid, this.#io.read)
    return { at: this.#io.now(), proc, asked }
  }

  /** Whether the process of that number here is the one that was asked. */
  #seen({ pid, memory: { rss } }: AskedFacts): number | undefined {
    try {
      if (this.#io.platform !== 'linux') return undefined
      const { hasAddon, resident } = procFacts(pid, this.#io.read)
      return hasAddon === true && Math.abs(resident - rss) < rss * SAME_RSS ? pid : undefined
    } catch (error) {
      if (error instanceof CliError) return undefined
      throw error
    }
  }

  close(): void {
    this.#asked?.close()
  }
}

/**
 * The process that was named; undefined where none was.
 * @throws CliError
 */
export async function targetOf(command: string, args: Arguments, io: Io): Promise<Target | undefined> {
  const pid = args.whole('pid', 'a process id', 1, PID_MAX)
  if (pid !== undefined) mustHaveProc(command, io)
  const where = args.text('inspect')
  if (where === undefined) return pid === undefined ? undefined : new Target(io, pid, undefined)
  const address = parseAddress(where)
  if (address === undefined) {
    args.refuse(`--inspect takes where an inspector listens, as 9229 or 127.0.0.1:9229, got ${JSON.stringify(where)}`)
  }
  return new Target(io, pid, await new AskedProcess(address).open())
}
