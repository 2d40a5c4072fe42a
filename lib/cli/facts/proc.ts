/** What Linux tells of a process under /proc. Every size is bytes. */
import { kilobytes, type ReadText, readOptional, softLimit, wholeNumber } from '../../rss/texts'
import { printable } from '../draw/ink'
import { CliError } from '../exit'
import type { Io } from '../io'
import { type CgroupFacts, cgroupFacts } from './cgroup'

/** Undefined is what the kernel does not tell, or not to us. */
export interface ProcFacts {
  readonly pid: number
  /** Its name, as `ps` shows it. */
  readonly name: string
  readonly resident: number
  /** Resident, each shared page divided by the number of its users. */
  readonly proportional: number | undefined
  /** Resident, not backed by a file. */
  readonly anonymous: number | undefined
  /** The most that was ever resident. */
  readonly peak: number | undefined
  readonly swapped: number | undefined
  /** Anonymous memory in transparent huge pages. */
  readonly hugePages: number | undefined
  /** Mappings of its address space. */
  readonly mappings: number | undefined
  readonly maxMappings: number | undefined
  /** Whether the native addon of ebb is mapped. */
  readonly hasAddon: boolean | undefined
  /** Resident in the regions of ebb: blocks, and their books. */
  readonly regionsResident: number | undefined
  /** `ulimit -v`; Infinity: none. */
  readonly addressSpace: number | undefined
  readonly mapped: number | undefined
  readonly cgroup: CgroupFacts | undefined
}

/** @throws CliError `unsupported` where there is no /proc */
export function mustHaveProc(command: string, { platform }: Io): void {
  if (platform === 'linux') return
  throw new CliError(
    'unsupported',
    `ebb ${command}: other processes are seen through /proc, which Linux has and ${platform} has not. ` +
      'Ask the process itself: start it with `node --inspect=PORT`, and give --inspect PORT.',
  )
}

/**
 * Looks at a process.
 * @throws CliError `unreachable` where there is none, or where it is somebody else's
 */
export function procFacts(pid: number, read: ReadText): ProcFacts {
  const folder = `/proc/${pid}`
  const status = readOptional(read, `${folder}/status`)
  const smaps = readOptional(read, `${folder}/smaps`)
  const sums = sumsOf(smaps)
  const resident = sums?.resident ?? kilobytes(status, 'VmRSS')
  if (status === '')
    throw new CliError('unreachable', `ebb: there is no process ${pid}, or it is not shown to this user`)
  if (resident === undefined)
    throw new CliError('unreachable', `ebb: process ${pid} has ended, or belongs to the kernel`)
  return {
    pid,
    name: printable(/^Name:\s+(.*)$/m.exec(status)?.[1] ?? ''),
    resident,
    proportional: sums?.proportional,
    anonymous: sums?.anonymous ?? kilobytes(status, 'RssAnon'),
    peak: kilobytes(status, 'VmHWM'),
    swapped: kilobytes(status, 'VmSwap'),
    hugePages: sums?.hugePages,
    mappings: sums?.mappings,
    maxMappings: wholeNumber(read, '/proc/sys/vm/max_map_count'),
    hasAddon: sums?.hasAddon,
    regionsResident: sums?.regionsResident,
    addressSpace: softLimit(readOptional(read, `${folder}/limits`), 'Max address space'),
    mapped: kilobytes(status, 'VmSize'),
    cgroup: cgroupFacts(String(pid), read),
  }
}

interface Sums {
  resident: number
  proportional: number
  anonymous: number
  hugePages: number
  mappings: number
  hasAddon: boolean
  regionsResident: number
}

/** A line that begins a mapping: addresses, permissions, offset, device, inode, file. */
const HEAD = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)$/
/** The file of the addon, by the names that the package gives it. */
const ADDON = /\/ebb(?:\.(?:glibc|musl))?\.node(?: \(deleted\))?$/

/**
 * Adds up the mappings of smaps. Regions of ebb are told by their flags: left out of forks (`dc`) and no huge pages (`nh`), anonymous. Nobody
 * else in a Node process asks for both.
 */
export function sumsOf(smaps: string): Sums | undefined {
  if (smaps === '') return undefined
  const sums: Sums = {
    ...{ resident: 0, proportional: 0, anonymous: 0, hugePages: 0, mappings: 0 },
    ...{ hasAddon: false, regionsResident: 0 },
  }
  let file = ''
  let resident = 0
  for (const line of smaps.split('\n')) {
    const head = HEAD.exec(line)
    if (head !== null) {
      file = head[1] as string
      sums.mappings++
      if (ADDON.test(file)) sums.hasAddon = true
    } else if (line.startsWith('VmFlags:')) {
      if (file === '' && / dc\b/.test(line) && / nh\b/.test(line)) sums.regionsResident += resident
    } else {
      const [, name, value] = /^(Rss|Pss|Anonymous|AnonHugePages):\s+(\d+) kB/.exec(line) ?? []
      const bytes = Number(value) * 1024
      if (name === 'Rss') {
        resident = bytes
        sums.resident += bytes
      } else if (name === 'Pss') sums.proportional += bytes
      else if (name === 'Anonymous') sums.anonymous += bytes
      else if (name === 'AnonHugePages') sums.hugePages += bytes
    }
  }
  return sums
}
