/** What is to be said of a process that runs: what the kernel tells of it, and what it tells of itself. Each rule is a pure function. */
import type { CopyReport, HeapReport } from '../../heap/door'
import { printable } from '../draw/ink'
import { showBytes, showCount, showShare } from '../draw/units'
import type { AskedFacts } from '../facts/asked'
import type { ProcFacts } from '../facts/proc'
import type { Finding } from './finding'
import { ENOUGH, heapFindings } from './heap-rules'
import { cgroupRule, levelOfShare } from './machine-rules'

/** A look at a process: from outside, from inside, or both. */
export interface ProcessFacts {
  /** Milliseconds. */
  readonly at: number
  readonly proc: ProcFacts | undefined
  readonly asked: AskedFacts | undefined
}

/** What is not ebb's is worth a word from this share of the resident set on. */
const OTHERS_SHARE = 0.5
/** Of the peak: less than this is resident now. */
const FALLEN_SHARE = 0.67
/** Arenas and large blocks that a thread can have (docs/design.md). */
export const SLOTS = 116_483

/** Where the memory of the process is. */
export function shareRule({ proc, asked }: ProcessFacts): Finding | undefined {
  const topic = 'resident'
  if (proc === undefined) return undefined
  const { resident, regionsResident, peak } = proc
  const parts = [`${showBytes(resident)} resident`]
  if (regionsResident !== undefined && proc.hasAddon === true) {
    parts.push(
      `${showBytes(regionsResident)} (${showShare(regionsResident / resident)}) of it blocks of ebb and their books`,
    )
  }
  if (asked !== undefined) parts.push(`${showBytes(asked.memory.heapTotal)} V8's heap`)
  if (peak !== undefined && resident < peak * FALLEN_SHARE) parts.push(`${showBytes(peak)} at most so far`)
  return { level: 'PASS', topic, text: parts.join(', ') }
}

/** A process without ebb. */
export function addonRule({ proc, asked }: ProcessFacts): Finding | undefined {
  const topic = 'ebb'
  if (asked !== undefined) {
    const folders = [...new Set(asked.copies.map(({ folder }) => folder))]
    if (folders.length === 1) return undefined
    if (folders.length > 1) {
      const text = `${folders.length} copies of ebb are loaded: ${folders.map(printable).join(', ')}`
      return { level: 'NOTE', topic, text, remedy: '`npm ls ebb` tells why, `npm dedupe` may make them one' }
    }
    const text = 'no thread of it has loaded an ebb that answers'
    return {
      level: 'NOTE',
      topic,
      text,
      remedy: 'a worker thread that is busy does not answer; nor does a version of ebb that has no door',
    }
  }
  if (proc?.hasAddon !== false) return undefined
  return { level: 'NOTE', topic, text: `process ${proc.pid} (${proc.name}) has not loaded the addon of ebb` }
}

/** Mappings near vm.max_map_count. */
export function mappingsRule({ proc }: ProcessFacts): Finding | undefined {
  if (proc?.mappings === undefined || proc.maxMappings === undefined) return undefined
  const share = proc.mappings / proc.maxMappings
  const level = levelOfShare(share)
  const text = `${showCount(proc.mappings)} mappings of ${showCount(proc.maxMappings)} that a process may have`
  if (level === 'PASS') return { level, topic: 'mappings', text }
  return {
    level,
    topic: 'mappings',
    text: `${text}, ${showShare(share)}: at the limit the system refuses memory (EBB_OUT_OF_MEMORY)`,
    remedy: `raise vm.max_map_count; free large blocks that realloc has moved, which take one each`,
  }
}

/** Memory of V8's objects. */
export function heapRule({ asked }: ProcessFacts): Finding | undefined {
  if (asked === undefined) return undefined
  const { rss, heapTotal, heapUsed } = asked.memory
  const share = asked.heapLimit === undefined ? 0 : heapUsed / asked.heapLimit
  const level = levelOfShare(share)
  if (level !== 'PASS') {
    const text = `V8's heap is ${showShare(share)} full: ${showBytes(heapUsed)} of ${showBytes(asked.heapLimit as number)}`
    return {
      level,
      topic: 'V8 heap',
      text,
      remedy: 'blocks of ebb do not count; raise --max-old-space-size, or keep fewer objects',
    }
  }
  if (heapTotal < rss * OTHERS_SHARE || heapTotal < ENOUGH * 4) return undefined
  const text = `V8's heap is ${showShare(heapTotal / rss)} of the resident set: ${showBytes(heapTotal)}, ${showBytes(heapUsed)} used`
  return { level: 'NOTE', topic: 'V8 heap', text, remedy: 'ebb has no part in it; V8 gives it back when it likes' }
}

