/** The runtime's own event as a source. Bun has one; it tells a level and nothing else. */
import type { Cancel } from '../base/clock'
import type { Reading, Source, Wake } from './source'
import type { System } from './system'

export class RuntimeSource implements Source {
  readonly name = 'runtime'
  readonly needsLooks = false
  #warnings = 0
  #criticals = 0
  #cancel: Cancel | undefined

  /** Undefined where the runtime has no such event. */
  static open(system: System, wake: Wake): RuntimeSource | undefined {
    const source = new RuntimeSource()
    source.#cancel = system.onRuntimePressure((level) => {
      if (level === 'critical') source.#criticals++
      else source.#warnings++
      wake()
    })
    return source.#cancel === undefined ? undefined : source
  }

  read(): Reading {
    return { warnings: this.#warnings, criticals: this.#criticals, bytes: undefined, limit: undefined }
  }

  close(): void {
    this.#cancel?.()
  }
}
