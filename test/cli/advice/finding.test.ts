import { describe, expect, it } from 'vitest'
import { type Finding, findingOf, showCounts, showFindings, worst } from '../../../lib/cli/advice/finding'
import { colourInk, plainInk, withoutInk } from '../../../lib/cli/draw/ink'

const pass: Finding = { level: 'PASS', topic: 'one', text: 'as it should be' }
const note: Finding = { level: 'NOTE', topic: 'two', text: 'worth knowing' }
const warn: Finding = { level: 'WARN', topic: 'three', text: 'one two three four', remedy: 'do it' }

describe('worst', () => {
  it('is the worst of all levels', () => {
    expect(worst([])).toBe('PASS')
    expect(worst([pass, note])).toBe('NOTE')
    expect(worst([warn, pass, note])).toBe('WARN')
    expect(worst([warn, { ...pass, level: 'FAIL' }])).toBe('FAIL')
  })
})

describe('showFindings', () => {
  it('has a line for each, broken at words, with the remedy below', () => {
    expect(showFindings([pass, warn], plainInk, 36)).toEqual([
      'PASS  one                as it',
      `${' '.repeat(25)}should be`,
      'WARN  three              one two',
      `${' '.repeat(25)}three four`,
      `${' '.repeat(25)}-> do it`,
    ])
  })

  it('looks the same without its colours', () => {
    expect(showFindings([pass, warn], colourInk, 80).map(withoutInk)).toEqual(showFindings([pass, warn], plainInk, 80))
  })
})

describe('showCounts', () => {
  it('counts the levels, FAIL only where there is one', () => {
    expect(showCounts([pass, pass, warn])).toBe('2 PASS, no NOTE, 1 WARN')
    expect(showCounts([{ ...pass, level: 'FAIL' }])).toBe('no PASS, no NOTE, no WARN, 1 FAIL')
  })
})

describe('findingOf', () => {
  it('reads what JSON.stringify has written, and nothing else', () => {
    for (const finding of [pass, note, warn]) expect(findingOf(JSON.parse(JSON.stringify(finding)))).toEqual(finding)
    for (const other of [null, 3, {}, { ...pass, level: 'OK' }, { ...pass, text: 3 }]) {
      expect(findingOf(other)).toBeUndefined()
    }
  })
})
