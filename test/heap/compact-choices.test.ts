/** Which runs a compaction empties, and what it looks at again before each move. */
import { describe, expect, it } from 'vitest'
import { POOL_BYTES, type Pointer } from '../../lib/base/layout'
import { Compactor, type Guide } from '../../lib/heap/compact'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { testHeap } from '../support/test-heap'

/** Blocks of 48 bytes in a run. */
const PER_RUN = 85
const runOf = (pointer: Pointer): number => pointer >>> 8

/** A heap with runs that have so many live blocks each, and those blocks by run. */
function heapOf(...counts: number[]): { heap: Heap; runs: Pointer[][] } {
  const { heap } = testHeap({ decay: 0 })
  const all = [...heap.allocMany(48, new Int32Array(counts.length * PER_RUN))] as Pointer[]
  const runs = counts.map((count, index) => all.slice(index * PER_RUN, index * PER_RUN + count))
  for (const [n, pointer] of all.entries())
    if (n % PER_RUN >= (counts[Math.floor(n / PER_RUN)] as number)) heap.free(pointer)
  return { heap, runs }
}

/** Compacts without the door of `compact`. Returns the blocks that were moved. */
function compactBy(heap: Heap, mayMove: Guide['mayMove'], moved: Guide['moved'] = () => {}): Pointer[] {
  const parts = partsOf(heap)
  parts.magazines.releaseAll()
  const moves: Pointer[] = []
  const guide = {
    mayMove,
    moved(from: Pointer, to: Pointer) {
      moves.push(from)
      moved(from, to)
    },
  }
  for (const _ of new Compactor(parts, guide, { maxBlocks: Infinity, maxMs: Infinity }).steps())
    throw new Error('no budget')
  checkHeap(parts)
  return moves
}

describe('compaction', () => {
  it('moves nothing where no run can be emptied, and no more than those blocks that empty one', () => {
    expect(heapOf(51, 51).heap.compact(() => {})).toMatchObject({ moved: 0, done: true })
    const { heap, runs } = heapOf(51, 51, 51, 51)
    const { moved } = heap.compact(() => {})
    expect([moved, heap.stats().moves, heap.stats().blocks]).toEqual([51, 51, 204])
    expect(runs.map((blocks) => blocks.filter((pointer) => heap.isLive(pointer)).length).sort()).toEqual([
      0, 51, 51, 51,
    ])
  })

  it('leaves a run alone that has one block which may not move', () => {
    const { heap, runs } = heapOf(40, 3, 4, 5)
    const fixed = runs[1]?.[2]
    const moves = compactBy(heap, (pointer) => pointer !== fixed)
    expect(new Set(moves)).toEqual(new Set([...(runs[2] as Pointer[]), ...(runs[3] as Pointer[])]))
  })

  it('asks again before each move whether the block may move', () => {
    const { heap } = heapOf(40, 5, 5)
    let allowed = true
    const moves = compactBy(
      heap,
      () => allowed,
      () => {
        allowed = false
      },
    )
    expect([moves.length, heap.stats().blocks]).toEqual([1, 50])
  })

  it('passes by what was freed or pinned since it was listed', () => {
    for (const what of ['free', 'pin'] as const) {
      const { heap, runs } = heapOf(40, 5)
      const moves: Pointer[] = []
      heap.compact((from) => {
        moves.push(from)
        const others = (runs[1] as Pointer[]).filter((pointer) => pointer !== from)
        if (moves.length === 1) for (const pointer of others) heap[what](pointer)
      })
      expect([moves.length, runOf(moves[0] as Pointer)]).toEqual([1, runOf(runs[1]?.[0] as Pointer)])
      expect(heap.stats().blocks).toBe(what === 'free' ? 41 : 45)
      checkHeap(partsOf(heap))
    }
  })

  it('passes by a place that another block has since', () => {
    const { heap, runs } = heapOf(40, 2)
    const moves: Pointer[] = []
    heap.compact((from) => {
      moves.push(from)
      for (const pointer of runs[1] as Pointer[]) if (pointer !== from && heap.isLive(pointer)) heap.free(pointer)
    })
    expect(moves).toHaveLength(1)
    expect(heap.stats().blocks).toBe(41)
  })
})

/** Blocks of a pool in an arena. */
const PER_ARENA = 63

/** A heap with arenas that have so many blocks of a pool each, and those blocks by arena. */
function heapOfArenas(...counts: number[]): { heap: Heap; arenas: Pointer[][] } {
  const { heap } = testHeap({ decay: 0 })
  const all = [...heap.allocMany(POOL_BYTES, new Int32Array(counts.length * PER_ARENA))] as Pointer[]
  const arenas = counts.map((count, index) => all.slice(index * PER_ARENA, index * PER_ARENA + count))
  for (const [n, pointer] of all.entries())
    if (n % PER_ARENA >= (counts[Math.floor(n / PER_ARENA)] as number)) heap.free(pointer)
  return { heap, arenas }
}

describe('compaction of arenas', () => {
  it('empties those of a quarter and less, where the others have room for all of their blocks', () => {
    for (const [counts, moved] of [
      [[40, 15], 15],
      [[40, 16], 0],
      [[53, 10], 10],
      [[54, 10], 0],
      [[30, 5, 4], 9],
      [[50, 10, 9], 9],
      [[5], 0],
    ] as const) {
      const { heap } = heapOfArenas(...counts)
      const arenas = heap.stats().arenas
      expect([counts, heap.compact(() => {})]).toMatchObject([counts, { moved, done: true }])
      const emptied = counts.slice(1).filter((count) => moved >= count).length
      expect([counts, arenas - heap.stats().arenas <= emptied]).toEqual([counts, true])
      expect(arenas - heap.stats().arenas > 0).toBe(moved > 0)
      checkHeap(partsOf(heap))
    }
  })

  it('leaves one alone that has a block which may not move', () => {
    const { heap, arenas } = heapOfArenas(30, 5, 4)
    const fixed = arenas[2]?.[3]
    expect(new Set(compactBy(heap, (pointer) => pointer !== fixed))).toEqual(new Set(arenas[1]))
  })

  it('stops where its budget is spent, between runs and within one', () => {
    const { heap } = heapOfArenas(40, 4)
    expect(heap.compact(() => {}, { maxBlocks: 3 })).toMatchObject({ moved: 3, done: false })
    expect(heap.compact(() => {}, { maxBlocks: 3 })).toMatchObject({ moved: 1, done: true })
    const { heap: mixed } = testHeap({ decay: 0 })
    const whole = [...mixed.allocMany(POOL_BYTES, new Int32Array(PER_ARENA))] as Pointer[]
    mixed.allocMany(48, new Int32Array(3 * PER_RUN))
    for (const pointer of whole.slice(40)) mixed.free(pointer)
    expect(mixed.compact(() => {}, { maxBlocks: 100 })).toMatchObject({ moved: 100, done: false })
    checkHeap(partsOf(mixed))
    let { moved } = mixed.compact(() => {})
    moved += mixed.compact(() => {}).moved
    expect(moved).toBeGreaterThanOrEqual(3 * PER_RUN - 100)
    expect(mixed.stats().arenas).toBe(1)
  })
})
