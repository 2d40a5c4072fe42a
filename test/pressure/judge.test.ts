import { describe, expect, it } from 'vitest'
import { Judge } from '../../lib/pressure/judge'
import type { Reading } from '../../lib/pressure/source'

const reading = (bytes: number | undefined, counts: Partial<Reading> = {}): Reading => ({
  warnings: 0,
  criticals: 0,
  limit: bytes === undefined ? undefined : 100,
  ...counts,
  bytes,
})

describe('a share of the limit', () => {
  it('is a warning when it is crossed, and again when it is crossed anew', () => {
    const judge = new Judge(0.8, reading(10))
    const levels = [79, 80, 90, 85, 79, 81].map((bytes, i) => judge.judge(reading(bytes), i))
    expect(levels).toEqual([undefined, 'warning', undefined, undefined, undefined, 'warning'])
  })

  it('is a warning at the first look if it was crossed before', () => {
    const judge = new Judge(0.8, reading(95))
    expect(judge.judge(reading(95), 0)).toBe('warning')
    expect(judge.judge(reading(95), 9999)).toBeUndefined()
  })
})

describe('a limit that was reached', () => {
  it('is critical, and not what happened before', () => {
    const judge = new Judge(0.8, reading(10, { criticals: 7 }))
    expect(judge.judge(reading(10, { criticals: 7 }), 0)).toBeUndefined()
    expect(judge.judge(reading(95, { criticals: 8 }), 1)).toBe('critical')
  })

  it('is none while the kernel can take back page cache, however often it is reached', () => {
    const judge = new Judge(0.8, reading(10))
    for (let i = 1; i < 100; i++) expect(judge.judge(reading(30, { criticals: i, warnings: i }), i)).toBeUndefined()
    expect(judge.judge(reading(95, { criticals: 99, warnings: 99 }), 100)).toBe('warning')
  })

  it('is told again 200 ms later while it lasts, and at once when it had got better', () => {
    const judge = new Judge(0.8, reading(10))
    expect(judge.judge(reading(95, { criticals: 1 }), 0)).toBe('critical')
    expect(judge.judge(reading(95, { criticals: 2 }), 50)).toBeUndefined()
    expect(judge.againAt).toBe(200)
    expect(judge.judge(reading(95, { criticals: 2 }), 200)).toBe('critical')
    expect(judge.againAt).toBe(Infinity)
    expect(judge.judge(reading(95, { criticals: 3 }), 210)).toBeUndefined()
    expect(judge.judge(reading(40, { criticals: 3 }), 220)).toBeUndefined()
    expect(judge.againAt).toBe(Infinity)
    expect(judge.judge(reading(95, { criticals: 4 }), 230)).toBe('critical')
  })
})

describe('a warning of the kernel', () => {
  it('is told again 2 s later while it lasts; what is worse is told at once', () => {
    const judge = new Judge(0.8, reading(10))
    expect(judge.judge(reading(95, { warnings: 1 }), 0)).toBe('warning')
    expect(judge.judge(reading(95, { warnings: 2 }), 1000)).toBeUndefined()
    expect(judge.againAt).toBe(2000)
    expect(judge.judge(reading(95, { warnings: 2, criticals: 1 }), 1001)).toBe('critical')
    expect(judge.judge(reading(95, { warnings: 3, criticals: 1 }), 1100)).toBeUndefined()
    expect(judge.judge(reading(95, { warnings: 3, criticals: 1 }), 3001)).toBe('warning')
  })

  it('is believed where no limit is known', () => {
    const judge = new Judge(0.8, reading(undefined))
    expect(judge.judge(reading(undefined), 0)).toBeUndefined()
    expect(judge.judge(reading(undefined, { warnings: 1 }), 1)).toBe('warning')
    expect(judge.judge(reading(undefined, { warnings: 1, criticals: 1 }), 2)).toBe('critical')
  })
})
