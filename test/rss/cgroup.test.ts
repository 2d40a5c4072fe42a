import { describe, expect, it } from 'vitest'
import { chargeOf, groupsOf, hardLimitOf, reclaimableOf, softLimitOf } from '../../lib/rss/cgroup'
import { TestIo } from '../support/test-io'

const V1 = '/sys/fs/cgroup/memory'
const V2 = '/sys/fs/cgroup'

const foldersOf = (files: Record<string, string>): string[] =>
  [...groupsOf('7', new TestIo(files).read)].map(({ folder }) => folder)

describe('the groups of a process', () => {
  it('are its own and those above it that are seen, the own one first', () => {
    const files = { '/proc/7/cgroup': '0::/pod/app\n', [`${V2}/pod/app/memory.current`]: '1\n' }
    expect(foldersOf(files)).toEqual([`${V2}/pod/app`])
    expect(foldersOf({ ...files, [`${V2}/pod/memory.current`]: '1\n' })).toEqual([`${V2}/pod/app`, `${V2}/pod`])
  })

  it('are at the root where the container sees its own there, under another path', () => {
    for (const own of ['0::/', '0::/docker/abc', '0::/../../x']) {
      expect(foldersOf({ '/proc/7/cgroup': `${own}\n`, [`${V2}/memory.current`]: '1\n' })).toEqual([V2])
    }
  })

  it('are those of version 1 where that has the memory controller', () => {
    const files = { '/proc/7/cgroup': '5:cpu:/x\n4:memory:/docker/abc\n0::/other\n' }
    const seen = { [`${V1}/docker/abc/memory.usage_in_bytes`]: '1\n', [`${V2}/other/memory.current`]: '1\n' }
    expect(foldersOf({ ...files, ...seen })).toEqual([`${V1}/docker/abc`])
    expect(foldersOf({ ...files, [`${V2}/other/memory.current`]: '1\n' })).toEqual([`${V2}/other`])
  })

  it('are none where there is no /proc, no group, or no controller', () => {
    expect(foldersOf({})).toEqual([])
    expect(foldersOf({ '/proc/7/cgroup': '0::/app\n' })).toEqual([])
    expect(foldersOf({ '/proc/7/cgroup': '3:cpu:/\nnonsense\n' })).toEqual([])
  })
})

describe('the files of a group', () => {
  it('of version 2 tell what is charged, what of it goes back, and two limits', () => {
    const files = {
      '/proc/7/cgroup': '0::/a\n',
      [`${V2}/a/memory.current`]: '1000\n',
      [`${V2}/a/memory.max`]: 'max\n',
      [`${V2}/a/memory.high`]: '5000\n',
      [`${V2}/a/memory.stat`]: 'anon 5\nactive_file 10\ninactive_file 20\nslab_reclaimable 3\n',
    }
    const { read } = new TestIo(files)
    const [group] = groupsOf('7', read)
    const told = [chargeOf, reclaimableOf, hardLimitOf, softLimitOf].map((tell) => tell(group!, read))
    expect(told).toEqual([1000, 33, Infinity, 5000])
    expect(chargeOf(group!, new TestIo({}).read)).toBeUndefined()
  })

  it('of version 1 tell one limit, and a number that no machine has is none', () => {
    const files = {
      '/proc/7/cgroup': '4:memory:/x\n',
      [`${V1}/x/memory.usage_in_bytes`]: '900\n',
      [`${V1}/x/memory.limit_in_bytes`]: '700\n',
      [`${V1}/x/memory.stat`]: 'active_file 1\ntotal_active_file 10\ntotal_inactive_file 20\n',
    }
    const { read } = new TestIo(files)
    const [group] = groupsOf('7', read)
    const told = [chargeOf, reclaimableOf, hardLimitOf, softLimitOf].map((tell) => tell(group!, read))
    expect(told).toEqual([900, 30, 700, Infinity])
    const none = new TestIo({ [`${V1}/x/memory.limit_in_bytes`]: '9223372036854771712\n' })
    expect(hardLimitOf(group!, none.read)).toBe(Infinity)
  })
})
