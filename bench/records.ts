/**
 * Records against plain objects: reading one field, reading three, and writing, in the order of allocation and shuffled, at 1e5 and
 * 1e6 records. One process per number of records; in it all arms in turn, medians of the rounds, after a detach has happened.
 *
 *     node build/js/bench/records.js [--quick]
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { f64, Heap, type Pointer, record, u8 } from 'ebb'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 5 : 9
const TARGET_READS = isQuick ? 5e5 : 1e6
const COUNTS = isQuick ? [1e5] : [1e5, 1e6]
/** The field read's bound, a ratio to the plain object's. */
const BOUND = 1.2

interface Particle {
  x: number
  y: number
  dx: number
  dy: number
  tag: number
}

interface Row {
  readonly records: number
  readonly order: string
  readonly what: string
  readonly objects: number
  readonly fields: number
  readonly cursor?: number
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number

/** A seeded permutation of 0 .. length - 1. */
function shuffled(length: number): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i)
  let seed = 12345
  for (let i = length - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    const j = seed % (i + 1)
    const swapped = order[i] as number
    order[i] = order[j] as number
    order[j] = swapped
  }
  return order
}

let sink = 0

/** Seconds of one run are divided by `operations`; arms in turn, ns of the median. */
function race(operations: number, repeat: number, arms: readonly (() => number)[]): number[] {
  const times = arms.map((): number[] => [])
  for (let round = 0; round < ROUNDS + 3; round++) {
    arms.forEach((arm, i) => {
      const start = process.hrtime.bigint()
      for (let r = 0; r < repeat; r++) sink += arm()
      if (round >= 3) times[i]?.push(Number(process.hrtime.bigint() - start) / (operations * repeat))
    })
  }
  return times.map(median)
}

/** Many kinds of record before the measured one, so that what V8 learnt of one kind only is not what is measured. */
function useOtherRecords(heap: Heap): void {
  for (let kind = 0; kind < 8; kind++) {
    const other = record(heap, { [`a${kind}`]: f64, x: f64, y: f64, tag: u8 })
    const block = other.allocArray(100)
    const cursor = other.cursor(block, 100)
    for (let pass = 0; pass < 200; pass++) {
      for (let i = 0; i < 100; i++) {
        const row = cursor.at(i) as unknown as { x: number; y: number }
        row.x += i
        sink += row.x + row.y
      }
    }
  }
}

