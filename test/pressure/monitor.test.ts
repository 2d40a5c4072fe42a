import { describe, expect, it } from 'vitest'
import { type MemoryPressure, Monitor } from '../../lib/pressure/monitor'
import { type GroupFiles, MIB, machineWithGroup, putGroup, TestMachine } from '../support/test-machine'

const stalls = (us: number): string => `some avg10=0.00 avg60=0.00 avg300=0.00 total=${us}`
const nothing = (): void => undefined

/** A monitor whose subscribers write down what they are told. */
function watched(machine: TestMachine): { monitor: Monitor; told: string[]; add(share: number): () => void } {
  const told: string[] = []
  const monitor = new Monitor(machine.system, ({ level }) => told.push(`relief ${level}`))
  return {
    monitor,
    told,
    add(share) {
      const subscriber = {
        share,
        tell: ({ level, source, bytes }: MemoryPressure) =>
          told.push(`${share}: ${level} by ${source} at ${bytes === undefined ? '?' : bytes / MIB}`),
      }
      monitor.add(subscriber)
      return () => monitor.remove(subscriber)
    },
  }
}

describe('a group with a limit', () => {
  it('is looked at once a second: each subscriber is told at his share, then there is relief', () => {
    const machine = machineWithGroup({ current: 10, max: 100 })
    const { monitor, told, add } = watched(machine)
    const removes = [add(0.8), add(0.5)]
    expect(monitor.sources).toEqual(['cgroup'])
    expect(machine.clock.pending).toBe(1)
    putGroup(machine, '/app', { current: 60, max: 100 })
    machine.clock.advance(999)
    expect(told).toEqual([])
    machine.clock.advance(1)
    expect(told.splice(0)).toEqual(['0.5: warning by cgroup at 60', 'relief warning'])
    putGroup(machine, '/app', { current: 85, max: 100, events: 'max 4' })
    machine.clock.advance(1000)
    expect(told.splice(0)).toEqual([
      '0.8: critical by cgroup at 85',
      '0.5: critical by cgroup at 85',
      'relief critical',
    ])
    machine.clock.advance(10_000)
    expect(told).toEqual([])
    for (const remove of removes) remove()
    expect([machine.clock.pending, monitor.sources]).toEqual([0, []])
  })

  it('wakes the watch by memory.events, at most every 20 ms', async () => {
    const machine = machineWithGroup({ current: 10, max: 100 })
    let wake: () => void = nothing
    const told = await new Promise<MemoryPressure>((resolve) => {
      const monitor = new Monitor(machine.system, nothing)
      const subscriber = { share: 0.8, tell: resolve }
      wake = () => monitor.remove(subscriber)
      monitor.add(subscriber)
      putGroup(machine, '/app', { current: 99, max: 100, events: 'max 1' })
    })
    expect(told).toEqual({ level: 'critical', source: 'cgroup', bytes: 99 * MIB, limit: 100 * MIB })
    wake()
    expect(machine.clock.pending).toBe(0)
  })

  it('that calls without end is looked at 50 times a second', () => {
    const machine = machineWithGroup({ current: 99, max: 100 })
    let call = nothing
    machine.system.onChange = (_, callback) => {
      call = callback
      return nothing
    }
    let looks = 0
    const { read } = machine.system
    machine.system.read = (path) => {
      if (path.endsWith('memory.stat')) looks++
      return read.call(machine.system, path)
    }
    const { add } = watched(machine)
    const remove = add(0.8)
    looks = 0
    for (let ms = 0; ms < 1000; ms++) {
      call()
      call()
      machine.clock.advance(1)
    }
    expect(looks).toBe(51)
    remove()
  })

  it('is told of again when what was held back is due', () => {
    const machine = machineWithGroup({ current: 90, max: 100, events: 'max 1' })
    let call = nothing
    machine.system.onChange = (_, callback) => {
      call = callback
      return nothing
    }
    const { told, add } = watched(machine)
    const remove = add(0.8)
    for (let max = 2; max < 4; max++) {
      putGroup(machine, '/app', { current: 90, max: 100, events: `max ${max}` })
      call()
      machine.clock.advance(20)
    }
    expect(told).toEqual(['0.8: critical by cgroup at 90', 'relief critical'])
    machine.clock.advance(159)
    expect(told.length).toBe(2)
    machine.clock.advance(1)
    expect(told.length).toBe(4)
    remove()
  })

  it('is looked at when heaps have opened arenas for a 64th of the limit', () => {
    const machine = machineWithGroup({ current: 10, max: 128 })
    let opened = nothing
    let isOpen = true
    machine.system.onArena = (callback) => {
      opened = callback
      return () => {
        isOpen = false
      }
    }
    const { told, add } = watched(machine)
    const remove = add(0.8)
    opened()
    putGroup(machine, '/app', { current: 110, max: 128 })
    for (let i = 0; i < 8; i++) opened()
    expect(told).toEqual([])
    opened()
    expect(told).toEqual(['0.8: warning by cgroup at 110', 'relief warning'])
    remove()
    expect(isOpen).toBe(false)
  })

  it('is watched above the own group, too', () => {
    const machine = new TestMachine({ '/proc/self/cgroup': '0::/pod/app' })
    const pod = (current: number): void => putGroup(machine, '/pod', { current, max: 100 })
    pod(10)
    putGroup(machine, '/pod/app', { current: 5 })
    const { monitor, told, add } = watched(machine)
    const remove = add(0.8)
    expect(monitor.sources).toEqual(['cgroup'])
    pod(95)
    machine.clock.advance(1000)
    expect(told).toEqual(['0.8: warning by cgroup at 95', 'relief warning'])
    remove()
  })

  it('that goes away is sought anew', () => {
    const machine = machineWithGroup({ current: 10, max: 100 })
    const { monitor, told, add } = watched(machine)
    const remove = add(0.8)
    machine.remove('/sys/fs/cgroup/app')
    machine.clock.advance(1000)
    expect([monitor.sources, machine.clock.pending]).toEqual([[], 0])
    remove()

    const moved = machineWithGroup({ current: 10, max: 100 })
    const other = watched(moved)
    const removeOther = other.add(0.8)
    moved.put('/proc/self/cgroup', '0::/new')
    putGroup(moved, '/new', { current: 10, max: 50 })
    moved.remove('/sys/fs/cgroup/app')
    moved.clock.advance(1000)
    expect(other.monitor.sources).toEqual(['cgroup'])
    putGroup(moved, '/new', { current: 45, max: 50 })
    moved.clock.advance(1000)
    expect([told, other.told]).toEqual([[], ['0.8: warning by cgroup at 45', 'relief warning']])
    removeOther()
    expect(moved.clock.pending).toBe(0)
  })
})

