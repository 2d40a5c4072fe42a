/**
 * Child side: fields of many small things, read or written one after another: through pointers in an array, as properties of plain objects in
 * an array, and at an offset of one large DataView. Every thing has four fields, of which the third is used. No loop asks for the length
 * of its list again: of a typed array V8 answers that by way of a double once a detach has happened, which costs more than the read.
 */
import type { Pointer } from 'ebb'
import { generator, shuffle } from '../workloads/random'
import type { EbbModule } from './js-arms'
import type { SingleOptions } from './protocol'
import type { Batch } from './work'

/** Bytes of a thing, and where its third field lies. */
const THING_BYTES = 32
const FIELD_AT = 16

interface Thing {
  id: number
  kind: number
  value: number
  next: number
}

export function fieldBatch(arm: string, single: string, options: SingleOptions, ebb: EbbModule): Batch {
  const count = options.count ?? 1e5
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  if (options.isShuffled) shuffle(order, generator(7))
  if (arm === 'ebb') return ebbFields(single, order, ebb)
  if (arm === 'objects') return objectFields(single, order)
  if (arm === 'DataView') return dataViewFields(single, order)
  throw new Error(`no such arm: ${arm}`)
}

function ebbFields(single: string, order: Uint32Array, { Heap }: EbbModule): Batch {
  const heap = new Heap()
  const made = heap.allocMany(THING_BYTES, new Int32Array(order.length))
  const isFloat = single === 'read float64'
  for (let i = 0; i < made.length; i++) {
    if (isFloat) heap.setFloat64(made[i] as Pointer, FIELD_AT, i + 0.5)
    else heap.setInt32(made[i] as Pointer, FIELD_AT, i)
  }
  const things = Array.from(order, (i) => made[i]!)
  const count = order.length
  const readInt32 = (): number => {
    let sum = 0
    for (let i = 0; i < count; i++) sum = (sum + heap.getInt32(things[i] as Pointer, FIELD_AT)) | 0
    return sum
  }
  const readFloat64 = (): number => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += heap.getFloat64(things[i] as Pointer, FIELD_AT)
    return sum
  }
  const writeInt32 = (): void => {
    for (let i = 0; i < count; i++) heap.setInt32(things[i] as Pointer, FIELD_AT, i)
  }
  const finish = (): void => {
    heap.freeMany(made)
    heap.close()
  }
  return { run: pick(single, readInt32, readFloat64, writeInt32), operations: order.length, finish }
}

function objectFields(single: string, order: Uint32Array): Batch {
  const isFloat = single === 'read float64'
  const made: Thing[] = []
  for (let i = 0; i < order.length; i++) made.push({ id: i, kind: i & 7, value: isFloat ? i + 0.5 : i, next: 0 })
  const things = Array.from(order, (i) => made[i]!)
  const count = order.length
  const readInt32 = (): number => {
    let sum = 0
    for (let i = 0; i < count; i++) sum = (sum + things[i]!.value) | 0
    return sum
  }
  const readFloat64 = (): number => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += things[i]!.value
    return sum
  }
  const writeInt32 = (): void => {
    for (let i = 0; i < count; i++) things[i]!.value = i
  }
  return { run: pick(single, readInt32, readFloat64, writeInt32), operations: order.length }
}

function dataViewFields(single: string, order: Uint32Array): Batch {
  const view = new DataView(new ArrayBuffer(order.length * THING_BYTES))
  const isFloat = single === 'read float64'
  for (let i = 0; i < order.length; i++) {
    if (isFloat) view.setFloat64(i * THING_BYTES + FIELD_AT, i + 0.5, true)
    else view.setInt32(i * THING_BYTES + FIELD_AT, i, true)
  }
  const offsets = Int32Array.from(order, (i) => i * THING_BYTES)
  const count = order.length
  const readInt32 = (): number => {
    let sum = 0
    for (let i = 0; i < count; i++) sum = (sum + view.getInt32(offsets[i]! + FIELD_AT, true)) | 0
    return sum
  }
  const readFloat64 = (): number => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += view.getFloat64(offsets[i]! + FIELD_AT, true)
    return sum
  }
  const writeInt32 = (): void => {
    for (let i = 0; i < count; i++) view.setInt32(offsets[i]! + FIELD_AT, i, true)
  }
  return { run: pick(single, readInt32, readFloat64, writeInt32), operations: order.length }
}

function pick(single: string, readInt32: () => unknown, readFloat64: () => unknown, writeInt32: () => unknown) {
  switch (single) {
    case 'read int32':
      return readInt32
    case 'read float64':
      return readFloat64
    case 'write int32':
      return writeInt32
    default:
      throw new Error(`no such operation: ${single}`)
  }
}
