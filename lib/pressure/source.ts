/** Who tells of memory pressure, and in what terms. */

/**
 * | name | who tells |
 * |---|---|
 * | `'runtime'` | the runtime itself: Bun's `memoryPressure` |
 * | `'cgroup'` | the memory control group of the process, or one above it that has a limit |
 * | `'systemd'` | the service manager, by `MEMORY_PRESSURE_WATCH` |
 * | `'psi'` | the kernel's pressure stall information: tasks wait for memory |
 */
export type PressureSource = 'runtime' | 'cgroup' | 'systemd' | 'psi'

/** What a source says when it is looked at. Counts only grow; what they were at the first look is the beginning. */
export interface Reading {
  /** Times that memory was short: `memory.high` was passed, tasks waited. */
  readonly warnings: number
  /** Times that there was none left: the limit was reached. */
  readonly criticals: number
  /** Bytes in use that the kernel cannot take back by itself; undefined where that is not known. */
  readonly bytes: number | undefined
  /** Bytes that there may be; undefined where no limit is known. */
  readonly limit: number | undefined
}

export interface Source {
  readonly name: PressureSource
  /** Whether it has to be looked at every second, because it does not tell all by itself. */
  readonly needsLooks: boolean
  /** What it says now; undefined where it is gone. */
  read(): Reading | undefined
  /** Shares of the limit at whose crossing it should wake the watch, as far as it can. */
  callAt?(shares: readonly number[]): void
  close(): void
}

/** Called by a source that has something to tell. */
export type Wake = () => void
