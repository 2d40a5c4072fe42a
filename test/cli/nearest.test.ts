import { describe, expect, it } from 'vitest'
import { didYouMean, editDistance, nearest } from '../../lib/cli/nearest'

describe('editDistance', () => {
  it('counts letters added, left out, exchanged and swapped', () => {
    const cases: [string, string, number][] = [
      ['', '', 0],
      ['pid', 'pid', 0],
      ['', 'pid', 3],
      ['pdi', 'pid', 1],
      ['pi', 'pid', 1],
      ['pids', 'pid', 1],
      ['pad', 'pid', 1],
      ['interval', 'intervals', 1],
      ['kitten', 'sitting', 3],
    ]
    for (const [a, b, distance] of cases) {
      expect(editDistance(a, b), `${a} ${b}`).toBe(distance)
      expect(editDistance(b, a), `${b} ${a}`).toBe(distance)
    }
  })
})

describe('nearest', () => {
  const names = ['doctor', 'top', 'record', 'report', 'build']

  it('finds what was probably meant', () => {
    expect(nearest('docter', names)).toBe('doctor')
    expect(nearest('recrod', names)).toBe('record')
    expect(nearest('tpo', names)).toBe('top')
    expect(nearest('b', names)).toBe('build')
  })

  it('finds nothing for what is like none of them', () => {
    expect(nearest('install', names)).toBeUndefined()
    expect(nearest('', names)).toBeUndefined()
    expect(nearest('re', names)).toBeUndefined()
    expect(didYouMean('xyz', names)).toBe('')
    expect(didYouMean('recrod', names, '--')).toBe('; did you mean --record?')
  })
})
