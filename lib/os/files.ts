/** Files that may be missing, or that this process may not read: Node's permission model has even `existsSync` throw. */
import { existsSync, readFileSync } from 'node:fs'

/** The text of a file, none where it cannot be read. */
export function readQuietly(file: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  try {
    return readFileSync(file, encoding)
  } catch {
    return ''
  }
}

/** Whether a file is there and may be read. */
export function isThere(file: string): boolean {
  try {
    return existsSync(file)
  } catch {
    return false
  }
}
