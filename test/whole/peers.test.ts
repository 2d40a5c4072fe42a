/** What tests of other allocators look for and no other test of ours does: docs/testing.md has the table. */
import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, type Pointer } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { runChild, said } from '../support/child'
import { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

/** What C's `size_t` can say and no system can serve; the last two round to others as numbers, which is their point. */
const TOO_LARGE = [
  2 ** 45,
  2 ** 47,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 62,
  2 ** 63 - 1,
  2 ** 63,
  2 ** 64 - 1,
  Number.MAX_VALUE,
  Infinity,
]

describe('glibc: tst-malloc-too-large, tst-reallocarray, tst-memalign; mimalloc: malloc-nomem, calloc-overflow; CPython: PY_SSIZE_T_MAX', () => {
  it('requests beyond all memory throw, each with the size it was asked for, and change nothing', () => {
    const { heap } = testHeap()
    const block = heap.alloc(100)
    heap.bytes(block).fill(5)
    const before = heap.stats()
    for (const size of TOO_LARGE) {
      const calls = {
        alloc: () => heap.alloc(size),
        allocZeroed: () => heap.allocZeroed(size),
        allocAligned: () => heap.allocAligned(size, 64),
        realloc: () => heap.realloc(block, size),
        allocMany: () => heap.allocMany(size, new Int32Array(2)),
        reallocOfNull: () => heap.realloc(0 as Pointer, size),
      }
      for (const [name, call] of Object.entries(calls)) {
        const error = caught(call)
        expect([name, size, error.message.includes(String(size)) || error.code === 'EBB_OUT_OF_MEMORY']).toEqual([
          name,
          size,
          true,
        ])
        expect(['HeapError', 'RangeError']).toContain(error.name)
      }
    }
    const { failedRequests: _, ...after } = heap.stats() as unknown as Record<string, unknown>
    expect(after).toMatchObject({ blocks: 1, liveBytes: before.liveBytes, mappedBytes: before.mappedBytes })
    expect(heap.bytes(block).every((byte) => byte === 5)).toBe(true)
    checkHeap(partsOf(heap))
  })

  it('a product of size and count that 32 or 53 bits cannot hold is refused as a whole', () => {
    const { heap } = testHeap({ limit: 64 * ARENA_BYTES })
    for (const [size, count] of [
      [2 ** 31 - 1, 3],
      [2 ** 28, 16],
      [65_536, 65_537],
    ] as const) {
      expect(caught(() => heap.allocMany(size, new Int32Array(count))).code).toMatch(/^EBB_(LIMIT|OUT_OF_MEMORY)$/)
      expect(heap.stats().blocks).toBe(0)
      checkHeap(partsOf(heap))
    }
  })
})

describe('CPython: _testcapi alloc0; glibc: tst-malloc; mimalloc: realloc-null, realloc-sizezero', () => {
  it('nothing is something: blocks of 0 bytes are blocks, apart from each other, and can become longer', () => {
    const { heap } = testHeap()
    const empty = [heap.alloc(0), heap.allocZeroed(0), heap.realloc(0 as Pointer, 0), heap.alloc(0)]
    expect(new Set([0, ...empty]).size).toBe(5)
    for (const pointer of empty) expect(heap.isLive(pointer)).toBe(true)
    const grown = heap.realloc(empty[0] as Pointer, 50)
    heap.bytes(grown).fill(1)
    const shrunk = heap.realloc(grown, 0)
    expect([shrunk === 0, heap.isLive(shrunk)]).toEqual([false, true])
    expect(heap.stats().blocks).toBe(4)
    checkHeap(partsOf(heap))
  })
})

describe('jemalloc: decay_nonmonotonic', () => {
  it('a clock that goes back keeps memory for as much longer, gives none back early, and loses none', () => {
    const { heap, clock } = testHeap({ decay: 1000 })
    const keep = heap.alloc(16)
    for (const pointer of [...heap.allocMany(4096, new Int32Array(40))] as Pointer[]) heap.free(pointer)
    clock.stall(-10_000)
    heap.free(heap.alloc(3000))
    const { dirtyPools } = heap.stats()
    expect(dirtyPools).toBeGreaterThanOrEqual(40)
    checkHeap(partsOf(heap))
    clock.advance(12_000)
    expect(heap.stats().dirtyPools).toBe(0)
    for (const pointer of [...heap.allocMany(4096, new Int32Array(40))] as Pointer[]) heap.free(pointer)
    clock.stall(-10_000)
    heap.purge()
    expect(heap.stats().dirtyPools).toBe(0)
    heap.free(keep)
    checkHeap(partsOf(heap))
  })
})

interface Block {
  readonly owner: number
  readonly pointer: Pointer
  readonly words: number
  readonly cookie: number
}

const cookieAt = (block: Block, i: number): number => (Math.imul(block.cookie + i, 0x9e3779b1) ^ block.pointer) | 0

/** Writes a word for each place, so that a block which shares memory with another is found. */
function sign(heap: Heap, block: Block): Block {
  for (let i = 0; i < block.words; i++) heap.setInt32(block.pointer, 4 * i, cookieAt(block, i))
  return block
}

function mustBeSigned(heap: Heap, block: Block): void {
  for (let i = 0; i < block.words; i++) {
    if (heap.getInt32(block.pointer, 4 * i) !== cookieAt(block, i))
      throw new Error(`word ${i} of ${block.pointer} is another's`)
  }
}

describe('mimalloc: test-stress', () => {
  it('heaps that take, sign, hand over and free at random: nobody gets memory that another has', () => {
    const random = new Random('stress')
    const clocks = Array.from({ length: 4 }, () => new ManualClock())
    const heaps = clocks.map((clock, i) => new Heap({ clock, decay: i === 0 ? 0 : 100 }))
    const transfer: (Block | undefined)[] = Array.from({ length: 200 })
    let handedOver = 0
    let refused = 0
    for (let round = 0; round < 60; round++) {
      const owner = random.below(heaps.length)
      const heap = heaps[owner] as Heap
      const mine: Block[] = []
      const free = (block: Block): void => {
        mustBeSigned(heaps[block.owner] as Heap, block)
        const wrong = (block.owner + 1) % heaps.length
        if (random.oneIn(8)) {
          expect(caught(() => heaps[wrong]?.free(block.pointer)).code).toBe('EBB_INVALID_POINTER')
          refused++
        }
        heaps[block.owner]?.free(block.pointer)
      }
      for (let i = 0; i < 300; i++) {
        const words = random.oneIn(60) ? 20_000 + random.below(60_000) : 1 + random.below(random.oneIn(5) ? 2000 : 60)
        const pointer = random.oneIn(2) ? heap.alloc(4 * words) : heap.allocZeroed(4 * words)
        mine.push(sign(heap, { owner, pointer, words, cookie: random.below(2 ** 31) }))
        if (random.oneIn(3) && mine.length > 0) free(mine.splice(random.below(mine.length), 1)[0] as Block)
        if (random.oneIn(4) && mine.length > 0) {
          const at = random.below(transfer.length)
          const [given] = mine.splice(random.below(mine.length), 1)
          const taken = transfer[at]
          transfer[at] = given
          if (taken !== undefined) mine.push(taken)
          handedOver++
        }
      }
      for (const block of mine) free(block)
      for (const clock of clocks) clock.advance(random.below(60))
      if (round % 10 === 0) for (const each of heaps) checkHeap(partsOf(each))
    }
    for (const block of transfer) if (block !== undefined) mustBeSigned(heaps[block.owner] as Heap, block)
    for (const block of transfer) if (block !== undefined) heaps[block.owner]?.free(block.pointer)
    for (const heap of heaps) {
      heap.purge()
      expect(heap.stats()).toMatchObject({ blocks: 0, mappedBytes: 0 })
      heap.close()
    }
    expect([handedOver > 3000, refused > 1000]).toEqual([true, true])
  })
})

describe('glibc: tst-malloc-thread-fail', () => {
  it('threads that are all refused at once go on when they have freed, and their memory comes back', async () => {
    const result = await runChild(
      `
      const { Worker } = require('node:worker_threads')
      const { once } = require('node:events')
      const script = 'const { Heap } = require("./dist/index.js"); const { parentPort } = require("node:worker_threads");' + \`
        const heap = new Heap({ limit: 3e6 })
        let refused = 0
        for (let round = 0; round < 40; round++) {
          const live = []
          try {
            for (;;) live.push(heap.alloc(100 + (live.length * 7919) % 90000))
          } catch (error) {
            if (error.code !== 'EBB_LIMIT') throw error
            refused++
          }
          for (const pointer of live) heap.free(pointer)
        }
        const { blocks } = heap.stats()
        heap.close()
        parentPort.postMessage([refused, blocks])\`
      const workers = [1, 2, 3].map(() => new Worker(script, { eval: true }))
      Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0])).then(say)`,
    )
    expect([result.code, result.stderr]).toEqual([0, ''])
    expect(said(result)).toEqual([
      [
        [40, 0],
        [40, 0],
        [40, 0],
      ],
    ])
  })
})
