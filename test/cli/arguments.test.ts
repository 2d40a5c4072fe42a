import { describe, expect, it } from 'vitest'
import { type Arguments, parse } from '../../lib/cli/arguments'
import type { Command } from '../../lib/cli/command'
import { CliError, EXIT } from '../../lib/cli/exit'

const command = (operands: Command['operands']): Command => ({
  name: 'try',
  summary: '',
  usage: [],
  about: '',
  options: [
    { name: 'pid', short: 'p', value: 'PID', help: '' },
    { name: 'out', value: 'FILE', isList: true, help: '' },
    { name: 'json', help: '' },
  ],
  operands,
  examples: [],
  run: () => 0,
})

const read = (words: string[], operands: Command['operands'] = 'none'): Arguments => parse(command(operands), words)

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(CliError)
    expect((error as CliError).exit).toBe(EXIT.usage)
    return (error as Error).message.split('\n')[0]!
  }
  throw new Error('nothing was refused')
}

describe('parse', () => {
  it('reads switches, values, lists and operands', () => {
    const args = read(['--json', '-p', '12', '--out=a.csv', '--out', 'b.svg', 'file'], 'file')
    expect(args.has('json')).toBe(true)
    expect(args.has('help')).toBe(false)
    expect(args.whole('pid', 'a process id', 1, 99)).toBe(12)
    expect(args.list('out')).toEqual(['a.csv', 'b.svg'])
    expect(args.operands).toEqual(['file'])
    expect(args.text('nothing')).toBeUndefined()
    expect(args.list('nothing')).toEqual([])
    expect(args.whole('nothing', '', 0, 1)).toBeUndefined()
  })

  it('takes the last of several values', () => {
    expect(read(['--pid', '1', '--pid', '2']).text('pid')).toBe('2')
  })

  it('leaves a command behind -- as it is', () => {
    expect(read(['--json', '--', 'node', '--pid', 'app.js', '--', '-x'], 'command').operands).toEqual([
      ...['node', '--pid', 'app.js', '--', '-x'],
    ])
  })

  it('asks for -- before a command', () => {
    expect(refusal(() => read(['--json', 'node', 'app.js'], 'command'))).toBe(
      'ebb try: a command comes after --, as in: ebb try -- node app.js',
    )
  })

  it('refuses an unknown option with the nearest name', () => {
    expect(refusal(() => read(['--pdi', '3']))).toBe('ebb try: there is no option --pdi; did you mean --pid?')
    expect(refusal(() => read(['--colour']))).toBe('ebb try: there is no option --colour')
    expect(refusal(() => read(['-x']))).toBe('ebb try: there is no option -x')
  })

  it('refuses values that are missing, and those of switches', () => {
    const missing = 'ebb try: --pid needs a value: --pid PID'
    expect(refusal(() => read(['--pid']))).toBe(missing)
    expect(refusal(() => read(['--pid', '--json']))).toBe(missing)
    expect(refusal(() => read(['--pid=']))).toBe(missing)
    expect(refusal(() => read(['--json=1']))).toBe('ebb try: --json is a switch and takes no value, got "1"')
  })

  it('takes a value that begins with a dash where it cannot be an option', () => {
    expect(read(['--out', '-']).list('out')).toEqual(['-'])
    expect(read(['--out=-x']).list('out')).toEqual(['-x'])
  })

  it('refuses operands that nobody asked for', () => {
    expect(refusal(() => read(['file']))).toBe('ebb try: "file" is one too many: it takes options only')
    expect(refusal(() => read(['a', 'b'], 'file'))).toBe('ebb try: "b" is one too many: it takes one file')
  })

  it('refuses numbers that cannot be', () => {
    for (const text of ['0', '100', '1.5', 'x', '1e1', ' 3']) {
      expect(refusal(() => read([`--pid=${text}`]).whole('pid', 'a process id', 1, 99))).toBe(
        `ebb try: --pid takes a process id, a whole number from 1 to 99, got ${JSON.stringify(text)}`,
      )
    }
  })

  it('says where there is more', () => {
    expect(() => read(['--nope'])).toThrow('\nTry: ebb try --help')
  })
})
