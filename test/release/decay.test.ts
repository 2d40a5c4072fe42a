import { describe, expect, it } from 'vitest'
import { type PoolIndex, recordOf } from '../../lib/base/layout'
import { STAMP } from '../../lib/books/ledger'
import { Decay, EPOCHS_PER_DECAY } from '../../lib/release/decay'

describe('decay', () => {
  it('expires what is between one and nine eighths of a decay old', () => {
    const decay = new Decay(1000, 500)
    for (let freed = 500; freed < 3000; freed += 7) {
      const stamp = decay.epochAt(freed)
      let age = 0
      while (!decay.hasExpired(stamp, decay.epochAt(freed + age))) age++
      expect(age).toBeGreaterThanOrEqual(1000)
      expect(age).toBeLessThanOrEqual((1000 * (EPOCHS_PER_DECAY + 1)) / EPOCHS_PER_DECAY)
    }
  })

  it('counts epochs from its start, and tells how long each lasts', () => {
    const decay = new Decay(1000, 530)
    expect([530, 654, 655, 780].map((now) => decay.epochAt(now))).toEqual([0, 0, 1, 2])
    expect([530, 540, 654.5, 655, 730].map((now) => decay.untilEpoch(now))).toEqual([125, 115, 1, 125, 50])
    expect([new Decay(0, 7).untilEpoch(9), new Decay(Infinity, 7).untilEpoch(9)]).toEqual([0, Infinity])
  })

  it('of 0 expires at once, of Infinity never, and neither counts time', () => {
    expect([new Decay(0, 0).hasExpired(0, 0), new Decay(Infinity, 0).hasExpired(0, 1e9)]).toEqual([true, false])
    expect([new Decay(0, 0).epochAt(1e9), new Decay(Infinity, 0).epochAt(1e9)]).toEqual([0, 0])
  })

  it('of less than a millisecond, down to the smallest number, is one of a millisecond', () => {
    for (const decayMs of [Number.MIN_VALUE, 1e-300, 0.001, 1]) {
      const decay = new Decay(decayMs, 0)
      expect(decay.epochMs).toBe(1 / EPOCHS_PER_DECAY)
      expect([decay.hasExpired(0, decay.epochAt(0.9)), decay.hasExpired(0, decay.epochAt(1.2))]).toEqual([false, true])
    }
  })

  it('of a year keeps what was freed for a year', () => {
    const day = 24 * 3600 * 1000
    const decay = new Decay(365 * day, 0)
    expect(decay.hasExpired(0, decay.epochAt(364 * day))).toBe(false)
    expect(decay.hasExpired(0, decay.epochAt(411 * day))).toBe(true)
  })

  it('tells the age of stamps that 32 bits could not hold', () => {
    const decay = new Decay(1, 0)
    for (const epoch of [2 ** 31 - 3, 2 ** 31 + 5, 2 ** 32 - 1, 2 ** 33 + 7]) {
      const [stamp = 0] = Int32Array.of(epoch)
      expect(decay.hasExpired(stamp, epoch)).toBe(false)
      expect(decay.hasExpired(stamp, epoch + EPOCHS_PER_DECAY)).toBe(false)
      expect(decay.hasExpired(stamp, epoch + EPOCHS_PER_DECAY + 1)).toBe(true)
    }
  })

  it('collects the expired pools of an arena by their stamps', () => {
    const decay = new Decay(1000, 0)
    const ledger = new Int32Array(1024)
    const stamps: [number, number][] = [
      [1, 0],
      [5, 3],
      [31, 4],
      [32, 1],
      [63, 9],
    ]
    for (const [pool, stamp] of stamps) ledger[recordOf(pool as PoolIndex) + STAMP] = stamp
    const low = (1 << 1) | (1 << 5) | (1 << 31)
    const high = 1 | (1 << 31)
    expect(decay.collectExpired(ledger, low, high, 8)).toBe(false)
    expect(decay.collectExpired(ledger, low, high, 12)).toBe(true)
    expect([decay.expiredLow, decay.expiredHigh]).toEqual([(1 << 1) | (1 << 5), 1])
    expect(decay.collectExpired(ledger, low, high, 18)).toBe(true)
    expect([decay.expiredLow, decay.expiredHigh]).toEqual([low, high])
  })
})
