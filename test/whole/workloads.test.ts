import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { quantile } from '../../bench/common/quantile'
import { isKept, promises } from '../../bench/speed/must-hold'
import type { MeasuredRow } from '../../bench/speed/rounds'
import { flatten, unflatten } from '../../bench/traces/flat'
import { checkedEbb, replayChecked } from '../../bench/traces/replay'
import type { Trace } from '../../bench/traces/trace'
import { burst, churn, growth } from '../../bench/workloads/basic'
import * as known from '../../bench/workloads/known'
import { workloads } from '../../bench/workloads/workloads'
import { Heap } from '../../lib'

const OPERATIONS = 20_000

const made: Readonly<Record<string, () => Trace>> = {
  fifo: () => burst('fifo', 5000),
  lifo: () => burst('lifo', 5000),
  random: () => burst('random', 5000),
  churn: () => churn(1000, OPERATIONS / 2),
  growth: () => growth(OPERATIONS / 4),
  larson: () => known.larson(OPERATIONS),
  glibcSimple: () => known.glibcSimple(OPERATIONS),
  glibcThread: () => known.glibcThread(OPERATIONS),
  allocTest: () => known.allocTest(OPERATIONS),
  sh6: () => known.smartHeap(6, OPERATIONS),
  sh8: () => known.smartHeap(8, OPERATIONS),
  mstress: () => known.mstress(OPERATIONS),
  rptest: () => known.rptest(OPERATIONS),
  queue: () => known.queue(OPERATIONS),
}

const hash = ({ ops }: Trace): string => createHash('sha256').update(ops).digest('hex')

describe('a synthetic workload', () => {
  for (const [name, make] of Object.entries(made)) {
    it(`${name} is the same each time and leaves every byte alone on ebb`, () => {
      const trace = make()
      expect(hash(trace)).toBe(hash(make()))
      const heap = new Heap()
      const counts = replayChecked(trace, checkedEbb(heap))
      expect(counts.allocs + counts.zeroedAllocs).toBe(counts.frees)
      expect(heap.stats().blocks).toBe(0)
      heap.close()
    })
  }

  it('has a name of its own, and the quick ones are among all', () => {
    const names = workloads(false).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(workloads(true).every(({ name }) => names.includes(name))).toBe(true)
  })

  it('comes back from its flat file as it went in', () => {
    const trace = { ...known.mstress(1000), name: 'test-flat' }
    expect(unflatten(flatten(trace)).ops).toEqual(trace.ops)
  })
})

describe('a report', () => {
  const row = (name: string, group: string, ns: Readonly<Record<string, number>>): MeasuredRow => ({
    group,
    name,
    note: '',
    arms: Object.entries(ns).map(([arm, value]) => ({ arm, ns: value, low: value, high: value, rounds: [value] })),
  })

  it('interpolates quantiles', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([5], 0.25)).toBe(5)
    expect(quantile([1, 2, 3], 1)).toBe(3)
  })

  it('tells what was kept, what was missed, and what was not measured', () => {
    const rows = [
      row('a', 'traces', { ebb: 8, pymalloc: 10 }),
      row('b', 'traces', { ebb: 14, pymalloc: 10 }),
      row('churn 1e5', 'workloads', { ebb: 10, 'Buffer.allocUnsafe': 60 }),
    ]
    const bounds = new Map(promises(rows).map((bound) => [bound.name, bound]))
    const kept = (name: string): boolean | undefined => isKept(bounds.get(name)!)
    expect(bounds.get('traces: ebb / pymalloc, geometric mean')?.value).toBeCloseTo(Math.sqrt(0.8 * 1.4))
    expect(kept('traces: ebb / pymalloc, geometric mean')).toBe(false)
    expect(kept('traces: ebb / pymalloc, worst')).toBe(false)
    expect(kept('traces: ebb / glibc, geometric mean')).toBeUndefined()
    expect(kept('churn of 1e5: Buffer.allocUnsafe / ebb')).toBe(true)
  })
})
