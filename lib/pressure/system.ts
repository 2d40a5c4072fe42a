/** What the watch sees of the machine. Tests put a folder of their own in place of `/`, and their own clock. */
import {
  closeSync,
  constants,
  watch as fsWatch,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { connect } from 'node:net'
import { arenaOpenChannel } from '../base/channels'
import { type Cancel, type Clock, outside, systemClock } from '../base/clock'
import type { NativeAddon } from '../os/addon'
import { loadAddon } from '../os/native-binding'

/** A count that others can be told to raise: an eventfd of Linux. */
export interface Signal {
  readonly fd: number
  close(): void
}

export interface System {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  /** Calls back on each `memoryPressure` of the runtime; undefined where it knows none. Only Bun does. */
  onRuntimePressure(callback: (level: unknown) => void): Cancel | undefined
  /** The text of a regular file; undefined where it cannot be read, or may block as a FIFO does. */
  read(path: string): string | undefined
  /** Calls back whenever a file changes; undefined where that cannot be. */
  onChange(path: string, callback: () => void): Cancel | undefined
  /** Calls back for each arena that a heap of this thread opens, when the running code has ended. */
  onArena(callback: () => void): Cancel
  /**
   * Opens a file or FIFO, writes `text` into it, and calls back whenever it has something to tell; connects to a socket. Undefined where that
   * cannot be.
   */
  onEvent(path: string, text: Uint8Array, callback: () => void): Cancel | undefined
  /**
   * Has a control group of version 1 call back when its own files do: `requests` are what goes to its `cgroup.event_control` behind two
   * descriptors: file and argument. Undefined where that cannot be.
   */
  onGroupEvent(
    folder: string,
    requests: readonly (readonly [string, string])[],
    callback: () => void,
  ): Cancel | undefined
}

/** `process`, of which Bun knows one event more. */
type Emitter = Record<'on' | 'off', (event: string, listener: (level: unknown) => void) => void>

const isNode = process.versions.bun === undefined && process.versions.deno === undefined

/** Bun has the event from 1.4 on. */
function hasRuntimeEvent(): boolean {
  const [major = 0, minor = 0] = (process.versions.bun ?? '').split('.').map(Number)
  return major > 1 || (major === 1 && minor >= 4)
}

/** The addon, where it can be loaded and the event loop is one that it can wait on. */
function pollingAddon(): NativeAddon | undefined {
  if (!isNode) return undefined
  try {
    return loadAddon()
  } catch {
    return undefined
  }
}

/** Calls something that may not work here; undefined then. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

export class RealSystem implements System {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly #root: string

  /** @param root - what stands in place of `/`, without a slash at its end */
  constructor(root = '', clock: Clock = systemClock, env: Readonly<Record<string, string | undefined>> = process.env) {
    this.#root = root
    this.clock = clock
    this.env = env
  }

  onRuntimePressure(callback: (level: unknown) => void): Cancel | undefined {
    if (!hasRuntimeEvent()) return undefined
    const emitter = process as unknown as Emitter
    outside(() => emitter.on('memoryPressure', callback))
    return () => emitter.off('memoryPressure', callback)
  }

  read(path: string): string | undefined {
    const file = this.#root + path
    return attempt(() => (statSync(file).isFile() ? readFileSync(file, 'latin1') : undefined))
  }

  onChange(path: string, callback: () => void): Cancel | undefined {
    return attempt(() => {
      const watcher = outside(() => fsWatch(this.#root + path, { persistent: false }, () => callback()))
      watcher.on('error', () => watcher.close())
      watcher.unref?.() // what Deno needs to let the process end
      return () => watcher.close()
    })
  }

  onArena(callback: () => void): Cancel {
    arenaOpenChannel.subscribe(callback)
    return () => arenaOpenChannel.unsubscribe(callback)
  }

  onEvent(path: string, text: Uint8Array, callback: () => void): Cancel | undefined {
    return attempt(() => {
      const file = this.#root + path
      const kind = statSync(file)
      if (kind.isSocket()) return this.#onSocket(file, text, callback)
      const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK)
      try {
        if (text.length > 0) writeSync(fd, text)
        const stop = outside(() => pollingAddon()?.poll(fd, kind.isFile(), callback))
        if (stop === undefined) throw new Error('nothing can wait for a descriptor here')
        return () => {
          stop()
          closeSync(fd)
        }
      } catch (error) {
        closeSync(fd)
        throw error
      }
    })
  }

  #onSocket(path: string, text: Uint8Array, callback: () => void): Cancel {
    const socket = outside(() => connect(path).on('data', callback))
    socket.on('error', () => socket.destroy())
    socket.unref()
    if (text.length > 0) socket.write(text)
    return () => socket.destroy()
  }

  onGroupEvent(
    folder: string,
    requests: readonly (readonly [string, string])[],
    callback: () => void,
  ): Cancel | undefined {
    const signal = attempt(() => outside(() => pollingAddon()?.signal(callback)))
    if (signal === undefined) return undefined
    const group = this.#root + folder
    const taken = requests.filter((request) => attempt(() => askGroup(group, signal, request)) === true)
    if (taken.length > 0) return () => signal.close()
    signal.close()
    return undefined
  }
}

/** The kernel keeps the signal for as long as it is open, and the file for itself. */
function askGroup(group: string, signal: Signal, [file, argument]: readonly [string, string]): true {
  const fd = openSync(`${group}/${file}`, 'r')
  try {
    writeFileSync(`${group}/cgroup.event_control`, `${signal.fd} ${fd} ${argument}`)
    return true
  } finally {
    closeSync(fd)
  }
}
