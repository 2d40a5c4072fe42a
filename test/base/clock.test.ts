import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { epochNow, repeat, systemClock } from '../../lib/base/clock'
import { ManualClock } from '../support/manual-clock'

describe('the system clock', () => {
  it('never goes back', () => {
    const first = systemClock.now()
    expect(systemClock.now()).toBeGreaterThanOrEqual(first)
  })

  it('calls back once, and not at all when it is cancelled', async () => {
    let cancelled = 0
    const cancel = systemClock.schedule(() => cancelled++, 0)
    cancel()
    const called = await new Promise<string>((resolve) => {
      const keepAlive = setTimeout(() => resolve('late'), 5000)
      systemClock.schedule(() => {
        clearTimeout(keepAlive)
        resolve('called')
      }, 1)
    })
    expect([called, cancelled]).toEqual(['called', 0])
  })
})

describe('what a test environment or a user does to timers', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.doUnmock('node:timers')
    vi.resetModules()
  })

  it('does not reach the clock where they are faked', async () => {
    vi.useFakeTimers({ now: 0 })
    const before = systemClock.now()
    const called = new Promise<string>((resolve) => systemClock.schedule(() => resolve('called'), 1))
    expect([vi.getTimerCount(), await called]).toEqual([0, 'called'])
    expect(systemClock.now()).toBeGreaterThan(before)
    expect(Math.abs(epochNow() - Date.now())).toBeGreaterThan(1e12)
  })

  it('does not reach the clock where they return numbers, as those of jsdom do', () => {
    for (const name of ['setTimeout', 'setInterval']) vi.stubGlobal(name, () => 1)
    vi.stubGlobal('performance', {})
    expect(systemClock.now()).toBeGreaterThan(0)
    systemClock.schedule(() => {}, 1000)()
    repeat(() => {}, 1000)()
  })

  it('leaves no store of AsyncLocalStorage to timers that were armed under it', async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen = await new Promise<unknown[]>((resolve) => {
      const stores: unknown[] = []
      storage.run('of a request', () => {
        const end = repeat(() => {
          stores.push(storage.getStore())
          end()
          if (stores.length === 2) resolve(stores)
        }, 1)
        systemClock.schedule(() => {
          stores.push(storage.getStore())
          if (stores.length === 2) resolve(stores)
        }, 1)
      })
    })
    expect(seen).toEqual([undefined, undefined])
  })

  it('gets delays that Node can hold, one after the other, and is cancelled in any of them', async () => {
    const armed: { callback: () => void; ms: number }[] = []
    const cancelled: unknown[] = []
    const timers = {
      setTimeout: (callback: () => void, ms: number) => {
        const timer = { callback, ms, unref: () => {} }
        armed.push(timer)
        return timer
      },
      clearTimeout: (timer: unknown) => cancelled.push(timer),
    }
    vi.doMock('node:timers', () => ({ default: timers }))
    vi.resetModules()
    const clock = (await import('../../lib/base/clock.js')).systemClock
    const longest = 2 ** 31 - 1
    let called = 0
    const cancel = clock.schedule(() => called++, 2 * longest + 5)
    armed[0]?.callback()
    armed[1]?.callback()
    expect(armed.map(({ ms }) => ms)).toEqual([longest, longest, 5])
    cancel()
    expect(cancelled).toEqual([armed[2]])
    expect(called).toBe(0)
    armed[2]?.callback()
    expect(called).toBe(1)
  })
})

describe('the manual clock of these tests', () => {
  it('runs timers in the order of their times, at their times', () => {
    const clock = new ManualClock()
    const ran: [string, number][] = []
    clock.schedule(() => ran.push(['b', clock.now()]), 20)
    clock.schedule(() => {
      ran.push(['a', clock.now()])
      clock.schedule(() => ran.push(['c', clock.now()]), 15)
    }, 10)
    clock.schedule(() => ran.push(['never', clock.now()]), 12)()
    clock.advance(30)
    expect(ran).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 25],
    ])
    expect([clock.now(), clock.pending]).toEqual([30, 0])
  })
})
