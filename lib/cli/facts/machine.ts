/** What this machine and this runtime are for ebb. */
import os from 'node:os'
import v8 from 'node:v8'
import { loadAddon } from '../../os/native-binding'
import { osPagesOf } from '../../os/os-pages'
import { kilobytes, type ReadText, readOptional, softLimit, wholeNumber } from '../../rss/texts'
import { reserveSpace } from '../../space/space'
import type { Io } from '../io'
import { type CgroupFacts, cgroupFacts } from './cgroup'

/**
 * How the space is shown to JavaScript (os/os-pages.ts): `shared`, the addon maps it; `adopted`, the engine does; `unshared`, it is an
 * ArrayBuffer, which V8 counts as external memory.
 */
export type SpaceWay = 'shared' | 'adopted' | 'unshared'

/** The addon and the space, or why there is none. Bytes. */
export type AddonFacts =
  | {
      readonly osPageSize: number
      readonly discardsWork: boolean
      readonly spaceWay: SpaceWay
      readonly spaceBytes: number
    }
  | { readonly failure: string }

/** Every size is bytes; what is undefined the system does not tell. */
export interface MachineFacts {
  readonly platform: NodeJS.Platform
  readonly arch: string
  readonly runtime: { readonly name: 'Node' | 'Bun' | 'Deno'; readonly version: string; readonly engine: string }
  readonly addon: AddonFacts
  /** The most that V8 lets its heap grow to. */
  readonly heapLimit: number
  readonly memory: { readonly total: number; readonly available: number | undefined }
  readonly linux: LinuxFacts | undefined
}

export interface LinuxFacts {
  /** `ulimit -v` and `ulimit -d`; Infinity: none. */
  readonly addressSpace: number | undefined
  readonly dataSize: number | undefined
  /** vm.max_map_count. */
  readonly maxMappings: number | undefined
  /** Transparent huge pages: `always`, `madvise`, `never`. */
  readonly hugePages: string | undefined
  /** vm.overcommit_memory: 0 heuristic, 1 always, 2 strict. */
  readonly overcommit: number | undefined
  readonly commitLimit: number | undefined
  readonly committed: number | undefined
  readonly cgroup: CgroupFacts | undefined
}

/** The files that tell it on Linux. */
export function linuxFacts(read: ReadText): LinuxFacts {
  const limits = readOptional(read, '/proc/self/limits')
  const meminfo = readOptional(read, '/proc/meminfo')
  return {
    addressSpace: softLimit(limits, 'Max address space'),
    dataSize: softLimit(limits, 'Max data size'),
    maxMappings: wholeNumber(read, '/proc/sys/vm/max_map_count'),
    hugePages: /\[(\w+)\]/.exec(readOptional(read, '/sys/kernel/mm/transparent_hugepage/enabled'))?.[1],
    overcommit: wholeNumber(read, '/proc/sys/vm/overcommit_memory'),
    commitLimit: kilobytes(meminfo, 'CommitLimit'),
    committed: kilobytes(meminfo, 'Committed_AS'),
    cgroup: cgroupFacts('self', read),
  }
}

/** Loads the addon and reserves a space, as the library does. */
export function addonFacts(): AddonFacts {
  try {
    const addon = loadAddon()
    const { region } = reserveSpace(osPagesOf(addon))
    const isShared = typeof SharedArrayBuffer === 'function' && region.buffer instanceof SharedArrayBuffer
    return {
      osPageSize: addon.osPageSize,
      discardsWork: addon.discardsWork,
      spaceWay: isShared ? (addon.sharesPages ? 'shared' : 'adopted') : 'unshared',
      spaceBytes: region.byteLength,
    }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}

function runtimeFacts(): MachineFacts['runtime'] {
  const { bun, deno, v8: engine = '', webkit = '' } = process.versions as Record<string, string | undefined>
  if (bun !== undefined) return { name: 'Bun', version: bun, engine: `JavaScriptCore ${webkit.slice(0, 12)}` }
  if (deno !== undefined) return { name: 'Deno', version: deno, engine: `V8 ${engine}` }
  return { name: 'Node', version: process.versions.node, engine: `V8 ${engine}` }
}

/** Looks at this machine. */
export function machineFacts(io: Io): MachineFacts {
  return {
    platform: io.platform,
    arch: process.arch,
    runtime: runtimeFacts(),
    addon: addonFacts(),
    heapLimit: v8.getHeapStatistics().heap_size_limit,
    memory: { total: os.totalmem(), available: kilobytes(readOptional(io.read, '/proc/meminfo'), 'MemAvailable') },
    linux: io.platform === 'linux' ? linuxFacts(io.read) : undefined,
  }
}
