/** The phases of a soak: each takes a second or less, and leaves nothing live that was not live before. */
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { deflate } from 'node:zlib'
import { f64, Heap, type Pointer } from 'ebb'
import { bytes, Cache, Dict, List, str } from 'ebb/collections'
import { projectRoot } from '../common/root'
import { inside } from './inside'

export interface Stage {
  readonly seed: number
  round: number
  /** Calls of heaps and collections so far. */
  operations: number
}

/** The heap that stays, with blocks that live as long as the process. */
const heap = new Heap({ name: 'soak', decay: 100 })
const staying = Array.from({ length: 2000 }, (_, i) => {
  const pointer = heap.alloc(20 + (i % 50) * 30)
  heap.setInt32(pointer, 0, i)
  return pointer
})

/** Live blocks, each looked at. */
export function blocksThatStay(): number {
  heap.purge()
  inside.checkHeap(inside.partsOf(heap))
  for (const [i, pointer] of staying.entries()) {
    if (heap.getInt32(pointer, 0) !== i) throw new Error(`block ${i} at ${pointer} has lost its contents`)
  }
  return heap.stats().blocks
}

/** Numbers that depend on the seed, the round and the phase alone: those below a limit. (Marsaglia's xorshift) */
function below(stage: Stage, phase: number): (limit: number) => number {
  let state = (stage.seed * 7919 + stage.round * 104_729 + phase * 1_299_709) | 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

/** Random sizes up to a limit: fills, empties, resizes. */
function churn(stage: Stage, phase: number, on: Heap, count: number, limit: number): void {
  const random = below(stage, phase)
  const live: Pointer[] = []
  for (let i = 0; i < count; i++) {
    const choice = random(10)
    const k = live.length > 0 ? random(live.length) : -1
    if (k < 0 || choice < 5) live.push(on.alloc(random(limit)))
    else if (choice < 6) live[k] = on.realloc(live[k]!, random(limit))
    else {
      on.free(live[k]!)
      live[k] = live.at(-1)!
      live.pop()
    }
  }
  on.freeMany(live)
  stage.operations += count + live.length
}

const small = (stage: Stage): void => churn(stage, 1, heap, 200_000, 600)
const medium = (stage: Stage): void => churn(stage, 2, heap, 10_000, 60_000)
const large = (stage: Stage): void => churn(stage, 3, heap, 500, 4_000_000)

/** Holes in many pools, then compaction, the staying blocks with it. */
function holes(stage: Stage): void {
  const random = below(stage, 4)
  const many = [...heap.allocMany(200, new Int32Array(30_000))] as Pointer[]
  const kept = new Set(many.filter(() => random(20) === 0))
  heap.freeMany(many.filter((pointer) => !kept.has(pointer)))
  const places = new Map(staying.map((pointer, i) => [pointer, i]))
  const { moved } = heap.compact((from, to) => {
    const place = places.get(from)
    if (place === undefined) {
      kept.delete(from)
      kept.add(to)
      return
    }
    staying[place] = to
    places.delete(from)
    places.set(to, place)
  })
  heap.freeMany([...kept])
  stage.operations += 2 * many.length + moved
}

function collections(stage: Stage): void {
  const random = below(stage, 5)
  const dict = new Dict(heap, { key: str, value: f64 })
  const list = new List(heap, bytes)
  const cache = new Cache(heap, { key: str, value: bytes, maxBytes: 2_000_000 })
  for (let i = 0; i < 20_000; i++) {
    const key = `key ${random(30_000)}`
    dict.set(key, i)
    cache.set(key, new Uint8Array(random(400)))
    list.push(new Uint8Array(random(60)))
    if (random(4) === 0) dict.delete(`key ${random(30_000)}`)
    if (random(4) === 0) list.shift()
  }
  for (const each of [dict, list, cache]) each.close()
  stage.operations += 70_000
}

/** Heaps that come and go: closed, or dropped for the collector. */
function heaps(stage: Stage): void {
  for (let i = 0; i < 20; i++) {
    const other = new Heap({ decay: [0, 1000, Infinity][i % 3]! })
    churn(stage, 6 + i, other, 2000, 40_000)
    other.bytes(other.alloc(500_000)).fill(1)
    if (i % 2 === 0) other.close()
  }
}

/** Jobs of the thread pool on blocks that are freed meanwhile. */
async function jobs(stage: Stage): Promise<void> {
  const ends = Array.from({ length: 8 }, (_, i) => {
    const pointer = heap.alloc(300_000 + i * 50_000)
    const end = promisify(deflate)(heap.bytes(pointer))
    heap.free(pointer)
    return end
  })
  await Promise.all(ends)
  stage.operations += 16
}

const BUILT = join(projectRoot(), 'dist', 'index.js')

/** A thread with a heap of its own: one that ends, one that is terminated in the middle. */
async function threads(stage: Stage): Promise<void> {
  for (const rounds of ['20000', 'Infinity']) {
    const script = `
      const { Heap } = require(${JSON.stringify(BUILT)})
      const heap = new Heap()
      heap.bytes(heap.alloc(3e6)).fill(1)
      require('node:worker_threads').parentPort.postMessage('up')
      for (let i = 0; i < ${rounds}; i++) heap.free(heap.alloc(i % 9000))`
    const worker = new Worker(script, { eval: true })
    const exit = once(worker, 'exit')
    await once(worker, 'message')
    if (rounds === 'Infinity') await worker.terminate()
    await exit
  }
  stage.operations += 20_000
}

/** Time goes by, and the timers run. */
const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300))

export const PHASES: readonly ((stage: Stage) => void | Promise<void>)[] = [
  small,
  large,
  holes,
  collections,
  idle,
  medium,
  heaps,
  jobs,
  threads,
  idle,
]
