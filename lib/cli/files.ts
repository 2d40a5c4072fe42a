/** Files that commands read and write; what goes wrong ends the command with the code `file`. */
import { accessSync, constants, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { CliError } from './exit'

const why = (error: unknown): string => (error as Error).message.replace(/^(\w+): /, '$1, ')

/**
 * The text of a file; `-` is the standard input.
 * @throws CliError `file`
 */
export async function readInput(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError('file', `ebb: cannot read ${file === '-' ? 'the standard input' : file}: ${why(error)}`, error)
  }
}

/** @throws CliError `file` */
export function writeOutput(file: string, content: string): void {
  try {
    writeFileSync(file, content)
  } catch (error) {
    throw new CliError('file', `ebb: cannot write ${file}: ${why(error)}`, error)
  }
}

/**
 * Checks that a file could be written, before the work that it is for.
 * @throws CliError `file`
 */
export function mustBeWritable(file: string): void {
  let isDirectory: boolean
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    accessSync(found === undefined ? path.dirname(path.resolve(file)) : file, constants.W_OK)
    isDirectory = found?.isDirectory() === true
  } catch (error) {
    throw new CliError('file', `ebb: cannot write ${file}: ${why(error)}`, error)
  }
  if (isDirectory) throw new CliError('file', `ebb: cannot write ${file}: it is a directory; name a file in it`)
}
