import { describe, expect, it } from 'vitest'
import { checkHeap } from '../lib/check-heap'
import { HeapError } from '../lib/errors'
import { MAP_WORD, POOL_BYTES, type Pointer, poolOf, recordOf, type SizeClass, type Slot } from '../lib/layout'
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
    const { used } = heap.internals
    const sizeClass = 32 as SizeClass
    const pointers = [...heap.allocMany(512, new Int32Array(8))] as Pointer[]
    expect(used.head(sizeClass)).toBe(0) // full
    heap.free(pointers[3] as Pointer)
    expect(used.head(sizeClass)).toBe(pointers[0]) // used
    expect(heap.alloc(512)).toBe(pointers[3])
    heap.freeMany(pointers)
    expect([used.head(sizeClass), heap.stats().freePools]).toEqual([0, 63]) // empty
  })

  it('freed behind a claim are found by the next one', () => {
    const { heap } = fakeHeap()
    const pointers = [...heap.allocMany(16, new Int32Array(200))] as Pointer[]
    heap.freeMany(pointers.slice(0, 100))
    const again = [...heap.allocMany(16, new Int32Array(156))] as Pointer[]
    expect(new Set(again.map((pointer) => poolStart(pointer))).size).toBe(1)
    expect(pointers.slice(0, 100).every((pointer) => again.includes(pointer))).toBe(true)
  })

  it('find books that were written over: EBB_CORRUPT, naming the pool', () => {
    const { heap } = fakeHeap()
    const pointers = [...heap.allocMany(512, new Int32Array(8))] as Pointer[]
    heap.free(pointers[3] as Pointer)
    const ledger = heap.internals.table.ledger(1 as Slot)
    ledger.fill(-1, recordOf(poolOf(pointers[0] as Pointer)) + MAP_WORD, recordOf(poolOf(pointers[0] as Pointer)) + 16)
    const error = caught(() => heap.alloc(512))
    expect(error).toBeInstanceOf(HeapError)
    expect(error.message).toBe(
      'ebb: pool 0x4100 is listed as used but has no free block; something wrote into its ledger',
    )
  })
})
