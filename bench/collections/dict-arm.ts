/** One subject of the dict benches in a process of its own: times of each operation, in CPU nanoseconds. */
import { f64, Heap, i32 } from 'ebb'
import { Dict, str } from 'ebb/collections'
import { BATCH, keyOf, makeTexts, shuffled } from './keys'

/** What a Map and a Dict have in common. */
interface Subject<K> {
  get(key: K): number | undefined
  set(key: K, value: number): unknown
  delete(key: K): boolean
  values(): Iterable<number>
  readonly size: number
}

export type Times = Record<string, number>

const cpuNs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

/** Share of the entries that are deleted in the end. */
const DELETED = 0.95

/** Entries of several small subjects together. */
const SMALL = 64e3

let sink = 0

/**
 * Look-ups of whole numbers: the loop itself is timed. Of small subjects several, so that the clock does not count, and each in an order
 * of its own: a processor learns an order of a thousand, and then guesses every branch.
 */
function numbers(make: () => Subject<number>, count: number, rounds: number): Times {
  const copies = Math.max(1, Math.round(SMALL / count))
  const orders = Array.from({ length: copies }, (_, copy) => shuffled(count, 2 * copy + 1))
  const others = Array.from({ length: copies }, (_, copy) => shuffled(count, 2 * copy + 2))
  const spent: Times = { set: 0, get: 0, miss: 0, update: 0, values: 0, delete: 0 }
  const timed = (name: string, work: (copy: number) => void): void => {
    const start = cpuNs()
    for (let copy = 0; copy < copies; copy++) work(copy)
    spent[name] = (spent[name] as number) + cpuNs() - start
  }
  const most = Math.floor(count * DELETED)
  for (let round = 0; round < rounds; round++) {
    const subjects = Array.from({ length: copies }, make)
    const subject = subjects[0] as Subject<number>
    timed('set', (copy) => fill(subjects[copy] as Subject<number>, orders[copy] as Int32Array))
    timed('get', (copy) => read(subject, others[copy] as Int32Array))
    timed('miss', (copy) => readMissing(subject, others[copy] as Int32Array))
    timed('update', (copy) => fill(subject, others[copy] as Int32Array))
    timed('values', () => sum(subject))
    timed('delete', (copy) => remove(subjects[copy] as Subject<number>, others[copy] as Int32Array, most))
    if (subject.size !== count - most) throw new Error('not all keys were deleted')
    for (const one of subjects) if (one instanceof Dict) one.close()
  }
  for (const name of Object.keys(spent)) spent[name] = (spent[name] as number) / (count * copies * rounds)
  return spent
}

function fill(subject: Subject<number>, order: Int32Array): void {
  for (let i = 0; i < order.length; i++) subject.set(keyOf(order[i] as number), i + 0.5)
}

function read(subject: Subject<number>, order: Int32Array): void {
  let sum = 0
  for (let i = 0; i < order.length; i++) sum += subject.get(keyOf(order[i] as number)) as number
  sink += sum
}

function readMissing(subject: Subject<number>, order: Int32Array): void {
  for (let i = 0; i < order.length; i++)
    if (subject.get(keyOf((order[i] as number) + order.length)) !== undefined) sink++
}

function sum(subject: Subject<number>): void {
  let sum = 0
  for (const value of subject.values()) sum += value
  sink += sum
}

function remove(subject: Subject<number>, order: Int32Array, most: number): void {
  for (let i = 0; i < most; i++) subject.delete(keyOf(order[i] as number))
}

/** Look-ups of a table of texts, as many at most: a Map of 1e7 takes minutes for all. */
const TEXTS_LOOKED_UP = 1e6

/** Look-ups of texts: a batch is made, then looked up, and only that is timed. */
function texts(make: () => Subject<string>, count: number, rounds: number): Times {
  const order = shuffled(count, 1)
  const other = shuffled(count, 2).subarray(0, TEXTS_LOOKED_UP)
  const batch: string[] = new Array(BATCH).fill('')
  const spent: Times = {}
  const timed = (name: string, by: Int32Array, salt: number, work: (length: number, from: number) => void): void => {
    let sum = 0
    for (let from = 0; from < by.length; from += BATCH) {
      const length = Math.min(BATCH, by.length - from)
      makeTexts(by, from, length, batch, salt)
      const start = cpuNs()
      work(length, from)
      sum += cpuNs() - start
    }
    spent[name] = (spent[name] ?? 0) + sum / (by.length * rounds)
  }
  for (let round = 0; round < rounds; round++) {
    const subject = make()
    timed('set', order, 0, (length, from) => {
      for (let i = 0; i < length; i++) subject.set(batch[i] as string, from + i + 0.5)
    })
    timed('get', other, 0, (length) => {
      let sum = 0
      for (let i = 0; i < length; i++) sum += subject.get(batch[i] as string) as number
      sink += sum
    })
    timed('miss', other, count, (length) => {
      for (let i = 0; i < length; i++) if (subject.get(batch[i] as string) !== undefined) sink++
    })
    if (count <= TEXTS_LOOKED_UP) spent.again = (spent.again ?? 0) + again(make(), order, other) / rounds
    timed('update', other, 0, (length) => {
      for (let i = 0; i < length; i++) subject.set(batch[i] as string, i + 0.25)
    })
    const start = cpuNs()
    for (const value of subject.values()) sink += value
    spent.values = (spent.values ?? 0) + (cpuNs() - start) / (count * rounds)
    timed('delete', other, 0, (length) => {
      for (let i = 0; i < length; i++) subject.delete(batch[i] as string)
    })
    if (subject.size !== count - other.length) throw new Error('not all keys were deleted')
    if (subject instanceof Dict) subject.close()
  }
  return spent
}

/** Nanoseconds for a string object that is put in and asked for again: V8 keeps the hash of each in it, and knows that it is the same. */
function again(subject: Subject<string>, order: Int32Array, other: Int32Array): number {
  const kept: string[] = []
  const batch: string[] = []
  const count = order.length
  for (let from = 0; from < count; from += BATCH) {
    const length = Math.min(BATCH, count - from)
    makeTexts(order, from, length, batch)
    for (let i = 0; i < length; i++) kept.push(batch[i] as string)
  }
  for (let i = 0; i < count; i++) subject.set(kept[i] as string, i + 0.5)
  const start = cpuNs()
  let sum = 0
  for (let i = 0; i < count; i++) sum += subject.get(kept[other[i] as number] as string) as number
  sink += sum
  const took = cpuNs() - start
  if (subject instanceof Dict) subject.close()
  return took / count
}

/** @param arm - `map` or `ebb`; @param keys - `i32` or `str` */
export function measure(arm: string, keys: string, count: number): Times {
  const rounds = Math.max(1, Math.ceil(2e6 / Math.max(count, SMALL)))
  const heap = new Heap()
  if (keys === 'i32') {
    const make = (): Subject<number> =>
      arm === 'map' ? new Map<number, number>() : new Dict(heap, { key: i32, value: f64 })
    numbers(make, Math.min(count, 1000), 5)
    return numbers(make, count, rounds)
  }
  const make = (): Subject<string> =>
    arm === 'map' ? new Map<string, number>() : new Dict(heap, { key: str, value: f64 })
  texts(make, Math.min(count, 1000), 200)
  return texts(make, count, Math.max(1, Math.ceil(1e6 / count)))
}

export const sunk = (): number => sink
