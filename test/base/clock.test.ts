import { describe, expect, it } from 'vitest'
import { systemClock } from '../../lib/base/clock'
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
