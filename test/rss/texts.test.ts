import { describe, expect, it } from 'vitest'
import { countIn, kilobytes, readOptional, softLimit, wholeNumber } from '../../lib/rss/texts'
import { TestIo } from '../support/test-io'

describe('texts of the kernel', () => {
  it('are read, or are not there', () => {
    const { read } = new TestIo({ '/a': ' 12\n', '/b': 'x' })
    expect([readOptional(read, '/b'), readOptional(read, '/c')]).toEqual(['x', ''])
    expect([wholeNumber(read, '/a'), wholeNumber(read, '/b'), wholeNumber(read, '/c')]).toEqual([
      12,
      undefined,
      undefined,
    ])
    expect(kilobytes('VmRSS:\t  12 kB\n', 'VmRSS')).toBe(12 * 1024)
    expect(kilobytes('VmRSS:\t  12 kB\n', 'Rss')).toBeUndefined()
    expect([countIn('low 1\nhigh 22\n', 'high'), countIn('low 1\n', 'high')]).toEqual([22, undefined])
    const limits =
      'Limit                     Soft Limit           Hard Limit           Units\n' +
      'Max address space         4194304              unlimited            bytes\nMax data size             unlimited            unlimited            bytes\n'
    expect(softLimit(limits, 'Max address space')).toBe(4_194_304)
    expect(softLimit(limits, 'Max data size')).toBe(Infinity)
    expect(softLimit(limits, 'Max stack size')).toBeUndefined()
  })
})
