import { describe, expect, it } from 'vitest'
import {
  addonRule,
  addressSpaceRule,
  cgroupRule,
  heapLimitRule,
  hugePagesRule,
  levelOfShare,
  machineFindings,
  mappingsRule,
  overcommitRule,
  runtimeRule,
  spaceRule,
} from '../../../lib/cli/advice/machine-rules'
import type { CgroupFacts } from '../../../lib/cli/facts/cgroup'
import type { LinuxFacts, MachineFacts } from '../../../lib/cli/facts/machine'

const GIB = 2 ** 30
const linux: LinuxFacts = {
  addressSpace: Infinity,
  dataSize: Infinity,
  maxMappings: 65_530,
  hugePages: 'madvise',
  overcommit: 0,
  commitLimit: 8 * GIB,
  committed: 2 * GIB,
  cgroup: undefined,
}
const addon = { osPageSize: 4096, discardsWork: true, spaceWay: 'shared', spaceBytes: 4 * GIB - 2 ** 18 } as const
const machine: MachineFacts = {
  platform: 'linux',
  arch: 'x64',
  runtime: { name: 'Node', version: '24.16.0', engine: 'V8 13.6' },
  addon,
  heapLimit: 4 * GIB,
  memory: { total: 16 * GIB, available: 8 * GIB },
  linux,
}
const group: CgroupFacts = {
  version: 2,
  folder: '/sys/fs/cgroup',
  usage: 512 * 2 ** 20,
  reclaimable: 128 * 2 ** 20,
  limit: Infinity,
  high: Infinity,
  kills: 0,
}

describe('the rules of a machine', () => {
  it('pass a usual one', () => {
    const findings = machineFindings(machine)
    expect(findings.filter(({ level }) => level !== 'PASS')).toEqual([])
    expect(findings.map(({ topic }) => topic)).toEqual([
      ...[
        'addon',
        'runtime',
        'space',
        'address space',
        'mappings',
        'huge pages',
        'overcommit',
        'control group',
        'V8 heap',
      ],
    ])
  })

  it('leave out what only Linux tells', () => {
    const findings = machineFindings({ ...machine, platform: 'darwin', linux: undefined })
    expect(findings.map(({ topic }) => topic)).toEqual(['addon', 'runtime', 'space', 'limits', 'V8 heap'])
  })

  it('say what is wrong with an addon, and nothing of the space then', () => {
    const broken = { ...machine, addon: { failure: 'there is no native addon\n  sought' } }
    expect(addonRule(broken)).toEqual({ level: 'FAIL', topic: 'addon', text: 'there is no native addon sought' })
    expect([runtimeRule(broken), spaceRule(broken)]).toEqual([undefined, undefined])
  })

  it('know pages that do not go back, and large ones', () => {
    expect(addonRule({ ...machine, addon: { ...addon, discardsWork: false } }).level).toBe('WARN')
    const large = addonRule({ ...machine, addon: { ...addon, osPageSize: 16_384 } })
    expect(large.level).toBe('NOTE')
    expect(large.text).toContain('all 4 pools')
  })

  it('warn where the space counts as external memory', () => {
    expect(runtimeRule({ ...machine, addon: { ...addon, spaceWay: 'unshared' } })?.level).toBe('WARN')
    expect(runtimeRule({ ...machine, addon: { ...addon, spaceWay: 'adopted' } })?.level).toBe('PASS')
  })

  it('note a space that is smaller than it could be', () => {
    const small = { ...addon, spaceBytes: GIB / 2 }
    expect(spaceRule({ ...machine, addon: small })?.level).toBe('NOTE')
    expect(spaceRule({ ...machine, platform: 'win32', addon: small })?.level).toBe('PASS')
  })

  it('warn of little address space', () => {
    expect(addressSpaceRule({ ...linux, addressSpace: 8 * GIB }).level).toBe('PASS')
    expect(addressSpaceRule({ ...linux, addressSpace: 8 * GIB - 1 })).toMatchObject({
      level: 'WARN',
      remedy: expect.stringMatching(/ulimit -v/),
    })
    expect(addressSpaceRule({ ...linux, dataSize: GIB }).text).toContain('ulimit -d is 1 GiB')
    expect(addressSpaceRule({ ...linux, addressSpace: undefined, dataSize: undefined }).level).toBe('PASS')
  })

  it('note fewer mappings than usual', () => {
    expect(mappingsRule({ ...linux, maxMappings: 65_529 })?.level).toBe('NOTE')
    expect(mappingsRule({ ...linux, maxMappings: 1_048_576 })?.level).toBe('PASS')
    expect(mappingsRule({ ...linux, maxMappings: undefined })).toBeUndefined()
  })

  it('note huge pages for everybody', () => {
    expect(hugePagesRule({ ...linux, hugePages: 'always' })?.level).toBe('NOTE')
    expect(hugePagesRule({ ...linux, hugePages: 'never' })?.level).toBe('PASS')
    expect(hugePagesRule({ ...linux, hugePages: undefined })).toBeUndefined()
  })

  it('warn of strict overcommit, with what is left', () => {
    const strict = overcommitRule({ ...linux, overcommit: 2 })
    expect(strict?.level).toBe('WARN')
    expect(strict?.text).toContain('6 GiB of 8 GiB are left')
    expect(overcommitRule({ ...linux, overcommit: 1 })?.level).toBe('PASS')
    expect(overcommitRule({ ...linux, overcommit: undefined })).toBeUndefined()
  })

  it('compare a control group without its page cache with its limits', () => {
    const at = (limit: number, high = Infinity) =>
      cgroupRule({ ...group, limit: limit * 2 ** 20, high: high * 2 ** 20 })
    expect(cgroupRule(undefined).level).toBe('PASS')
    expect(cgroupRule(group).text).toBe('v2, 512 MiB charged, of which 128 MiB is page cache; no limit')
    expect(at(1024).level).toBe('PASS')
    expect(at(512).level).toBe('NOTE')
    expect(at(400)).toMatchObject({ level: 'WARN', remedy: /purge\(\)/ })
    expect(at(400).text).toContain('without it 96 % of the limit (400 MiB)')
    expect(at(1024, 400).text).toContain('memory.high 400 MiB, memory.max 1 GiB')
    expect(cgroupRule({ ...group, limit: 4 * GIB, kills: 2 })).toMatchObject({
      level: 'NOTE',
      text: expect.stringMatching(/killed here 2 times$/),
    })
  })

  it('note a heap of V8 that may take everything', () => {
    expect(heapLimitRule({ ...machine, heapLimit: 13 * GIB }).level).toBe('NOTE')
    const small = { ...machine, linux: { ...linux, cgroup: { ...group, limit: 4 * GIB } } }
    expect(heapLimitRule(small)).toMatchObject({
      level: 'NOTE',
      text: expect.stringMatching(/4 GiB of 4 GiB that the control group has/),
    })
  })
})

describe('levelOfShare', () => {
  it('has a NOTE from three quarters on, a WARN from nine tenths', () => {
    expect([0, 0.74, 0.75, 0.89, 0.9, 2].map(levelOfShare)).toEqual(['PASS', 'PASS', 'NOTE', 'NOTE', 'WARN', 'WARN'])
  })
})
