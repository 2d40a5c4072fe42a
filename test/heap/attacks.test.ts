/**
 * Classes of attacks on allocators (as the collection how2heap names them), each by what its author would do here: with every byte of his
 * blocks, also of freed ones, and with the order of calls. He never gets a block twice, none over another, none outside of the heap, and the
 * books stay sound: blocks hold no lengths and no links.
 */
import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

/** Words that are lengths, flags, links or null bytes to other allocators, and pointers to this one. */
const wordsAgainst = (target: Pointer): number[] => [
  0,
  1,
  0x10,
  0x21,
  0x91,
  0x421,
  0x1000,
  0xffff,
  -1,
  -16,
  0x7fffffff,
  target,
  target ^ 1,
]

/** Fills a place with words through the accessors, which do not ask whether it is live. */
function write(heap: Heap, at: Pointer, byteLength: number, random: Random, words: readonly number[]): void {
  for (let offset = 0; offset + 4 <= byteLength; offset += 4) heap.setInt32(at, offset, random.pick(words))
}

/** All live blocks lie apart, and the books are sound. */
function mustBeSound(heap: Heap, live: readonly Pointer[]): void {
  checkHeap(partsOf(heap))
  expect(heap.stats().blocks).toBe(live.length)
  const ranges = live
    .map((pointer) => {
      const view = heap.bytes(pointer)
      return { buffer: view.buffer, start: view.byteOffset, end: view.byteOffset + view.length }
    })
    .sort((a, b) => a.start - b.start)
  for (const [i, range] of ranges.entries()) {
    for (const other of ranges.slice(i + 1)) {
      if (other.buffer === range.buffer) expect(other.start).toBeGreaterThanOrEqual(range.end)
    }
  }
}

/** Sizes of each kind of block: one-pool runs, longer runs, whole runs, large blocks. */
const SIZES = [16, 32, 128, 1040, 5000, 40_000, 300_000]

