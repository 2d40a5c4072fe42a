/**
 * Pressure stall information: the kernel counts the time in which tasks wait for memory. A trigger, written into the file, makes it tell;
 * where nothing can wait for it, the file is looked at every second. The protocol of the service manager, systemd's
 * "Memory Pressure Handling", names such a file, or a FIFO or a socket of its own.
 */
import type { Cancel } from '../base/clock'
import type { PressureSource, Reading, Source, Wake } from './source'
import type { System } from './system'

/** Of every 2 s, the shortest window that the kernel gives to those without privileges, some task waited for so long. */
const STALL_US = 150_000
const WINDOW_US = 2_000_000
/** As much, in the second between two looks. */
const STALL_A_LOOK_US = STALL_US / 2
/** The kernel ends the text before its last byte, whatever that is. */
const TRIGGER = Buffer.from(`some ${STALL_US} ${WINDOW_US}\0`)

/** Microseconds that some task has waited since the start; undefined where the file is none of the kind. */
export function stalledUs(text: string | undefined): number | undefined {
  const found = /^some .*\btotal=(\d+)$/m.exec(text ?? '')
  return found === null ? undefined : Number(found[1])
}

export class StallSource implements Source {
  readonly name: PressureSource
  readonly needsLooks: boolean
  readonly #system: System
  readonly #path: string
  readonly #cancel: Cancel | undefined
  /** Microseconds that must have been waited for an event to be believed: the first one of a trigger may be false. */
  readonly #least: number
  /** Of a file of stalls; undefined for a FIFO or a socket, which tell of events alone. */
  #total: number | undefined
  #warnings = 0
  #isTold = false

  private constructor(system: System, name: 'psi' | 'systemd', path: string, text: Uint8Array, wake: Wake) {
    this.#system = system
    this.name = name
    this.#path = path
    this.#total = stalledUs(system.read(path))
    this.#cancel = system.onEvent(path, text, () => {
      this.#isTold = true
      wake()
    })
    this.needsLooks = this.#cancel === undefined
    this.#least = this.needsLooks ? STALL_A_LOOK_US : name === 'psi' ? STALL_US : 1
  }

  /** The first file that there is: of a group, or of the whole machine. */
  static ofKernel(system: System, paths: readonly string[], wake: Wake): StallSource | undefined {
    const path = paths.find((file) => stalledUs(system.read(file)) !== undefined)
    return path === undefined ? undefined : new StallSource(system, 'psi', path, TRIGGER, wake)
  }

  /** What the service manager names; undefined where it can neither be waited for nor be looked at. */
  static ofManager(system: System, path: string, wake: Wake): StallSource | undefined {
    const text = Buffer.from(system.env.MEMORY_PRESSURE_WRITE ?? '', 'base64')
    const source = new StallSource(system, 'systemd', path, text, wake)
    return source.needsLooks && source.#total === undefined ? undefined : source
  }

  read(): Reading | undefined {
    if (this.#total === undefined) {
      if (this.#isTold) this.#warnings++
    } else {
      const total = stalledUs(this.#system.read(this.#path))
      if (total === undefined) return undefined
      const isReal = total - this.#total >= this.#least
      if (isReal && (this.#isTold || this.needsLooks)) this.#warnings++
      if (isReal || this.needsLooks) this.#total = total
    }
    this.#isTold = false
    return { warnings: this.#warnings, criticals: 0, bytes: undefined, limit: undefined }
  }

  close(): void {
    this.#cancel?.()
  }
}
