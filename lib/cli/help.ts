/** The help texts: of `ebb`, and of each command. */
import { HELP } from './arguments'
import type { Command, Option } from './command'
import type { Ink } from './draw/ink'
import { EXIT, EXIT_TEXTS } from './exit'

/** Characters; wider terminals are not filled, for long lines are hard to read. */
const WIDTH = 80

/** Breaks a text into lines, each behind an indent. */
export function wrap(text: string, indent: number, width = WIDTH): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((each) => `${' '.repeat(indent)}${each}`)
}

/** Rows of a name and a text, the texts below each other. */
function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const indent = Math.max(...pairs.map(([name]) => name.length)) + 4
  return pairs.flatMap(([name, text]) => {
    const lines = wrap(text, indent)
    return [`  ${name.padEnd(indent - 2)}${(lines[0] as string).trimStart()}`, ...lines.slice(1)]
  })
}

const spelled = ({ name, short, value }: Option): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`

const exits = (): string[] =>
  rows((Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [String(EXIT[name]), EXIT_TEXTS[name]]))

/** What `ebb --help` prints. */
export function mainHelp(commands: readonly Command[], ink: Ink): string {
  return [
    ink('bold', 'Usage: ebb COMMAND [OPTION...]'),
    '',
    ...wrap('Looks at the memory of programs that use ebb, a heap whose memory flows back to the operating system.', 0),
    '',
    ink('bold', 'Commands:'),
    ...rows(commands.map(({ name, summary }) => [name, summary])),
    '',
    ink('bold', 'Options:'),
    ...rows([
      [spelled(HELP), 'this text; after a command, the help of that command'],
      ['    --version', 'the version of ebb'],
    ]),
    '',
    ...wrap('NO_COLOR=1 turns colours off; a pipe or a file never gets any.', 0),
    '',
  ].join('\n')
}

/** What `ebb COMMAND --help` prints. */
export function commandHelp(command: Command, ink: Ink): string {
  const usage = command.usage.map((line, i) => `${i === 0 ? 'Usage:' : '      '} ebb ${line}`)
  return [
    ...usage.map((line) => ink('bold', line)),
    '',
    ...command.about.split('\n\n').flatMap((paragraph) => [...wrap(paragraph, 0), '']),
    ink('bold', 'Options:'),
    ...rows([...command.options, HELP].map((option) => [spelled(option), option.help])),
    '',
    ink('bold', 'Examples:'),
    ...command.examples.flatMap(([line, what]) => [`  ${line}`, ...wrap(what, 6)]),
    '',
    ink('bold', 'Exit codes:'),
    ...exits(),
    '',
  ].join('\n')
}
