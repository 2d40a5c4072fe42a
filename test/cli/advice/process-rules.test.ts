import { describe, expect, it } from 'vitest'
import {
  addonRule,
  addressSpaceRule,
  externalRule,
  heapRule,
  mappingsRule,
  type ProcessFacts,
  pagesRule,
  processFindings,
  SLOTS,
  shareRule,
  slotsRule,
} from '../../../lib/cli/advice/process-rules'
import type { AskedFacts } from '../../../lib/cli/facts/asked'
import type { ProcFacts } from '../../../lib/cli/facts/proc'
import { heapReport } from '../../support/reports'

const MIB = 2 ** 20
const SPACE = 2 ** 32 - 2 ** 18
const proc: ProcFacts = {
  pid: 7,
  name: 'node',
  resident: 200 * MIB,
  proportional: 180 * MIB,
  anonymous: 150 * MIB,
  peak: 220 * MIB,
  swapped: 0,
  hugePages: 0,
  mappings: 500,
  maxMappings: 65_530,
  hasAddon: true,
  regionsResident: 100 * MIB,
  addressSpace: Infinity,
  mapped: 5000 * MIB,
  cgroup: undefined,
}
const asked: AskedFacts = {
  pid: 7,
  title: 'node',
  platform: 'linux',
  versions: { node: '24.16.0', v8: '13.6' },
  memory: { rss: 200 * MIB, heapTotal: 40 * MIB, heapUsed: 30 * MIB, external: 2 * MIB, arrayBuffers: MIB },
  heapLimit: 2048 * MIB,
  copies: [{ folder: '/ebb', spaceBytes: SPACE, heaps: [heapReport()] }],
}
const facts: ProcessFacts = { at: 1000, proc, asked }
const of = (outside: Partial<ProcFacts>, inside: Partial<AskedFacts> = {}): ProcessFacts => ({
  at: 1000,
  proc: { ...proc, ...outside },
  asked: { ...asked, ...inside },
})
const memory = (given: Partial<NodeJS.MemoryUsage>) => of({}, { memory: { ...asked.memory, ...given } })

describe('the rules of a process', () => {
  it('pass one that is as it should be', () => {
    expect(processFindings(facts).map(({ level, topic }) => `${level} ${topic}`)).toEqual([
      ...['PASS resident', 'PASS mappings', 'PASS control group', 'PASS heap'],
    ])
  })

  it('do with what is known', () => {
    expect(processFindings({ at: 0, proc, asked: undefined }).map(({ topic }) => topic)).toEqual([
      ...['resident', 'mappings', 'control group'],
    ])
    expect(processFindings({ at: 0, proc: undefined, asked }).map(({ topic }) => topic)).toEqual(['heap'])
  })

  it('say where the memory is', () => {
    expect(shareRule(facts)?.text).toBe(
      "200 MiB resident, 100 MiB (50 %) of it blocks of ebb and their books, 40 MiB V8's heap",
    )
    expect(shareRule(of({ peak: 400 * MIB }))?.text).toContain('400 MiB at most so far')
    expect(shareRule({ at: 0, proc: { ...proc, hasAddon: false }, asked: undefined })?.text).toBe('200 MiB resident')
  })

  it('note a process without ebb, and one with two', () => {
    expect(addonRule(of({}, { copies: [] }))?.level).toBe('NOTE')
    expect(addonRule(of({}, { copies: [...asked.copies, { ...asked.copies[0]!, folder: '/other' }] }))?.text).toContain(
      '2 copies of ebb are loaded: /ebb, /other',
    )
    expect(addonRule(of({}, { copies: [...asked.copies, ...asked.copies] }))).toBeUndefined()
    expect(addonRule({ at: 0, proc: { ...proc, hasAddon: false }, asked: undefined })?.text).toContain(
      'process 7 (node)',
    )
    expect(addonRule(facts)).toBeUndefined()
  })

  it('warn of mappings near the limit', () => {
    expect(mappingsRule(of({ mappings: 49_000 }))?.level).toBe('PASS')
    expect(mappingsRule(of({ mappings: 50_000 }))?.level).toBe('NOTE')
    expect(mappingsRule(of({ mappings: 60_000 }))).toMatchObject({
      level: 'WARN',
      remedy: expect.stringMatching(/max_map_count/),
    })
    expect(mappingsRule(of({ mappings: undefined }))).toBeUndefined()
  })

  it('note a heap of V8 that is most of it, and warn of one that is full', () => {
    expect(heapRule(facts)).toBeUndefined()
    expect(heapRule(memory({ heapTotal: 120 * MIB }))).toMatchObject({
      level: 'NOTE',
      text: expect.stringMatching(/60 % of the resident set/),
    })
    expect(heapRule(memory({ heapUsed: 1900 * MIB }))).toMatchObject({
      level: 'WARN',
      text: expect.stringMatching(/93 % full/),
    })
    expect(heapRule(memory({ rss: 20 * MIB, heapTotal: 15 * MIB }))).toBeUndefined()
  })

  it('note Buffers, and warn of a space that is counted', () => {
    expect(externalRule(facts)).toBeUndefined()
    expect(externalRule(memory({ external: 80 * MIB }))?.level).toBe('NOTE')
    expect(externalRule(memory({ external: SPACE + MIB }))).toMatchObject({ level: 'WARN', remedy: /22\.23/ })
  })

  it('note swap and huge pages', () => {
    expect(pagesRule(facts)).toBeUndefined()
    expect(pagesRule(of({ swapped: 8 * MIB }))?.topic).toBe('swap')
    expect(pagesRule(of({ hugePages: 60 * MIB }))?.topic).toBe('huge pages')
  })

  it('warn of little address space', () => {
    expect(addressSpaceRule(facts)).toBeUndefined()
    expect(addressSpaceRule(of({ addressSpace: 16_384 * MIB }))?.level).toBe('PASS')
    expect(addressSpaceRule(of({ addressSpace: 5120 * MIB }))?.level).toBe('WARN')
  })

  it('warn of few slots left, and note far memory', () => {
    const of_ = (stats: object) => slotsRule({ copies: [{ ...asked.copies[0]!, heaps: [heapReport(stats)] }] })
    expect(of_({ arenas: 80_000, largeBlocks: 7000 })).toBeUndefined()
    expect(of_({ arenas: SLOTS * 0.5, largeBlocks: SLOTS * 0.4 })?.level).toBe('WARN')
    expect(of_({ arenas: 10, mappedBytes: SPACE + 1 })?.topic).toBe('near memory')
  })

  it('compare a heap with the same heap of an earlier look only', () => {
    const at = (ms: number, stats: object): ProcessFacts => ({
      ...{ at: ms, proc: undefined },
      asked: { ...asked, copies: [{ ...asked.copies[0]!, heaps: [heapReport(stats)] }] },
    })
    const before = at(0, { maps: 5 })
    const topics = (after: ProcessFacts) => processFindings(after, before).map(({ topic }) => topic)
    expect(topics(at(1000, { maps: 6, discardedBytes: 100 * MIB }))).toEqual(['churn'])
    expect(topics(at(1000, { maps: 4, discardedBytes: 100 * MIB }))).toEqual(['heap'])
    expect(topics(at(1000, { name: 'other', maps: 6, discardedBytes: 100 * MIB }))).toEqual(['heap'])
  })
})
