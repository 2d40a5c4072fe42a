/** What a command may touch: terminal, environment, files, time. Tests put their own here. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { epochNow } from '../base/clock'
import type { ReadText } from '../rss/texts'

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
  /** Calls back instead of ending for SIGINT, SIGTERM and SIGHUP. Returns what ends that. */
  readonly onSignals: (listener: (signal: NodeJS.Signals) => void) => () => void
  /** Calls back for what is typed, letter by letter, and for a change of the window (`resize`); undefined where nobody types. */
  readonly onKeys: ((listener: (key: string) => void) => () => void) | undefined
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function onSignals(listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, listener)
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
}

function onKeys(listener: (key: string) => void): () => void {
  const { stdin, stdout } = process
  const hear = (bytes: Buffer): void => listener(bytes.toString('latin1'))
  const resize = (): void => listener('resize')
  stdin.setRawMode(true)
  stdin.on('data', hear)
  stdin.resume()
  stdout.on('resize', resize)
  return () => {
    stdin.off('data', hear)
    stdin.pause()
    stdin.setRawMode(false)
    stdout.off('resize', resize)
  }
}

/** The real ones. */
export const systemIo: Io = {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  platform: process.platform,
  read: (path) => readFileSync(path, 'utf8'),
  now: epochNow,
  wait: (ms, signal) => delay(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }),
  onSignals,
  onKeys: process.stdin.isTTY && process.stdout.isTTY ? onKeys : undefined,
}
