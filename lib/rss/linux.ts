/** What Linux tells of a process's memory under /proc and /sys/fs/cgroup. Read only; every number becomes bytes. */
import { readFileSync } from 'node:fs'

/** All in bytes; undefined where the kernel does not tell, or not to us. */
export interface LinuxMemory {
  readonly resident: number
  readonly proportional: number | undefined
  readonly anonymous: number | undefined
  readonly peak: number | undefined
  readonly hugePages: number | undefined
  readonly cgroup: number | undefined
}

/** How files are read; tests put their own here. Throws as `fs.readFileSync` does. */
export type ReadText = (path: string) => string

const readText: ReadText = (path) => readFileSync(path, 'latin1')

/**
 * Memory of a process, by its directory under /proc: a pid, or `self`. `Rss` of smaps_rollup comes from the page tables themselves;
 * `VmRSS` of status, the way out where smaps_rollup may not be read, from counters that lag behind by some pages per thread.
 * @throws the system error of reading `status`, e.g. ENOENT where there is no such process
 */
export function linuxMemory(process: string, read: ReadText = readText): LinuxMemory | undefined {
  const status = read(`/proc/${process}/status`)
  const rollup = readOptional(`/proc/${process}/smaps_rollup`, read)
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

/**
 * Bytes charged to the control group of a process: of all of its processes, with their page cache. A container often sees its own group
 * where the root is mounted, under another path than /proc tells: then the root is read.
 */
export function cgroupCharge(process: string, read: ReadText = readText): number | undefined {
  const groups = readOptional(`/proc/${process}/cgroup`, read)
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    const files = controllers.split(',').includes('memory')
      ? ['/sys/fs/cgroup/memory', 'memory.usage_in_bytes']
      : controllers === ''
        ? ['/sys/fs/cgroup', 'memory.current']
        : undefined
    if (files === undefined) continue
    for (const folder of [path, '']) {
      const text = readOptional(`${files[0]}${folder === '/' ? '' : folder}/${files[1]}`, read).trim()
      if (/^\d+$/.test(text)) return Number(text)
    }
  }
  return undefined
}

function kilobytes(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)
  return found === null ? undefined : Number(found[1]) * 1024
}

/** `''` for a file that is not there or not for us. */
function readOptional(path: string, read: ReadText): string {
  try {
    return read(path)
  } catch {
    return ''
  }
}
