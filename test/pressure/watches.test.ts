import { hasSubscribers, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Heap } from '../../lib/heap/heap'
import type { MemoryPressure } from '../../lib/pressure/monitor'
import { type PressureOptions, Watches } from '../../lib/pressure/watches'
import { testHeap } from '../support/test-heap'
import { MIB, machineWithGroup, putGroup, type TestMachine } from '../support/test-machine'

function watches(heaps: readonly Heap[] = []): { machine: TestMachine; all: Watches; press(): void } {
  const machine = machineWithGroup({ current: 10, max: 100 })
  const press = (): void => {
    for (const current of [10, 99]) {
      putGroup(machine, '/app', { current, max: 100 })
      machine.clock.advance(1000)
    }
  }
  return { machine, all: new Watches(machine.system, () => heaps), press }
}

/** A heap with 1 MB that is free and resident. */
function dirtyHeap(): Heap {
  const { heap } = testHeap({ decay: Infinity })
  heap.freeMany(heap.allocMany(1000, new Int32Array(1000)))
  return heap
}

describe('a listener', () => {
  it('is told what is known, and what it frees goes back before the call is over', () => {
    const { heap } = testHeap({ decay: Infinity })
    const blocks = heap.allocMany(1000, new Int32Array(1000))
    const { machine, all, press } = watches([heap])
    const told: MemoryPressure[] = []
    const stop = all.on((pressure) => {
      told.push(pressure)
      heap.freeMany(blocks)
    })
    press()
    expect(told).toEqual([{ level: 'warning', source: 'cgroup', bytes: 99 * MIB, limit: 100 * MIB }])
    expect(heap.stats().residentBytes).toBe(0)
    stop()
    stop()
    expect(machine.clock.pending).toBe(0)
  })

  it('that throws is reported as an uncaught exception, and the next is told, and the heaps are purged', async () => {
    const heap = dirtyHeap()
    const { all, press } = watches([heap])
    const told: string[] = []
    const uncaught = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const reported = new Promise((resolve) => process.once('uncaughtException', resolve))
    const stops = [
      all.on(() => {
        throw new Error('a listener failed')
      }),
      all.on(() => told.push('second')),
    ]
    press()
    expect(told).toEqual(['second'])
    expect(heap.stats().residentBytes).toBe(0)
    expect(await reported).toMatchObject({ message: 'a listener failed' })
    for (const listener of uncaught) process.on('uncaughtException', listener)
    for (const stop of stops) stop()
  })

  it('ends with `using`', () => {
    const { machine, all } = watches()
    const stop = all.on(() => undefined)
    expect(machine.clock.pending).toBe(1)
    stop[Symbol.dispose]()
    expect(machine.clock.pending).toBe(0)
  })

  it('that is no function is refused, and nothing is opened', () => {
    const { machine, all } = watches()
    for (const listener of [undefined, null, 5, {}])
      expect(() => all.on(listener as never)).toThrow(/^ebb: onMemoryPressure needs a function, got /)
    expect(machine.clock.pending).toBe(0)
  })
})

describe('a watch', () => {
  it('looks when heaps have grown, and publishes what it did', async () => {
    const { heap } = testHeap({ decay: Infinity })
    const { machine, all } = watches([heap])
    const messages: object[] = []
    const listen = (message: unknown): void => void messages.push(message as object)
    subscribe('ebb:pressure', listen)
    const watch = all.open()
    putGroup(machine, '/app', { current: 90, max: 100 })
    heap.freeMany(heap.allocMany(4096, new Int32Array(63 * 16)))
    expect(messages).toEqual([])
    await turn()
    const known = { level: 'warning', source: 'cgroup', bytes: 90 * MIB, limit: 100 * MIB }
    expect(messages).toEqual([{ ...known, purgedBytes: 64 * 4096 * 16 }])
    expect(heap.stats().residentBytes).toBe(0)
    watch.close()
    unsubscribe('ebb:pressure', listen)
    expect(hasSubscribers('ebb:arena:open')).toBe(false)
  })

  it('purges the heaps without a listener, and names its sources while it is open', () => {
    const heap = dirtyHeap()
    const { machine, all, press } = watches([heap])
    const watch = all.open()
    expect(watch.sources).toEqual(['cgroup'])
    press()
    expect(heap.stats().residentBytes).toBe(0)
    watch.close()
    watch[Symbol.dispose]()
    expect([watch.sources, machine.clock.pending]).toEqual([[], 0])
  })

  it('does not purge where that is not wanted, unless another wants it', () => {
    const heap = dirtyHeap()
    const full = heap.stats().residentBytes
    const { all, press } = watches([heap])
    const watch = all.open({ purge: false })
    press()
    expect(heap.stats().residentBytes).toBe(full)
    const other = all.open({ purge: true })
    press()
    expect(heap.stats().residentBytes).toBe(0)
    for (const open of [watch, other]) open.close()
  })

  it('does not end with another that is closed twice', () => {
    const { machine, all } = watches()
    const [one, two] = [all.open(), all.open()]
    one.close()
    one.close()
    expect([two.sources, machine.clock.pending]).toEqual([['cgroup'], 1])
    two.close()
    expect(machine.clock.pending).toBe(0)
  })

  it('refuses options that cannot be, by name, and opens nothing', () => {
    const { machine, all } = watches()
    const refused: [PressureOptions | string, RegExp][] = [
      [{ share: 0 }, /^ebb: option share must be above 0 and up to 1, got 0$/],
      [{ share: 1.5 }, /^ebb: option share must be above 0 and up to 1, got 1.5$/],
      [{ share: NaN }, /^ebb: option share must be .* got NaN$/],
      [{ share: '1' as never }, /^ebb: option share must be a number of shares of the limit, got "1" \(string\)$/],
      [{ hurry: -1 }, /^ebb: option hurry must be from 0 to Infinity milliseconds, got -1$/],
      [{ purge: 1 as never }, /^ebb: option purge must be true or false, got 1 \(number\)$/],
      [{ level: 'x' } as never, /^ebb: "level" is not an option of a pressure watch; there are purge, hurry, share$/],
      ['all', /^ebb: an option of a pressure watch comes in an object/],
    ]
    for (const [options, message] of refused) expect(() => all.open(options as PressureOptions)).toThrow(message)
    expect(machine.clock.pending).toBe(0)
  })
})
