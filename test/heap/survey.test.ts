/** What a compaction finds when it looks: the bytes of pools and of live blocks, and the runs that it could empty. */
import { expect, it } from 'vitest'
import { POOL_BYTES, type Pointer } from '../../lib/base/layout'
import { sizeClassOf, WHOLE_RUN } from '../../lib/base/size-classes'
import { Compactor } from '../../lib/heap/compact'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { BOOK_BYTES_PER_SLOT } from '../../lib/space/plan'
import { testHeap } from '../support/test-heap'

function survey(heap: Heap, maxMs = Infinity) {
  const parts = partsOf(heap)
  parts.magazines.releaseAll()
  const compactor = new Compactor(parts, { mayMove: () => true, moved: () => {} }, { maxBlocks: Infinity, maxMs })
  const look = compactor.survey()
  const { done, value } = look.next()
  return { usedBytes: compactor.usedBytes, liveBytes: compactor.liveBytes, done, runs: value ?? [] }
}

it('counts pools in use with the books of arenas, and live blocks by their usable bytes; large blocks are not looked at', () => {
  const { heap } = testHeap()
  const sizes = [48, 48, 200, 3000, 40_000, 70_000]
  const blocks = sizes.map((size) => heap.alloc(size))
  heap.alloc(2_000_000)
  const { arenas, freePools, freePoolBytes, mappedBytes } = heap.stats()
  const { usedBytes, liveBytes, done } = survey(heap)
  expect([arenas, freePools > 0, done]).toEqual([1, true, true])
  expect(liveBytes).toBe(blocks.reduce((sum, pointer) => sum + heap.usableSize(pointer), 0))
  const stats = heap.stats()
  expect(usedBytes).toBe(64 * POOL_BYTES - stats.freePools * POOL_BYTES + BOOK_BYTES_PER_SLOT)
  expect([freePoolBytes, mappedBytes > usedBytes]).toEqual([freePools * POOL_BYTES, true])
})

it('finds by class and live blocks the runs that have a live block and a free place, and no pin', () => {
  const { heap } = testHeap()
  const perRun = 85 // of 48 bytes
  const all = [...heap.allocMany(48, new Int32Array(5 * perRun))] as Pointer[]
  const runOf = (pointer: Pointer): number => pointer >>> 8
  const pools = [...new Set(all.map(runOf))]
  const keep = new Map(pools.map((pool, index) => [pool, [3, 0, perRun, 7, 3][index]]))
  expect(keep.size).toBe(5)
  const kept: Pointer[] = []
  for (const pool of pools) {
    const blocks = all.filter((pointer) => runOf(pointer) === pool)
    kept.push(...blocks.slice(0, keep.get(pool)))
    for (const pointer of blocks.slice(keep.get(pool))) heap.free(pointer)
  }
  heap.alloc(40_000)
  heap.alloc(4096)
  heap.pin(kept.at(-1) as Pointer)
  const { runs } = survey(heap)
  const found = runs.map((byLive) => byLive.map((some) => some.map(runOf)))
  const wanted = runs.map(() => [] as number[][])
  wanted[sizeClassOf(48)] = [[], [], [], [pools[0] as number], [], [], [], [pools[3] as number]]
  expect(found).toEqual(wanted)
  expect(runs[WHOLE_RUN]).toEqual([])
})

it('pauses where its time is over, and begins with nothing', () => {
  const { heap } = testHeap()
  heap.alloc(48)
  expect(survey(heap, 0)).toMatchObject({ done: false, usedBytes: 0, liveBytes: 0 })
})
