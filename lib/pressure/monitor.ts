/**
 * The watch of a thread: one for all who ask for it, open while there is anybody. It chooses the sources, looks at them when they call, when
 * heaps have grown, or once a second, and tells.
 *
 *     source calls, heaps grow, or a second is over -> read all sources -> judge for each subscriber -> listeners -> purge the heaps
 */
import type { Cancel } from '../base/clock'
import { ARENA_BYTES } from '../base/layout'
import { CgroupSource, groupsOf, limitOf } from './cgroup'
import { Judge, type PressureLevel } from './judge'
import { StallSource } from './psi'
import { RuntimeSource } from './runtime'
import type { PressureSource, Reading, Source } from './source'
import type { System } from './system'

/** Milliseconds between two looks at sources that do not tell all by themselves. */
const LOOK_MS = 1000
/** Milliseconds between two looks because a source called: some call for every page that comes and goes. */
const CALLS_APART_MS = 20

/** Of the lowest limit: when the heaps have opened as many bytes of arenas, there is a look. Who grows fast reaches a limit within a second. */
const GROWTH_A_LOOK = 1 / 64

/** What is known of the pressure. */
export interface MemoryPressure {
  /** `'warning'`: memory gets short. `'critical'`: the limit was reached; what the kernel does next is kill. */
  readonly level: PressureLevel
  /** Who told: see {@link PressureSource}. */
  readonly source: PressureSource
  /** Bytes in use that the kernel cannot take back by itself, of the whole group; undefined where that is not known. */
  readonly bytes: number | undefined
  /** Bytes that there may be; undefined where no limit is known. */
  readonly limit: number | undefined
}

export interface Subscriber {
  /** Of the limit: what counts as near. */
  readonly share: number
  tell(pressure: MemoryPressure): void
}

/** Called when the subscribers have been told, with the gravest of what they were told. */
export type Relief = (pressure: MemoryPressure) => void

interface Watched {
  readonly source: Source
  readonly judges: Map<Subscriber, Judge>
}

export class Monitor {
  readonly #system: System
  readonly #relief: Relief
  readonly #subscribers = new Set<Subscriber>()
  #watched: Watched[] = []
  #cancelArenas: Cancel | undefined
  /** Arenas that heaps may open until the next look. */
  #arenasLeft = 0
  #cancelTimer: Cancel | undefined
  #timerAt = Infinity
  /** When there was a look because a source called, or by the timer. */
  #calledAt = -Infinity
  #isChoosing = false

  constructor(system: System, relief: Relief) {
    this.#system = system
    this.#relief = relief
  }