function measure(count: number): Row[] {
  const heap = new Heap()
  const gone = new Heap({ decay: 0 })
  gone.free(gone.alloc(100))
  gone.close()
  useOtherRecords(heap)
  const particle = record(heap, { x: f64, y: f64, dx: f64, dy: f64, tag: u8 })
  const { x, y, dx, dy, tag } = particle.fields
  const made: Particle[] = Array.from({ length: count }, (_, i) => ({
    x: i + 0.5,
    y: 0.5,
    dx: 0.25,
    dy: 1.5,
    tag: i & 7,
  }))
  const madePointers = Int32Array.from(made, (values) => particle.fromObject(values))
  const block = particle.allocArray(count)
  made.forEach((values, i) => {
    particle.assign(block, values, i)
  })
  const cursor = particle.cursor(block, count)
  const rows: Row[] = []
  const repeat = Math.max(1, Math.round(TARGET_READS / count))

  for (const order of ['as allocated', 'shuffled']) {
    const index = order === 'shuffled' ? shuffled(count) : Int32Array.from({ length: count }, (_, i) => i)
    const objects = Array.from(index, (i) => made[i] as Particle)
    const pointers = Int32Array.from(index, (i) => madePointers[i] as number) as unknown as Pointer[]

    const add = (what: string, perRecord: number, arms: readonly (() => number)[]): void => {
      const [o, f, c] = race(count * perRecord, repeat, arms) as [number, number, number]
      rows.push({ records: count, order, what, objects: o, fields: f, cursor: c })
    }
    add('read x (f64)', 1, [
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) sum += (objects[i] as Particle).x
        return sum
      },
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) sum += x.get(pointers[i] as Pointer)
        return sum
      },
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) sum += cursor.at(index[i] as number).x
        return sum
      },
    ])
    add('read tag (u8)', 1, [
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) sum += (objects[i] as Particle).tag
        return sum
      },
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) sum += tag.get(pointers[i] as Pointer)
        return sum
      },
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) sum += cursor.at(index[i] as number).tag
        return sum
      },
    ])
    add('read x, y, tag', 3, [
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) {
          const o = objects[i] as Particle
          sum += o.x + o.y + o.tag
        }
        return sum
      },
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) {
          const p = pointers[i] as Pointer
          sum += x.get(p) + y.get(p) + tag.get(p)
        }
        return sum
      },
      () => {
        let sum = 0
        for (let i = 0; i < count; i++) {
          const row = cursor.at(index[i] as number)
          sum += row.x + row.y + row.tag
        }
        return sum
      },
    ])
    add('x += dx, y += dy', 4, [
      () => {
        for (let i = 0; i < count; i++) {
          const o = objects[i] as Particle
          o.x += o.dx
          o.y += o.dy
        }
        return (objects[0] as Particle).x
      },
      () => {
        for (let i = 0; i < count; i++) {
          const p = pointers[i] as Pointer
          x.set(p, x.get(p) + dx.get(p))
          y.set(p, y.get(p) + dy.get(p))
        }
        return x.get(pointers[0] as Pointer)
      },
      () => {
        for (let i = 0; i < count; i++) {
          const row = cursor.at(index[i] as number)
          row.x += row.dx
          row.y += row.dy
        }
        return cursor.at(0).x
      },
    ])
  }
  heap.close()
  return rows
}

function main(): void {
  const rows: Row[] = COUNTS.flatMap((count) => {
    const flags = isQuick ? ['--quick'] : []
    const { stdout, stderr, status } = spawnSync(process.execPath, [__filename, '--count', String(count), ...flags], {
      encoding: 'utf8',
      maxBuffer: 1e8,
    })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as Row[]
  })
  const ns = (value: number): string => value.toFixed(2).padStart(8)
  console.log(
    'ns per field access; the ratio is to plain objects in an array (the whole machine is shared: read ratios)\n',
  )
  console.log(
    `${'records'.padStart(8)}  ${'order'.padEnd(13)}${'what'.padEnd(18)} objects  by pointer  ratio   cursor  ratio`,
  )
  for (const row of rows) {
    const cursor = row.cursor ?? Number.NaN
    console.log(
      `${String(row.records).padStart(8)}  ${row.order.padEnd(13)}${row.what.padEnd(18)}${ns(row.objects)}    ${ns(row.fields)}  ` +
        `${(row.fields / row.objects).toFixed(2).padStart(5)} ${ns(cursor)}  ${(cursor / row.objects).toFixed(2).padStart(5)}`,
    )
  }
  const reads = rows.filter((row) => row.what.startsWith('read'))
  const missed = reads.filter((row) => row.fields / row.objects > BOUND)
  const worst = Math.max(...reads.map((row) => row.fields / row.objects))
  console.log(
    `\nbound: a read by pointer at most ${BOUND} x a property read: ${missed.length === 0 ? 'held' : `MISSED in ${missed.length} of ${reads.length} rows`}, worst ${worst.toFixed(2)}`,
  )
  mkdirSync('out', { recursive: true })
  const machine = { cpu: cpus()[0]?.model, node: process.version, date: new Date().toISOString() }
  writeFileSync('out/records.json', `${JSON.stringify({ machine, bound: BOUND, rows }, null, 2)}\n`)
}

const at = process.argv.indexOf('--count')
if (at < 0) main()
else {
  console.log(JSON.stringify(measure(Number(process.argv[at + 1]))))
  if (Number.isNaN(sink)) throw new Error('a sum went wrong')
}
