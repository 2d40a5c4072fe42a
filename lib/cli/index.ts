/** The command line: finds the command, parses its options, runs it. scripts/ebb.js calls {@link start}. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PACKAGE_FOLDER } from '../base/folder'
import { parse } from './arguments'
import { inkOf } from './draw/ink'
import { CliError, EXIT } from './exit'
import { commandHelp, mainHelp } from './help'
import { type Io, systemIo } from './io'
import { didYouMean } from './nearest'
import { COMMANDS } from './table'

/** The version of this package. */
export function version(): string {
  const file = path.join(PACKAGE_FOLDER, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

async function dispatch(words: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = words
  if (first === undefined) {
    io.err.write(mainHelp(COMMANDS, inkOf(io.err, io.env)))
    return EXIT.usage
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    io.out.write(mainHelp(COMMANDS, inkOf(io.out, io.env)))
    return EXIT.ok
  }
  if (first === '--version') {
    io.out.write(`${version()}\n`)
    return EXIT.ok
  }
  if (first === 'help') return dispatch([...rest, '--help'], io)
  const command = COMMANDS.find(({ name }) => name === first)
  if (command === undefined) {
    const names = COMMANDS.map(({ name }) => name)
    const what = first.startsWith('-') ? 'option' : 'command'
    const near = didYouMean(first, what === 'option' ? ['--help', '--version'] : names)
    throw new CliError('usage', `ebb: there is no ${what} ${first}${near}\nTry: ebb --help`)
  }
  const args = parse(command, rest)
  if (!args.has('help')) return command.run(args, io)
  io.out.write(commandHelp(command, inkOf(io.out, io.env)))
  return EXIT.ok
}

/**
 * Runs a command line.
 * @param words - the command line behind `ebb`
 * @returns the exit code; an error of the command is printed
 */
export async function main(words: readonly string[], io: Io = systemIo): Promise<number> {
  try {
    return await dispatch(words, io)
  } catch (error) {
    if (error instanceof CliError) {
      io.err.write(`${error.message}\n`)
      return error.exit
    }
    io.err.write(`ebb: ${(error as Error)?.stack ?? String(error)}\n`)
    return EXIT.found
  }
}

/** Runs the command line of this process and leaves its exit code. */
export async function start(): Promise<void> {
  // Whoever reads our pipe may have seen enough, as `head` does: that is no error.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit(EXIT.ok)
    })
  }
  process.exitCode = await main(process.argv.slice(2))
}
