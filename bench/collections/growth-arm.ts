/** What growing costs besides time on average: the longest call, V8's collector, resident memory. */
import { PerformanceObserver } from 'node:perf_hooks'
import { f64, Heap, i32 } from 'ebb'
import { Dict, str } from 'ebb/collections'
import { residentBytes } from '../common/resident'
import { keyOf, makeTexts, shuffled } from './keys'

type Figures = Record<string, number>
type Put = (index: number, value: number) => void

const TEXT_BATCH = 2048

/** A way to put the n-th key into a new table of an arm, and what keeps the table alive. */
function opened(arm: string, keys: string, heap = new Heap()): { put: Put; table: { size: number } } {
  if (keys === 'i32') {
    const table = arm === 'map' ? new Map<number, number>() : new Dict(heap, { key: i32, value: f64 })
    return { put: (index, value) => table.set(keyOf(index), value), table }
  }
  const table = arm === 'map' ? new Map<string, number>() : new Dict(heap, { key: str, value: f64 })
  const batch: string[] = []
  const order = new Int32Array(TEXT_BATCH)
  const put: Put = (index, value) => {
    const at = index % TEXT_BATCH
    if (at === 0) {
      for (let i = 0; i < TEXT_BATCH; i++) order[i] = index + i
      makeTexts(order, 0, TEXT_BATCH, batch)
    }
    table.set(batch[at] as string, value)
  }
  return { put, table }
}

/** Calls between two looks at the clock of the processor. */
const CALLS = 64

/**
 * The longest calls on the way to so many entries, ms: for 64 of them, some 0.02 ms of which are the other 63. CPU time of the process or
 * wall time, whichever is less: in the one there is what V8 compiles on other threads meanwhile (4 ms of CPU in 0.03 ms of wall time were
 * seen), in the other the time for which the scheduler took the processor away.
 */
export function longest(arm: string, keys: string, count: number): Figures {
  const warm = opened(arm, keys)
  for (let i = 0; i < 100_000; i++) warm.put(i, i + 0.5)
  const { put } = opened(arm, keys)
  let most = 0
  for (let i = 0; i < count; ) {
    // Makes the texts of a batch.
    if (i % TEXT_BATCH === 0) {
      put(i, i + 0.5)
      i++
    }
    const end = Math.min(count, (i | (CALLS - 1)) + 1)
    const begin = performance.now()
    const cpu = process.cpuUsage()
    for (; i < end; i++) put(i, i + 0.5)
    const { user, system } = process.cpuUsage(cpu)
    most = Math.max(most, Math.min((user + system) / 1000, performance.now() - begin))
  }
  return { longest: most }
}

/** Mark-compacts while filling, and the time of a full collection after it, ms. */
export async function collector(arm: string, keys: string, count: number): Promise<Figures> {
  let majors = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if ((entry as { detail?: { kind?: number } }).detail?.kind === 4) majors++
  })
  const { put, table } = opened(arm, keys)
  await new Promise((resolve) => setTimeout(resolve, 10))
  observer.observe({ entryTypes: ['gc'] })
  for (let i = 0; i < count; i++) put(i, i + 0.5)
  await new Promise((resolve) => setTimeout(resolve, 10))
  const whileFilling = majors
  const start = performance.now()
  globalThis.gc?.()
  const full = performance.now() - start
  if (table.size !== count) throw new Error('not all keys are there')
  return { majors: whileFilling, full }
}

/** Waits, and has V8 touch all of its space for new objects, which is then the same at each look. */
async function settled(ms: number): Promise<void> {
  globalThis.gc?.()
  await new Promise((resolve) => setTimeout(resolve, ms))
  const few: object[] = []
  for (let i = 0; i < 500_000; i++) few[i & 7] = { i }
}

/** Resident bytes an entry, and after 95 % are deleted at random and 3 s: share of the full, and of the live bytes. */
export async function resident(arm: string, keys: string, count: number): Promise<Figures> {
  const order = shuffled(count, 3)
  const most = Math.floor(count * 0.95)
  let before = 0
  // The first round is a rehearsal, of which nothing is kept: V8's own memory for code and for new objects grows to its full size.
  for (let round = 0; ; round++) {
    const heap = new Heap({ compact: 'idle' })
    const { put, table } = opened(arm, keys, heap)
    for (let i = 0; i < count; i++) put(i, i + 0.5)
    await settled(1500)
    const full = residentBytes() - before
    remove(table as never, keys, order, most)
    await settled(3000)
    const left = residentBytes() - before
    const live = table instanceof Dict ? table.byteLength : Number.NaN
    if (round === 1) return { perEntry: full / count, share: left / full, ofLive: left / live }
    if (table instanceof Map) table.clear()
    heap.close()
    await settled(3000)
    before = residentBytes()
  }
}

function remove(table: Map<unknown, number>, keys: string, order: Int32Array, most: number): void {
  const batch: string[] = []
  for (let from = 0; from < most; from += TEXT_BATCH) {
    const length = Math.min(TEXT_BATCH, most - from)
    if (keys === 'str') makeTexts(order, from, length, batch)
    for (let i = 0; i < length; i++) table.delete(keys === 'str' ? batch[i] : keyOf(order[from + i] as number))
  }
}

/** Usable bytes an entry of a thousand dicts on one heap. */
export function small(entries: number): Figures {
  const heap = new Heap()
  const dicts = Array.from({ length: 1000 }, () => new Dict(heap, { key: i32, value: f64 }))
  for (const dict of dicts) for (let i = 0; i < entries; i++) dict.set(keyOf(i), i)
  return { perEntry: dicts.reduce((sum, dict) => sum + dict.byteLength, 0) / (1000 * entries) }
}

/** Nanoseconds of `compact()` for each block it moves: of so many entries in one dict, and in a thousand on one heap. */
export function moves(entries: number): Figures {
  const nanoseconds = (dictCount: number): number => {
    const heap = new Heap()
    const dicts = Array.from({ length: dictCount }, () => new Dict(heap, { key: str, value: f64 }))
    for (let i = 0; i < entries; i++) dicts[i % dictCount]?.set(`entry ${keyOf(i)}`, i)
    for (let i = 0; i < entries; i++)
      if (Math.imul(i, 0x9e3779b1) >>> 29 !== 0) dicts[i % dictCount]?.delete(`entry ${keyOf(i)}`)
    const start = performance.now()
    const { moved } = heap.compact()
    const took = performance.now() - start
    heap.close()
    return (took * 1e6) / moved
  }
  const one: number[] = []
  const many: number[] = []
  for (let round = 0; round < 5; round++) {
    one.push(nanoseconds(1))
    many.push(nanoseconds(1000))
  }
  return { one: Math.min(...one), many: Math.min(...many) }
}

/** CPU nanoseconds of a set on the way to so many entries i32 -> i32. */
export function huge(count: number): Figures {
  const heap = new Heap()
  const dict = new Dict(heap, { key: i32, value: i32 })
  const start = process.cpuUsage()
  for (let i = 0; i < count; i++) dict.set(keyOf(i), i | 0)
  const { user, system } = process.cpuUsage(start)
  if (dict.size !== count) throw new Error('not all keys are there')
  for (let i = 0; i < 1000; i++) if (dict.get(keyOf(i * 99)) !== i * 99) throw new Error('a value is wrong')
  return { ns: ((user + system) * 1000) / count }
}
