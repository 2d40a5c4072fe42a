/** Control groups that memory is charged to: which ones a process is in, and what their files say. Versions 1 and 2; every number is bytes. */
import { countIn, type ReadText, readOptional, wholeNumber } from './texts'

/** Where the files of a version lie, and what they are called. */
interface GroupLayout {
  readonly version: 1 | 2
  readonly mount: string
  readonly usage: string
  readonly hard: string
  readonly soft: string | undefined
  /** Lines of memory.stat. */
  readonly reclaimable: readonly string[]
}

const V2: GroupLayout = {
  version: 2,
  mount: '/sys/fs/cgroup',
  usage: 'memory.current',
  hard: 'memory.max',
  soft: 'memory.high',
  reclaimable: ['inactive_file', 'active_file', 'slab_reclaimable'],
}
const V1: GroupLayout = {
  version: 1,
  mount: '/sys/fs/cgroup/memory',
  usage: 'memory.usage_in_bytes',
  hard: 'memory.limit_in_bytes',
  soft: undefined,
  reclaimable: ['total_inactive_file', 'total_active_file'],
}

/** Version 1 says 2^63 less a page where there is no limit; version 2 says `max`. */
const NO_LIMIT = 2 ** 60

/** A group, by its folder. */
export interface Group {
  readonly layout: GroupLayout
  readonly folder: string
}

/**
 * The group that memory of a process is charged to, and those above it that are seen, the own one first; none where there is no controller
 * for memory. A container often sees its own group where the root is mounted, under another path than /proc tells.
 * @param process - a pid, or `self`
 */
export function* groupsOf(process: string, read: ReadText): Generator<Group, void> {
  for (const line of readOptional(read, `/proc/${process}/cgroup`).split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    const layout = controllers.split(',').includes('memory') ? V1 : controllers === '' ? V2 : undefined
    if (layout === undefined) continue
    let isSeen = false
    for (const folder of foldersUp(path)) {
      const group = { layout, folder: layout.mount + folder }
      if (chargeOf(group, read) === undefined) continue
      isSeen = true
      yield group
    }
    if (isSeen) return
  }
}

/** `/a/b` -> `/a/b`, `/a`, and the root, which is `''`. */
function foldersUp(path: string): string[] {
  const folders = ['']
  for (const name of path.split('/')) if (name !== '' && name !== '..') folders.push(`${folders.at(-1)}/${name}`)
  return folders.reverse()
}

/** Bytes charged: of all processes in the group and below it, page cache included; undefined where the group is gone. */
export function chargeOf({ layout, folder }: Group, read: ReadText): number | undefined {
  return wholeNumber(read, `${folder}/${layout.usage}`)
}

/** Of what is charged, bytes of page cache and the like that the kernel takes back by itself. */
export function reclaimableOf({ layout, folder }: Group, read: ReadText): number {
  const stat = readOptional(read, `${folder}/memory.stat`)
  return layout.reclaimable.reduce((sum, name) => sum + (countIn(stat, name) ?? 0), 0)
}

/** A group's own hard limit: beyond it, the kernel kills. Infinity: none. */
export const hardLimitOf = ({ layout, folder }: Group, read: ReadText): number =>
  limitIn(`${folder}/${layout.hard}`, read)

/** Its soft limit: beyond it, the kernel slows the group down and takes memory back. Infinity: none, as always in version 1. */
export const softLimitOf = ({ layout, folder }: Group, read: ReadText): number =>
  layout.soft === undefined ? Infinity : limitIn(`${folder}/${layout.soft}`, read)

function limitIn(file: string, read: ReadText): number {
  const bytes = wholeNumber(read, file) ?? Infinity
  return bytes < NO_LIMIT ? bytes : Infinity
}