describe('the choice of sources', () => {
  /** Names of the sources of a machine with such a group, with stalls of the machine and of the group, and a manager's file. */
  function chosen(group: GroupFiles, environment: Record<string, string> = {}, hasRuntime = false): string[] {
    const machine = machineWithGroup(group)
    machine.put('/sys/fs/cgroup/app/memory.pressure', stalls(0))
    machine.put('/proc/pressure/memory', stalls(0))
    Object.assign(machine.env, environment)
    if (hasRuntime) machine.system.onRuntimePressure = () => nothing
    const { monitor, add } = watched(machine)
    const remove = add(0.8)
    const sources = [...monitor.sources]
    remove()
    expect([monitor.sources, machine.clock.pending]).toEqual([[], 0])
    return sources
  }

  it('is the runtime, else groups with a limit and the manager, else stalls', () => {
    const watch = { MEMORY_PRESSURE_WATCH: '/sys/fs/cgroup/app/memory.pressure' }
    expect(chosen({ current: 1, max: 2 }, watch, true)).toEqual(['runtime'])
    expect(chosen({ current: 1, max: 2 }, watch)).toEqual(['cgroup', 'systemd'])
    expect(chosen({ current: 1, max: 2 })).toEqual(['cgroup'])
    expect(chosen({ current: 1 }, watch)).toEqual(['systemd'])
    expect(chosen({ current: 1 })).toEqual(['psi'])
    expect(chosen({ current: 1 }, { MEMORY_PRESSURE_WATCH: 'not a path' })).toEqual(['psi'])
  })

  it('is nobody where the service manager says so', () => {
    expect(chosen({ current: 1, max: 2 }, { MEMORY_PRESSURE_WATCH: '/dev/null' }, true)).toEqual([])
  })

  it('is nobody where nobody tells, and then nothing is armed', () => {
    const machine = new TestMachine()
    const { monitor, add } = watched(machine)
    add(0.8)
    expect([monitor.sources, machine.clock.pending]).toEqual([[], 0])
  })
})

describe('stalls without a trigger', () => {
  it('are looked at once a second', () => {
    const machine = new TestMachine({ '/proc/pressure/memory': stalls(0) })
    const { monitor, told, add } = watched(machine)
    const remove = add(0.8)
    expect(monitor.sources).toEqual(['psi'])
    machine.put('/proc/pressure/memory', stalls(80_000))
    machine.clock.advance(1000)
    expect(told).toEqual(['0.8: warning by psi at ?', 'relief warning'])
    machine.clock.advance(10_000)
    expect(told.length).toBe(2)
    remove()
  })
})

describe('subscribers', () => {
  it('may leave and join while they are told', () => {
    const machine = machineWithGroup({ current: 10, max: 100 })
    const monitor = new Monitor(machine.system, nothing)
    const told: string[] = []
    const late = { share: 0.1, tell: () => told.push('late') }
    const second = { share: 0.1, tell: () => told.push('second') }
    const first = {
      share: 0.1,
      tell: () => {
        told.push('first')
        monitor.remove(second)
        monitor.remove(first)
        monitor.add(late)
      },
    }
    monitor.add(first)
    monitor.add(second)
    machine.clock.advance(1000)
    expect(told).toEqual(['first'])
    machine.clock.advance(1000)
    expect(told).toEqual(['first', 'late'])
    monitor.remove(late)
    monitor.remove(late)
    expect(machine.clock.pending).toBe(0)
  })

  it('all of whom leave while they are told leave nothing open', () => {
    const machine = machineWithGroup({ current: 10, max: 100 })
    const monitor = new Monitor(machine.system, nothing)
    const only = { share: 0.1, tell: () => monitor.remove(only) }
    monitor.add(only)
    machine.clock.advance(5000)
    expect([monitor.sources, machine.clock.pending]).toEqual([[], 0])
  })
})
