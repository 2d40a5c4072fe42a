/**
 * Growth of one block from 16 bytes to 64 MB, in doublings and in steps of 1 KB, each step writing the new bytes: heap.realloc, a
 * Buffer replaced by Buffer.concat, and a Buffer that is copied into one of twice the capacity whenever it is full. Every arm is a process of
 * its own, the arms in turn.
 *
 *     node build/js/bench/sizes/growth.js [--quick]
 */
import { spawnSync } from 'node:child_process'
import { Heap } from 'ebb'
import { describeMachine, machineLine, writeJson } from '../common/machine'
import { medians } from '../common/quantile'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 5
const FROM = 16
const TO = isQuick ? 4e6 : 64e6
/** Growing by concat copies all that is there at each step: it is stopped here, and the rest is left out. */
const CONCAT_SECONDS = isQuick ? 2 : 10
const STEP = 1000

type Steps = 'doublings' | 'steps of 1 KB'
const ARMS = ['heap.realloc', 'Buffer.concat', 'Buffer.allocUnsafe, doubled'] as const
type Arm = (typeof ARMS)[number]

interface Result {
  readonly ms: number
  /** Bytes reached: less than asked for where it took too long. */
  readonly reached: number
  readonly steps: number
  /** Bytes: the largest resident set of the process above that at its start. */
  readonly peak: number
}

/** The sizes a block goes through, from the second on. */
function* sizesOf(steps: Steps): Generator<number> {
  if (steps === 'doublings') for (let size = FROM * 2; size < TO; size *= 2) yield size
  else for (let size = FROM + STEP; size < TO; size += STEP) yield size
  yield TO
}

/** Each arm: makes the block `size` bytes long and writes the bytes from `before` on. */
function makeArm(arm: Arm): (before: number, size: number) => void {
  switch (arm) {
    case 'heap.realloc': {
      const heap = new Heap()
      let block = heap.alloc(FROM)
      return (before, size) => {
        block = heap.realloc(block, size)
        heap.bytes(block, size).fill(7, before)
      }
    }
    case 'Buffer.concat': {
      let buffer = Buffer.alloc(FROM)
      return (before, size) => {
        buffer = Buffer.concat([buffer, Buffer.alloc(size - before, 7)])
      }
    }
    case 'Buffer.allocUnsafe, doubled': {
      let buffer = Buffer.allocUnsafe(FROM)
      return (before, size) => {
        if (size > buffer.length) {
          const larger = Buffer.allocUnsafe(Math.max(size, buffer.length * 2))
          buffer.copy(larger, 0, 0, before)
          buffer = larger
        }
        buffer.fill(7, before, size)
      }
    }
  }
}

const isArm = (name: string | undefined): name is Arm => ARMS.includes(name as Arm)

function run(arm: Arm, steps: Steps): Result {
  const grow = makeArm(arm)
  const resident = process.memoryUsage.rss()
  let peak = 0
  let before = FROM
  let count = 0
  const start = performance.now()
  for (const size of sizesOf(steps)) {
    grow(before, size)
    before = size
    count++
    if ((count & 0xff) === 0 || steps === 'doublings') {
      peak = Math.max(peak, process.memoryUsage.rss() - resident)
      if (performance.now() - start > CONCAT_SECONDS * 1000) break
    }
  }
  return { ms: performance.now() - start, reached: before, steps: count, peak }
}

function main(): void {
  const machine = describeMachine()
  console.log(
    `${machineLine(machine)}\n\none block from ${FROM} bytes to ${TO / 1e6} MB, new bytes written at each step`,
  )
  console.log('Buffer.concat copies everything at each step, so its time grows with the square of the size.\n')
  console.log(
    `${'growth'.padEnd(15)}${'by'.padEnd(29)}${'steps'.padStart(8)}${'ms'.padStart(11)}${'ns/step'.padStart(12)}  peak resident`,
  )
  const rows: object[] = []
  for (const steps of ['doublings', 'steps of 1 KB'] as const) {
    const results = new Map<Arm, Result[]>(ARMS.map((arm) => [arm, []]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const arm of ARMS) {
        const had = results.get(arm) as Result[]
        // What was stopped once would be stopped again.
        if (had.some(({ reached }) => reached < TO)) continue
        const flags = isQuick ? ['--quick'] : []
        const child = spawnSync(process.execPath, [__filename, '--arm', arm, steps, ...flags], { encoding: 'utf8' })
        if (child.status !== 0) throw new Error(child.stderr)
        had.push(JSON.parse(child.stdout) as Result)
      }
    }
    for (const [arm, list] of results) {
      const { ms, reached, steps: count, peak } = medians<keyof Result>(list)
      const note = reached < TO ? `  stopped at ${(reached / 1e6).toFixed(1)} MB after ${CONCAT_SECONDS} s` : ''
      console.log(
        `${steps.padEnd(15)}${arm.padEnd(29)}${String(count).padStart(8)}${ms.toFixed(1).padStart(11)}` +
          `${((ms * 1e6) / count).toFixed(0).padStart(12)}  ${(peak / 2 ** 20).toFixed(0)} MiB${note}`,
      )
      rows.push({ growth: steps, by: arm, ms, reached, steps: count, peakBytes: peak, rounds: list.length })
    }
  }
  console.log(`\n${writeJson('growth', { machine, to: TO, rows })}`)
}

const at = process.argv.indexOf('--arm')
const arm = process.argv[at + 1]
if (at > 0 && isArm(arm)) console.log(JSON.stringify(run(arm, process.argv[at + 2] as Steps)))
else main()