describe('attacks', () => {
  it.each([
    ['fastbin_dup, tcache_dup: free a, b, a', 2],
    ['house_of_botcake, fastbin_dup_consolidate: free again once magazines were emptied', 9],
  ])('%s', (_, between) => {
    for (const size of SIZES) {
      const { heap } = testHeap({ decay: 0 })
      const [a, ...others] = Array.from({ length: between + 1 }, () => heap.alloc(size)) as [Pointer, ...Pointer[]]
      heap.free(a)
      for (const other of others.splice(1)) heap.free(other)
      if (between > 2) heap.purge()
      expect(caught(() => heap.free(a)).code).toMatch(/^EBB_(DOUBLE_FREE|INVALID_POINTER)$/)
      const again = [heap.alloc(size), heap.alloc(size), heap.alloc(size)]
      expect(new Set(again).size).toBe(3)
      mustBeSound(heap, [...others, ...again])
    }
  })

  it('tcache_poisoning, fastbin_dup_into_stack, unsorted_bin_into_stack, house_of_lore: links in freed blocks', () => {
    const random = new Random('poisoned')
    for (const size of SIZES) {
      const { heap } = testHeap({ decay: Infinity })
      const victim = heap.alloc(size)
      heap.setInt32(victim, 0, 12_345)
      const freed = Array.from({ length: 20 }, () => heap.alloc(size))
      for (const pointer of freed) heap.free(pointer)
      for (const pointer of freed) write(heap, pointer, Math.min(size, 64), random, wordsAgainst(victim))
      const got = Array.from({ length: 40 }, () => heap.alloc(size))
      expect(got).not.toContain(victim)
      expect(heap.getInt32(victim, 0)).toBe(12_345)
      mustBeSound(heap, [victim, ...got])
    }
  })

  it('unsafe_unlink, house_of_einherjar, poison_null_byte, overlapping_chunks: lengths in front of and behind a block', () => {
    const random = new Random('overwritten')
    for (const size of SIZES.slice(0, 5)) {
      const { heap } = testHeap({ decay: 0 })
      const blocks = Array.from({ length: 60 }, () => heap.alloc(size))
      for (const pointer of blocks) {
        const view = heap.bytes(pointer)
        const from = Math.max(0, view.byteOffset - 32)
        const around = new Int32Array(view.buffer, from, (Math.min(view.length, 64) + 64) >>> 2)
        for (let i = 0; i < around.length; i++) around[i] = random.pick(wordsAgainst(pointer))
      }
      const kept = blocks.filter((_, i) => i % 3 !== 0)
      for (const [i, pointer] of blocks.entries()) if (i % 3 === 0) heap.free(pointer)
      const got = Array.from({ length: 50 }, () => heap.alloc(size + (random.below(2) * size) / 2))
      mustBeSound(heap, [...kept, ...got])
      for (const pointer of [...kept, ...got]) heap.free(pointer)
      heap.purge()
      expect(heap.stats().mappedBytes).toBe(0)
    }
  })

  it('house_of_spirit, house_of_io: free of a block that was forged inside of another', () => {
    for (const size of [4096, 32_000, 300_000]) {
      const { heap } = testHeap()
      const pointer = heap.alloc(size)
      for (let offset = 0; offset < size; offset += 16) {
        heap.setInt32(pointer, offset, 0x21)
        if (offset > 0) expect(caught(() => heap.free((pointer + (offset >>> 4)) as Pointer)).name).toBe('HeapError')
      }
      mustBeSound(heap, [pointer])
    }
  })

  it('house_of_force, house_of_orange: a size that would wrap round', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(64)
    heap.setInt32(pointer, 64, -1) // behind it, where others keep how much is left
    for (const size of [2 ** 47, 2 ** 53 - 16, 2 ** 63, 2 ** 64 - 64, -64]) {
      expect(caught(() => heap.alloc(size))).toBeInstanceOf(Error)
    }
    // Those that 31 or 32 bits would cut are refused, or served whole.
    const { heap: small } = testHeap({ limit: 2 ** 20 })
    for (const size of [2 ** 31, 2 ** 32 - 8, 2 ** 32, 2 ** 32 + 64]) {
      expect(caught(() => small.alloc(size)).code).toMatch(/^EBB_(LIMIT|OUT_OF_MEMORY)$/)
    }
    const next = heap.alloc(64)
    mustBeSound(heap, [pointer, next])
  })

  it('mmap_overlapping_chunks, large_bin_attack: lengths in front of large blocks, then frees and larger requests', () => {
    const random = new Random('large')
    const { heap } = testHeap({ decay: 1000 })
    const blocks = Array.from({ length: 5 }, () => heap.alloc(400_000))
    for (const pointer of blocks) write(heap, pointer, 128, random, wordsAgainst(blocks[0] as Pointer))
    heap.free(blocks[1] as Pointer)
    heap.free(blocks[2] as Pointer)
    write(heap, blocks[1] as Pointer, 4096, random, wordsAgainst(blocks[4] as Pointer))
    const got = [heap.alloc(900_000), heap.alloc(350_000), heap.alloc(100_000)]
    mustBeSound(heap, [0, 3, 4].map((i) => blocks[i] as Pointer).concat(got))
  })

  it('first_fit, tcache_metadata_poisoning: what is free is handed out again, its contents change nothing else', () => {
    const { heap } = testHeap({ decay: Infinity })
    const first = heap.alloc(64)
    heap.free(first)
    heap.setInt32(first, 0, 0x7fffffff) // a write after free
    expect(heap.alloc(64)).toBe(first)
    expect(heap.getInt32(first, 0)).toBe(0x7fffffff) // shown by debug heaps alone; `allocZeroed` clears it
    heap.free(first)
    heap.setInt32(first, 0, -1)
    expect(heap.getInt32(heap.allocZeroed(64), 0)).toBe(0)
    mustBeSound(heap, [first])
  })
})
