/** The synthetic workloads: request streams with fixed seeds, made once and replayed by every arm alike. */
import type { Trace } from '../traces/builder'
import { burst, churn } from './basic'

/** A workload that is made when it is needed. */
export interface Workload {
  readonly name: string
  readonly note: string
  make(): Trace
}

/** @param isQuick - the small ones only */
export function workloads(isQuick: boolean): Workload[] {
  const sets = isQuick ? [1e3, 1e5] : [1e3, 1e4, 1e5, 1e6]
  return [
    ...(['fifo', 'lifo', 'random'] as const).map((order) => ({
      name: `burst ${order} 2e4`,
      note: '20 000 blocks of 16 to 256 bytes come, then go',
      make: () => burst(order, 2e4),
    })),
    ...sets.map((live) => ({
      name: `churn ${live.toExponential().replace('+', '')}`,
      note: `${live} live blocks of 16 to 256 bytes, random ones replaced`,
      make: () => churn(live, isQuick ? 2e5 : Math.max(1e6, 2 * live)),
    })),
  ]
}
