/** Reads what the kernel prints under /proc and /sys. */

/** How files are read; tests put their own here. Throws as `fs.readFileSync` does. */
export type ReadText = (path: string) => string

/** The text of a file, `''` where it is not there or not for us. */
export function readOptional(read: ReadText, path: string): string {
  try {
    return read(path)
  } catch {
    return ''
  }
}

/** A file that holds one whole number; undefined for any other. */
export function wholeNumber(read: ReadText, path: string): number | undefined {
  const text = readOptional(read, path).trim()
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** The line `NAME:  N kB` in bytes. */
export function kilobytes(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)
  return found === null ? undefined : Number(found[1]) * 1024
}

/** The line `NAME N`. */
export function countIn(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)
  return found === null ? undefined : Number(found[1])
}

/** The soft limit of a line of /proc/PID/limits: bytes, Infinity for none, undefined where the line is not there. */
export function softLimit(limits: string, name: string): number | undefined {
  const value = new RegExp(`^${name}\\s+(\\d+|unlimited)\\s`, 'm').exec(limits)?.[1]
  return value === undefined ? undefined : value === 'unlimited' ? Infinity : Number(value)
}
