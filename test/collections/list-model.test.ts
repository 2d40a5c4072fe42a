/** Lists against Arrays: random operations, compaction in between, allocations that fail. */
import { afterEach, describe, expect, it } from 'vitest'
import { str } from '../../lib/collections/kinds'
import { List } from '../../lib/collections/list'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import type { HeapOptions } from '../../lib/heap/options'
import { checkHeap } from '../../lib/inspect/check-heap'
import { bool, f32, f64, i8, i16, i32, i64, ref, type Scalar, u8, u16, u32, u64 } from '../../lib/records/types'
import { ListModel } from '../support/list-model'
import { Random } from '../support/random'
import { refuseEvery } from '../support/refuse-every'
import { testHeap } from '../support/test-heap'

type Values = Record<string, readonly [kind: Scalar<unknown>, value: (random: Random) => unknown]>

const KINDS: Values = {
  i8: [i8, (random) => random.below(256) - 128],
  u8: [u8, (random) => random.below(256)],
  i16: [i16, (random) => random.below(65536) - 32768],
  u16: [u16, (random) => random.below(65536)],
  i32: [i32, (random) => random.below(2 ** 32) - 2 ** 31],
  u32: [u32, (random) => random.below(2 ** 32)],
  f32: [f32, (random) => Math.fround(random.next() - 0.5)],
  f64: [f64, (random) => random.next() - 0.5],
  i64: [i64, (random) => BigInt.asIntN(64, BigInt(random.below(2 ** 32)) * 0x123456789n)],
  u64: [u64, (random) => BigInt.asUintN(64, BigInt(random.below(2 ** 32)) * 0x923456789n)],
  bool: [bool, (random) => random.oneIn(2)],
  ref: [ref, (random) => random.below(2 ** 31)],
}

const opened: Heap[] = []
const openHeap = (options: HeapOptions = {}): Heap => {
  const heap = new Heap(options)
  opened.push(heap)
  return heap
}
afterEach(() => {
  for (const heap of opened.splice(0)) heap.close()
})

/** Lists of some kinds on one heap, with strangers' blocks between theirs that leave holes. */
function run(heap: Heap, kinds: readonly string[], operations: number, most: number): number {
  const random = new Random(kinds.join(' '))
  const models = kinds.map((name) => {
    const [kind, value] = KINDS[name]!
    return new ListModel(new List(heap, kind), random, most, () => value(random))
  })
  const strangers: number[] = []
  for (let operation = 1; operation <= operations; operation++) {
    random.pick(models).step()
    if (operation % 64 === 0 && partsOf(heap).budget.limit === Infinity)
      strangers.push(heap.alloc(random.logUniform(40_000)))
    if (operation % 20_000 === 0) {
      while (strangers.length > 20) heap.free(strangers.splice(random.below(strangers.length), 1)[0] as never)
      heap.compact((from, to) => {
        const at = strangers.indexOf(from)
        if (at >= 0) strangers[at] = to
      })
      checkHeap(partsOf(heap))
      for (const model of models) model.verify()
    }
  }
  for (const pointer of strangers) heap.free(pointer as never)
  for (const { list } of models) list.close()
  expect(heap.stats().blocks).toBe(0)
  checkHeap(partsOf(heap))
  return models.reduce((sum, { refused }) => sum + refused, 0)
}

describe('a list does what an Array does', () => {
  it('in 600,000 operations on floats, integers and booleans', () => {
    run(openHeap(), ['f64', 'i32', 'bool'], 600_000, 12_000)
  })

  it('in 200,000 operations on small integers and bigints', () => {
    run(openHeap({ decay: 0 }), ['i8', 'u16', 'i64', 'u64'], 200_000, 9000)
  })

  it('in 150,000 operations on the other kinds', () => {
    run(openHeap({ decay: Infinity }), ['u8', 'i16', 'u32', 'f32', 'ref'], 150_000, 9000)
  })

  it('in 50,000 operations in far memory', () => {
    run(testHeap({ isFar: true }).heap, Object.keys(KINDS), 50_000, 5000)
  })

  it('and nothing is lost when the heap is at its limit', () => {
    expect(run(openHeap({ limit: 2 ** 18, decay: 0 }), ['f64', 'i32', 'u8'], 100_000, 60_000)).toBeGreaterThan(100)
  })
})

/** What long lists left is freed while the event loop turns. */
async function untilLive(heap: Heap, bytes: number): Promise<void> {
  while (heap.stats().liveBytes > bytes) await new Promise((resolve) => setTimeout(resolve, 2))
  expect(heap.stats().liveBytes).toBe(bytes)
}

describe('a list of entries does what an Array does', () => {
  const texts = (random: Random): unknown => String.fromCharCode(random.below(400)).repeat(random.below(30))

  for (const [name, options] of Object.entries<HeapOptions>({ 'a decay': {}, none: { decay: 0 } })) {
    it(`in 60,000 operations on texts, compacted in between, with ${name}`, async () => {
      const heap = openHeap(options)
      const random = new Random(name)
      const models = [3000, 50].map(
        (most) => new ListModel<unknown>(new List(heap, str), random, most, () => texts(random)),
      )
      let moves = 0
      for (let operation = 1; operation <= 60_000; operation++) {
        random.pick(models).step()
        if (operation % 3000 === 0) {
          heap.compact(() => moves++)
          checkHeap(partsOf(heap))
          for (const model of models) model.verify()
        }
      }
      expect(moves).toBeGreaterThan(100)
      await untilLive(
        heap,
        models.reduce((sum, { list }) => sum + list.byteLength, 0),
      )
      for (const { list } of models) list.close()
      await untilLive(heap, 0)
    })
  }

  it('in far memory', () => {
    const random = new Random('far texts')
    const { heap } = testHeap({ isFar: true })
    const model = new ListModel<unknown>(new List(heap, str), random, 400, () => texts(random))
    for (let operation = 1; operation <= 10_000; operation++) model.step()
    model.verify()
    expect(heap.compact(() => {}).done).toBe(true)
    model.verify()
  })

  it('and loses nothing when every fifth allocation is refused', async () => {
    const heap = openHeap()
    const random = new Random('refused texts')
    const model = new ListModel<unknown>(new List(heap, str), random, 3000, () => texts(random))
    const counts = refuseEvery(heap, 5)
    for (let operation = 1; operation <= 20_000; operation++) model.step()
    model.verify()
    expect(counts.refusals).toBeGreaterThan(100)
    model.list.close()
    await untilLive(heap, 0)
  })
})

describe('a list whose every n-th allocation is refused', () => {
  for (const n of [1, 2, 3, 5, 8]) {
    it(`is as it was after each refusal, n = ${n}`, () => {
      const heap = openHeap()
      const random = new Random(`n = ${n}`)
      const list = new List(heap, f64)
      const counts = refuseEvery(heap, n)
      const model = new ListModel(list, random, 30_000, () => random.next())
      for (let operation = 0; operation < 60_000; operation++) model.step()
      model.verify()
      expect(counts.refusals).toBeGreaterThan(n === 1 ? 1000 : 10)
      expect(model.refused).toBeGreaterThan(5)
      list.close()
      expect(heap.stats().blocks).toBe(0)
    })
  }
})
