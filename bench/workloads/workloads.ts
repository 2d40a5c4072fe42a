/** The synthetic workloads: request streams with fixed seeds, made once and replayed by every arm alike. */
import type { Trace } from '../traces/builder'
import { burst, churn, growth } from './basic'
import { allocTest, glibcSimple, glibcThread, largeBuffers, larson, mstress, queue, rptest, smartHeap } from './known'

/** A workload that is made when it is needed. */
export interface Workload {
  readonly name: string
  readonly note: string
  make(): Trace
}

/** Operations of most workloads. */
const OPERATIONS = 1_000_000
const QUICK_OPERATIONS = 200_000

/** @param isQuick - fewer, and shorter ones */
export function workloads(isQuick: boolean): Workload[] {
  const operations = isQuick ? QUICK_OPERATIONS : OPERATIONS
  const all = [...bursts(), ...churns(operations), ...known(operations)]
  const quick = new Set(['burst fifo 2e4', 'churn 1e5', 'glibc-thread', 'mstress'])
  return isQuick ? all.filter(({ name }) => quick.has(name)) : all
}

function bursts(): Workload[] {
  return (['fifo', 'lifo', 'random'] as const).map((order) => ({
    name: `burst ${order} 2e4`,
    note: '20 000 blocks of 16 to 256 bytes come, then all go',
    make: () => burst(order, 2e4),
  }))
}

function churns(operations: number): Workload[] {
  return [1e3, 1e4, 1e5, 1e6].map((live) => ({
    name: `churn ${live.toExponential().replace('+', '')}`,
    note: `random ones of ${live} blocks of 16 to 256 bytes are replaced`,
    make: () => churn(live, Math.max(operations, 2 * live)),
  }))
}

function known(operations: number): Workload[] {
  return [
    { name: 'larson', note: 'arrays of blocks of 10 to 500 bytes, handed on', make: () => larson(operations) },
    { name: 'glibc-simple', note: '25 to 1600 blocks of 16, 32, 64 bytes', make: () => glibcSimple(operations) },
    { name: 'glibc-thread', note: '1024 slots, 4 bytes to 32 KiB', make: () => glibcThread(operations) },
    { name: 'alloc-test', note: '2^18 slots, 8 bytes to 4 KiB, skewed', make: () => allocTest(operations) },
    { name: 'sh6', note: 'batches of 1 to 1000 bytes, a fifth stays', make: () => smartHeap(6, operations) },
    { name: 'sh8', note: 'the same, mostly small', make: () => smartHeap(8, operations) },
    { name: 'mstress', note: 'retained, transient and transferred blocks', make: () => mstress(operations) },
    { name: 'rptest', note: '20 000 blocks of 8 to 16 000 bytes', make: () => rptest(operations) },
    { name: 'queue', note: 'first in first out in batches of 120', make: () => queue(operations) },
    { name: 'growth', note: '256 vectors grow by realloc to 64 KiB', make: () => growth(operations / 2) },
    { name: 'large buffers', note: '20 buffers of 5 to 25 MiB', make: () => largeBuffers(400) },
  ]
}
