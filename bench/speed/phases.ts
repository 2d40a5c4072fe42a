/** An arm whose replay is timed in three phases: blocks come, random ones are replaced, all go. */
import { type InstalledPeer, PeerProcess } from '../peers/peers'
import type { FlatTrace } from '../traces/flat'
import { NodeProcess } from './arms'

/** What one round came to; bytes and the time of stats() are taken before the last phase. */
export interface Phases {
  /** ns per operation. */
  readonly fill: number
  readonly churn: number
  readonly drain: number
  /** Growth of the resident set, bytes. */
  readonly resident: number
  /** ebb alone: bytes of ledgers, and ns of a call of stats(). */
  readonly bookBytes?: number
  readonly statsNs?: number
  /** ebb alone: ns of close() with all blocks live. */
  readonly closeNs?: number
}

/** ns and minor page faults, each per operation. */
export interface Filled {
  readonly ns: number
  readonly faults: number
}

export interface PhaseArm {
  readonly name: string
  /** The first phase on top of whatever is live: its blocks stay so, and nobody has pointers to those before. */
  fill(): Promise<Filled>
  round(): Promise<Phases>
  kill(): Promise<void>
  /** Ends the process; what it told in the end. */
  end(): Promise<Pick<Phases, 'closeNs'>>
}

const perOperation = ({ ns, faults }: Filled, operations: number): Filled => ({
  ns: ns / operations,
  faults: faults / operations,
})

/** @param live - operations of the first phase; @param drain - the operation at which the last one begins */
export async function startNode(trace: FlatTrace, live: number, drain: number): Promise<PhaseArm> {
  const child = new NodeProcess('ebb')
  await child.start({ kind: 'trace', arm: 'ebb', trace })
  const run = async (from: number, to: number): Promise<number> =>
    (await child.ask({ verb: 'run', from, to })).ns / (to - from)
  return {
    name: 'ebb',
    fill: async () => perOperation(await child.ask({ verb: 'run', from: 0, to: live }), live),
    async round() {
      const fill = await run(0, live)
      const churn = await run(live, drain)
      const { resident = 0, bookBytes = 0, statsNs = 0 } = await child.ask({ verb: 'inspect' })
      return { fill, churn, drain: await run(drain, trace.operations), resident, bookBytes, statsNs }
    },
    kill: () => child.kill(),
    async end() {
      await run(0, live)
      const { ns } = await child.ask({ verb: 'close' })
      await child.kill()
      return { closeNs: ns }
    },
  }
}

export async function startNative(
  peer: InstalledPeer,
  trace: FlatTrace,
  live: number,
  drain: number,
): Promise<PhaseArm> {
  const child = new PeerProcess(peer)
  await child.load(trace.file)
  const run = async (from: number, to: number): Promise<number> => (await child.run(from, to)).ns / (to - from)
  return {
    name: peer.name,
    fill: async () => perOperation(await child.run(0, live), live),
    async round() {
      const fill = await run(0, live)
      const churn = await run(live, drain)
      const { growth } = await child.resident()
      return { fill, churn, drain: await run(drain, trace.operations), resident: growth }
    },
    kill: () => child.close(),
    async end() {
      await child.close()
      return {}
    },
  }
}
