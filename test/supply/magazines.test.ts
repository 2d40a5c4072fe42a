import { describe, expect, it } from 'vitest'
import { HeapError, showPointer } from '../../lib/base/errors'
import { POOL_BYTES, type Pointer, pointerTo, poolOf, poolStart, type SizeClass, slotOf } from '../../lib/base/layout'
import { BLOCK_BYTES, RUN_BLOCKS, RUN_POOLS, sizeClassOf, WHOLE_RUN } from '../../lib/base/size-classes'
import { CLASS, freePools, recordWord, runsOf } from '../../lib/books/ledger'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { SEGMENTS_AT } from '../../lib/space/plan'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

const onePoolClasses = Array.from({ length: WHOLE_RUN }, (_, c) => c as SizeClass).filter((c) => RUN_POOLS[c] === 1)

/** Blocks in magazines, by the books: they count as taken and are not live. */
function held(heap: Heap): number {
  const { table } = partsOf(heap)
  let blocks = 0
  for (const slot of table.slots()) {
    if (!table.isArena(slot)) continue
    for (const [pool, length] of runsOf(table.ledger(slot))) {
      const run = pointerTo(slot, pool, 0)
      const isWhole = recordWord(table.ledger(slot), pool, CLASS) === WHOLE_RUN
      // The low nine bits count; of a run that rests the others hold the next one.
      blocks += (isWhole ? 1 : table.map.takenOf(run) & 511) - table.map.count(run, length)
    }
  }
  return blocks
}

/** Live blocks of a class in whole pools, with nothing in its magazine and the magazine awake. */
function filled(heap: Heap, byteLength: number, blocks: number): Pointer[] {
  const pointers = [...heap.allocMany(byteLength, new Int32Array(blocks))] as Pointer[]
  partsOf(heap).magazines.releaseAll()
  const extra = heap.alloc(byteLength)
  partsOf(heap).magazines.releaseAll()
  heap.free(extra)
  expect(heap.alloc(byteLength)).toBe(extra)
  expect(held(heap)).toBe(0)
  return pointers
}

