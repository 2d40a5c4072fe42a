/** Files that commands read and write; what goes wrong ends the command with the code `file`. */
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CliError } from './exit'

const why = (error: unknown): string => (error as Error).message.replace(/^(\w+): /, '$1, ')

/** @throws CliError `file` */
export function readInput(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new CliError('file', `ebb: cannot read ${file === '-' ? 'the standard input' : file}: ${why(error)}`, error)
  }
}

/** @throws CliError `file` */
export function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CliError('file', `ebb: cannot write ${file}: ${why(error)}`, error)
  }
}

/**
 * Checks that a file could be written, before the work that it is for.
 * @throws CliError `file`
 */
export function mustBeWritable(file: string): void {
  try {
    accessSync(path.dirname(path.resolve(file)), constants.W_OK)
  } catch (error) {
    throw new CliError('file', `ebb: cannot write ${file}: ${why(error)}`, error)
  }
}
