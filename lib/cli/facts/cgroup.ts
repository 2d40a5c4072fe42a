/** The control group of a process: its limits and what is charged to it. Versions 1 and 2; every number is bytes. */
import type { ReadText } from '../../rss/linux'
import { readOptional, wholeNumber } from './texts'

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

/** Version 1 says 2^63 less a page where there is no limit. */
const NO_LIMIT = 2 ** 60

const LAYOUTS = {
  1: { root: '/sys/fs/cgroup/memory', usage: 'memory.usage_in_bytes', limit: 'memory.limit_in_bytes', high: '' },
  2: { root: '/sys/fs/cgroup', usage: 'memory.current', limit: 'memory.max', high: 'memory.high' },
} as const

/** `/a/b` -> `/a/b`, `/a`, and the root, which is `''`. */
function upwards(path: string): string[] {
  const folders = ['']
  for (const name of path.split('/')) if (name !== '' && name !== '..') folders.push(`${folders.at(-1)}/${name}`)
  return folders.reverse()
}

/**
 * Looks at the group of a process. A container often sees its own group where the root is mounted, under another path than /proc tells:
 * the first folder on the way up that has the files is taken.
 * @param process - a pid, or `self`
 * @returns undefined where no controller for memory is seen
 */
export function cgroupFacts(process: string, read: ReadText): CgroupFacts | undefined {
  for (const line of readOptional(read, `/proc/${process}/cgroup`).split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    const version = controllers.split(',').includes('memory') ? 1 : controllers === '' ? 2 : undefined
    const facts = version === undefined ? undefined : factsOf(version, path, read)
    if (facts !== undefined) return facts
  }
  return undefined
}

function factsOf(version: 1 | 2, path: string, read: ReadText): CgroupFacts | undefined {
  const layout = LAYOUTS[version]
  const folders = upwards(path).map((folder) => `${layout.root}${folder}`)
  const own = folders.findIndex((folder) => wholeNumber(read, `${folder}/${layout.usage}`) !== undefined)
  const folder = folders[own]
  if (folder === undefined) return undefined
  const lowest = (file: string): number => {
    if (file === '') return Infinity
    const least = Math.min(...folders.slice(own).map((each) => wholeNumber(read, `${each}/${file}`) ?? Infinity))
    return least >= NO_LIMIT ? Infinity : least
  }
  const stat = readOptional(read, `${folder}/memory.stat`)
  const events = readOptional(read, `${folder}/${version === 1 ? 'memory.oom_control' : 'memory.events'}`)
  return {
    version,
    folder,
    usage: wholeNumber(read, `${folder}/${layout.usage}`) as number,
    reclaimable:
      version === 1
        ? (line(stat, 'total_inactive_file') ?? 0) + (line(stat, 'total_active_file') ?? 0)
        : (line(stat, 'inactive_file') ?? 0) + (line(stat, 'active_file') ?? 0) + (line(stat, 'slab_reclaimable') ?? 0),
    limit: lowest(layout.limit),
    high: lowest(layout.high),
    kills: line(events, 'oom_kill'),
  }
}

/** The line `NAME N`. */
function line(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)
  return found === null ? undefined : Number(found[1])
}
