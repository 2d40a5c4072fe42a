/** One arm of the demo in a process of its own: works when it is told to, and tells its parent how far it is. */
import { once } from 'node:events'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { type ArmName, makeArm, type Player } from './players'
import { type LargeJob, largeJob, SLICE, shortJob, type WorkSize } from './work'

export type PhaseName = 'compute' | 'drop' | 'simulate' | 'end'

/** What a child tells. `done` is the share of its phase that is behind it; `liveBytes` what the program has requested and not freed. */
export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'phase'; readonly phase: PhaseName; readonly liveBytes: number; readonly busyMs: number }
  | { readonly kind: 'progress'; readonly liveBytes: number; readonly done: number }
  | {
      readonly kind: 'done'
      readonly checksum: number
      readonly liveBytes: number
      readonly busyMs: number
      readonly cpuMs: number
    }

/** Milliseconds between two messages about progress. */
const TELL_EVERY = 25

const tell = (message: Message): void => {
  process.send?.(message)
}

class Worker {
  private readonly size: WorkSize
  private readonly large: LargeJob
  private readonly copies: Player[]
  private readonly short = shortJob()
  private readonly simulation: Player
  private checksum = 0
  private liveBytes = 0
  private busyMs = 0
  private toldAt = 0

  constructor(arm: ArmName, size: WorkSize) {
    this.size = size
    this.large = largeJob()
    const makePlayer = makeArm(arm)
    this.copies = Array.from({ length: size.copies }, () => makePlayer(this.large))
    this.simulation = makePlayer(this.short)
  }

  async run(): Promise<void> {
    const { peak, dropped, end } = this.large
    const startCpu = process.cpuUsage()
    this.begin('compute')
    await this.playCopies(0, peak)
    this.begin('drop')
    await this.playCopies(peak, dropped)
    await delay(this.size.idleMs)
    this.begin('simulate')
    await this.simulate()
    this.begin('end')
    await this.playCopies(dropped, end)
    const { checksum, liveBytes, busyMs } = this
    const cpu = process.cpuUsage(startCpu)
    tell({ kind: 'done', checksum, liveBytes, busyMs, cpuMs: (cpu.user + cpu.system) / 1000 })
  }

  private begin(phase: PhaseName): void {
    tell({ kind: 'phase', phase, liveBytes: this.liveBytes, busyMs: this.busyMs })
  }

  /** All copies side by side, a slice of each in turn. */
  private async playCopies(from: number, to: number): Promise<void> {
    const live = new Float64Array(this.copies.length).fill(this.liveBytes / this.copies.length)
    for (let at = from; at < to; at += SLICE) {
      const next = Math.min(to, at + SLICE)
      for (const [index, copy] of this.copies.entries()) {
        this.timed(() => copy.play(at, next))
        live[index] = this.liveAfter(next)
        await this.progress(
          live.reduce((sum, bytes) => sum + bytes),
          (next - from) / (to - from),
        )
      }
    }
    this.liveBytes = this.copies.length * this.liveAfter(to)
  }

  /** Between two points of the curve: on the line. */
  private liveAfter(operation: number): number {
    const { curve, end } = this.large
    if (operation >= end) return 0
    const index = Math.floor(operation / SLICE)
    const share = operation / SLICE - index
    return curve[index]! * (1 - share) + (curve[index + 1] ?? 0) * share
  }

  private async simulate(): Promise<void> {
    const survivors = this.liveBytes
    for (let round = 1; round <= this.size.simulations; round++) {
      for (let at = 0; at < this.short.end; at += 16 * SLICE) {
        this.timed(() => this.simulation.play(at, Math.min(this.short.end, at + 16 * SLICE)))
        await this.progress(survivors + this.short.meanLiveBytes, round / this.size.simulations)
      }
    }
    this.liveBytes = survivors
  }

  private timed(work: () => number): void {
    const start = performance.now()
    this.checksum = (this.checksum + work()) | 0
    this.busyMs += performance.now() - start
  }

  /** Lets the event loop turn now and then, as any server does. */
  private async progress(liveBytes: number, done: number): Promise<void> {
    if (performance.now() - this.toldAt < TELL_EVERY) return
    tell({ kind: 'progress', liveBytes, done })
    await nextTurn()
    this.toldAt = performance.now()
  }
}

async function main(): Promise<void> {
  const [arm, size] = JSON.parse(process.argv[2]!) as [ArmName, WorkSize]
  const worker = new Worker(arm, size)
  // What unpacking the programs left behind must not be counted as resident before the work. The only collection that is asked for.
  globalThis.gc?.()
  tell({ kind: 'ready' })
  await once(process, 'message')
  await worker.run()
  process.disconnect?.()
}

if (require.main === module) void main()
