/** Asks a process for its heaps, through the doors that ebb opens in it (heap/door.ts). */
import type { CopyReport, Wanted } from '../../heap/door'
import { CliError } from '../exit'
import { type Address, Inspector, showAddress } from './inspector'

/** What a process says of itself. Bytes. */
export interface AskedFacts {
  readonly pid: number
  readonly title: string
  readonly platform: NodeJS.Platform
  readonly versions: { readonly node: string; readonly v8: string }
  readonly memory: NodeJS.MemoryUsage
  /** The most that V8 lets its heap grow to; undefined where it does not say. */
  readonly heapLimit: number | undefined
  /** Each copy of ebb in each thread that answers, the main thread first; none where it uses no ebb. */
  readonly copies: readonly CopyReport[]
}

/** The expression that runs in the process. It asks nothing of a heap by itself: a door does, when the books are whole. */
const question = (wanted: Wanted): string => `(async () => {
  const told = await Promise.all([...(globalThis[Symbol.for('ebb.doors')] ?? [])].map((door) => door.deref()?.(${JSON.stringify(wanted)})))
  const copies = told.filter((copy) => copy !== undefined)
  const { pid, title, platform, versions } = process
  const v8 = process.getBuiltinModule?.('node:v8')
  const heapLimit = v8?.getHeapStatistics().heap_size_limit
  const memory = process.memoryUsage()
  return JSON.stringify({ pid, title, platform, versions: { node: versions.node, v8: versions.v8 }, memory, heapLimit, copies })
})()`

/** A process that can be asked as often as one likes. */
export class AskedProcess {
  readonly #address: Address
  readonly #inspector: Inspector

  constructor(address: Address) {
    this.#address = address
    this.#inspector = new Inspector(address)
  }

  /** @throws CliError `unreachable` */
  async open(): Promise<this> {
    await this.#inspector.open()
    return this
  }

  /** @throws CliError `unreachable` */
  async ask(wanted: Wanted = {}): Promise<AskedFacts> {
    const asked = question(wanted)
    const [answer, workers] = await Promise.all([
      this.#inspector.evaluate(asked),
      this.#inspector.evaluateInWorkers(asked),
    ])
    try {
      const [facts, ...others] = [answer, ...workers].map((text) => JSON.parse(text as string) as AskedFacts)
      return { ...(facts as AskedFacts), copies: [facts as AskedFacts, ...others].flatMap(({ copies }) => copies) }
    } catch (error) {
      throw new CliError('unreachable', `ebb: ${showAddress(this.#address)} gives an answer that is none`, error)
    }
  }

  close(): void {
    this.#inspector.close()
  }
}
