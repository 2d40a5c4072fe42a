import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterEach, describe, expect, it } from 'vitest'
import { Heap } from '../../lib/heap/heap'
import { registerMetrics } from '../../lib/metrics'
import { testHeap } from '../support/test-heap'

interface Collected {
  readonly unit: string
  readonly description: string
  readonly type: DataPointType
  readonly points: readonly DataPoint<number>[]
}

/** A meter of the SDK, and what it collects, by the names of the instruments. */
function sdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 2 ** 30,
    exportTimeoutMillis: 10_000,
  })
  const provider = new MeterProvider({ readers: [reader] })
  const collect = async (): Promise<Map<string, Collected>> => {
    exporter.reset()
    await reader.forceFlush()
    const metrics =
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
    return new Map(
      metrics.map(({ descriptor: { name, unit, description }, dataPointType, dataPoints }) => [
        name,
        { unit, description, type: dataPointType, points: dataPoints as DataPoint<number>[] },
      ]),
    )
  }
  opened.push(provider)
  return { meter: provider.getMeter('ebb'), collect }
}

const opened: MeterProvider[] = []
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.shutdown()
})

const valueIn = (metric: Collected | undefined, name?: string): number | undefined =>
  metric?.points.find(({ attributes }) => attributes['ebb.heap.name'] === name)?.value

describe('metrics', () => {
  it('are what the statistics say when the meter collects', async () => {
    const { meter, collect } = sdk()
    const { heap } = testHeap({ name: 'sessions', limit: 2 ** 30 })
    registerMetrics(meter)
    heap.allocMany(48, new Int32Array(1000))
    heap.free(heap.alloc(4096))
    heap.free(heap.alloc(1e6))
    const metrics = await collect()
    const stats = heap.stats()
    const seen = (name: string): number | undefined => valueIn(metrics.get(`ebb.heap.${name}`), 'sessions')
    expect({
      live: seen('live'),
      resident: seen('resident'),
      mapped: seen('mapped'),
      unused: seen('unused'),
      dirty: seen('dirty'),
      kept: seen('kept'),
      blocks: seen('blocks'),
      arenas: seen('arenas'),
      limit: seen('limit'),
    }).toEqual({
      live: stats.liveBytes,
      resident: stats.residentBytes,
      mapped: stats.mappedBytes,
      unused: stats.freeBlockBytes,
      dirty: stats.dirtyPools * 4096,
      kept: stats.keptBytes,
      blocks: 1000,
      arenas: 1,
      limit: 2 ** 30,
    })
    heap.alloc(1e6)
    expect(valueIn((await collect()).get('ebb.heap.blocks'), 'sessions')).toBe(1001)
  })

  it('sum heaps of one name, and show no limit where one of them has none', async () => {
    const { meter, collect } = sdk()
    registerMetrics(meter)
    for (const limit of [2 ** 30, Infinity]) testHeap({ name: 'pair', limit }).heap.alloc(48)
    const metrics = await collect()
    expect(valueIn(metrics.get('ebb.heap.blocks'), 'pair')).toBe(2)
    expect(valueIn(metrics.get('ebb.heap.limit'), 'pair')).toBeUndefined()
  })

  it('forget a closed heap, and keep what it has counted', async () => {
    const { meter, collect } = sdk()
    registerMetrics(meter)
    const before = await collect()
    const heap = new Heap({ name: 'short' })
    heap.alloc(48)
    const during = await collect()
    heap.close()
    const after = await collect()
    const counts = [before, during, after].map((metrics) => valueIn(metrics.get('ebb.heap.count')) as number)
    expect(counts).toEqual([counts[0], (counts[0] as number) + 1, counts[0]])
    expect([during, after].map((metrics) => valueIn(metrics.get('ebb.heap.live'), 'short'))).toEqual([48, 0])
    const maps = [before, after].map((metrics) => valueIn(metrics.get('ebb.heap.maps')) as number)
    expect((maps[1] as number) - (maps[0] as number)).toBe(1)
    expect(after.get('ebb.heap.maps')?.type).toBe(DataPointType.SUM)
  })

  it('have names, units and descriptions after OpenTelemetry’s conventions', async () => {
    const { meter, collect } = sdk()
    registerMetrics(meter)
    testHeap({ limit: 2 ** 30 }).heap.alloc(1)
    const metrics = await collect()
    expect(metrics.size).toBe(16)
    for (const [name, { unit, description, points }] of metrics) {
      expect(name).toMatch(/^ebb\.heap\.[a-z]+(_[a-z]+)*$/)
      expect(unit).toMatch(/^(By|\{[a-z]+\})$/)
      expect(description).toMatch(/^[A-Z].*\.$/)
      for (const { value } of points) expect(Number.isInteger(value) && value >= 0, name).toBe(true)
    }
  })

  it('are taken away again', async () => {
    const { meter, collect } = sdk()
    const end = registerMetrics(meter)
    const { heap } = testHeap({ name: 'ended' })
    heap.alloc(48)
    const before = await collect()
    end()
    heap.alloc(48)
    // What the SDK shows is the last value that it has.
    const values = [before, await collect()].map((metrics) => valueIn(metrics.get('ebb.heap.live'), 'ended'))
    expect(values).toEqual([48, 48])
  })

  it('refuse what is no meter, by name', () => {
    for (const wrong of [undefined, null, 5, {}, { createObservableGauge() {} }])
      expect(() => registerMetrics(wrong as never)).toThrow(/registerMetrics needs a meter, an object with \w+/)
  })
})
