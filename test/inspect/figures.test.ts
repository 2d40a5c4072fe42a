import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { type Figures, figuresOfNothing, readFigures } from '../../lib/inspect/figures'
import { booksOf, slotsIn } from '../../lib/inspect/map'
import { space } from '../../lib/space/thread-space'
import { HeapModel } from '../support/heap-model'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

const figuresOf = (heap: Heap): Figures => {
  const { heap: number } = partsOf(heap).table
  return readFigures(booksOf(space)).get(number) ?? figuresOfNothing(booksOf(space), number)
}

/** What both have must be the same, once the magazines are empty. */
function expectSame(heap: Heap): void {
  const stats = heap.stats()
  const figures = figuresOf(heap)
  for (const name of Object.keys(figures) as (keyof Figures)[])
    expect([name, figures[name]]).toEqual([name, stats[name]])
}

describe('figures read in the words', () => {
  it('are those of stats(), whatever the heap has been through', () => {
    const { heap, clock } = testHeap()
    const random = new Random('figures')
    const model = new HeapModel(heap, random)
    for (let step = 0; step < 1200; step++) {
      const kind = random.below(10)
      if (kind < 5 || model.blocks.length === 0) model.alloc(random.logUniform(random.oneIn(8) ? 2e6 : 20_000))
      else if (kind < 8) model.free(random.pick(model.blocks))
      else model.realloc(random.pick(model.blocks), random.logUniform(random.oneIn(4) ? 3e6 : 20_000))
      if (random.oneIn(40)) clock.advance(random.below(400))
      if (step % 500 === 499) heap.compact(model.moved)
      if (step % 50 === 0) expectSame(heap)
    }
    model.freeAll()
    expectSame(heap)
    heap.purge()
    expectSame(heap)
  })

  it('count blocks that wait in a magazine as free, and change nothing', () => {
    const { heap } = testHeap()
    const pointers = heap.allocMany(48, new Int32Array(100))
    heap.freeMany(pointers.subarray(0, 10))
    const { blocks, liveBytes, classes } = figuresOf(heap)
    expect([blocks, liveBytes]).toEqual([90, 90 * 48])
    expect(classes).toEqual([{ sizeClass: 3, blockBytes: 48, pools: 2, blocks: 90, freeBlocks: 170 - 90 }])
    expect(heap.alloc(48)).toBe(pointers[9]) // it still waits on top
  })

  it('count calls to the system and moves', () => {
    const { heap, clock } = testHeap()
    const pointers = [...heap.allocMany(512, new Int32Array(300))] as Pointer[]
    heap.free(heap.alloc(1_000_000))
    for (const [i, pointer] of pointers.entries()) if (i % 8 !== 0) heap.free(pointer)
    clock.advance(5000)
    heap.compact(() => undefined)
    const { maps, unmaps, discards, discardedBytes, moves } = figuresOf(heap)
    expect(heap.stats()).toMatchObject({ maps, unmaps, discards, discardedBytes, moves })
    expect([maps, unmaps, moves > 0, discards > 0, discardedBytes > 0]).toEqual([2, 1, true, true, true])
  })

  it('tell heaps apart, and have nothing of one that is closed', () => {
    const [a, b] = [testHeap().heap, testHeap().heap]
    a.alloc(48)
    b.alloc(100_000)
    const all = readFigures(booksOf(space))
    const [inA, inB] = [a, b].map((heap) => partsOf(heap).table.heap)
    expect([all.get(inA as number)?.liveBytes, all.get(inB as number)?.liveBytes]).toEqual([48, 102_400])
    expect([...readFigures(booksOf(space), slotsIn(booksOf(space), inA)).keys()]).toEqual([inA])
    a.close()
    expect(readFigures(booksOf(space)).get(inA as number)).toBeUndefined()
  })

  it('need no view of the annex that an arena lies in', () => {
    const { heap } = testHeap({ isFar: true })
    heap.alloc(48)
    const { heap: number } = partsOf(heap).table
    const seen = figuresOf(heap)
    const blind = readFigures({ ...booksOf(space), annexes: [] }).get(number)
    expect([seen.arenas, seen.liveBytes]).toEqual([1, 48])
    expect([blind?.arenas, blind?.liveBytes, blind?.mappedBytes]).toEqual([1, 48, 256 * 1024])
  })
})
