/** What a command may touch: terminal, environment, files, time. Tests put their own here. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { epochNow } from '../base/clock'
import type { ReadText } from '../rss/linux'

/** Where text goes: `process.stdout`, `process.stderr`. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  /** Of the terminal, in characters. */
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

export interface Io {
  readonly out: Output
  readonly err: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /** Reads a small text file, as those of /proc; throws as `fs.readFileSync` does. */
  readonly read: ReadText
  /** Milliseconds since the epoch, with fractions, never going back. */
  readonly now: () => number
  /** Waits for some milliseconds, and keeps the process alive meanwhile. Rejects with an AbortError when the signal is given. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** The real ones. */
export const systemIo: Io = {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  platform: process.platform,
  read: (path) => readFileSync(path, 'utf8'),
  now: epochNow,
  wait: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
}