/** Buffers and other memory that V8 counts as external. */
export function externalRule({ asked }: ProcessFacts): Finding | undefined {
  if (asked === undefined) return undefined
  const { rss, external, arrayBuffers } = asked.memory
  const topic = 'external memory'
  const space = asked.copies.find(({ spaceBytes }) => external >= spaceBytes && spaceBytes > 0)
  if (space !== undefined) {
    return {
      level: 'WARN',
      topic,
      text: `V8 counts the space of ebb, ${showBytes(space.spaceBytes)}, as external memory, though most of it is not touched`,
      remedy:
        'V8 14.8 and newer may collect garbage without an end because of it; run Node 22.23, 24.16, 26.1 or newer',
    }
  }
  const bytes = Math.max(external, arrayBuffers)
  if (bytes < ENOUGH * 4 || bytes < (rss * OTHERS_SHARE) / 2) return undefined
  const text = `${showBytes(bytes)} in Buffers and other external memory, ${showBytes(arrayBuffers)} of it ArrayBuffers`
  return { level: 'NOTE', topic, text, remedy: 'ebb has no part in it: it goes when the collector finds it' }
}

/** Swap, and huge pages. */
export function pagesRule({ proc }: ProcessFacts): Finding | undefined {
  if (proc === undefined) return undefined
  const { swapped = 0, hugePages = 0, resident } = proc
  if (swapped >= ENOUGH) {
    const text = `${showBytes(swapped)} are swapped out: the machine or its group is short of memory`
    return {
      level: 'NOTE',
      topic: 'swap',
      text,
      remedy: 'purge() does not bring back what is swapped; a smaller heap does',
    }
  }
  if (hugePages < ENOUGH * 4 || hugePages < resident / 4) return undefined
  const text = `${showBytes(hugePages)} of ${showBytes(resident)} resident lie in huge pages, none of them ebb's`
  return {
    level: 'NOTE',
    topic: 'huge pages',
    text,
    remedy: 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled',
  }
}

/** A limit of address space. */
export function addressSpaceRule({ proc }: ProcessFacts): Finding | undefined {
  const { addressSpace, mapped } = proc ?? {}
  if (addressSpace === undefined || mapped === undefined || !Number.isFinite(addressSpace)) return undefined
  const level = levelOfShare(mapped / addressSpace)
  const text = `${showBytes(mapped)} of addresses of ${showBytes(addressSpace)} that ulimit -v allows`
  if (level === 'PASS') return { level, topic: 'address space', text }
  return {
    level,
    topic: 'address space',
    text,
    remedy: 'limit memory by a control group instead, which counts what is used',
  }
}

/** Slots of a thread, and near memory: both are shared by its heaps. */
export function slotsRule({ copies }: { readonly copies: readonly CopyReport[] }): Finding | undefined {
  for (const { heaps, spaceBytes } of copies) {
    const sum = (of: (heap: HeapReport) => number): number => heaps.reduce((total, heap) => total + of(heap), 0)
    const slots = sum(({ stats }) => stats.arenas + stats.largeBlocks)
    const level = levelOfShare(slots / SLOTS)
    if (level !== 'PASS') {
      const text = `${showCount(slots)} arenas and large blocks of ${showCount(SLOTS)} that the heaps of a thread can have`
      return { level, topic: 'slots', text, remedy: 'free memory, or work in a second thread, which has its own' }
    }
    const mapped = sum(({ stats }) => stats.mappedBytes)
    if (mapped > spaceBytes) {
      const text = `${showBytes(mapped)} are mapped, more than the near memory of a thread: the rest is read at half the speed`
      return { level: 'NOTE', topic: 'near memory', text, remedy: 'work in a second thread, which has its own' }
    }
  }
  return undefined
}

/**
 * Everything that is to be said of a process.
 * @param before - an earlier look, for rates
 */
export function processFindings(facts: ProcessFacts, before?: ProcessFacts): Finding[] {
  const { proc, asked } = facts
  const findings = [shareRule(facts), addonRule(facts), mappingsRule(facts)]
  if (proc !== undefined) findings.push(cgroupRule(proc.cgroup))
  findings.push(addressSpaceRule(facts), heapRule(facts), externalRule(facts), pagesRule(facts))
  if (asked !== undefined) findings.push(slotsRule(asked))
  const seconds = before === undefined ? 0 : (facts.at - before.at) / 1000
  asked?.copies.forEach((copy, c) => {
    copy.heaps.forEach((heap, h) => {
      findings.push(...heapFindings(heap, earlier(before?.asked?.copies[c]?.heaps, heap, h), seconds))
    })
  })
  return findings.filter((finding) => finding !== undefined)
}

/** The same heap at an earlier look: at the same place, with the same name, and having mapped no more. */
function earlier(heaps: readonly HeapReport[] | undefined, now: HeapReport, place: number): HeapReport | undefined {
  const then = heaps?.[place]
  return then !== undefined && then.name === now.name && then.stats.maps <= now.stats.maps ? then : undefined
}
