import { describe, expect, it } from 'vitest'
import { DISCARDS, MAPS, NO_TALLY, Tally } from '../../lib/space/tally'

describe('a tally', () => {
  it('stands in the words that it was given, modulo 2^32', () => {
    const words = new Int32Array(16)
    const tally = new Tally(words, 8)
    tally.set(MAPS, 5)
    tally.set(DISCARDS, 2 ** 32 + 3)
    expect([...words.subarray(8, 11)]).toEqual([5, 0, 3])
    tally.set(DISCARDS, 2 ** 31 + 1)
    expect((words[8 + DISCARDS] as number) >>> 0).toBe(2 ** 31 + 1)
  })

  it('is kept nowhere where there is no place for it', () => {
    const words = new Int32Array(16)
    new Tally(words, 0).set(MAPS, 5)
    NO_TALLY.set(MAPS, 5)
    expect(words.every((word) => word === 0)).toBe(true)
  })
})
