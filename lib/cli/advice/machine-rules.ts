/** What a machine and a runtime mean for ebb: one rule for each line of `ebb doctor`, each a pure function of the facts. */
import { plural, showBytes, showCount, showShare } from '../draw/units'
import type { CgroupFacts } from '../facts/cgroup'
import type { LinuxFacts, MachineFacts, SpaceWay } from '../facts/machine'
import type { Finding } from './finding'

const GIB = 2 ** 30

/** Linux's own default of vm.max_map_count. */
const DEFAULT_MAPPINGS = 65_530
/** Address space that a process with ebb wants: 4 GiB of space, an annex of 2 GiB, and what V8 and its threads reserve. */
const ADDRESS_SPACE_WANTED = 8 * GIB
/** From these shares of a limit on there is a NOTE, a WARN. */
export const NEAR_LIMIT = { note: 0.75, warn: 0.9 } as const

/** A finding for a share of a limit: PASS, NOTE or WARN by {@link NEAR_LIMIT}. */
export const levelOfShare = (share: number): 'PASS' | 'NOTE' | 'WARN' =>
  share >= NEAR_LIMIT.warn ? 'WARN' : share >= NEAR_LIMIT.note ? 'NOTE' : 'PASS'

export function addonRule({ addon, platform, arch }: MachineFacts): Finding {
  const topic = 'addon'
  if ('failure' in addon) return { level: 'FAIL', topic, text: addon.failure.replace(/\s+/g, ' ') }
  const { osPageSize, discardsWork } = addon
  if (!discardsWork) {
    return {
      level: 'WARN',
      topic,
      text: `loaded on ${platform}-${arch}, but the system does not take pages back, as in emulators and some sandboxes`,
      remedy: 'what is freed stays resident here; run the program on a real kernel',
    }
  }
  const text = `loaded on ${platform}-${arch}; memory goes back in OS pages of ${showBytes(osPageSize)}`
  if (osPageSize <= 4096) return { level: 'PASS', topic, text }
  const pools = osPageSize / 4096
  return {
    level: 'NOTE',
    topic,
    text: `${text}: a page goes back when all ${pools} pools in it are free, so scattered survivors keep up to ${pools} times as much`,
    remedy: 'compact() helps more here than on machines with pages of 4 KiB',
  }
}

const WAYS: Readonly<Record<SpaceWay, string>> = {
  shared: 'the addon maps the space and the runtime shows it as shared memory, of which the collector counts nothing',
  adopted:
    'the engine maps the space as shared memory and the addon adopts its pages; the collector counts nothing of it. ' +
    'Buffers over blocks cannot outlive a worker thread here',
  unshared: 'the space is an ArrayBuffer, and the collector counts all of it as external memory from the start',
}

export function runtimeRule({ runtime, addon }: MachineFacts): Finding | undefined {
  if ('failure' in addon) return undefined
  const { name, version, engine } = runtime
  const text = `${name} ${version} (${engine}): ${WAYS[addon.spaceWay]}`
  if (addon.spaceWay !== 'unshared') return { level: 'PASS', topic: 'runtime', text }
  return {
    level: 'WARN',
    topic: 'runtime',
    text,
    remedy: 'V8 14.8 and newer may collect garbage without an end because of it; run Node 22.23, 24.16, 26.1 or newer',
  }
}

export function spaceRule({ addon, platform }: MachineFacts): Finding | undefined {
  if ('failure' in addon) return undefined
  const full = platform === 'win32' ? GIB / 2 : 4 * GIB - 2 ** 18
  const text = `${showBytes(addon.spaceBytes)} of addresses reserved for all heaps of a thread; untouched pages cost nothing`
  if (addon.spaceBytes >= full) return { level: 'PASS', topic: 'space', text }
  return {
    level: 'NOTE',
    topic: 'space',
    text: `${text}. The system refused ${showBytes(full)}: blocks beyond it lie in far memory, read at half the speed`,
    remedy: 'raise what limits address space, see below',
  }
}

export function addressSpaceRule({ addressSpace, dataSize }: LinuxFacts): Finding {
  const topic = 'address space'
  const limits = [
    ['ulimit -v', addressSpace],
    ['ulimit -d', dataSize],
  ] as const
  const set = limits.filter(([, value]) => value !== undefined && Number.isFinite(value)) as [string, number][]
  if (set.length === 0) return { level: 'PASS', topic, text: 'not limited (ulimit -v, ulimit -d)' }
  const text = set.map(([name, value]) => `${name} is ${showBytes(value)}`).join(', ')
  if (set.every(([, value]) => value >= ADDRESS_SPACE_WANTED)) return { level: 'PASS', topic, text }
  return {
    level: 'WARN',
    topic,
    text: `${text}; Node and ebb reserve more than they use, and want ${showBytes(ADDRESS_SPACE_WANTED)}`,
    remedy: 'limit memory by a control group instead, which counts what is used: ulimit -v unlimited',
  }
}

