import { describe, expect, it } from 'vitest'
import { countBits, lowestBit, nextClear, nextSet, rangeHigh, rangeLow } from '../../lib/base/bits'

describe('single words', () => {
  it('lowestBit finds every bit, and 32 in none', () => {
    for (let bit = 0; bit < 32; bit++) {
      expect(lowestBit(1 << bit)).toBe(bit)
      expect(lowestBit(-1 << bit)).toBe(bit)
    }
    expect(lowestBit(0)).toBe(32)
  })

  it('countBits counts', () => {
    for (let bits = 0; bits <= 32; bits++) expect(countBits(bits === 0 ? 0 : -1 >>> (32 - bits))).toBe(bits)
    expect(countBits(0x10101010 | 0)).toBe(4)
    expect(countBits(1 << 31)).toBe(1)
  })
})

describe('64-bit maps', () => {
  it('ranges have exactly their bits, for every start and length', () => {
    for (let first = 0; first < 64; first++) {
      for (let length = 0; first + length <= 64; length++) {
        let map = (1n << BigInt(length)) - 1n
        map <<= BigInt(first)
        const got = (BigInt(rangeHigh(first, length) >>> 0) << 32n) | BigInt(rangeLow(first, length) >>> 0)
        if (got !== map) expect([first, length, got]).toEqual([first, length, map])
      }
    }
  })

  it('nextSet and nextClear agree with a walk bit by bit', () => {
    for (const [low, high] of [
      [0, 0],
      [-1, -1],
      [1, 0],
      [0, 1],
      [1 << 31, 1 << 31],
      [0x0ff00ff0, 0x00f0000f],
      [-2, 0x7fffffff],
    ] as const) {
      const isSet = (i: number): boolean => ((i < 32 ? low >>> i : high >>> (i - 32)) & 1) === 1
      for (let from = 0; from <= 64; from++) {
        let set = from
        let clear = from
        while (set < 64 && !isSet(set)) set++
        while (clear < 64 && isSet(clear)) clear++
        expect([nextSet(low, high, from), nextClear(low, high, from)]).toEqual([set, clear])
      }
    }
  })
})
