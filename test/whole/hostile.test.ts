/** Random calls with random arguments: none ends the process, none harms a block or the books. */
import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { HeapModel } from '../support/heap-model'
import { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'
import { detach } from '../support/test-pages'

const oddities: readonly unknown[] = [
  undefined,
  null,
  '',
  '7',
  Number.NaN,
  Infinity,
  -Infinity,
  -0,
  -1,
  0.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
  7n,
  true,
  Symbol('s'),
  [],
  {},
  () => 7,
  {
    valueOf(): never {
      throw new Error('valueOf was run')
    },
  },
  new Proxy({}, {}),
  new Int32Array(1),
]

/** For compact, which would do its work with any function. */
const noFunctions = oddities.filter((value) => typeof value !== 'function')

/** Any pointer-like thing: mostly near to real ones. */
function hostilePointer(random: Random, known: readonly Pointer[]): unknown {
  const base = known.length > 0 ? random.pick(known) : 0
  switch (random.below(8)) {
    case 0:
      return random.pick(oddities)
    case 1:
      return random.below(2 ** 31)
    case 2:
      return base + random.below(512) - 256
    case 3:
      return base ^ (1 << random.below(31))
    case 4:
      return base + random.next()
    case 5:
      return random.below(0x4000)
    case 6:
      return (base & ~0x3fff) | random.below(0x4000)
    default:
      return base
  }
}

const hostileSize = (random: Random): unknown =>
  random.oneIn(3) ? random.pick(oddities) : random.oneIn(500) ? random.below(2 ** 31) : random.logUniform(100_000)

type Hostile = (...values: unknown[]) => unknown

/** Frees and resizes only what the model does not own: a hostile call that hits a live block would be a right one. */
function hostileCall(heap: Heap, random: Random, stale: Pointer[]): void {
  const pointer = hostilePointer(random, stale)
  const size = hostileSize(random)
  const isRight = heap.isLive(pointer)
  const call = (method: keyof Heap, ...values: unknown[]): unknown => (heap[method] as Hostile).apply(heap, values)
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      if (!isRight) call('free', pointer)
      break
    case 3:
      if (!isRight) heap.free(call('realloc', pointer, size) as Pointer)
      break
    case 4:
      heap.free(call('alloc', size) as Pointer)
      break
    case 5:
      heap.free(call('allocZeroed', size) as Pointer)
      break
    case 6:
      heap.free(call('allocAligned', size, hostileSize(random)) as Pointer)
      break
    case 7:
      call('usableSize', pointer)
      break
    case 8:
      call('bytes', pointer, size)
      break
    case 9:
      call('getUint8', pointer, size)
      break
    case 10:
      call('getFloat64', pointer, size)
      break
    case 11:
      if (!isRight) call('pin', pointer)
      break
    case 12:
      if (!isRight) call('unpin', pointer)
      break
    default:
      if (random.oneIn(20)) call('compact', random.pick(noFunctions), random.pick(oddities))
      else if (!isRight) call('freeMany', [pointer])
  }
}

function mayThrow(call: () => void): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof HeapError || error instanceof TypeError || error instanceof RangeError)) throw error
    if (!/^ebb: /.test(error.message)) throw error
  }
}

// Most calls end in an error, and a stack costs more than all the rest.
Error.stackTraceLimit = 0

describe('hostile calls', () => {
  it('100,000 of them harm no block and leave the books sound', () => {
    const random = new Random('hostile calls')
    const heap = new Heap({ clock: new ManualClock(), limit: 64 * 2 ** 20 })
    const model = new HeapModel(heap, random)
    for (let i = 0; i < 600; i++) model.alloc(random.logUniform(60_000))
    const stale: Pointer[] = []
    for (let i = 0; i < 100_000; i++) {
      mayThrow(() => hostileCall(heap, random, stale))
      if (i % 50 === 0) {
        const block = model.any()
        stale.push(block.pointer, block.pointer)
        if (stale.length > 200) stale.splice(0, 100)
        model.free(block)
        model.alloc(random.logUniform(60_000))
      }
      if (i % 2000 === 0) {
        checkHeap(partsOf(heap))
        model.verifyAll()
      }
    }
    checkHeap(partsOf(heap))
    model.verifyAll()
    expect(heap.stats().blocks).toBe(600)
    model.freeAll()
    expect(heap.purge()).toBeGreaterThan(0)
    expect(heap.stats().mappedBytes).toBe(0)
    heap.close()
  })

  it('a freed pointer is refused after any history until its place is handed out again', () => {
    const random = new Random('freed pointers')
    const { heap } = testHeap({ decay: random.pick([0, 1000]) })
    const live = new Set<Pointer>()
    const freed = new Set<Pointer>()
    for (let i = 0; i < 20_000; i++) {
      if (live.size < 50 || (live.size < 400 && random.oneIn(2))) {
        const pointer = heap.alloc(random.logUniform(70_000))
        if (live.has(pointer)) throw new Error(`${pointer} was handed out twice`)
        live.add(pointer)
        freed.delete(pointer)
      } else {
        const pointer = random.pick([...live].slice(0, 20))
        heap.free(pointer)
        live.delete(pointer)
        freed.add(pointer)
      }
      if (i % 500 === 0) {
        for (const pointer of freed) {
          if (heap.isLive(pointer)) throw new Error(`${pointer} is live after its free`)
          if (!(caught(() => heap.free(pointer)) instanceof HeapError)) throw new Error(`${pointer} was freed twice`)
        }
        expect([...live].every((pointer) => heap.isLive(pointer))).toBe(true)
      }
    }
    checkHeap(partsOf(heap))
  })

  it('buffers that user code takes away, keeps or drops harm no block, and those of freed large blocks read zero in the end', () => {
    const random = new Random('buffers')
    for (const [decay, osPageSize] of [
      [0, 4096],
      [1000, 4096],
      [1000, 16_384],
    ] as const) {
      const { heap, clock } = testHeap({ decay, osPageSize })
      const model = new HeapModel(heap, random)
      /** Views of large blocks that are freed since. */
      const kept: Uint8Array[] = []
      for (let i = 0; i < 4000; i++) {
        const choice = random.below(100)
        if (choice < 50 || model.blocks.length === 0) model.alloc(random.logUniform(600_000))
        else if (choice < 85) model.free(model.any())
        else if (choice < 90) {
          const { pointer } = model.any()
          detach(heap.bytes(pointer).buffer as ArrayBuffer)
          model.verify(model.any())
        } else if (choice < 92) {
          const block = model.alloc(260_000 + random.below(300_000))
          kept.push(heap.bytes(block.pointer))
          model.free(block)
        } else if (choice < 93) heap.purge()
        else if (choice < 94) heap.compact(model.moved)
        else clock.advance(random.below(500))
        if (i % 100 === 0) {
          checkHeap(partsOf(heap))
          model.verifyAll()
        }
      }
      model.freeAll()
      heap.purge()
      expect(heap.stats()).toMatchObject({ blocks: 0, arenas: 0, mappedBytes: 0 })
      expect(kept.length).toBeGreaterThan(20)
      expect(kept.every((view) => view.length > 0 && view.every((byte) => byte === 0))).toBe(true)
    }
  })
})
