/** Statistics of all heaps of a thread, as one object that `JSON.stringify` takes. docs/stats.schema.json describes it. */
import { workerThreads } from '../base/worker-threads'
import { HeapStats, type SizeClassStats } from '../inspect/stats'
import { past } from '../supply/past'
import { heaps } from './heaps'

/** What {@link allStats} returns. */
export interface AllStats {
  /** Of this format. A field that is removed or changes its meaning makes a new one; new fields do not. */
  readonly version: 1
  /** The thread whose heaps these are, as in `node:worker_threads`; 0 is the main one. */
  readonly threadId: number
  /**
   * Sums over the heaps; `name` is `''`. Sums of what is counted so far (`maps`, `unmaps`, `discards`, `discardedBytes`, `failedDiscards`,
   * `moves`) include the heaps that are closed or collected, and so never go down. Peaks are sums of peaks.
   */
  readonly total: HeapStats
  /** Of each open heap, in the order in which they were made. */
  readonly heaps: readonly HeapStats[]
}

/** Takes the statistics of all open heaps of this thread. */
export function allStats(): AllStats {
  const each = heaps().map((heap) => heap.stats())
  return { version: 1, threadId: workerThreads().threadId, total: sumOf(each), heaps: each }
}

function sumOf(each: readonly HeapStats[]): HeapStats {
  const total = Object.assign(new HeapStats(), past)
  for (const stats of each) {
    for (const key of NUMBERS) total[key] += stats[key]
  }
  total.classes = mergeClasses(each.flatMap(({ classes }) => classes))
  return total
}

type NumberKey = { [K in keyof HeapStats]: HeapStats[K] extends number ? K : never }[keyof HeapStats]
const fresh = new HeapStats()
const NUMBERS = (Object.keys(fresh) as (keyof HeapStats)[]).filter(
  (key): key is NumberKey => typeof fresh[key] === 'number',
)

function mergeClasses(rows: readonly SizeClassStats[]): SizeClassStats[] {
  const sums = new Map<number, SizeClassStats>()
  for (const row of rows) {
    const { sizeClass, blockBytes, pools, blocks, freeBlocks } = row
    const sum = sums.get(sizeClass) ?? { sizeClass, blockBytes, pools: 0, blocks: 0, freeBlocks: 0 }
    sums.set(sizeClass, {
      ...sum,
      pools: sum.pools + pools,
      blocks: sum.blocks + blocks,
      freeBlocks: sum.freeBlocks + freeBlocks,
    })
  }
  return [...sums.values()].sort((a, b) => a.sizeClass - b.sizeClass)
}
