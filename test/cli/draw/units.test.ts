import { describe, expect, it } from 'vitest'
import { plural, showBytes, showCount, showShare, showTime } from '../../../lib/cli/draw/units'

describe('units', () => {
  it('show bytes with three digits at most', () => {
    const cases: [number, string][] = [
      [0, '0 bytes'],
      [999, '999 bytes'],
      [1000, '0.98 KiB'],
      [4096, '4 KiB'],
      [5000, '4.88 KiB'],
      [50_000, '48.8 KiB'],
      [2 ** 20 - 1, '1.00 MiB'],
      [187.4 * 2 ** 20, '187 MiB'],
      [2 ** 32, '4 GiB'],
      [2 ** 60, '1024 PiB'],
      [Infinity, 'unlimited'],
      [-5000, '-4.88 KiB'],
    ]
    for (const [bytes, text] of cases) expect(showBytes(bytes)).toBe(text)
  })

  it('show times', () => {
    const cases: [number, string][] = [
      [0, '0 ms'],
      [999.4, '999 ms'],
      [1000, '1 s'],
      [12_340, '12.3 s'],
      [59_960, '1 min'],
      [200_000, '3 min 20 s'],
      [3_600_000, '1 h'],
      [7_500_000, '2 h 5 min'],
      [Infinity, 'for ever'],
    ]
    for (const [ms, text] of cases) expect(showTime(ms)).toBe(text)
  })

  it('show shares, counts and plurals', () => {
    expect([0, 0.001, 0.5, 0.995, 1, 1.2].map(showShare)).toEqual(['0 %', '< 1 %', '50 %', '> 99 %', '100 %', '120 %'])
    expect(showCount(65_530)).toBe('65,530')
    expect([plural(0, 'heap'), plural(1, 'heap'), plural(1200, 'heap')]).toEqual(['0 heaps', '1 heap', '1,200 heaps'])
  })
})