  /** Names of the sources, those of the own group before those of groups above it. */
  get sources(): readonly PressureSource[] {
    return this.#watched.map(({ source }) => source.name)
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber)
    if (this.#subscribers.size === 1) this.#choose()
    else for (const watched of this.#watched) this.#judgeFor(watched, subscriber)
    this.#callAt()
    this.#arm()
  }

  remove(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return
    for (const { judges } of this.#watched) judges.delete(subscriber)
    if (this.#subscribers.size === 0) this.#close()
    else this.#callAt()
  }

  #close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAt = Infinity
    this.#cancelArenas?.()
    this.#cancelArenas = undefined
    for (const { source } of this.#watched) source.close()
    this.#watched = []
  }

  #choose(): void {
    this.#isChoosing = true
    const wake = () => this.#wake()
    const sources = chooseSources(this.#system, wake)
    this.#watched = sources.map((source) => ({ source, judges: new Map() }))
    for (const watched of this.#watched) for (const subscriber of this.#subscribers) this.#judgeFor(watched, subscriber)
    if (sources.some(({ name }) => name === 'cgroup')) this.#cancelArenas = this.#system.onArena(this.#noteArena)
    this.#isChoosing = false
  }

  readonly #noteArena = (): void => {
    if (--this.#arenasLeft < 0) this.#look()
  }

  #judgeFor({ source, judges }: Watched, subscriber: Subscriber): void {
    const first = source.read()
    if (first !== undefined) judges.set(subscriber, new Judge(subscriber.share, first))
  }

  #callAt(): void {
    const shares = [...new Set([...this.#subscribers].map(({ share }) => share))].sort()
    for (const { source } of this.#watched) source.callAt?.(shares)
  }

  #wake(): void {
    if (this.#isChoosing) return
    const now = this.#system.clock.now()
    const earliest = this.#calledAt + CALLS_APART_MS
    if (now < earliest) {
      this.#armAt(earliest)
      return
    }
    this.#calledAt = now
    this.#look()
  }

  /** Reads all sources, and tells. */
  #look(): void {
    const now = this.#system.clock.now()
    let lowest = Infinity
    let gravest: MemoryPressure | undefined
    let isGone = false
    for (const { source, judges } of [...this.#watched]) {
      const reading = source.read()
      if (reading === undefined) {
        isGone = true
        continue
      }
      lowest = Math.min(lowest, reading.limit ?? Infinity)
      gravest = graver(gravest, this.#judge(source, judges, reading, now))
    }
    this.#arenasLeft = Math.floor((lowest * GROWTH_A_LOOK) / ARENA_BYTES)
    if (isGone) this.#chooseAnew()
    if (gravest !== undefined) this.#relief(gravest)
    this.#callAt()
    this.#arm()
  }

  /** Tells those for whom it is pressure; returns the gravest. */
  #judge(
    source: Source,
    judges: ReadonlyMap<Subscriber, Judge>,
    reading: Reading,
    now: number,
  ): MemoryPressure | undefined {
    let gravest: MemoryPressure | undefined
    for (const [subscriber, judge] of [...judges]) {
      const level = judge.judge(reading, now)
      if (level === undefined || !this.#subscribers.has(subscriber)) continue
      const pressure = { level, source: source.name, bytes: reading.bytes, limit: reading.limit }
      gravest = graver(gravest, pressure)
      subscriber.tell(pressure)
    }
    return gravest
  }

  /** A source went away: a group was removed, or the process was moved to another. */
  #chooseAnew(): void {
    this.#close()
    if (this.#subscribers.size > 0) this.#choose()
  }

  /** The next look: in a second where a source needs that, sooner where something was held back. */
  #arm(): void {
    if (this.#subscribers.size === 0) return
    const judges = this.#watched.flatMap((watched) => [...watched.judges.values()])
    const needsLooks = this.#watched.some(({ source }) => source.needsLooks)
    const look = needsLooks ? this.#system.clock.now() + LOOK_MS : Infinity
    this.#armAt(Math.min(look, ...judges.map(({ againAt }) => againAt)))
  }

  /** Arms the timer, if it is not armed for an earlier time. */
  #armAt(at: number): void {
    if (at >= this.#timerAt) return
    this.#cancelTimer?.()
    this.#timerAt = at
    const ms = Math.max(0, at - this.#system.clock.now())
    this.#cancelTimer = this.#system.clock.schedule(() => {
      this.#timerAt = Infinity
      this.#cancelTimer = undefined
      this.#calledAt = this.#system.clock.now()
      this.#look()
    }, ms)
  }
}

/** The runtime's own event; else groups with a limit, and what the service manager names; else stalls. */
function chooseSources(system: System, wake: () => void): Source[] {
  const { MEMORY_PRESSURE_WATCH: path } = system.env
  if (path === '/dev/null') return [] // the service manager's word for: off
  const runtime = RuntimeSource.open(system, wake)
  if (runtime !== undefined) return [runtime]
  const groups = groupsOf(system)
  const limited = groups.filter((group) => limitOf(system, group) !== undefined)
  const sources: Source[] = limited.map((group) => new CgroupSource(system, group, wake))
  const manager = path?.startsWith('/') ? StallSource.ofManager(system, path, wake) : undefined
  if (manager !== undefined) return [...sources, manager]
  if (sources.length > 0) return sources
  const files = [...groups.map(({ folder }) => `${folder}/memory.pressure`), '/proc/pressure/memory']
  return [StallSource.ofKernel(system, files, wake)].filter((source) => source !== undefined)
}

function graver(one: MemoryPressure | undefined, other: MemoryPressure | undefined): MemoryPressure | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return other.level === 'critical' && one.level !== 'critical' ? other : one
}
