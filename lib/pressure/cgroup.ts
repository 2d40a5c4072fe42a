/** Control groups as a source: files of version 2 and of version 1. Every number is bytes, or a count. */
import type { Cancel } from '../base/clock'
import type { Reading, Source, Wake } from './source'
import type { System } from './system'

/** Where the files of a version lie, and what they are called. */
interface Layout {
  readonly mount: string
  /** Bytes charged, page cache included. */
  readonly usage: string
  /** Files with limits, of which the lowest counts. `max`, or a number that no machine has, is none. */
  readonly limits: readonly string[]
  /** Lines of memory.stat: what the kernel can take back by itself. */
  readonly reclaimable: readonly string[]
}

const V2: Layout = {
  mount: '/sys/fs/cgroup',
  usage: 'memory.current',
  limits: ['memory.max', 'memory.high'],
  reclaimable: ['inactive_file', 'active_file', 'slab_reclaimable'],
}
const V1: Layout = {
  mount: '/sys/fs/cgroup/memory',
  usage: 'memory.usage_in_bytes',
  limits: ['memory.limit_in_bytes'],
  reclaimable: ['total_inactive_file', 'total_active_file'],
}

/** Bytes: version 1 says 2^63 less a page where there is no limit. */
const NO_LIMIT = 2 ** 60

/** A group, by its folder. */
export interface Group {
  readonly layout: Layout
  readonly folder: string
}

/**
 * The group that memory of this process is charged to, and those above it that are seen, the own one first; none where there is no such
 * controller. A container often sees its own group where the root is mounted, under another path than /proc tells.
 */
export function groupsOf(system: System): Group[] {
  for (const line of (system.read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    const layout = controllers.split(',').includes('memory') ? V1 : controllers === '' ? V2 : undefined
    if (layout === undefined) continue
    const groups = foldersUp(path).map((folder) => ({ layout, folder: layout.mount + folder }))
    const seen = groups.filter((group) => charge(system, group) !== undefined)
    if (seen.length > 0) return seen
  }
  return []
}

/** `/a/b` -> `/a/b`, `/a`, and the root, which is `''`. */
function foldersUp(path: string): string[] {
  const folders = ['']
  for (const name of path.split('/')) if (name !== '' && name !== '..') folders.push(`${folders.at(-1)}/${name}`)
  return folders.reverse()
}

function charge(system: System, { layout, folder }: Group): number | undefined {
  return numberIn(system.read(`${folder}/${layout.usage}`))
}

/** The lowest of a group's limits; undefined where it has none. */
export function limitOf(system: System, { layout, folder }: Group): number | undefined {
  const limits = layout.limits.map((file) => numberIn(system.read(`${folder}/${file}`)) ?? Infinity)
  const lowest = Math.min(...limits)
  return lowest < NO_LIMIT ? lowest : undefined
}

/** What a group says; undefined where it is gone. */
export function readGroup(system: System, group: Group): Reading | undefined {
  const { layout, folder } = group
  const usage = charge(system, group)
  if (usage === undefined) return undefined
  const stat = system.read(`${folder}/memory.stat`)
  const reclaimable = layout.reclaimable.reduce((sum, name) => sum + (lineIn(stat, name) ?? 0), 0)
  return { ...countsOf(system, group), bytes: Math.max(0, usage - reclaimable), limit: limitOf(system, group) }
}

function countsOf(system: System, { layout, folder }: Group): { warnings: number; criticals: number } {
  if (layout === V1) return { warnings: 0, criticals: numberIn(system.read(`${folder}/memory.failcnt`)) ?? 0 }
  const events = system.read(`${folder}/memory.events`)
  return {
    warnings: lineIn(events, 'high') ?? 0,
    criticals: (lineIn(events, 'max') ?? 0) + (lineIn(events, 'oom') ?? 0),
  }
}

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined

function lineIn(text: string | undefined, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')
  return found === null ? undefined : Number(found[1])
}

/**
 * A group that is watched. Version 2 tells by its file memory.events when a limit is reached; version 1 when so many bytes are charged, and
 * when the kernel finds little to take back. Neither tells of a share of the limit for sure: it is looked at, too.
 */
export class CgroupSource implements Source {
  readonly name = 'cgroup'
  readonly needsLooks = true
  readonly #system: System
  readonly #group: Group
  readonly #wake: Wake
  #cancel: Cancel | undefined
  /** Of version 1: what it was asked to call at. */
  #calledAt = ''

  constructor(system: System, group: Group, wake: Wake) {
    this.#system = system
    this.#group = group
    this.#wake = wake
    if (group.layout === V2) this.#cancel = system.onChange(`${group.folder}/memory.events`, wake)
  }

  read(): Reading | undefined {
    return readGroup(this.#system, this.#group)
  }

  /** Half of what is left above a share is asked for, too: at the first crossing page cache may have been in the way. */
  callAt(shares: readonly number[]): void {
    if (this.#group.layout !== V1) return
    const limit = limitOf(this.#system, this.#group)
    const wanted = limit === undefined ? [] : shares.flatMap((share) => [share, (1 + share) / 2])
    const bytes = wanted.map((share) => String(Math.floor(share * (limit as number))))
    if (String(bytes) === this.#calledAt) return
    this.#calledAt = String(bytes)
    this.#cancel?.()
    const requests = bytes.map((at) => ['memory.usage_in_bytes', at] as const)
    this.#cancel = this.#system.onGroupEvent(
      this.#group.folder,
      [...requests, ['memory.pressure_level', 'medium']],
      this.#wake,
    )
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
