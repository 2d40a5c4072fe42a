import { readFileSync, writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CgroupSource, groupsOf, limitOf, readGroup } from '../../lib/pressure/cgroup'
import { MIB, machineWithGroup, putGroup, TestMachine } from '../support/test-machine'

/** Files of a group of version 1, as memory.limit_in_bytes and the rest. */
function machineOfV1(limit: number): TestMachine {
  const at = '/sys/fs/cgroup/memory/docker/abc'
  const machine = new TestMachine({ '/proc/self/cgroup': '5:cpu:/x\n4:memory:/docker/abc\n0::/other' })
  machine.put(`${at}/memory.usage_in_bytes`, String(100 * MIB))
  machine.put(`${at}/memory.limit_in_bytes`, String(limit))
  machine.put(`${at}/memory.failcnt`, '3')
  machine.put(`${at}/memory.stat`, `cache 5\ntotal_inactive_file ${20 * MIB}\ntotal_active_file ${10 * MIB}`)
  for (const file of ['cgroup.event_control', 'memory.pressure_level']) machine.put(`${at}/${file}`, '')
  return machine
}

describe('what a group says', () => {
  it('is what the kernel cannot take back, the lower limit, and the counts', () => {
    const events = 'low 1\nhigh 22\nmax 3\noom 4\noom_kill 5'
    const machine = machineWithGroup({ current: 90, file: 30, max: 200, high: 150, events })
    const [group] = groupsOf(machine.system)
    const expected = { bytes: 60 * MIB, limit: 150 * MIB, warnings: 22, criticals: 7 }
    expect(readGroup(machine.system, group!)).toEqual(expected)
  })

  it('is a failcnt in version 1', () => {
    const machine = machineOfV1(200 * MIB)
    const [group] = groupsOf(machine.system)
    const expected = { bytes: 70 * MIB, limit: 200 * MIB, warnings: 0, criticals: 3 }
    expect(readGroup(machine.system, group!)).toEqual(expected)
  })

  it('is no limit where the kernel says max, or a number that no machine has', () => {
    for (const machine of [machineWithGroup({ current: 1 }), machineOfV1(2 ** 63 - 4096)])
      expect(limitOf(machine.system, groupsOf(machine.system)[0]!)).toBeUndefined()
  })

  it('is nothing when it is gone', () => {
    const machine = machineWithGroup({ current: 1, max: 2 })
    const [group] = groupsOf(machine.system)
    machine.remove('/sys/fs/cgroup/app')
    expect(readGroup(machine.system, group!)).toBeUndefined()
  })
})

describe('a group that is watched', () => {
  it('calls when memory.events changes', async () => {
    const machine = machineWithGroup({ current: 1, max: 100 })
    const source = await new Promise<CgroupSource>((resolve) => {
      const watched = new CgroupSource(machine.system, groupsOf(machine.system)[0]!, () => resolve(watched))
      putGroup(machine, '/app', { current: 99, max: 100, events: 'max 1' })
    })
    expect(source.read()).toMatchObject({ bytes: 99 * MIB, criticals: 1 })
    source.close()
  })

  it.runIf(process.platform === 'linux')(
    'of version 1 calls when the kernel raises the count it was given',
    async () => {
      const machine = machineOfV1(100 * MIB)
      const control = machine.at('/sys/fs/cgroup/memory/docker/abc/cgroup.event_control')
      const source = await new Promise<CgroupSource>((resolve) => {
        const watched = new CgroupSource(machine.system, groupsOf(machine.system)[0]!, () => resolve(watched))
        watched.callAt([0.8])
        // The last request, as the kernel would read it.
        const [count, , argument] = readFileSync(control, 'latin1').split(' ')
        expect(argument).toBe('medium')
        writeSync(Number(count), Buffer.from(BigUint64Array.of(1n).buffer))
      })
      source.close()
      source.close()
    },
  )

  it('of version 1 asks for each share, and what is half way above it; anew only where the limit has changed', () => {
    const machine = machineOfV1(100 * MIB)
    const asked: string[][] = []
    let open = 0
    machine.system.onGroupEvent = (_, requests) => {
      asked.push(requests.map(([, argument]) => argument))
      open++
      return () => open--
    }
    const source = new CgroupSource(machine.system, groupsOf(machine.system)[0]!, () => undefined)
    source.callAt([0.5])
    source.callAt([0.5])
    expect(asked).toEqual([[String(50 * MIB), String(75 * MIB), 'medium']])
    machine.put('/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes', String(200 * MIB))
    source.callAt([0.5])
    expect(asked[1]).toEqual([String(100 * MIB), String(150 * MIB), 'medium'])
    expect(open).toBe(1)
    source.close()
    expect(open).toBe(0)
  })
})
