import { afterEach, describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import { ProfiledHeap } from '../../lib/debug/index'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import type { HeapOptions } from '../../lib/heap/options'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'

const opened: Heap[] = []
function profiledHeap(options: HeapOptions = {}): ProfiledHeap {
  const heap = new Heap({ profile: 1000, ...options }) as ProfiledHeap
  opened.push(heap)
  return heap
}
afterEach(() => {
  for (const heap of opened.splice(0)) {
    checkHeap(partsOf(heap))
    heap.close()
  }
})

const small = (heap: Heap): Pointer => heap.alloc(16)
const big = (heap: Heap): Pointer => heap.allocZeroed(700)
const siteOf = (heap: ProfiledHeap, name: string) => heap.leaks().find(({ site }) => site.startsWith(`${name} (`))

describe('new Heap({ profile })', () => {
  it('is a ProfiledHeap, one sample in 512 KiB where nothing else is said', () => {
    expect(profiledHeap({ profile: true }).interval).toBe(512 * 1024)
    expect(profiledHeap({ profile: 0 })).not.toBeInstanceOf(ProfiledHeap)
    expect(new ProfiledHeap().interval).toBe(512 * 1024)
    expect(caught(() => profiledHeap({ profile: -1 }))).toBeInstanceOf(RangeError)
    expect(caught(() => profiledHeap({ profile: 'x' as unknown as number }))).toBeInstanceOf(TypeError)
  })

  it('estimates what is live, by place, whatever the sizes', () => {
    const heap = profiledHeap()
    const blocks: Pointer[] = []
    for (let i = 0; i < 20_000; i++) {
      blocks.push(small(heap))
      if (i % 20 === 0) blocks.push(big(heap))
    }
    const { bytes: smallBytes, blocks: smallBlocks } = siteOf(heap, 'small')!
    const { bytes: bigBytes, blocks: bigBlocks } = siteOf(heap, 'big')!
    expect(Math.abs(smallBytes / 320_000 - 1)).toBeLessThan(0.15)
    expect(Math.abs(smallBlocks / 20_000 - 1)).toBeLessThan(0.15)
    expect(Math.abs(bigBytes / 700_000 - 1)).toBeLessThan(0.15)
    expect(Math.abs(bigBlocks / 1000 - 1)).toBeLessThan(0.15)
    for (const pointer of blocks) heap.free(pointer)
    expect(heap.leaks()).toEqual([])
  })

  it('follows blocks that are resized, and that compaction moves', () => {
    const heap = profiledHeap({ profile: 1 })
    const blocks = Array.from({ length: 2000 }, () => small(heap))
    for (const [i, pointer] of blocks.entries()) if (i % 20 !== 0) heap.free(pointer)
    let kept = blocks.filter((_, i) => i % 20 === 0)
    const to = new Map<Pointer, Pointer>()
    heap.compact((from, target) => to.set(from, target))
    expect(to.size).toBeGreaterThan(10)
    kept = kept.map((pointer) => to.get(pointer) ?? pointer)
    expect(siteOf(heap, 'small')).toMatchObject({ blocks: 100, bytes: 1600 })
    kept = kept.map((pointer) => heap.realloc(pointer, 300))
    expect(siteOf(heap, 'small')).toMatchObject({ blocks: 100, bytes: 30_000 })
    expect(caught(() => heap.realloc(kept[0]!, -1))).toBeInstanceOf(RangeError)
    heap.freeMany(kept)
    expect(heap.leaks()).toEqual([])
    heap.alloc(0)
    heap.allocAligned(100, 64)
    expect(heap.snapshot().blocks).toBe(1)
  })

  it('has places for more heaps than it has numbers for', () => {
    const heaps = Array.from({ length: 300 }, () => profiledHeap({ profile: 1 }))
    for (const heap of heaps) small(heap)
    expect(heaps.slice(0, 200).every((heap) => heap.snapshot().blocks === 1)).toBe(true)
  })
})
