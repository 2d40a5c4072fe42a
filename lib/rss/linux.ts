/** What Linux tells of a process's memory under /proc and /sys/fs/cgroup. Read only; every number becomes bytes. */
import { readFileSync } from 'node:fs'
import { chargeOf, groupsOf } from './cgroup'
import { kilobytes, type ReadText, readOptional } from './texts'

/** All in bytes; undefined where the kernel does not tell, or not to us. */
export interface LinuxMemory {
  readonly resident: number
  readonly proportional: number | undefined
  readonly anonymous: number | undefined
  readonly peak: number | undefined
  readonly hugePages: number | undefined
  readonly cgroup: number | undefined
}

const readText: ReadText = (path) => readFileSync(path, 'latin1')

/**
 * Memory of a process, by its directory under /proc: a pid, or `self`. `Rss` of smaps_rollup comes from the page tables themselves;
 * `VmRSS` of status, the way out where smaps_rollup may not be read, from counters that lag behind by some pages per thread.
 * @throws the system error of reading `status`, e.g. ENOENT where there is no such process
 */
export function linuxMemory(process: string, read: ReadText = readText): LinuxMemory | undefined {
  const status = read(`/proc/${process}/status`)
  const rollup = readOptional(read, `/proc/${process}/smaps_rollup`)
  const resident = kilobytes(rollup, 'Rss') ?? kilobytes(status, 'VmRSS')
  // A process that has ended but was not waited for has a status without memory.
  if (resident === undefined) return undefined
  return {
    resident,
    proportional: kilobytes(rollup, 'Pss'),
    anonymous: kilobytes(rollup, 'Anonymous') ?? kilobytes(status, 'RssAnon'),
    peak: kilobytes(status, 'VmHWM'),
    hugePages: kilobytes(rollup, 'AnonHugePages'),
    cgroup: cgroupCharge(process, read),
  }
}

/** Bytes charged to the control group of a process: of all of its processes, with their page cache. */
export function cgroupCharge(process: string, read: ReadText = readText): number | undefined {
  for (const group of groupsOf(process, read)) return chargeOf(group, read)
  return undefined
}
