/**
 * Child side: records against plain objects in an array: reading one field, reading three, a step of particles (two reads and a write
 * for each of two fields), and making and dropping them. Three ways: each record a block of its own, reached by pointer; one
 * block of records and a cursor; objects. A loop for each, as shared code would be slower for all.
 */
import type { Heap, Pointer } from 'ebb'
import { generator, shuffle } from '../workloads/random'
import type { EbbModule } from './js-arms'
import type { SingleOptions } from './protocol'
import type { Batch } from './work'

interface Particle {
  x: number
  y: number
  dx: number
  dy: number
  tag: number
}

const particleAt = (i: number): Particle => ({ x: i + 0.5, y: 0.5, dx: 0.25, dy: 1.5, tag: i & 7 })

/** Accesses to a field in one record, by the name of the operation; making is counted by the record. */
const ACCESSES: Readonly<Record<string, number>> = {
  'record read x': 1,
  'record read tag': 1,
  'record read x, y, tag': 3,
  'record step': 1,
}

export function recordBatch(arm: string, single: string, options: SingleOptions, ebb: EbbModule): Batch {
  const count = options.count ?? 1e5
  if (single === 'record make') return arm === 'ebb' ? makeRecords(count, ebb) : makeObjects(count)
  const order = Int32Array.from({ length: count }, (_, i) => i)
  if (options.isShuffled) shuffle(order, generator(7))
  const perRecord = ACCESSES[single]
  if (perRecord === undefined) throw new Error(`no such operation: ${single}`)
  return { ...batchOf(arm, single, order, ebb), operations: count * perRecord }
}

function batchOf(arm: string, single: string, order: Int32Array, ebb: EbbModule): Omit<Batch, 'operations'> {
  switch (arm) {
    case 'ebb':
      return byPointer(single, order, ebb)
    case 'ebb cursor':
      return byCursor(single, order, ebb)
    case 'objects':
      return byObject(single, order)
    default:
      throw new Error(`no such arm: ${arm}`)
  }
}

const particleType = ({ record, f64, u8 }: EbbModule, heap: Heap) =>
  record(heap, { x: f64, y: f64, dx: f64, dy: f64, tag: u8 })

function particles(ebb: EbbModule) {
  const heap = new ebb.Heap()
  useOtherRecords(heap, ebb)
  return { heap, type: particleType(ebb, heap) }
}

/** Many kinds of record before the measured one, so that what V8 learnt of one kind only is not what is measured. */
function useOtherRecords(heap: Heap, { record, f64, u8 }: EbbModule): void {
  for (let kind = 0; kind < 8; kind++) {
    const other = record(heap, { [`a${kind}`]: f64, x: f64, y: f64, tag: u8 })
    const block = other.allocArray(100)
    const cursor = other.cursor(block, 100)
    for (let pass = 0; pass < 200; pass++) {
      for (let i = 0; i < 100; i++) {
        const row = cursor.at(i) as unknown as { x: number; y: number }
        row.x += i
        row.y += row.x
      }
    }
    heap.free(block)
  }
}

function byPointer(single: string, order: Int32Array, ebb: EbbModule): Omit<Batch, 'operations'> {
  const { heap, type } = particles(ebb)
  const { x, y, dx, dy, tag } = type.fields
  const made = Int32Array.from(order, (_, i) => type.fromObject(particleAt(i)))
  const all = Int32Array.from(order, (i) => made[i]!)
  const count = all.length
  const runs: Readonly<Record<string, () => unknown>> = {
    'record read x': () => {
      let sum = 0
      for (let i = 0; i < count; i++) sum += x.get(all[i] as Pointer)
      return sum
    },
    'record read tag': () => {
      let sum = 0
      for (let i = 0; i < count; i++) sum += tag.get(all[i] as Pointer)
      return sum
    },
    'record read x, y, tag': () => {
      let sum = 0
      for (let i = 0; i < count; i++) {
        const p = all[i] as Pointer
        sum += x.get(p) + y.get(p) + tag.get(p)
      }
      return sum
    },
    'record step': () => {
      for (let i = 0; i < count; i++) {
        const p = all[i] as Pointer
        x.set(p, x.get(p) + dx.get(p))
        y.set(p, y.get(p) + dy.get(p))
      }
      return x.get(all[0] as Pointer)
    },
  }
  return { run: runs[single]!, finish: () => heap.close() }
}

function byCursor(single: string, order: Int32Array, ebb: EbbModule): Omit<Batch, 'operations'> {
  const { heap, type } = particles(ebb)
  const count = order.length
  const block = type.allocArray(count)
  for (let i = 0; i < count; i++) type.assign(block, particleAt(i), i)
  const cursor = type.cursor(block, count)
  const runs: Readonly<Record<string, () => unknown>> = {
    'record read x': () => {
      let sum = 0
      for (let i = 0; i < count; i++) sum += cursor.at(order[i]!).x
      return sum
    },
    'record read tag': () => {
      let sum = 0
      for (let i = 0; i < count; i++) sum += cursor.at(order[i]!).tag
      return sum
    },
    'record read x, y, tag': () => {
      let sum = 0
      for (let i = 0; i < count; i++) {
        const row = cursor.at(order[i]!)
        sum += row.x + row.y + row.tag
      }
      return sum
    },
    'record step': () => {
      for (let i = 0; i < count; i++) {
        const row = cursor.at(order[i]!)
        row.x += row.dx
        row.y += row.dy
      }
      return cursor.at(0).x
    },
  }
  return { run: runs[single]!, finish: () => heap.close() }
}

function byObject(single: string, order: Int32Array): Omit<Batch, 'operations'> {
  const made = Array.from(order, (_, i) => particleAt(i))
  const all = Array.from(order, (i) => made[i]!)
  const count = all.length
  const runs: Readonly<Record<string, () => unknown>> = {
    'record read x': () => {
      let sum = 0
      for (let i = 0; i < count; i++) sum += all[i]!.x
      return sum
    },
    'record read tag': () => {
      let sum = 0
      for (let i = 0; i < count; i++) sum += all[i]!.tag
      return sum
    },
    'record read x, y, tag': () => {
      let sum = 0
      for (let i = 0; i < count; i++) {
        const p = all[i]!
        sum += p.x + p.y + p.tag
      }
      return sum
    },
    'record step': () => {
      for (let i = 0; i < count; i++) {
        const p = all[i]!
        p.x += p.dx
        p.y += p.dy
      }
      return all[0]!.x
    },
  }
  return { run: runs[single]! }
}

/** All fields are written; all records live until the last is made. */
function makeRecords(count: number, ebb: EbbModule): Batch {
  const { heap, type } = particles(ebb)
  const { x, y, dx, dy, tag } = type.fields
  const all = new Int32Array(count)
  const run = (): unknown => {
    for (let i = 0; i < count; i++) {
      const p = type.alloc()
      x.set(p, i + 0.5)
      y.set(p, 0.5)
      dx.set(p, 0.25)
      dy.set(p, 1.5)
      tag.set(p, i & 7)
      all[i] = p
    }
    for (let i = 0; i < count; i++) heap.free(all[i] as Pointer)
    return heap
  }
  return { run, operations: count, finish: () => heap.close() }
}

function makeObjects(count: number): Batch {
  const all: (Particle | undefined)[] = new Array(count)
  const run = (): unknown => {
    for (let i = 0; i < count; i++) all[i] = particleAt(i)
    for (let i = 0; i < count; i++) all[i] = undefined
    return all
  }
  return { run, operations: count }
}
