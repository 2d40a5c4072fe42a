import { describe, expect, it } from 'vitest'
import { cgroupFacts } from '../../../lib/cli/facts/cgroup'
import { TestIo } from '../../support/test-io'

const facts = (files: Record<string, string>) => cgroupFacts('7', new TestIo(files).read)

describe('cgroupFacts', () => {
  it('reads version 2, with the lowest limit on the way up', () => {
    const root = '/sys/fs/cgroup'
    expect(
      facts({
        '/proc/7/cgroup': '0::/a/b\n',
        [`${root}/a/b/memory.current`]: '1000\n',
        [`${root}/a/b/memory.max`]: 'max\n',
        [`${root}/a/b/memory.high`]: '5000\n',
        [`${root}/a/memory.current`]: '2000\n',
        [`${root}/a/memory.max`]: '4000\n',
        [`${root}/a/memory.high`]: 'max\n',
        [`${root}/a/b/memory.stat`]: 'anon 5\nactive_file 10\ninactive_file 20\nslab_reclaimable 3\n',
        [`${root}/a/b/memory.events`]: 'low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n',
      }),
    ).toEqual({
      ...{ version: 2, folder: `${root}/a/b`, usage: 1000, reclaimable: 33, limit: 4000, high: 5000, kills: 4 },
    })
  })

  it('reads version 1, whose limit beyond reason is none', () => {
    const root = '/sys/fs/cgroup/memory'
    const files = {
      '/proc/7/cgroup': '9:name=systemd:/\n4:memory:/x\n0::/\n',
      [`${root}/x/memory.usage_in_bytes`]: '900\n',
      [`${root}/x/memory.limit_in_bytes`]: '9223372036854771712\n',
      [`${root}/x/memory.stat`]: 'total_active_file 10\ntotal_inactive_file 20\n',
      [`${root}/x/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    }
    expect(facts(files)).toEqual({
      ...{ version: 1, folder: `${root}/x`, usage: 900, reclaimable: 30, limit: Infinity, high: Infinity, kills: 2 },
    })
    const above = { [`${root}/memory.usage_in_bytes`]: '901\n', [`${root}/memory.limit_in_bytes`]: '700\n' }
    expect(facts({ ...files, ...above })?.limit).toBe(700)
  })

  it('finds the group of a container where its root is mounted', () => {
    const files = { '/proc/7/cgroup': '0::/docker/abc\n', '/sys/fs/cgroup/memory.current': '5\n' }
    expect(facts(files)).toMatchObject({ folder: '/sys/fs/cgroup', usage: 5, limit: Infinity })
  })

  it('knows that there is none', () => {
    expect(facts({})).toBeUndefined()
    expect(facts({ '/proc/7/cgroup': '0::/\n5:cpu:/\nnonsense\n' })).toBeUndefined()
  })
})
