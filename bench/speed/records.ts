/**
 * Child side: records against plain objects in an array: a step of particles (two reads and a write for each of two fields), and making
 * and dropping them. Three ways to step: each record a block of its own, reached by pointer; one block of records and a cursor; objects.
 */
import type { Pointer } from 'ebb'
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

export function recordBatch(arm: string, single: string, { count = 1e5 }: SingleOptions, ebb: EbbModule): Batch {
  const isStep = single === 'record step'
  switch (arm) {
    case 'ebb':
      return isStep ? stepByPointer(count, ebb) : makeRecords(count, ebb)
    case 'ebb cursor':
      return stepByCursor(count, ebb)
    case 'objects':
      return isStep ? stepObjects(count) : makeObjects(count)
    default:
      throw new Error(`no such arm: ${arm}`)
  }
}

function particles({ Heap, record, f64, u8 }: EbbModule) {
  const heap = new Heap()
  return { heap, type: record(heap, { x: f64, y: f64, dx: f64, dy: f64, tag: u8 }) }
}

function stepByPointer(count: number, ebb: EbbModule): Batch {
  const { heap, type } = particles(ebb)
  const { x, y, dx, dy } = type.fields
  const all = Int32Array.from({ length: count }, (_, i) => type.fromObject(particleAt(i)))
  const run = (): unknown => {
    for (let i = 0; i < count; i++) {
      const p = all[i] as Pointer
      x.set(p, x.get(p) + dx.get(p))
      y.set(p, y.get(p) + dy.get(p))
    }
    return x.get(all[0] as Pointer)
  }
  return { run, operations: count, finish: () => heap.close() }
}

function stepByCursor(count: number, ebb: EbbModule): Batch {
  const { heap, type } = particles(ebb)
  const block = type.allocArray(count)
  for (let i = 0; i < count; i++) type.assign(block, particleAt(i), i)
  const cursor = type.cursor(block, count)
  const run = (): unknown => {
    for (let i = 0; i < count; i++) {
      const row = cursor.at(i)
      row.x += row.dx
      row.y += row.dy
    }
    return cursor.at(0).x
  }
  return { run, operations: count, finish: () => heap.close() }
}

function stepObjects(count: number): Batch {
  const all = Array.from({ length: count }, (_, i) => particleAt(i))
  const run = (): unknown => {
    for (let i = 0; i < count; i++) {
      const p = all[i]!
      p.x += p.dx
      p.y += p.dy
    }
    return all[0]!.x
  }
  return { run, operations: count }
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
