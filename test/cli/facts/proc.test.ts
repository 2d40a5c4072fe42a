import { describe, expect, it } from 'vitest'
import { CliError, EXIT } from '../../../lib/cli/exit'
import { mustHaveProc, procFacts, sumsOf } from '../../../lib/cli/facts/proc'
import { TestIo } from '../../support/test-io'

const mapping = (head: string, rss: number, flags: string): string =>
  `${head}\nSize:            ${rss * 4} kB\nRss:             ${rss} kB\nPss:             ${rss / 2} kB\nPss_Dirty:  9 kB\n` +
  `Anonymous:       ${rss / 4} kB\nAnonHugePages:        0 kB\nVmFlags: ${flags}\n`

const SMAPS =
  mapping(
    '00400000-00500000 r-xp 00000000 fd:00 123                                /usr/bin/node',
    400,
    'rd ex mr mw me',
  ) +
  mapping('7f0000000000-7f0100000000 rw-p 00000000 00:00 0 ', 800, 'rd wr mr mw me dc nr nh ') +
  mapping('7f0200000000-7f0200100000 rw-p 00000000 00:00 0 ', 200, 'rd wr mr mw me dc nr ') +
  mapping(
    '7f0300000000-7f0300100000 r-xp 00000000 fd:00 9 /app/node_modules/ebb/prebuilds/linux-x64/ebb.glibc.node',
    40,
    'rd ex',
  )

const KIB = 1024

describe('sumsOf', () => {
  it('adds up mappings, and tells the regions of ebb by their flags', () => {
    expect(sumsOf(SMAPS)).toEqual({
      ...{ resident: 1440 * KIB, proportional: 720 * KIB, anonymous: 360 * KIB, hugePages: 0, mappings: 4 },
      ...{ hasAddon: true, regionsResident: 800 * KIB },
    })
    expect(sumsOf('')).toBeUndefined()
  })

  it('knows the addon by the names that the package gives it', () => {
    const has = (file: string): boolean | undefined => sumsOf(`1-2 r-xp 0 0:0 9 ${file}\n`)?.hasAddon
    expect(has('/x/build/Release/ebb.node')).toBe(true)
    expect(has('/x/prebuilds/linux-arm64/ebb.musl.node')).toBe(true)
    expect(has('/x/build/Release/ebb.node (deleted)')).toBe(true)
    expect(has('/x/webb.node')).toBe(false)
    expect(has('/x/ebb.node.txt')).toBe(false)
  })
})

describe('procFacts', () => {
  const files = {
    '/proc/7/status':
      'Name:\tno\x1bde\nVmSize:\t 9000 kB\nVmHWM:\t 2000 kB\nVmRSS:\t 1500 kB\nRssAnon:\t 300 kB\nVmSwap:\t 5 kB\n',
    '/proc/7/smaps': SMAPS,
    '/proc/7/limits': 'Max address space         unlimited            unlimited            bytes\n',
    '/proc/sys/vm/max_map_count': '65530\n',
  }

  it('reads a process', () => {
    expect(procFacts(7, new TestIo(files).read)).toMatchObject({
      ...{ pid: 7, name: 'no?de', resident: 1440 * KIB, peak: 2000 * KIB, swapped: 5 * KIB, mapped: 9000 * KIB },
      ...{ mappings: 4, maxMappings: 65_530, hasAddon: true, addressSpace: Infinity, cgroup: undefined },
    })
  })

  it('makes do with what it may read', () => {
    const facts = procFacts(7, new TestIo({ '/proc/7/status': files['/proc/7/status'] }).read)
    expect(facts).toMatchObject({
      resident: 1500 * KIB,
      anonymous: 300 * KIB,
      mappings: undefined,
      hasAddon: undefined,
    })
  })

  it('names a process that is not there, or has ended', () => {
    const refusal = (given: Record<string, string>): CliError => {
      try {
        procFacts(7, new TestIo(given).read)
      } catch (error) {
        return error as CliError
      }
      throw new Error('nothing was thrown')
    }
    expect(refusal({})).toMatchObject({
      exit: EXIT.unreachable,
      message: 'ebb: there is no process 7, or it is not shown to this user',
    })
    expect(refusal({ '/proc/7/status': 'Name:\tx\nState:\tZ (zombie)\n' }).message).toContain('has ended')
  })
})

describe('mustHaveProc', () => {
  it('refuses other platforms, with the way that is left', () => {
    expect(() => mustHaveProc('top', new TestIo())).not.toThrow()
    try {
      mustHaveProc('top', new TestIo({}, 'darwin'))
      throw new Error('nothing was thrown')
    } catch (error) {
      expect(error).toBeInstanceOf(CliError)
      expect(error).toMatchObject({
        exit: EXIT.unsupported,
        message: expect.stringMatching(/darwin has not.*--inspect PORT/),
      })
    }
  })
})
