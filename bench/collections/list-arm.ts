/**
 * `node list-arm.js list|array COUNT [visit]`: prints what was measured of one list of floats as JSON; with `visit`, of a function that
 * only looks, alone, because V8 learns which function forEach calls.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { f64, Heap } from 'ebb'
import { List } from 'ebb/collections'
import { residentBytes } from '../common/resident'

/** What is measured of a list and of an Array. */
export interface ListFigures {
  /** ns for each of `count`. */
  readonly push: number
  readonly get: number
  readonly forEach: number
  readonly forOf: number
  /** Elements in batches by copyOut; of an Array, by for-of. */
  readonly batches: number
  /** Bytes of the resident set that an element takes, and those that the list counts. */
  readonly resident: number
  readonly counted: number
  /** The longest of `count` calls of push, ms. */
  readonly longest: number
  /** Resident growth when 95 % have been popped and 3 s have passed, as a share of the full one. */
  readonly left: number
}

/** What `visit` measures, ns for each element. */
export interface VisitFigures {
  readonly visit: number
}

interface Floats {
  length: number
  push(value: number): number
  pop(): number | undefined
}

const BATCH = 4096
const batch = new Float64Array(BATCH)

/** The first ones run code that is not compiled yet. */
const TURNS = 8

const timed = (count: number, work: () => unknown): number => {
  const start = performance.now()
  work()
  return ((performance.now() - start) / count) * 1e6
}

/** The best of a few turns. */
const best = (count: number, work: () => number): number =>
  Math.min(...Array.from({ length: TURNS }, () => timed(count, work)))

// Each is written twice, so that V8 sees one kind of object at every call. What they return is thrown away, but not known to be.
const READERS = {
  list: {
    get(list: List<number>): number {
      let sum = 0
      for (let i = 0; i < list.length; i++) sum += list.get(i)
      return sum
    },
    forEach(list: List<number>): number {
      let sum = 0
      list.forEach((number) => {
        sum += number
      })
      return sum
    },
    visit(list: List<number>): number {
      let negative = 0
      list.forEach((number) => {
        if (number < 0) negative++
      })
      return negative
    },
    forOf(list: List<number>): number {
      let sum = 0
      for (const number of list) sum += number
      return sum
    },
    batches(list: List<number>): number {
      let sum = 0
      for (let from = 0; from < list.length; from += BATCH) {
        const count = list.copyOut(batch, from)
        for (let i = 0; i < count; i++) sum += batch[i] as number
      }
      return sum
    },
  },
  array: {
    get(array: number[]): number {
      let sum = 0
      for (let i = 0; i < array.length; i++) sum += array[i] as number
      return sum
    },
    forEach(array: number[]): number {
      let sum = 0
      array.forEach((number) => {
        sum += number
      })
      return sum
    },
    visit(array: number[]): number {
      let negative = 0
      array.forEach((number) => {
        if (number < 0) negative++
      })
      return negative
    },
    forOf(array: number[]): number {
      let sum = 0
      for (const number of array) sum += number
      return sum
    },
    batches(array: number[]): number {
      let sum = 0
      for (const number of array) sum += number
      return sum
    },
  },
}

function fill(floats: Floats, count: number): void {
  for (let i = 0; i < count; i++) floats.push(i + 0.5)
}

function longestPush(floats: Floats, count: number): number {
  let longest = 0
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    floats.push(i + 0.5)
    const taken = performance.now() - start
    if (taken > longest) longest = taken
  }
  return longest
}

const maker = (arm: 'list' | 'array'): (() => Floats) => {
  const heap = new Heap({ name: 'list' })
  return () => (arm === 'list' ? new List(heap, f64) : [])
}

type Readers = Record<keyof typeof READERS.array, (floats: Floats) => number>

function measureVisit(arm: 'list' | 'array', count: number): VisitFigures {
  const floats = maker(arm)()
  fill(floats, count)
  const readers = READERS[arm] as unknown as Readers
  return { visit: best(count, () => readers.visit(floats)) }
}

async function measure(arm: 'list' | 'array', count: number): Promise<ListFigures> {
  const make = maker(arm)
  const drop = (floats: Floats): void => {
    if (floats instanceof List) floats.close()
  }
  for (let turn = 0; turn < TURNS; turn++) {
    const warm = make()
    fill(warm, 100_000)
    longestPush(warm, 100_000)
    drop(warm)
  }
  globalThis.gc?.()
  await delay(1500)
  const before = residentBytes()
  const floats = make()
  const push = timed(count, () => fill(floats, count))
  const full = residentBytes() - before
  const counted = floats instanceof List ? floats.byteLength / count : full / count
  const readers = READERS[arm] as unknown as Readers
  const read = (name: keyof typeof readers): number => best(count, () => readers[name](floats))
  const times = { get: read('get'), forEach: read('forEach'), forOf: read('forOf'), batches: read('batches') }
  while (floats.length > count / 20) floats.pop()
  globalThis.gc?.()
  await delay(3000)
  const left = (residentBytes() - before) / full
  drop(floats)
  const others = make()
  const longest = longestPush(others, count)
  drop(others)
  return { push, ...times, resident: full / count, counted, longest, left }
}

const [arm, count] = [process.argv[2] as 'list' | 'array', Number(process.argv[3])]
void Promise.resolve(process.argv[4] === 'visit' ? measureVisit(arm, count) : measure(arm, count)).then((figures) =>
  console.log(JSON.stringify(figures)),
)
