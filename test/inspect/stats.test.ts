import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES } from '../../lib/base/layout'
import { HeapStats, report } from '../../lib/inspect/stats'
import { BOOK_BYTES_PER_SLOT } from '../../lib/space/plan'
import { testHeap } from '../support/test-heap'

describe('statistics', () => {
  it('say exactly what is where', () => {
    const { heap, clock } = testHeap({ name: 'a heap' })
    heap.allocMany(48, new Int32Array(100)) // two pools of 85 blocks, 16 bytes over in each
    heap.alloc(2600) // three blocks of 3072 in three pools
    heap.alloc(50_000) // a whole run of 13 pools
    heap.alloc(1e6)
    heap.free(heap.alloc(2e6))
    heap.free(heap.alloc(4096))
    expect(heap.stats()).toMatchObject({
      name: 'a heap',
      arenas: 1,
      peakArenas: 1,
      blocks: 103,
      freePools:
        63 -
        2 -
        heap
          .stats()
          .classes.slice(1)
          .reduce((sum, row) => sum + row.pools, 0),
      dirtyPools: 1,
      ledgerBytes: POOL_BYTES,
      largeBlocks: 1,
      largeBytes: 1_003_520,
      keptBytes: 2_002_944,
      mappedBytes: ARENA_BYTES + 1_003_520 + 2_002_944,
      maps: 3,
      bookBytes: 2 * BOOK_BYTES_PER_SLOT,
      unmaps: 0,
    })
    expect(heap.stats().classes[0]).toEqual({ sizeClass: 3, blockBytes: 48, pools: 2, blocks: 100, freeBlocks: 70 })
    expect(heap.stats().classes.at(-1)).toMatchObject({ blockBytes: 0, pools: 13, blocks: 1, freeBlocks: 0 })
    clock.advance(2000)
    expect(heap.stats()).toMatchObject({
      keptBytes: 0,
      dirtyPools: 0,
      unmaps: 1,
      discards: 1,
      discardedBytes: POOL_BYTES,
    })
    expect(heap.stats().peakMappedBytes).toBe(ARENA_BYTES + 1_003_520 + 2_002_944)
  })

  it('are all 0 of a fresh heap', () => {
    const { name, classes, ...numbers } = testHeap().heap.stats()
    expect([name, classes]).toEqual(['', []])
    expect(Object.values(numbers).every((value) => value === 0)).toBe(true)
  })
})

describe('the report', () => {
  it('is a table whose lines add up to the mapped bytes', () => {
    const { heap } = testHeap({ name: 'report' })
    heap.allocMany(48, new Int32Array(100))
    heap.alloc(1e6)
    const text = String(heap.stats())
    expect(text).toContain('heap "report": small and medium blocks, by size class')
    expect(text).toMatch(/^ {4}3 +48 +2 +100 +70$/m)
    const bytes = (label: RegExp): number => {
      const line = text.split('\n').find((candidate) => label.test(candidate)) ?? ''
      return Number(line.split('=')[1]?.replaceAll(',', ''))
    }
    const parts = [/live blocks +=/, /free blocks in/, /free pools,/, /ledgers/, /slack/, /kept for reuse/].map(bytes)
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(bytes(/^mapped bytes, the sum/))
  })

  it('of nothing is a report too', () => {
    expect(report(new HeapStats())).toMatch(/^heap \(unnamed\)/)
  })
})
