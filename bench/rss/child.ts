/** A Node arm in a process of its own; carries out commands (protocol.ts) and answers each. */
import { setTimeout as delay } from 'node:timers/promises'
import { Heap, type HeapOptions } from 'ebb'
import { serve } from '../common/asked-process'
import { residentBytes } from '../common/resident'
import { readFlat } from '../traces/flat'
import { timedAllocUnsafe, timedAllocUnsafeSlow, timedArray, timedMemPool } from '../traces/replay-peers'
import type { Trace } from '../traces/trace'
import { EbbArm } from './ebb-arm'
import type { Answers, Command, Duel, NodeArm } from './protocol'
import { warmUpBurst, warmUpTrace } from './workloads'

interface Replayer {
  replay(from: number, to: number): void
}

/** Bytes of each block of garbage. */
const GARBAGE_BLOCK = 128

/** What the arms need of a trace. */
const traceOf = (file: string): Trace => ({
  name: file,
  source: file,
  ...readFlat(file),
  peakLiveBytes: 0,
  meanLiveBytes: 0,
  liveBytes: 0,
})

const decayOf = (decay: number | null): number => decay ?? Infinity

function optionsOf(arm: Extract<NodeArm, { kind: 'ebb' }>): HeapOptions {
  return { decay: decayOf(arm.decay), ...(arm.ablation === undefined ? {} : { ablation: arm.ablation }) }
}

async function makeArm(arm: NodeArm, trace: Trace): Promise<Replayer> {
  switch (arm.kind) {
    case 'ebb':
      return new EbbArm('ebb', optionsOf(arm), trace)
    case 'allocUnsafe':
      return timedAllocUnsafe(trace)
    case 'allocUnsafeSlow':
      return timedAllocUnsafeSlow(trace)
    case 'array':
      return timedArray(trace)
    case 'mempool':
      return timedMemPool(trace)
  }
}

class Child {
  private trace: Trace | undefined
  private replayer: Replayer | undefined
  private garbage: { heap: Heap; pointers: Int32Array } | undefined

  async carryOut(command: Command): Promise<Answers[keyof Answers]> {
    switch (command.do) {
      case 'load':
        return this.load(command)
      case 'run':
        return { ns: timed(() => this.replayer!.replay(command.from, command.to)) }
      case 'sample':
        return this.sample(command.every, command.what)
      case 'collect':
        collect()
        fillYoungGeneration()
        return {}
      case 'compact':
        return this.ebb.compact()
      case 'figures':
        return this.ebb.figures()
      case 'duel':
        return this.duel(command.decays, command.rounds)
      case 'garbage':
        return this.makeGarbage(command.bytes)
    }
  }

  private async load({ file, arm, warmUp }: Extract<Command, { do: 'load' }>): Promise<Record<string, never>> {
    const trace = traceOf(file)
    await this.warmUp(arm, warmUp === 'whole' ? trace : warmUpTrace())
    this.trace = trace
    this.replayer = await makeArm(arm, trace)
    await settle()
    return {}
  }

  private async warmUp(arm: NodeArm, trace: Trace): Promise<void> {
    // Its cost grows with the square of the live blocks, and it is compiled soon enough.
    if (arm.kind === 'mempool') return
    for (let round = 0; round < 3; round++) {
      const warm = await makeArm(arm, trace)
      warm.replay(0, trace.operations)
      if (warm instanceof EbbArm) warm.close()
    }
    if (arm.kind === 'ebb') await this.warmUpRelease(arm)
  }

  /** Decay and compaction are compiled too, and the young generation has grown to what they take. */
  private async warmUpRelease(arm: Extract<NodeArm, { kind: 'ebb' }>): Promise<void> {
    const { trace, dropped } = warmUpBurst()
    for (let round = 0; round < 2; round++) {
      const decay = arm.decay === null ? null : Math.min(arm.decay, 20)
      const warm = new EbbArm('ebb', optionsOf({ ...arm, decay }), trace)
      warm.replay(0, dropped)
      await delay(100)
      warm.compact()
      warm.figures()
      warm.close()
    }
  }

  private sample(every: number, what: 'process' | 'own pages'): { growth: number[] } {
    const { operations } = this.trace!
    const growth = new Float64Array(Math.ceil(operations / every)).fill(1)
    const read = what === 'process' ? residentBytes : () => this.ebb.heap.residentBytes()
    read()
    const baseline = read()
    for (let at = 0, index = 0; at < operations; at += every, index++) {
      this.replayer!.replay(at, Math.min(operations, at + every))
      growth[index] = read() - baseline
    }
    return { growth: [...growth] }
  }

  private duel(decays: readonly (number | null)[], rounds: number): Duel {
    const { operations } = this.trace!
    const arms = decays.map((decay) => new EbbArm('ebb', { decay: decayOf(decay) }, this.trace!))
    const ns: number[][] = arms.map(() => [])
    let first: { maps: number; unmaps: number; discards: number }[] = []
    for (let round = 0; round <= rounds; round++) {
      // The one that begins changes from round to round: the second finds warmer caches.
      for (let turn = 0; turn < arms.length; turn++) {
        const index = (turn + round) % arms.length
        const taken = timed(() => arms[index]!.replay(0, operations))
        if (round > 0) ns[index]!.push(taken / operations)
      }
      if (round === 0) first = arms.map(({ heap }) => heap.stats())
    }
    const osCalls = arms.map(({ heap }, index) => {
      const { maps, unmaps, discards } = heap.stats()
      const before = first[index]!
      return { maps: maps - before.maps, unmaps: unmaps - before.unmaps, discards: discards - before.discards }
    })
    for (const arm of arms) arm.close()
    return { ns, osCalls }
  }

  /** Fills a heap and frees all of it: what is left is garbage only. */
  private makeGarbage(bytes: number): Record<string, never> {
    this.garbage ??= { heap: new Heap(), pointers: new Int32Array(Math.ceil(bytes / GARBAGE_BLOCK)) }
    const { heap, pointers } = this.garbage
    heap.allocMany(GARBAGE_BLOCK, pointers)
    for (const pointer of pointers) heap.setInt32(pointer as never, 0, 1)
    heap.freeMany(pointers)
    return {}
  }

  private get ebb(): EbbArm {
    if (this.replayer instanceof EbbArm) return this.replayer
    throw new Error('only ebb can be asked that')
  }
}

function timed(work: () => void): number {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start)
}

function collect(): void {
  globalThis.gc?.()
  globalThis.gc?.()
}

/**
 * Garbage of the warm-up is collected and its finalizers have run before the resident set is first read. A full collection gives the
 * young generation back to the OS, and any program takes its two MiB again at once: they are taken before, too.
 */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    collect()
    await delay(30)
  }
  fillYoungGeneration()
}

function fillYoungGeneration(): void {
  const ring: object[] = new Array(16).fill({})
  for (let i = 0; i < 500_000; i++) ring[i & 15] = { i, next: i + 1 }
}

const child = new Child()
serve((command: Command) => child.carryOut(command))
