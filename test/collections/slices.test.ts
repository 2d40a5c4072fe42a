import { describe, expect, it } from 'vitest'
import { Slices } from '../../lib/collections/slices'
import { TickingClock } from '../support/manual-clock'

/** Work of so many parts, on a clock of which each look takes a hundredth of a millisecond. */
function parts(count: number): { slices: Slices; clock: TickingClock; left: () => number } {
  const clock = new TickingClock()
  let left = count
  return { slices: new Slices(clock, () => --left > 0), clock, left: () => left }
}

describe('slices', () => {
  it('do some at once, and the rest in turns of a millisecond and a half', () => {
    const { slices, clock, left } = parts(400)
    slices.run()
    const first = left()
    clock.advance(1)
    const second = left()
    // 1.5 ms are 150 looks at this clock, of which one is at the beginning.
    expect([Math.round((400 - first) / 10), Math.round((first - second) / 10)]).toEqual([15, 15])
    clock.advance(10)
    expect([left(), clock.pending]).toEqual([0, 0])
  })

  it('wait for their turn where they are only woken, and come once however often that was', () => {
    const { slices, clock, left } = parts(3)
    slices.wake()
    slices.wake()
    expect([left(), clock.pending]).toEqual([3, 1])
    clock.advance(1)
    expect([left(), clock.pending]).toEqual([0, 0])
  })

  it('go on after a part that throws', () => {
    const clock = new TickingClock()
    const done: number[] = []
    const slices = new Slices(clock, () => {
      done.push(done.length)
      if (done.length === 2) throw new Error('the second')
      return done.length < 4
    })
    expect(() => slices.run()).toThrow('the second')
    clock.advance(1)
    expect([done, clock.pending]).toEqual([[0, 1, 2, 3], 0])
  })

  it('end where they are cancelled, and can be woken again', () => {
    const { slices, clock, left } = parts(400)
    slices.run()
    const before = left()
    slices.cancel()
    clock.advance(10)
    expect(left()).toBe(before)
    slices.wake()
    clock.advance(10)
    expect(left()).toBe(0)
  })
})
