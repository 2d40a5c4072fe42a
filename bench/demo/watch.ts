/** Runs one arm in a fresh process and samples its resident set from outside. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { RssRecorder } from 'ebb/rss'
import type { Message, PhaseName } from './child'
import type { ArmName } from './players'
import type { WorkSize } from './work'

/** Milliseconds between two samples. */
const SAMPLE_EVERY = 50

/** Bytes over seconds since the work began. Resident memory is growth over what was resident then. */
export type Curve = [seconds: number, bytes: number][]

export interface Observed {
  readonly arm: ArmName
  readonly resident: Curve
  readonly live: Curve
  /** Seconds at which each phase began, and the growth and live bytes then. */
  readonly phases: Readonly<Record<PhaseName, Moment>>
  /** Resident before the work: program, traces, tables. Bytes. */
  readonly baseline: number
  /** Seconds of work, idling left out; those of the simulations alone. */
  readonly busySeconds: number
  /** Of all threads, those that collect garbage included; it does not depend on who else uses the machine. */
  readonly cpuSeconds: number
  readonly simulationSeconds: number
  readonly checksum: number
  /** Samples that the recorder took, as CSV. */
  readonly csv: string
}

export interface Moment {
  readonly seconds: number
  readonly growth: number
  readonly liveBytes: number
}

/** Tells how far an arm is. */
export type OnProgress = (arm: ArmName, phase: PhaseName | 'start', done: number, growth: number) => void

/** @throws Error if the child ends before its work is done */
export async function watchArm(arm: ArmName, size: WorkSize, onProgress: OnProgress): Promise<Observed> {
  const child = fork(join(__dirname, 'child.js'), [JSON.stringify([arm, size])], { execArgv: ['--expose-gc'] })
  const watcher = new Watcher(arm, child.pid!, onProgress)
  try {
    return await new Promise<Observed>((resolve, reject) => {
      child.on('message', (message: Message) => {
        if (message.kind === 'ready') {
          watcher.start()
          child.send('go')
        } else if (message.kind === 'done') resolve(watcher.finish(message))
        else watcher.take(message)
      })
      child.on('error', reject)
      child.on('exit', (code, signal) => reject(new Error(`the ${arm} arm ended too early (${signal ?? code})`)))
    })
  } finally {
    child.kill()
  }
}

class Watcher {
  private readonly arm: ArmName
  private readonly recorder: RssRecorder
  private readonly onProgress: OnProgress
  private readonly live: Curve = []
  private readonly phases: Partial<Record<PhaseName, Moment>> = {}
  private readonly busyMs: Partial<Record<PhaseName, number>> = {}
  private phase: PhaseName | 'start' = 'start'
  private baseline = 0
  private startMs = 0

  constructor(arm: ArmName, pid: number, onProgress: OnProgress) {
    this.arm = arm
    this.recorder = new RssRecorder({ pid, interval: SAMPLE_EVERY })
    this.onProgress = onProgress
    onProgress(arm, 'start', 0, 0)
  }

  start(): void {
    const { resident, ms } = this.recorder.mark('baseline')
    this.baseline = resident
    this.startMs = ms
    this.recorder.start()
  }

  take(message: Extract<Message, { kind: 'phase' | 'progress' }>): void {
    const now = performance.timeOrigin + performance.now()
    if (message.kind === 'phase') {
      const sample = this.recorder.mark(message.phase)
      const seconds = this.secondsOf(sample.ms)
      this.phase = message.phase
      this.phases[message.phase] = { seconds, growth: sample.resident - this.baseline, liveBytes: message.liveBytes }
      this.busyMs[message.phase] = message.busyMs
      this.live.push([seconds, message.liveBytes])
      this.clock = { now, seconds }
      this.onProgress(this.arm, this.phase, 0, sample.resident - this.baseline)
    } else {
      this.live.push([this.clock.seconds + (now - this.clock.now) / 1000, message.liveBytes])
      const last = this.recorder.samples.at(-1)!
      this.onProgress(this.arm, this.phase, message.done, last.resident - this.baseline)
    }
  }

  finish({ checksum, busyMs, cpuMs }: Extract<Message, { kind: 'done' }>): Observed {
    this.recorder.stop()
    const resident = this.recorder.samples.map((sample): [number, number] => [
      this.secondsOf(sample.ms),
      sample.resident - this.baseline,
    ])
    const phases = this.phases as Record<PhaseName, Moment>
    return {
      arm: this.arm,
      resident,
      live: this.live,
      phases,
      baseline: this.baseline,
      busySeconds: busyMs / 1000,
      cpuSeconds: cpuMs / 1000,
      simulationSeconds: (this.busyMs.end! - this.busyMs.simulate!) / 1000,
      checksum,
      csv: this.recorder.toCsv(),
    }
  }

  /** Ties the clock of messages to that of samples; set by every phase. */
  private clock = { now: 0, seconds: 0 }

  private secondsOf(ms: number): number {
    return (ms - this.startMs) / 1000
  }
}
