import { describe, expect, it } from 'vitest'
import { checkHeap } from '../lib/check-heap'
import { HeapError } from '../lib/errors'
import { POOL_BYTES, type Pointer, poolOf, type SizeClass } from '../lib/layout'
import { BLOCK_BYTES, RUN_BLOCKS, RUN_POOLS, WHOLE_RUN } from '../lib/size-class'
import { poolStart } from '../lib/small'
import { caught } from './support/caught'
import { fakeHeap } from './support/fake-heap'

const onePoolClasses = Array.from({ length: WHOLE_RUN }, (_, c) => c as SizeClass).filter((c) => RUN_POOLS[c] === 1)

describe('blocks in one-pool runs', () => {
  it('fill a pool from its start, without a gap or an overlap, in every class', () => {
    for (const sizeClass of onePoolClasses) {
      const { heap } = fakeHeap()
      const blockBytes = BLOCK_BYTES[sizeClass] as number
      const blocks = RUN_BLOCKS[sizeClass] as number
      const pointers = [...heap.allocMany(blockBytes, new Int32Array(blocks + 1))] as Pointer[]
      pointers.slice(0, blocks).forEach((pointer, index) => {
        expect([poolOf(pointer), (pointer & 255) * 16]).toEqual([1, index * blockBytes])
      })
      expect(poolStart(pointers[blocks] as Pointer)).toBe(pointers[blocks])
      expect(heap.stats().slackBytes).toBe(2 * (POOL_BYTES - blocks * blockBytes))
      checkHeap(heap.internals)
    }
  })

  it('go from empty to used to full and back', () => {
    const { heap } = fakeHeap()
    const { used, small } = heap.internals
    const sizeClass = 32 as SizeClass
    const pointers = [...heap.allocMany(512, new Int32Array(8))] as Pointer[]
    small.releaseAll()
    expect(used.head(sizeClass)).toBe(0) // full
    heap.free(pointers[3] as Pointer)
    expect(used.head(sizeClass)).toBe(0) // in the magazine, it counts as taken
    small.releaseAll()
    expect(used.head(sizeClass)).toBe(pointers[0]) // used
    expect(heap.alloc(512)).toBe(pointers[3])
    heap.freeMany(pointers)
    small.releaseAll()
    expect([used.head(sizeClass), heap.stats().freePools]).toEqual([0, 63]) // empty
  })

  it('freed last are taken first, from the magazine of their class', () => {
    const { heap } = fakeHeap()
    const pointers = [...heap.allocMany(16, new Int32Array(30))] as Pointer[]
    heap.freeMany(pointers.slice(0, 5))
    expect([1, 2, 3, 4, 5].map(() => heap.alloc(16))).toEqual(pointers.slice(0, 5).reverse())
    expect(caught(() => heap.free((heap.alloc(32) + 1) as Pointer)).code).toBe('EBB_INVALID_POINTER')
  })

  it('in a magazine are free: not live, not walked, refused by a second free', () => {
    const { heap } = fakeHeap()
    const [a, b] = [heap.alloc(64), heap.alloc(64)]
    heap.free(a)
    expect([heap.isLive(a), [...heap.blocks()].length]).toEqual([false, 1])
    expect(caught(() => heap.free(a)).code).toBe('EBB_DOUBLE_FREE')
    heap.free(b)
  })

  it('overflow a magazine without being lost', () => {
    for (const sizeClass of onePoolClasses) {
      const { heap } = fakeHeap()
      const pointers = [...heap.allocMany(BLOCK_BYTES[sizeClass] as number, new Int32Array(400))] as Pointer[]
      for (let i = 0; i < 400; i++) heap.free(pointers[(i * 149) % 400] as Pointer)
      checkHeap(heap.internals)
      expect(heap.stats()).toMatchObject({ blocks: 0, freeBlockBytes: 0 })
    }
  })

  it('given back to a pool are found again before a fresh pool is opened', () => {
    const { heap } = fakeHeap()
    const pointers = [...heap.allocMany(16, new Int32Array(200))] as Pointer[]
    heap.freeMany(pointers.slice(0, 100))
    heap.internals.small.releaseAll()
    const again = [...heap.allocMany(16, new Int32Array(156))] as Pointer[]
    expect(new Set(again.map((pointer) => poolStart(pointer))).size).toBe(1)
    expect(pointers.slice(0, 100).every((pointer) => again.includes(pointer))).toBe(true)
  })

  it('find books that were written over: EBB_CORRUPT, naming the pool', () => {
    const { heap } = fakeHeap()
    const pointers = [...heap.allocMany(512, new Int32Array(8))] as Pointer[]
    heap.free(pointers[3] as Pointer)
    heap.internals.small.releaseAll()
    for (let granule = 0; granule < 256; granule++) heap.internals.table.live.set((0x4100 + granule) as Pointer)
    const error = caught(() => heap.alloc(512))
    expect(error).toBeInstanceOf(HeapError)
    expect(error.message).toBe(
      'ebb: pool 0x4100 counts more free blocks than its map has; something wrote into its ledger',
    )
  })
})
