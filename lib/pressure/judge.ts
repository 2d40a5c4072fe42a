/**
 * When what a source says is pressure, for one listener. Pure: readings and times come in, levels go out.
 *
 * Reaching a limit is not pressure by itself: a group that reads files lives at its limit, and the kernel takes page cache back for what
 * comes. It is pressure when what cannot be taken back is near the limit, too.
 */
import type { Reading } from './source'

/** `'warning'`: memory gets short. `'critical'`: the limit was reached; what the kernel does next is kill. */
export type PressureLevel = 'warning' | 'critical'

/** Milliseconds between two of the same kind, while memory is short all the time. */
const WARNINGS_APART_MS = 2000
const CRITICALS_APART_MS = 200

export class Judge {
  readonly #share: number
  #seen: Reading
  #wasAbove = false
  #toldAt = -Infinity
  #told: PressureLevel | undefined
  /** When to judge again, because something was held back; Infinity: nothing was. Milliseconds. */
  againAt = Infinity

  /**
   * @param share - of the limit, above 0 and up to 1
   * @param first - what the source says at the beginning
   */
  constructor(share: number, first: Reading) {
    this.#share = share
    this.#seen = first
  }

  /**
   * @param now - milliseconds
   * @returns what is to be told
   */
  judge(reading: Reading, now: number): PressureLevel | undefined {
    const { bytes, limit } = reading
    this.againAt = Infinity
    const isAbove = bytes === undefined || limit === undefined || bytes >= this.#share * limit
    if (!isAbove) {
      this.#wasAbove = false
      this.#seen = reading
      this.#told = undefined
      return undefined
    }
    const level = this.#levelOf(reading)
    if (level === undefined) return undefined
    const earliest = this.#earliest(level)
    if (now < earliest) {
      this.againAt = earliest
      return undefined
    }
    this.#wasAbove = true
    this.#seen = reading
    this.#told = level
    this.#toldAt = now
    return level
  }

  #levelOf({ criticals, warnings, limit }: Reading): PressureLevel | undefined {
    if (criticals > this.#seen.criticals) return 'critical'
    if (warnings > this.#seen.warnings) return 'warning'
    return limit !== undefined && !this.#wasAbove ? 'warning' : undefined
  }

  /** Told again soon is only what got worse, and what had got better meanwhile. What is held back is told later, if it is still so. */
  #earliest(level: PressureLevel): number {
    if (this.#told === undefined || (level === 'critical' && this.#told === 'warning')) return -Infinity
    return this.#toldAt + (level === 'critical' ? CRITICALS_APART_MS : WARNINGS_APART_MS)
  }
}
