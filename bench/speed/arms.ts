/** Parent side: an arm of a row, in a process of its own, JavaScript or native, behind one face. */
import { join } from 'node:path'
import { AskedProcess, type NodeOptions } from '../common/asked-process'
import { median } from '../common/quantile'
import { type InstalledPeer, PeerProcess } from '../peers/peers'
import type { FlatTrace } from '../traces/flat'
import type { Answers, Request, Task } from './protocol'

/** A started arm. Ask one arm of a row at a time, or they disturb each other. */
export interface Arm {
  readonly name: string
  /** ns per operation of `replays` measurements, back to back. */
  turn(replays: number): Promise<readonly number[]>
  /** One whole replay, looking at the resident set; bytes of growth at the peak. */
  peak(): Promise<number>
  /** Checks that nothing is live, and ends the process. */
  close(): Promise<void>
}

/** How often a memory round looks at the resident set. */
const MEMORY_SAMPLES = 64

/** Which Node runs the child, with what, on which library. */
export interface ArmOptions extends NodeOptions {
  /** Path of another build of ebb. */
  readonly library?: string
}

/** A child that runs child.js. */
export class NodeProcess {
  readonly #process: AskedProcess
  readonly #library: { library?: string }

  constructor(name: string, { library, ...options }: ArmOptions = {}) {
    this.#process = new AskedProcess(name, join(__dirname, 'child.js'), options)
    this.#library = library === undefined ? {} : { library }
  }

  start(task: Task): Promise<Answers['start']> {
    return this.ask({ verb: 'start', task, ...this.#library })
  }

  ask<Verb extends Request['verb']>(request: Request & { verb: Verb }): Promise<Answers[Verb]> {
    return this.#process.request(request) as Promise<Answers[Verb]>
  }

  /** Lets the task check itself, and ends the process. */
  async close(): Promise<void> {
    if (this.#process.hasEnded) return
    try {
      await this.ask({ verb: 'finish' })
    } finally {
      await this.kill()
    }
  }

  /** Ends the process as it is. */
  kill(): Promise<void> {
    return this.#process.kill()
  }
}

/**
 * Starts a JavaScript arm.
 * @param name - of the arm in tables, where that is not the task's
 * @throws MissingArm where a package is not installed
 */
export async function startNodeArm(task: Task, options: ArmOptions = {}, name = task.arm): Promise<Arm> {
  const child = new NodeProcess(name, options)
  try {
    await child.start(task)
  } catch (error) {
    await child.kill()
    throw error
  }
  return {
    name,
    turn: async (replays) => (await child.ask({ verb: 'turn', replays })).ns,
    peak: async () => (await child.ask({ verb: 'memory', samples: MEMORY_SAMPLES })).peak,
    close: () => child.close(),
  }
}

/** Starts a native arm on a trace. */
export async function startNativeTrace(peer: InstalledPeer, trace: FlatTrace): Promise<Arm> {
  const child = new PeerProcess(peer)
  await child.load(trace.file)
  return {
    name: peer.name,
    turn: async (replays) => (await child.rounds(replays)).ns,
    peak: async () => {
      const { samples } = await child.sample(Math.max(1, Math.ceil(trace.operations / MEMORY_SAMPLES)))
      return Math.max(0, ...samples.map(([, growth]) => growth))
    },
    close: () => child.close(),
  }
}

/** Pairs of one run of a native arm: short, as tinybench's samples of the other arms are, so that both seldom meet an interruption. */
const NATIVE_PAIRS = 10_000
/** Runs of which a turn takes the median. */
const NATIVE_RUNS = 51

/** Starts a native arm on allocations and frees of one size. */
export async function startNativePairs(peer: InstalledPeer, byteLength: number): Promise<Arm> {
  const child = new PeerProcess(peer)
  return {
    name: peer.name,
    async turn() {
      const ns: number[] = []
      for (let i = 0; i < NATIVE_RUNS; i++) ns.push((await child.pairs(byteLength, NATIVE_PAIRS)).ns)
      return [median(ns)]
    },
    peak: () => Promise.reject(new Error('a pair has no peak')),
    close: () => child.close(),
  }
}
