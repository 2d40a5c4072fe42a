/**
 * `npm run test:model`: random calls on three heaps beside an exact model, as many as an hour has room for. Ends with 1 at the first
 * difference, with the seed and the number of the operation. Time is the script's own: the same seed does the same everywhere.
 *
 *     npm run test:model                                1e7 operations
 *     npm run test:model -- --operations 1e9 --seed 7
 */
import { parseArgs } from 'node:util'
import type { HeapOptions } from 'ebb'
import { describeMachine, machineLine } from './common/machine'
import { Model } from './model/model'
import { FastRandom } from './model/random'
import { inside } from './soak/inside'

const { values } = parseArgs({
  options: { operations: { type: 'string', default: '1e7' }, seed: { type: 'string', default: '1' } },
})
const operations = Number(values.operations)
const seed = Number(values.seed)
if (!(operations >= 1) || !Number.isInteger(seed)) throw new Error('--operations is above 0, --seed a whole number')

/** After so many operations time goes on, and: memory is given back or blocks are moved; all is verified; a heap is made anew. */
const TICK = 1 << 12
const WORK = 1 << 16
const VERIFY = 1 << 20
const RENEW = 1 << 23

let now = 0
const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
const clock = {
  now: () => now,
  schedule(callback: () => void, ms: number): () => void {
    const timer = { at: now + ms, callback }
    timers.add(timer)
    return () => timers.delete(timer)
  },
}

/** Lets time pass. A timer may be late, as in a busy process. */
function advance(ms: number): void {
  now += ms
  for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.callback()
}

const KINDS: readonly (readonly [HeapOptions, number])[] = [
  [{ name: 'decay 0', decay: 0 }, 3000],
  [{ name: 'decay 1000 and a limit', decay: 1000, limit: 10 << 20 }, 8000],
  [{ name: 'no decay', decay: Infinity }, 1000],
]
const random = new FastRandom(seed)
const make = (kind: number): Model => {
  const [options, most] = KINDS[kind]!
  return new Model({ ...options, clock }, random, most)
}
const models = KINDS.map((_, kind) => make(kind))

function verify(model: Model): void {
  inside.checkHeap(inside.partsOf(model.heap))
  model.verifyAll()
}

let done = 0
let refused = 0

function sometimes(): void {
  advance(random.below(200))
  if (done % WORK === 0) {
    const model = models[random.below(models.length)]!
    if (random.below(2) === 0) model.heap.purge()
    else model.compact()
  }
  if (done % VERIFY === 0) for (const model of models) verify(model)
  if (done % RENEW !== 0) return
  const kind = random.below(models.length)
  refused += models[kind]!.refused
  models[kind]!.close()
  models[kind] = make(kind)
}

function main(): void {
  Error.stackTraceLimit = 0 // thousands of calls are refused, and a stack costs more than all the rest
  const start = performance.now()
  try {
    while (done < operations) {
      const end = Math.min(operations, done + TICK)
      for (; done < end; done++) models[done % 3]!.step()
      sometimes()
      if (done % (VERIFY * 100) === 0) console.log(`${done.toExponential(2)} operations`)
    }
    for (const model of models) {
      verify(model)
      refused += model.refused
      model.close()
    }
  } catch (error) {
    console.error(`seed ${seed}, operation ${done}: ${error}`)
    process.exitCode = 1
    return
  }
  const minutes = ((performance.now() - start) / 60_000).toFixed(1)
  console.log(`seed ${seed}: ${done.toExponential(2)} operations in ${minutes} minutes, no difference`)
  console.log(`${refused} requests were refused by a limit\n${machineLine(describeMachine())}`)
}

main()
