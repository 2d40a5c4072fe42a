import { describe, expect, it } from 'vitest'
import { colourInk, plainInk, withoutInk } from '../../lib/cli/draw/ink'
import { EXIT } from '../../lib/cli/exit'
import { commandHelp, mainHelp, wrap } from '../../lib/cli/help'
import { COMMANDS } from '../../lib/cli/table'

describe('wrap', () => {
  it('breaks lines at words, behind an indent', () => {
    expect(wrap('one two three four', 2, 11)).toEqual(['  one two', '  three', '  four'])
    expect(wrap('unbreakable', 0, 4)).toEqual(['unbreakable'])
  })
})

describe('the help', () => {
  it('lists every command', () => {
    const text = mainHelp(COMMANDS, plainInk)
    for (const { name, summary } of COMMANDS)
      expect(text).toMatch(new RegExp(`^  ${name} {2,}${summary.slice(0, 20)}`, 'm'))
    expect(text).toContain('--version')
  })

  for (const command of COMMANDS) {
    it(`of ${command.name} has its options, examples and exit codes, within 80 columns`, () => {
      const text = commandHelp(command, plainInk)
      expect(text).toMatch(new RegExp(`^Usage: ebb ${command.name}`))
      for (const { name } of command.options) expect(text).toMatch(new RegExp(`^  .{4}--${name}\\b`, 'm'))
      expect(command.examples.length).toBeGreaterThan(0)
      for (const [line, what] of command.examples) {
        expect(text).toContain(`  ${line}\n`)
        expect(what).not.toBe('')
      }
      for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`^  ${code} `, 'm'))
      const long = text.split('\n').filter((line) => line.length > 80)
      expect(long).toEqual([])
    })
  }

  it('looks the same without its colours', () => {
    expect(withoutInk(mainHelp(COMMANDS, colourInk))).toBe(mainHelp(COMMANDS, plainInk))
  })
})
