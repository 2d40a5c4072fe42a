/** Reads a command line by a command's options. Everything unknown is refused, with the name that was probably meant. */
import { parseArgs } from 'node:util'
import type { Command, Option } from './command'
import { CliError } from './exit'
import { didYouMean } from './nearest'

/** Every command has it. */
export const HELP: Option = { name: 'help', short: 'h', help: 'this text' }

/** What was given. */
export class Arguments {
  readonly #command: string
  readonly #values = new Map<string, string[]>()
  /** Operands: a file, or the words of a command after `--`. */
  readonly operands: readonly string[]

  constructor(command: string, values: ReadonlyMap<string, string[]>, operands: readonly string[]) {
    this.#command = command
    this.#values = new Map(values)
    this.operands = operands
  }

  /** Whether an option was given. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The last value that was given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  /** All values that were given. */
  list(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /**
   * The value of an option as a whole number.
   * @throws CliError `usage` for another text, or a number out of bounds
   */
  whole(name: string, unit: string, least: number, most: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most)) {
      this.refuse(`--${name} takes ${unit}, a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`)
    }
    return value
  }

  /** @throws CliError `usage` */
  refuse(why: string): never {
    refuse(this.#command, why)
  }
}

function refuse(command: string, why: string): never {
  throw new CliError('usage', `ebb ${command}: ${why}\nTry: ebb ${command} --help`)
}

/**
 * @param words - the command line behind the command's name
 * @throws CliError `usage`
 */
export function parse(command: Command, words: readonly string[]): Arguments {
  const known = [...command.options, HELP]
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(known.map((option) => [option.name, configOf(option)])),
  })
  const values = new Map<string, string[]>()
  const operands: string[] = []
  let terminated = false
  for (const token of tokens) {
    if (token.kind === 'option-terminator') terminated = true
    else if (token.kind === 'option') take(command, known, values, token)
    else if (command.operands === 'command' && !terminated && !values.has('help')) {
      refuse(
        command.name,
        `a command comes after --, as in: ebb ${command.name} -- ${words.slice(token.index).join(' ')}`,
      )
    } else operands.push(token.value)
  }
  const most = { none: 0, file: 1, command: Infinity }[command.operands]
  if (operands.length > most) {
    refuse(
      command.name,
      `${JSON.stringify(operands[most])} is one too many: it takes ${most === 0 ? 'options only' : 'one file'}`,
    )
  }
  return new Arguments(command.name, values, operands)
}

const configOf = ({ value, short }: Option) => ({
  type: value === undefined ? ('boolean' as const) : ('string' as const),
  ...(short === undefined ? {} : { short }),
})

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function take(command: Command, known: readonly Option[], values: Map<string, string[]>, token: OptionToken): void {
  const { name, rawName, value, inlineValue } = token
  const option = known.find((candidate) => candidate.name === name)
  if (option === undefined) {
    const names = known.map((candidate) => candidate.name)
    refuse(command.name, `there is no option ${rawName}${didYouMean(name, names, '--')}`)
  }
  if (option.value === undefined) {
    if (value !== undefined)
      refuse(command.name, `${rawName} is a switch and takes no value, got ${JSON.stringify(value)}`)
  } else if (value === undefined || value === '' || (inlineValue !== true && /^-./.test(value))) {
    refuse(command.name, `${rawName} needs a value: ${rawName} ${option.value}`)
  }
  values.set(name, [...(values.get(name) ?? []), value ?? ''])
}