describe('blocks in one-pool runs', () => {
  it('fill a pool from its start, without a gap or an overlap, in every class', () => {
    for (const sizeClass of onePoolClasses) {
      const { heap } = testHeap()
      const blockBytes = BLOCK_BYTES[sizeClass] as number
      const blocks = RUN_BLOCKS[sizeClass] as number
      const pointers = [...heap.allocMany(blockBytes, new Int32Array(blocks + 1))] as Pointer[]
      pointers.slice(0, blocks).forEach((pointer, index) => {
        expect([poolOf(pointer), (pointer & 255) * 16]).toEqual([1, index * blockBytes])
      })
      expect(poolStart(pointers[blocks] as Pointer)).toBe(pointers[blocks])
      expect(heap.stats().slackBytes).toBe(2 * (POOL_BYTES - blocks * blockBytes))
      checkHeap(partsOf(heap))
    }
  })

  it('go from empty to used to full and back', () => {
    const { heap } = testHeap()
    const { used, magazines } = partsOf(heap)
    const sizeClass = 32 as SizeClass
    const pointers = [...heap.allocMany(512, new Int32Array(8))] as Pointer[]
    magazines.releaseAll()
    expect(used.head(sizeClass)).toBe(0) // full
    heap.free(pointers[3] as Pointer)
    expect(used.head(sizeClass)).toBe(0) // in the magazine, it counts as taken
    magazines.releaseAll()
    expect(used.head(sizeClass)).toBe(pointers[0]) // used
    expect(heap.alloc(512)).toBe(pointers[3])
    heap.freeMany(pointers)
    magazines.releaseAll()
    expect([used.head(sizeClass), heap.stats().freePools]).toEqual([0, 63]) // empty
  })

  it('freed last are taken first, from the magazine of their class', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(16, new Int32Array(30))] as Pointer[]
    heap.freeMany(pointers.slice(0, 5))
    expect([1, 2, 3, 4, 5].map(() => heap.alloc(16))).toEqual(pointers.slice(0, 5).reverse())
    expect(caught(() => heap.free((heap.alloc(32) + 1) as Pointer)).code).toBe('EBB_INVALID_POINTER')
  })

  it('in a magazine are free: not live, not walked, refused by a second free', () => {
    const { heap } = testHeap()
    const [a, b] = [heap.alloc(64), heap.alloc(64)]
    heap.free(a)
    expect([heap.isLive(a), [...heap.blocks()].length]).toEqual([false, 1])
    expect(caught(() => heap.free(a)).code).toBe('EBB_DOUBLE_FREE')
    heap.free(b)
  })

  it('overflow a magazine without being lost', () => {
    for (const sizeClass of onePoolClasses) {
      const { heap } = testHeap()
      const pointers = [...heap.allocMany(BLOCK_BYTES[sizeClass] as number, new Int32Array(400))] as Pointer[]
      for (let i = 0; i < 400; i++) heap.free(pointers[(i * 149) % 400] as Pointer)
      checkHeap(partsOf(heap))
      expect(heap.stats()).toMatchObject({ blocks: 0, freeBlockBytes: 0 })
    }
  })

  it('given back to a pool are found again before a fresh pool is opened', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(16, new Int32Array(200))] as Pointer[]
    heap.freeMany(pointers.slice(0, 100))
    partsOf(heap).magazines.releaseAll()
    const again = [...heap.allocMany(16, new Int32Array(156))] as Pointer[]
    expect(new Set(again.map((pointer) => poolStart(pointer))).size).toBe(1)
    expect(pointers.slice(0, 100).every((pointer) => again.includes(pointer))).toBe(true)
  })

  it('find books that were written over: EBB_CORRUPT, naming the run', () => {
    for (const [byteLength, blocks] of [
      [512, 8],
      [2560, 3],
    ] as const) {
      const { heap } = testHeap()
      const pointers = [...heap.allocMany(byteLength, new Int32Array(blocks))] as Pointer[]
      const run = pointers[0] as Pointer
      heap.free(pointers[2] as Pointer)
      partsOf(heap).magazines.releaseAll()
      for (let granule = 0; granule < 512; granule++) partsOf(heap).table.map.set((run + granule) as Pointer)
      const error = caught(() => heap.alloc(byteLength))
      expect(error).toBeInstanceOf(HeapError)
      expect([error.code, error.message]).toEqual([
        'EBB_CORRUPT',
        `ebb: run ${showPointer(run)} counts more free blocks than its map has; something wrote into its ledger`,
      ])
    }
  })
})

