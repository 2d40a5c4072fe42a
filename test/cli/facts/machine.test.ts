import { describe, expect, it } from 'vitest'
import { addonFacts, linuxFacts, machineFacts } from '../../../lib/cli/facts/machine'
import { TestIo } from '../../support/test-io'

describe('machineFacts', () => {
  it('loads the addon, and reserves a space as the library does', () => {
    expect(addonFacts()).toMatchObject({ osPageSize: expect.any(Number), discardsWork: expect.any(Boolean) })
    const { runtime, heapLimit, memory, linux } = machineFacts(new TestIo({}, 'darwin'))
    expect(runtime).toMatchObject({ name: 'Node', version: process.versions.node })
    expect(heapLimit).toBeGreaterThan(2 ** 24)
    expect(memory.total).toBeGreaterThan(2 ** 24)
    expect(linux).toBeUndefined()
  })

  it('reads what Linux tells', () => {
    const files = {
      '/proc/self/limits': 'Max address space         1000                 2000                 bytes\n',
      '/proc/meminfo': 'MemAvailable:   5 kB\nCommitLimit:    80 kB\nCommitted_AS:   20 kB\n',
      '/proc/sys/vm/max_map_count': '65530\n',
      '/proc/sys/vm/overcommit_memory': '2\n',
      '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never\n',
    }
    const facts = linuxFacts(new TestIo(files).read)
    expect(facts).toEqual({
      ...{ addressSpace: 1000, dataSize: undefined, maxMappings: 65_530, hugePages: 'madvise', overcommit: 2 },
      ...{ commitLimit: 80 * 1024, committed: 20 * 1024, cgroup: undefined },
    })
    expect(Object.values(linuxFacts(new TestIo().read)).every((value) => value === undefined)).toBe(true)
  })
})
