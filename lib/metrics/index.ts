/**
 * `ebb/metrics`: gauges and counters of all heaps of this thread, at a meter of `@opentelemetry/api` that the caller has. They are read
 * when the meter collects, by some microseconds a heap; in between they cost nothing.
 *
 * Names and units follow OpenTelemetry's semantic conventions: dots, singular, units of UCUM (`By` is bytes), `{...}` for counts.
 */
import { show, typeError } from '../base/errors'
import { POOL_BYTES } from '../base/layout'
import { allStats } from '../heap/all-stats'
import type { Heap } from '../heap/heap'
import { heaps } from '../heap/heaps'
import { partsOf } from '../heap/numbers'
import type { HeapStats } from '../inspect/stats'

/** What is told of an instrument when it is made. */
export interface InstrumentOptions {
  description?: string
  unit?: string
}

/** Attributes of a value. */
export type MetricAttributes = Record<string, string>

/** Where values are put, an `ObservableResult` of many instruments. */
export interface MetricResult {
  observe(instrument: object, value: number, attributes?: MetricAttributes): void
}

/**
 * What is used of a `Meter` of `@opentelemetry/api` 1.3 or newer, of whatever version the program has: this package depends on none.
 * @typeParam I - the meter's instruments
 */
export interface MetricsMeter<I extends object = object> {
  createObservableGauge(name: string, options?: InstrumentOptions): I
  createObservableCounter(name: string, options?: InstrumentOptions): I
  addBatchObservableCallback(callback: (result: MetricResult) => void, instruments: I[]): void
  removeBatchObservableCallback(callback: (result: MetricResult) => void, instruments: I[]): void
}

const METHODS = [
  'createObservableGauge',
  'createObservableCounter',
  'addBatchObservableCallback',
  'removeBatchObservableCallback',
] as const

type Row<T> = readonly [name: string, unit: string, description: string, read: (from: T) => number]

/** Gauges of a heap, by its name. */
const GAUGES: readonly Row<HeapStats>[] = [
  ['ebb.heap.live', 'By', 'Usable bytes of live blocks.', (s) => s.liveBytes],
  ['ebb.heap.resident', 'By', 'Bytes in memory, by the books: an upper bound.', (s) => s.residentBytes],
  ['ebb.heap.mapped', 'By', 'Bytes of address space held.', (s) => s.mappedBytes],
  ['ebb.heap.unused', 'By', 'Bytes of free blocks in pools that are in use.', (s) => s.freeBlockBytes],
  ['ebb.heap.dirty', 'By', 'Bytes of free pools whose decay is not over.', (s) => s.dirtyPools * POOL_BYTES],
  ['ebb.heap.kept', 'By', 'Bytes of freed large blocks that are kept until the decay is over.', (s) => s.keptBytes],
  ['ebb.heap.blocks', '{block}', 'Live blocks.', (s) => s.blocks],
  ['ebb.heap.arenas', '{arena}', 'Arenas mapped.', (s) => s.arenas],
]

/** Counters of all heaps of the thread, those that are closed included. */
const COUNTERS: readonly Row<HeapStats>[] = [
  ['ebb.heap.maps', '{mapping}', 'Requests for memory that were met.', (s) => s.maps],
  ['ebb.heap.unmaps', '{mapping}', 'Requests for memory that were given back.', (s) => s.unmaps],
  ['ebb.heap.discards', '{discard}', 'Calls that dropped the memory of free pools.', (s) => s.discards],
  ['ebb.heap.discarded', 'By', 'Bytes of free pools that were dropped.', (s) => s.discardedBytes],
  ['ebb.heap.discard_failures', '{discard}', 'Drops that the system refused.', (s) => s.failedDiscards],
  ['ebb.heap.moves', '{block}', 'Blocks that compaction moved.', (s) => s.moves],
]

const LIMIT: Row<Heap> = [
  'ebb.heap.limit',
  'By',
  'Bytes of address space the heap may hold; absent where there is no limit.',
  (heap) => partsOf(heap).budget.limit,
]
const COUNT = ['ebb.heap.count', '{heap}', 'Open heaps of the thread.'] as const

/** Attribute of the gauges: the heap's name. Heaps of one name are summed. */
const NAME = 'ebb.heap.name'

/**
 * Registers the metrics of all heaps of this thread, those made later included.
 * @param meter - as from `metrics.getMeter('ebb')` of `@opentelemetry/api`
 * @returns a function that takes them away again
 * @throws TypeError for what is no meter
 */
export function registerMetrics<I extends object>(meter: MetricsMeter<I>): () => void {
  for (const method of METHODS) {
    if (typeof meter?.[method] === 'function') continue
    const what = `an object with ${method}, as metrics.getMeter('ebb') of @opentelemetry/api 1.3 or newer gives`
    throw typeError(`ebb: registerMetrics needs a meter, ${what}; got ${show(meter)}`)
  }
  const optionsOf = (unit: string, description: string): InstrumentOptions => ({ unit, description })
  const gauge = (name: string, unit: string, description: string): I =>
    meter.createObservableGauge(name, optionsOf(unit, description))
  const gauges = GAUGES.map(([name, unit, description, read]) => [gauge(name, unit, description), read] as const)
  const counters = COUNTERS.map(
    ([name, unit, description, read]) =>
      [meter.createObservableCounter(name, optionsOf(unit, description)), read] as const,
  )
  const limit = gauge(LIMIT[0], LIMIT[1], LIMIT[2])
  const count = gauge(...COUNT)
  const instruments = [...gauges, ...counters].map(([instrument]) => instrument).concat(limit, count)

  /** Names that were shown the last time. */
  let shown: readonly string[] = []
  const observe = (result: MetricResult): void => {
    const open = heaps()
    result.observe(count, open.length)
    const groups = byName(open)
    // A reader with cumulative sums goes on showing the last value of what is observed no more: it has to be 0.
    for (const name of shown) {
      if (groups.has(name)) continue
      for (const [instrument] of gauges) result.observe(instrument, 0, { [NAME]: name })
    }
    shown = [...groups.keys()]
    for (const [name, group] of groups) {
      const attributes = { [NAME]: name }
      const stats = group.map((heap) => heap.stats())
      for (const [instrument, read] of gauges) result.observe(instrument, sum(stats, read), attributes)
      const bytes = sum(group, LIMIT[3])
      if (bytes !== Infinity) result.observe(limit, bytes, attributes)
    }
    const { total } = allStats()
    for (const [instrument, read] of counters) result.observe(instrument, read(total))
  }
  meter.addBatchObservableCallback(observe, instruments)
  return () => meter.removeBatchObservableCallback(observe, instruments)
}

function byName(open: readonly Heap[]): Map<string, Heap[]> {
  const groups = new Map<string, Heap[]>()
  for (const heap of open) {
    const group = groups.get(heap.name)
    if (group === undefined) groups.set(heap.name, [heap])
    else group.push(heap)
  }
  return groups
}

const sum = <T>(list: readonly T[], read: (item: T) => number): number =>
  list.reduce((total, item) => total + read(item), 0)