describe('magazines', () => {
  it('hold up to 8 KiB of blocks, but at least 4 and at most 63 of them', () => {
    for (const sizeClass of onePoolClasses) {
      const { heap } = testHeap()
      const bytes = BLOCK_BYTES[sizeClass] as number
      const pointers = filled(heap, bytes, 200)
      let most = 0
      for (const pointer of pointers) {
        heap.free(pointer)
        most = Math.max(most, held(heap))
      }
      expect([sizeClass, most]).toEqual([sizeClass, Math.min(63, Math.max(4, Math.floor(8192 / bytes)))])
      checkHeap(partsOf(heap))
    }
  })

  it('that overflow put the older half back and keep the younger, in its order', () => {
    const { heap } = testHeap()
    const pointers = filled(heap, 512, 24) // 8 in a pool, 16 in a magazine
    const ledger = partsOf(heap).table.ledger(slotOf(pointers[0] as Pointer))
    const before = freePools(ledger)
    heap.freeMany(pointers.slice(0, 16))
    expect([held(heap), freePools(ledger)]).toEqual([16, before])
    heap.free(pointers[16] as Pointer)
    expect([held(heap), freePools(ledger)]).toEqual([9, before]) // the first pool, which held the older half, rests
    expect(partsOf(heap).resting.release()).toBe(true)
    expect(freePools(ledger)).toBe(before + 1)
    expect(Array.from({ length: 9 }, () => heap.alloc(512))).toEqual(pointers.slice(8, 17).reverse())
    expect(held(heap)).toBe(0)
    checkHeap(partsOf(heap))
  })

  it('begin with half of what they can hold, from one run', () => {
    for (const sizeClass of onePoolClasses) {
      const { heap } = testHeap()
      const bytes = BLOCK_BYTES[sizeClass] as number
      heap.alloc(bytes)
      const half = Math.ceil(Math.min(63, Math.max(4, Math.floor(8192 / bytes))) / 2)
      expect([sizeClass, held(heap)]).toEqual([sizeClass, Math.min(half, RUN_BLOCKS[sizeClass] as number) - 1])
    }
  })

  it('lie in the words of their heap, each class by itself', () => {
    const [one, { heap }] = [testHeap(), testHeap()]
    const { words, base } = partsOf(heap).table.map
    words[base - 1] = -7 // the last word of the heap before
    for (const { heap: each } of [one, { heap }])
      for (const size of [16, 512, 2560, 40_000]) each.free(each.alloc(size))
    for (const sizeClass of [1, 32, sizeClassOf(2560), WHOLE_RUN]) {
      const segment = ((words[base + sizeClass] as number) - base - SEGMENTS_AT) >> 6
      expect([sizeClass, segment]).toEqual([sizeClass, sizeClass - 1])
    }
    heap.close()
    expect(words[base - 1]).toBe(-7)
    words[base - 1] = 0
  })

  it('that overflow leave no trace in the lists of runs that hold one block', () => {
    const { heap } = testHeap()
    const { used, resting } = partsOf(heap)
    for (const size of [4096, 8192]) {
      const pointers = heap.allocMany(size, new Int32Array(40))
      for (let round = 0; round < 3; round++) {
        heap.freeMany(pointers)
        expect([resting.isDirty, used.head(sizeClassOf(size))]).toEqual([true, 0])
        heap.allocMany(size, pointers)
      }
      heap.freeMany(pointers)
    }
    checkHeap(partsOf(heap))
  })

  it('are one for each class', () => {
    const { heap } = testHeap()
    const [a, b, c] = [heap.alloc(16), heap.alloc(32), heap.alloc(4096)]
    for (const pointer of [a, b, c]) heap.free(pointer)
    expect([heap.alloc(32), heap.alloc(4096), heap.alloc(16)]).toEqual([b, c, a])
  })

  it('arm the timer when they wake, are emptied by it, and sleep until the next free or alloc', () => {
    const { heap, clock } = testHeap()
    expect(clock.pending).toBe(0)
    const [a, b] = [heap.alloc(100), heap.alloc(100)]
    expect([clock.pending, held(heap) > 0]).toEqual([1, true]) // what was filled in beside the blocks taken
    clock.advance(124)
    expect(held(heap)).toBeGreaterThan(0)
    clock.advance(1)
    expect([clock.pending, held(heap)]).toEqual([0, 0])
    clock.advance(1e6)
    heap.free(a)
    expect([clock.pending, held(heap)]).toEqual([1, 1]) // woken by a free
    clock.advance(125)
    expect([clock.pending, held(heap), heap.isLive(b)]).toEqual([0, 0, true])
    expect(heap.alloc(100)).toBe(a)
    expect(clock.pending).toBe(1) // woken by an alloc
    clock.advance(125)
    checkHeap(partsOf(heap))
  })

  it('give what they hold to the decay: nothing stays resident for a block that rests in one', () => {
    const { heap, clock, os } = testHeap()
    heap.freeMany(heap.allocMany(16, new Int32Array(30)))
    heap.freeMany(heap.allocMany(4096, new Int32Array(4)))
    expect([os.calls.discard, held(heap) >= 34]).toEqual([0, true])
    clock.advance(1300)
    expect([heap.stats().mappedBytes, clock.pending]).toEqual([0, 0])
  })

  it('are emptied in long synchronous work too, when runs are put back', () => {
    const { heap, clock } = testHeap()
    const pointers = filled(heap, 64, 40)
    heap.freeMany(pointers.slice(0, 30))
    expect(held(heap)).toBe(30)
    clock.stall(200)
    for (let i = 0; i < 64; i++) heap.free(heap.alloc(2 ** 21))
    expect(held(heap)).toBe(0)
  })

  it('live on with decay Infinity, without a timer', () => {
    const { heap, clock } = testHeap({ decay: Infinity })
    const pointer = heap.alloc(100)
    heap.free(pointer)
    expect([clock.pending, held(heap) > 0]).toEqual([0, true])
    clock.advance(1e6)
    expect([heap.alloc(100), clock.pending]).toEqual([pointer, 0])
    heap.free(pointer)
    heap.purge()
    expect(heap.stats().mappedBytes).toBe(0)
  })

  it('do not exist with decay 0: each block is back in its pool when its free returns', () => {
    for (const sizeClass of onePoolClasses) {
      const { heap } = testHeap({ decay: 0 })
      const pointers = [...heap.allocMany(BLOCK_BYTES[sizeClass] as number, new Int32Array(70))] as Pointer[]
      expect(held(heap)).toBe(0)
      for (const pointer of pointers) {
        expect(heap.stats().mappedBytes).toBeGreaterThan(0)
        heap.free(pointer)
        expect(held(heap)).toBe(0)
      }
      expect(heap.stats().mappedBytes).toBe(0)
    }
  })

  it('hold blocks that are free: every second use of one is refused, by its code and reason', () => {
    const { heap } = testHeap()
    for (const size of [16, 512, 4096]) {
      const [pointer] = filled(heap, size, 3) as [Pointer]
      heap.free(pointer)
      expect(held(heap)).toBe(1)
      for (const use of [
        () => heap.free(pointer),
        () => heap.freeMany([pointer]),
        () => heap.realloc(pointer, 5),
        () => heap.usableSize(pointer),
        () => heap.bytes(pointer),
        () => heap.pin(pointer),
      ]) {
        expect(caught(use)).toMatchObject({ code: 'EBB_DOUBLE_FREE', message: /and waits to be allocated again/ })
      }
      expect([heap.isLive(pointer), held(heap)]).toEqual([false, 1])
      expect(heap.alloc(size)).toBe(pointer)
      expect(heap.alloc(size)).not.toBe(pointer)
      partsOf(heap).magazines.releaseAll()
    }
  })

  it('are empty for whoever counts, gives back or moves: stats, purge, compact, checkHeap', () => {
    const looks: Record<string, (heap: Heap) => unknown> = {
      stats: (heap) => expect(heap.stats()).toMatchObject({ blocks: 31, liveBytes: 31 * 512, freeBlockBytes: 9 * 512 }),
      purge: (heap) => expect(heap.purge()).toBeGreaterThan(0),
      compact: (heap) => heap.compact((from) => expect(heap.isLive(from)).toBe(true)),
      checkHeap: (heap) => checkHeap(partsOf(heap)),
    }
    for (const [name, look] of Object.entries(looks)) {
      const { heap } = testHeap()
      const pointers = filled(heap, 512, 39) // and one more block: five whole pools
      if (name === 'purge') heap.freeMany(pointers.slice(8, 16))
      else heap.freeMany(pointers.filter((_, index) => index % 4 === 0).slice(0, 9))
      expect(held(heap)).toBeGreaterThan(7)
      look(heap)
      expect([name, held(heap)]).toEqual([name, 0])
    }
  })

  it('may be filled by the callback of a compaction, which moves live blocks only', () => {
    const { heap } = testHeap()
    const live = new Map<Pointer, number>()
    ;[...heap.allocMany(64, new Int32Array(1000))].forEach((pointer, index) => {
      if (index % 7 === 0) live.set(pointer as Pointer, index)
      else heap.free(pointer as Pointer)
    })
    for (const [pointer, index] of live) heap.setInt32(pointer, 60, index)
    heap.compact((from, to) => {
      live.set(to, live.get(from) as number)
      expect(live.delete(from)).toBe(true)
      heap.freeMany(heap.allocMany(64, new Int32Array(3)))
    })
    for (const [pointer, index] of live) expect(heap.getInt32(pointer, 60)).toBe(index)
    expect(live.size).toBe(143)
    checkHeap(partsOf(heap))
    expect(heap.stats().blocks).toBe(143)
  })

  it('are given up by a heap that closes', () => {
    const { heap, clock } = testHeap()
    const pointer = heap.alloc(16)
    heap.free(pointer)
    heap.close()
    expect([heap.stats().mappedBytes, clock.pending, heap.stats().blocks]).toEqual([0, 0, 0])
    expect(caught(() => heap.alloc(16)).code).toBe('EBB_CLOSED')
    expect(caught(() => heap.free(pointer)).code).toBe('EBB_CLOSED')
  })
})
