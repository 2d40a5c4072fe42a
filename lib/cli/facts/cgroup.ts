/** The control group of a process: its limits and what is charged to it. Every number is bytes. */
import { chargeOf, groupsOf, hardLimitOf, reclaimableOf, softLimitOf } from '../../rss/cgroup'
import { countIn, type ReadText, readOptional } from '../../rss/texts'

export interface CgroupFacts {
  readonly version: 1 | 2
  /** Where its files are. */
  readonly folder: string
  /** Bytes charged: of all processes in it, page cache included. */
  readonly usage: number
  /** Of these, page cache that the kernel takes back when it needs room. */
  readonly reclaimable: number
  /** The lowest hard limit of the group and of those above it that we see: beyond it, the kernel kills. Infinity: none. */
  readonly limit: number
  /** The lowest soft limit (version 2, `memory.high`): beyond it, the kernel slows the group down and takes memory back. */
  readonly high: number
  /** Times that the kernel has killed for lack of memory here; undefined where it does not tell. */
  readonly kills: number | undefined
}

/**
 * Looks at the group of a process.
 * @param process - a pid, or `self`
 * @returns undefined where no controller for memory is seen
 */
export function cgroupFacts(process: string, read: ReadText): CgroupFacts | undefined {
  const groups = [...groupsOf(process, read)]
  const [own] = groups
  const usage = own === undefined ? undefined : chargeOf(own, read)
  if (own === undefined || usage === undefined) return undefined
  const { layout, folder } = own
  const events = readOptional(read, `${folder}/${layout.version === 1 ? 'memory.oom_control' : 'memory.events'}`)
  return {
    version: layout.version,
    folder,
    usage,
    reclaimable: reclaimableOf(own, read),
    limit: Math.min(...groups.map((group) => hardLimitOf(group, read))),
    high: Math.min(...groups.map((group) => softLimitOf(group, read))),
    kills: countIn(events, 'oom_kill'),
  }
}
