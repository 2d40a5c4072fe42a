/** Every arm behind one interface: Node processes and native peers carry out the same stretches of the same flat traces. */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sampleRss } from 'ebb/rss'
import { AskedProcess } from '../common/asked-process'
import type { Role } from '../graphs/theme'
import { type InstalledPeer, isInstalled, nativePeers, PeerProcess } from '../peers/peers'
import type { Answers, Command, NodeArm } from './protocol'

export interface Arm {
  readonly name: string
  readonly role: Role
  readonly node?: NodeArm
  readonly peer?: InstalledPeer
  /** Why it cannot run here. */
  readonly missing?: string
}

/** Resident growth since the trace was loaded, and the control group's charge, both in bytes. */
export interface Look {
  readonly growth: number
  readonly charge: number | undefined
}

/** An arm at work in a fresh process. */
export interface Driver {
  readonly arm: Arm
  /** Carries out the operations [from, to); ns of all of it. */
  run(from: number, to: number): Promise<number>
  look(): Look
  /** Nothing at all is called meanwhile. */
  idle(ms: number): Promise<void>
  /** Node arms only. */
  ask<Name extends Command['do']>(command: Extract<Command, { do: Name }>): Promise<Answers[Name]>
  close(): Promise<void>
}

const ebb = (name: string, decay: number | null): Arm => ({ name, role: 'ebb', node: { kind: 'ebb', decay } })

export const EBB = ebb('ebb', 1000)
export const EBB_AT_ONCE = ebb('ebb, decay 0', 0)
export const EBB_NEVER = ebb('ebb, decay Infinity', null)
export const MEM_POOL: Arm = { name: '@thi.ng/malloc', role: 'peer', node: { kind: 'mempool' } }

const OTHERS: readonly Arm[] = [
  { name: 'Buffer.allocUnsafe', role: 'peer', node: { kind: 'allocUnsafe' } },
  { name: 'Buffer.allocUnsafeSlow', role: 'peer', node: { kind: 'allocUnsafeSlow' } },
  { name: 'plain arrays', role: 'peer', node: { kind: 'array' } },
]

/** Native peers; those that are not installed are there too, and say so. */
export const peerArms = (): Arm[] =>
  nativePeers().map((peer) => ({
    name: peer.name,
    role: 'peer',
    ...(isInstalled(peer) ? { peer } : { missing: peer.missing }),
  }))

export const allArms = (): Arm[] => [EBB, EBB_AT_ONCE, EBB_NEVER, ...OTHERS, ...peerArms()]

function growthSince(baseline: number, pid: number): Look {
  const { resident, cgroup } = sampleRss(pid)
  return { growth: resident - baseline, charge: cgroup }
}

/** Starts an arm in a fresh process with a flat trace loaded; resident memory is counted from here. */
export async function openArm(arm: Arm, file: string, warmUp: 'little' | 'whole' = 'little'): Promise<Driver> {
  if (arm.peer !== undefined) {
    const driver = new NativeDriver(arm, arm.peer)
    await driver.load(file)
    return driver
  }
  const driver = new NodeDriver(arm)
  await driver.ask({ do: 'load', file, arm: arm.node!, warmUp })
  driver.begin()
  return driver
}

class NodeDriver implements Driver {
  readonly arm: Arm
  readonly #process: AskedProcess
  #baseline = 0

  constructor(arm: Arm) {
    this.arm = arm
    this.#process = new AskedProcess(arm.name, join(__dirname, 'child.js'), { execArgv: ['--expose-gc'] })
  }

  begin(): void {
    this.#baseline = sampleRss(this.#process.pid).resident
  }

  async run(from: number, to: number): Promise<number> {
    return (await this.ask({ do: 'run', from, to })).ns
  }

  look(): Look {
    return growthSince(this.#baseline, this.#process.pid)
  }

  async idle(ms: number): Promise<void> {
    await delay(ms)
  }

  ask<Name extends Command['do']>(command: Extract<Command, { do: Name }>): Promise<Answers[Name]> {
    return this.#process.request(command) as Promise<Answers[Name]>
  }

  /** Ends what is left to do for the child's event loop; resolves when it has ended by itself. */
  close(): Promise<void> {
    return this.#process.end()
  }
}

class NativeDriver implements Driver {
  readonly arm: Arm
  readonly #process: PeerProcess
  #baseline = 0

  constructor(arm: Arm, peer: InstalledPeer) {
    this.arm = arm
    this.#process = new PeerProcess(peer)
  }

  async load(file: string): Promise<void> {
    await this.#process.load(file)
    this.#baseline = sampleRss(this.#process.pid).resident
  }

  async run(from: number, to: number): Promise<number> {
    return (await this.#process.run(from, to)).ns
  }

  look(): Look {
    return growthSince(this.#baseline, this.#process.pid)
  }

  async idle(ms: number): Promise<void> {
    await this.#process.idle(ms)
  }

  ask(): Promise<never> {
    return Promise.reject(new Error(`${this.arm.name} is no Node arm`))
  }

  close(): Promise<void> {
    return this.#process.close()
  }
}