export function mappingsRule({ maxMappings }: LinuxFacts): Finding | undefined {
  if (maxMappings === undefined) return undefined
  const topic = 'mappings'
  const text = `vm.max_map_count is ${showCount(maxMappings)}; live large blocks that realloc has moved take one each`
  if (maxMappings >= DEFAULT_MAPPINGS) return { level: 'PASS', topic, text }
  return {
    level: 'NOTE',
    topic,
    text: `${text}, and the usual limit is ${showCount(DEFAULT_MAPPINGS)}`,
    remedy: `sysctl vm.max_map_count=${DEFAULT_MAPPINGS}`,
  }
}

export function hugePagesRule({ hugePages }: LinuxFacts): Finding | undefined {
  if (hugePages === undefined) return undefined
  const topic = 'huge pages'
  const text = `transparent huge pages: ${hugePages}`
  if (hugePages !== 'always') return { level: 'PASS', topic, text: `${text}; ebb refuses them for its own memory` }
  return {
    level: 'NOTE',
    topic,
    text: `${text}. ebb refuses them for its own memory; V8's heap and Buffers may grow by 2 MiB where they touch 4 KiB`,
    remedy: 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, if resident memory matters more than speed',
  }
}

export function overcommitRule({ overcommit, commitLimit, committed }: LinuxFacts): Finding | undefined {
  if (overcommit === undefined) return undefined
  const topic = 'overcommit'
  const name = ['heuristic', 'always', 'strict'][overcommit] ?? 'unknown'
  const text = `vm.overcommit_memory is ${overcommit} (${name})`
  if (overcommit !== 2) return { level: 'PASS', topic, text: `${text}; reserving addresses is free` }
  const left = commitLimit === undefined || committed === undefined ? undefined : Math.max(0, commitLimit - committed)
  const rest = left === undefined ? '' : `; ${showBytes(left)} of ${showBytes(commitLimit as number)} are left`
  return {
    level: 'WARN',
    topic,
    text: `${text}: each thread's space of 4 GiB counts against the commit limit in full, touched or not${rest}`,
    remedy: 'sysctl vm.overcommit_memory=0, or raise vm.overcommit_ratio; ebb takes a smaller space where it must',
  }
}

/** The control group of this machine's shell, or of a process. */
export function cgroupRule(cgroup: CgroupFacts | undefined): Finding {
  const topic = 'control group'
  if (cgroup === undefined) return { level: 'PASS', topic, text: 'none with a memory controller is seen: no limit' }
  const { version, usage, reclaimable, high } = cgroup
  const limit = Math.min(cgroup.limit, high)
  const charged = `v${version}, ${showBytes(usage)} charged, of which ${showBytes(reclaimable)} is page cache`
  if (!Number.isFinite(limit)) return { level: 'PASS', topic, text: `${charged}; no limit` }
  const used = Math.max(0, usage - reclaimable)
  const level = levelOfShare(used / limit)
  const name =
    high < cgroup.limit ? `memory.high ${showBytes(high)}, memory.max ${showBytes(cgroup.limit)}` : showBytes(limit)
  const killed = (cgroup.kills ?? 0) > 0 ? `; the kernel has killed here ${plural(cgroup.kills as number, 'time')}` : ''
  const text = `${charged}; without it ${showShare(used / limit)} of the limit (${name})${killed}`
  if (level === 'PASS' && killed === '') return { level, topic, text }
  return {
    level: level === 'PASS' ? 'NOTE' : level,
    topic,
    text,
    remedy: 'heaps with a `limit`, a shorter `decay`, or purge() when memory gets short; or a larger limit',
  }
}

/** V8's own limit beside what the control group or the machine has. */
export function heapLimitRule({ heapLimit, memory, linux }: MachineFacts): Finding {
  const topic = 'V8 heap'
  const limit = Math.min(linux?.cgroup?.limit ?? Infinity, memory.total)
  const whole = limit < memory.total ? 'the control group' : 'the machine'
  const text = `V8 lets its heap grow to ${showBytes(heapLimit)} of ${showBytes(limit)} that ${whole} has`
  if (heapLimit <= limit * NEAR_LIMIT.note)
    return { level: 'PASS', topic, text: `${text}; blocks of ebb are not counted in it` }
  return {
    level: 'NOTE',
    topic,
    text: `${text}: objects alone may take it all, and blocks of ebb come on top`,
    remedy: 'node --max-old-space-size=MIB, so that objects, Buffers and heaps of ebb fit together',
  }
}

/** Everything that is known of this machine, in the order in which it is printed. */
export function machineFindings(facts: MachineFacts): Finding[] {
  const { linux } = facts
  const findings = [addonRule(facts), runtimeRule(facts), spaceRule(facts)]
  if (linux !== undefined) {
    findings.push(addressSpaceRule(linux), mappingsRule(linux), hugePagesRule(linux), overcommitRule(linux))
    findings.push(cgroupRule(linux.cgroup))
  } else {
    const text = `limits, huge pages and control groups are Linux's; this is ${facts.platform}`
    findings.push({ level: 'PASS', topic: 'limits', text })
  }
  findings.push(heapLimitRule(facts))
  return findings.filter((finding) => finding !== undefined)
}
