import type { HeapReport } from '../../lib/heap/door'
import { HeapStats } from '../../lib/inspect/stats'

/** A report of a heap that is as it should be, but for what is given. */
export function heapReport(stats: Partial<HeapStats> = {}, report: Partial<HeapReport> = {}): HeapReport {
  const whole = Object.assign(new HeapStats(), { name: 'test', ...stats })
  return { name: whole.name, thread: 0, decay: 1000, limit: null, stats: whole, ...report }
}
