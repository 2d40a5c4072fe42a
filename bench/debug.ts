/**
 * `npm run bench:debug`: what a debug heap and a profiled heap cost. Time of an `alloc`, a write and a `free` of 48 bytes beside a live
 * neighbour, as in `npm run bench`; resident bytes of a live block, V8's share included. Each arm is a process of its own, the arms take turns.
 *
 *     npm run bench:debug [-- --quick]
 */
import { spawnSync } from 'node:child_process'
import { Heap, type HeapOptions } from 'ebb'
import { makeDetachHappen } from './common/detach'
import { describeMachine, machineLine, writeJson } from './common/machine'
import { median, medians } from './common/quantile'
import { residentBytes } from './common/resident'
import { digits, table } from './common/table'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 3 : 7
const BYTES = 48
const PAIRS = 10_000
const BATCH_MS = isQuick ? 100 : 400
/** Live blocks whose memory is measured. */
const LIVE = 100_000

const quiet = { leaks: 'ignore', idle: false } as const
/** The arms, and at most how many times as long as an ordinary heap's pair theirs may take; undefined: no bound was set. */
const ARMS: Record<string, { readonly options: HeapOptions; readonly most?: number }> = {
  'ordinary heap': { options: {} },
  'profile: true': { options: { profile: true }, most: 2 },
  'clearOnFree: true': { options: { clearOnFree: true } },
  'debug, all checks, no stacks': { options: { debug: { ...quiet, stacks: 0 } }, most: 10 },
  'debug, every 1000th stack': { options: { debug: { ...quiet, stacks: 1000 } } },
  'debug, every 100th stack': { options: { debug: { ...quiet, stacks: 100 } } },
  'debug, every stack': { options: { debug: quiet } },
}

interface Result {
  /** ns of a pair. */
  readonly ns: number
  /** Bytes of a live block. */
  readonly bytes: number
}

/** The first batches, which V8 compiles in, do not count. */
function pairNs(options: HeapOptions): number {
  const heap = new Heap(options)
  heap.alloc(BYTES)
  const times: number[] = []
  const end = performance.now() + BATCH_MS
  for (let now = performance.now(); now < end; ) {
    for (let i = 0; i < PAIRS; i++) {
      const pointer = heap.alloc(BYTES)
      heap.setInt32(pointer, 0, i)
      heap.free(pointer)
    }
    const after = performance.now()
    times.push(((after - now) * 1e6) / PAIRS)
    now = after
  }
  heap.close()
  return median(times.slice(Math.floor(times.length / 2)))
}

function liveBytes(options: HeapOptions): number {
  const heap = new Heap(options)
  const before = residentBytes()
  for (let i = 0; i < LIVE; i++) heap.setInt32(heap.alloc(BYTES), 0, i)
  const grown = residentBytes() - before
  heap.close()
  return grown / LIVE
}

function main(): void {
  const machine = describeMachine()
  const found = new Map(Object.keys(ARMS).map((arm): [string, Result[]] => [arm, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [arm, results] of found) {
      const args = [__filename, '--arm', arm, ...(isQuick ? ['--quick'] : [])]
      const child = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
      if (child.status !== 0) throw new Error(`${arm} ended with ${child.status}`)
      results.push(JSON.parse(child.stdout) as Result)
    }
  }
  const rows = [...found].map(([arm, results]) => ({ arm, ...medians<keyof Result>(results) }))
  const base = rows[0] as Result
  const lines = rows.map(({ arm, ns, bytes }) => {
    const { most } = ARMS[arm] as { most?: number }
    const ratio = ns / base.ns
    const bound = most === undefined ? '' : `${most} ${ratio <= most ? 'PASS' : 'MISS'}`
    return [arm, digits(ns), digits(ratio), bound, digits(bytes)]
  })
  const head = ['heap', 'ns a pair', 'times', 'at most', 'bytes a live block of 48']
  console.log(`${machineLine(machine)}\n\n${table(head, lines)}\n\n${writeJson('bench-debug', { machine, rows })}`)
}

const arm = ARMS[process.argv[process.argv.indexOf('--arm') + 1] ?? '']
if (arm === undefined) main()
else {
  makeDetachHappen()
  const bytes = liveBytes(arm.options)
  console.log(JSON.stringify({ ns: pairNs(arm.options), bytes }))
}
