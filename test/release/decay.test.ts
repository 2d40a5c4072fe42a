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

  it('of 0 expires at once, of Infinity never, and neither counts time', () => {
    expect([new Decay(0, 0).hasExpired(0, 0), new Decay(Infinity, 0).hasExpired(0, 1e9)]).toEqual([true, false])
    expect([new Decay(0, 0).epochAt(1e9), new Decay(Infinity, 0).epochAt(1e9)]).toEqual([0, 0])
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
