/** Child side: what a child does once it has started. */
import type { MemoryRound } from './protocol'

/** What a started task can do; a verb it lacks is refused. */
export interface Work {
  turn?(replays: number): Promise<readonly number[]> | readonly number[]
  memory?(samples: number): MemoryRound
  run?(from: number, to: number): number
  inspect?(): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>
  /** ns that it took. */
  close?(): number
  finish?(): void
}

/** A batch of operations that tinybench calls as one. */
export interface Batch {
  /** Carries out the batch; what it returns keeps the optimiser from dropping it. */
  readonly run: () => unknown
  readonly operations: number
  readonly finish?: () => void
}
