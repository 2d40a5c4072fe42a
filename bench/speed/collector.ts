/** Child side: what V8's collector pays while a heap grows, and the longest single calls. */
import { constants, createHistogram, PerformanceObserver, performance } from 'node:perf_hooks'
import type { Pointer } from 'ebb'
import { makeDetachHappen } from '../common/detach'
import { residentBytes } from '../common/resident'
import { generator } from '../workloads/random'
import type { EbbModule } from './js-arms'
import type { GcOptions, PauseOptions } from './protocol'
import type { Work } from './work'

/** Grows a heap of some kind block by block and keeps everything. */
function grower(arm: string, byteLength: number, count: number, { Heap }: EbbModule): { grow(): void; kept: unknown } {
  if (arm === 'ebb') {
    const heap = new Heap()
    const blocks = new Int32Array(count)
    const grow = (): void => {
      for (let i = 0; i < count; i++) {
        const pointer = heap.alloc(byteLength)
        heap.setInt32(pointer, 0, i)
        blocks[i] = pointer
      }
    }
    return { grow, kept: [heap, blocks] }
  }
  const blocks: unknown[] = new Array(count)
  const make = maker(arm, byteLength)
  const grow = (): void => {
    for (let i = 0; i < count; i++) blocks[i] = make(i)
  }
  return { grow, kept: blocks }
}

function marked(block: Uint8Array, value: number): Uint8Array {
  block[0] = value
  block[1] = value >>> 8
  block[2] = value >>> 16
  block[3] = value >>> 24
  return block
}

function maker(arm: string, byteLength: number): (i: number) => unknown {
  switch (arm) {
    case 'Buffer.allocUnsafe':
      return (i) => marked(Buffer.allocUnsafe(byteLength), i)
    case 'Buffer.allocUnsafeSlow':
      return (i) => marked(Buffer.allocUnsafeSlow(byteLength), i)
    case 'objects':
      // An array's elements take eight bytes each; its two heads another 32.
      return (i) => new Array<number>(Math.max(1, (byteLength - 32) / 8)).fill(i)
    default:
      throw new Error(`no such arm: ${arm}`)
  }
}

/** Small objects that hold references, as a program's own state would. */
function ballast(byteLength: number): object {
  const perNode = 56 + 8
  const nodes: object[] = []
  for (let i = 0; i < byteLength / perNode; i++) {
    nodes.push({ id: i, left: nodes[i >>> 1] ?? null, right: nodes[i >>> 2] ?? null, tag: i & 255 })
  }
  return nodes
}

const turnOfEventLoop = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

/** Collections of each kind while `growTo` bytes come to live beside `besides` bytes of objects. */
export function startGc(arm: string, options: GcOptions, ebb: EbbModule): Work {
  if (arm === 'ebb') makeDetachHappen()
  const held: unknown[] = [ballast(options.besides)]
  return {
    async inspect() {
      const counts = { majors: 0, majorMs: 0, minors: 0, minorMs: 0, longestMs: 0 }
      await turnOfEventLoop()
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { detail, duration } = entry as unknown as { detail: { kind: number }; duration: number }
          const { kind } = detail
          const isMinor = kind === constants.NODE_PERFORMANCE_GC_MINOR
          counts[isMinor ? 'minors' : 'majors'] += isMinor || kind === constants.NODE_PERFORMANCE_GC_MAJOR ? 1 : 0
          counts[isMinor ? 'minorMs' : 'majorMs'] += duration
          if (duration > counts.longestMs) counts.longestMs = duration
        }
      })
      const jsHeapBefore = process.memoryUsage().heapUsed
      const { grow, kept } = grower(arm, options.byteLength, Math.floor(options.growTo / options.byteLength), ebb)
      held.push(kept)
      observer.observe({ entryTypes: ['gc'] })
      const begin = performance.now()
      grow()
      const elapsedMs = performance.now() - begin
      await turnOfEventLoop()
      observer.disconnect()
      return { ...counts, elapsedMs, jsHeapBefore, resident: residentBytes() }
    },
  }
}

/** Percentiles that are reported, of 100. */
export const PERCENTILES = [50, 90, 99, 99.9, 99.99, 99.999] as const

/** One million calls, each timed by itself: a free of a random live block, or an alloc in its place, in turn. */
export function startPause(arm: string, options: PauseOptions, ebb: EbbModule): Work {
  if (arm === 'ebb') makeDetachHappen()
  const call = caller(arm, options.live, ebb)
  return {
    inspect() {
      for (let i = 0; i < options.calls / 4; i++) call(i)
      const times = new Float64Array(options.calls)
      for (let i = 0; i < options.calls; i++) {
        const begin = performance.now()
        call(i)
        times[i] = performance.now() - begin
      }
      const histogram = createHistogram()
      for (const ms of times) histogram.record(Math.max(1, Math.round(ms * 1e6)))
      const report: Record<string, number> = { mean: histogram.mean, max: histogram.max }
      for (const percentile of PERCENTILES) report[`p${percentile}`] = histogram.percentile(percentile)
      return report
    },
  }
}

/** The i-th call: an even one frees (drops) a random block, an odd one allocates in its place. All ns. */
function caller(arm: string, live: number, { Heap }: EbbModule): (i: number) => void {
  const random = generator(11)
  let slot = 0
  if (arm === 'ebb') {
    const heap = new Heap()
    const blocks = new Int32Array(live)
    for (let i = 0; i < live; i++) blocks[i] = heap.alloc(16 + random(240))
    return (i) => {
      if ((i & 1) === 0) {
        slot = random(live)
        heap.free(blocks[slot] as Pointer)
      } else {
        const pointer = heap.alloc(16 + random(240))
        heap.setInt32(pointer, 0, i)
        blocks[slot] = pointer
      }
    }
  }
  if (arm === 'empty call') {
    const sizes = new Int32Array(live)
    return (i) => {
      if ((i & 1) === 0) slot = random(live)
      else sizes[slot] = 16 + random(240)
    }
  }
  const make: (byteLength: number) => Uint8Array =
    arm === 'Buffer.allocUnsafe'
      ? (byteLength) => Buffer.allocUnsafe(byteLength)
      : (byteLength) => Buffer.allocUnsafeSlow(byteLength)
  const blocks: (Uint8Array | undefined)[] = []
  for (let i = 0; i < live; i++) blocks.push(make(16 + random(240)))
  return (i) => {
    if ((i & 1) === 0) {
      slot = random(live)
      blocks[slot] = undefined
    } else {
      const block = make(16 + random(240))
      block[0] = i
      blocks[slot] = block
    }
  }
}
