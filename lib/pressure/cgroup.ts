/** Control groups as a source. Every number is bytes, or a count. */
import type { Cancel } from '../base/clock'
import {
  chargeOf,
  type Group,
  groupsOf as groupsOfProcess,
  hardLimitOf,
  reclaimableOf,
  softLimitOf,
} from '../rss/cgroup'
import { countIn, type ReadText, readOptional, wholeNumber } from '../rss/texts'
import type { Reading, Source, Wake } from './source'
import type { System } from './system'

const readerOf =
  (system: System): ReadText =>
  (path) =>
    system.read(path) ?? ''

/** The groups of this process that are seen, the own one first. */
export const groupsOf = (system: System): Group[] => [...groupsOfProcess('self', readerOf(system))]

/** The lower of a group's limits, the hard one and the soft; undefined where it has none. */
export function limitOf(system: System, group: Group): number | undefined {
  const read = readerOf(system)
  const lowest = Math.min(hardLimitOf(group, read), softLimitOf(group, read))
  return lowest < Infinity ? lowest : undefined
}

/** What a group says; undefined where it is gone. */
export function readGroup(system: System, group: Group): Reading | undefined {
  const read = readerOf(system)
  const usage = chargeOf(group, read)
  if (usage === undefined) return undefined
  const bytes = Math.max(0, usage - reclaimableOf(group, read))
  return { ...countsOf(read, group), bytes, limit: limitOf(system, group) }
}

function countsOf(read: ReadText, { layout, folder }: Group): { warnings: number; criticals: number } {
  if (layout.version === 1) return { warnings: 0, criticals: wholeNumber(read, `${folder}/memory.failcnt`) ?? 0 }
  const events = readOptional(read, `${folder}/memory.events`)
  return {
    warnings: countIn(events, 'high') ?? 0,
    criticals: (countIn(events, 'max') ?? 0) + (countIn(events, 'oom') ?? 0),
  }
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
    if (group.layout.version === 2) this.#cancel = system.onChange(`${group.folder}/memory.events`, wake)
  }

  read(): Reading | undefined {
    return readGroup(this.#system, this.#group)
  }

  /** Half of what is left above a share is asked for, too: at the first crossing page cache may have been in the way. */
  callAt(shares: readonly number[]): void {
    if (this.#group.layout.version !== 1) return
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
