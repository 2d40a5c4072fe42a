import { describe, expect, it } from 'vitest'
import { POOL_BYTES, type Pointer, type SizeClass } from '../../lib/base/layout'
import { BLOCK_BYTES, RUN_BLOCKS, runPoolsOf, sizeClassOf, WHOLE_RUN } from '../../lib/base/size-classes'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

/** What a caller keeps: pointers, each with the mark that was written into its block. */
class Marked {
  readonly marks = new Map<Pointer, number>()
  readonly moves: [Pointer, Pointer][] = []
  readonly #heap: Heap

  constructor(heap: Heap) {
    this.#heap = heap
  }

  alloc(byteLength: number): Pointer {
    const pointer = this.#heap.alloc(byteLength)
    const mark = (this.marks.size * 2654435761) >>> 0
    this.#heap.setUint32(pointer, 0, mark)
    this.#heap.setUint32(pointer, this.#heap.usableSize(pointer) - 4, mark)
    this.marks.set(pointer, mark)
    return pointer
  }

  free(pointer: Pointer): void {
    this.marks.delete(pointer)
    this.#heap.free(pointer)
  }

  /** Frees all but every n-th. */
  thin(n: number): void {
    let index = 0
    for (const pointer of [...this.marks.keys()]) if (index++ % n !== 0) this.free(pointer)
  }

  readonly moved = (from: Pointer, to: Pointer): void => {
    this.moves.push([from, to])
    const mark = this.marks.get(from)
    if (mark === undefined) throw new Error(`${from} was moved and is unknown`)
    this.marks.delete(from)
    this.marks.set(to, mark)
  }

  /** Every mark is where it belongs, and the books are sound. */
  check(): void {
    for (const [pointer, mark] of this.marks) {
      const last = this.#heap.usableSize(pointer) - 4
      if (this.#heap.getUint32(pointer, 0) !== mark || this.#heap.getUint32(pointer, last) !== mark) {
        throw new Error(`${pointer} has lost its mark`)
      }
    }
    checkHeap(partsOf(this.#heap))
    expect(this.#heap.stats().blocks).toBe(this.marks.size)
  }
}

/** A heap with one block in twenty left of many. */
function sparseHeap(byteLength = 200, blocks = 8000) {
  const { heap, clock } = testHeap({ decay: 0 })
  const marked = new Marked(heap)
  for (let i = 0; i < blocks; i++) marked.alloc(byteLength)
  marked.thin(20)
  return { heap, clock, marked }
}

describe('what compaction gives back', () => {
  it('leaves no more than one pool that is not full in every class', () => {
    for (let sizeClass = 1 as SizeClass; sizeClass < WHOLE_RUN; sizeClass++) {
      const { heap } = testHeap({ decay: 0 })
      const marked = new Marked(heap)
      const blockBytes = BLOCK_BYTES[sizeClass] as number
      const perRun = RUN_BLOCKS[sizeClass] as number
      for (let i = 0; i < Math.max(40, 6 * perRun); i++) marked.alloc(blockBytes)
      marked.thin(perRun === 1 ? 3 : perRun + 1)
      const { done } = heap.compact(marked.moved)
      expect(done).toBe(true)
      marked.check()
      const stats = heap.stats().classes.find((row) => row.sizeClass === sizeClass)
      expect(stats?.pools).toBe(Math.ceil(marked.marks.size / perRun) * runPoolsOf(sizeClass))
    }
  })

  it('brings a burst with one survivor in twenty near to its live bytes', () => {
    const { heap, marked } = sparseHeap(200, 60_000)
    const before = heap.stats()
    const { moved, bytes, done } = heap.compact(marked.moved)
    const after = heap.stats()
    expect(done).toBe(true)
    expect(moved).toBe(marked.moves.length)
    expect(bytes).toBeGreaterThan(0)
    expect(after.residentBytes).toBeLessThan(after.liveBytes * 1.15)
    expect(after.liveBytes).toBe(before.liveBytes)
    marked.check()
  })

  it('empties arenas with few pools in use by moving whole runs', () => {
    const { heap } = testHeap({ decay: 0 })
    const marked = new Marked(heap)
    // Full pools and whole runs: nothing to move inside of a class, all of it to move between arenas.
    const sizes = [4096, 40_000, 3000, 16_384]
    for (let i = 0; i < 200; i++) marked.alloc(sizes[i % sizes.length] as number)
    const all = [...marked.marks.keys()]
    all.forEach((pointer, index) => {
      if (index % 13 !== 0) marked.free(pointer)
    })
    const before = heap.stats().arenas
    heap.compact(marked.moved)
    marked.check()
    expect(before).toBeGreaterThan(4)
    expect(heap.stats().arenas).toBeLessThanOrEqual(2)
  })

  it('does nothing to a heap that is dense, empty or has large blocks only', () => {
    const { heap } = testHeap()
    const untouched = (): never => {
      throw new Error('nothing is to be moved')
    }
    expect(heap.compact(untouched)).toEqual({ moved: 0, bytes: 0, done: true })
    heap.alloc(1_000_000)
    heap.allocMany(64, new Int32Array(64))
    expect(heap.compact(untouched)).toEqual({ moved: 0, bytes: 0, done: true })
  })

  it('reaches an end: a second call finds nothing', () => {
    const { heap, marked } = sparseHeap()
    heap.compact(marked.moved)
    const again = heap.compact(marked.moved)
    expect(again).toEqual({ moved: 0, bytes: 0, done: true })
  })

  it('repeats itself exactly', () => {
    const runs = [0, 1].map(() => {
      const { heap, marked } = sparseHeap()
      heap.compact(marked.moved)
      heap.close()
      return marked.moves
    })
    expect(runs[0]).toEqual(runs[1])
  })

  it('works where OS pages hold several pools', () => {
    for (const osPageSize of [16384, 65536]) {
      const { heap } = testHeap({ osPageSize, decay: 0 })
      const marked = new Marked(heap)
      for (let i = 0; i < 20_000; i++) marked.alloc(300)
      marked.thin(50)
      heap.compact(marked.moved)
      marked.check()
      expect(heap.stats().arenas).toBe(1)
    }
  })
})

describe('moved', () => {
  it('is told when the bytes are in place and the old block is still there', () => {
    const { heap, marked } = sparseHeap()
    heap.compact((from, to) => {
      expect([heap.isLive(from), heap.isLive(to)]).toEqual([true, true])
      expect(Buffer.compare(heap.bytes(from), heap.bytes(to))).toBe(0)
      marked.moved(from, to)
    })
    for (const [from] of marked.moves) if (!marked.marks.has(from)) expect(heap.isLive(from)).toBe(false)
    marked.check()
  })

  it('that throws ends compaction with its error, the block moved, the books sound', () => {
    const { heap, marked } = sparseHeap()
    const stop = new Error('stop')
    let left = 10
    const error = caught(() =>
      heap.compact((from, to) => {
        marked.moved(from, to)
        if (--left === 0) throw stop
      }),
    )
    expect(error).toBe(stop)
    expect(marked.moves).toHaveLength(10)
    const [from, to] = marked.moves[9] as [Pointer, Pointer]
    expect([heap.isLive(from), heap.isLive(to)]).toEqual([false, true])
    marked.check()
    expect(heap.compact(marked.moved).done).toBe(true)
    marked.check()
  })

  it('that throws while a whole run moves leaves it moved', () => {
    const { heap } = testHeap({ decay: 0 })
    const marked = new Marked(heap)
    for (let i = 0; i < 60; i++) marked.alloc(40_000)
    marked.thin(7)
    expect(() =>
      heap.compact((from, to) => {
        marked.moved(from, to)
        throw new Error('stop')
      }),
    ).toThrow('stop')
    expect(marked.moves).toHaveLength(1)
    marked.check()
  })

  it('may compact only when the running compaction is over', () => {
    const { heap, marked } = sparseHeap()
    heap.compact((from, to) => {
      marked.moved(from, to)
      expect(caught(() => heap.compact(() => {}))).toMatchObject({ code: 'EBB_BUSY' })
    })
    marked.check()
    heap.compact(marked.moved)
  })

  it('may close the heap', () => {
    const { heap } = sparseHeap()
    let calls = 0
    const result = heap.compact(() => {
      calls++
      heap.close()
    })
    expect(calls).toBe(1)
    expect(result).toMatchObject({ moved: 1 })
    expect(heap.stats().mappedBytes).toBe(0)
  })

  it('may free any block but the one that is moving', () => {
    const { heap, marked } = sparseHeap()
    heap.compact((from, to) => {
      marked.moved(from, to)
      const other = [...marked.marks.keys()][marked.moves.length % marked.marks.size] as Pointer
      marked.free(other)
    })
    marked.check()
  })

  it('cannot free or resize the block that is moving where it was, whatever it allocates after', () => {
    const { heap } = testHeap()
    const pointers = heap.allocMany(48, new Int32Array(2000))
    for (let i = 0; i < pointers.length; i++) if (i % 7 !== 0) heap.free(pointers[i] as Pointer)
    const fresh: Pointer[] = []
    const { moved } = heap.compact((from) => {
      expect(() => heap.free(from)).toThrow(expect.objectContaining({ code: 'EBB_BUSY' }))
      expect(() => heap.realloc(from, 500)).toThrow(expect.objectContaining({ code: 'EBB_BUSY' }))
      if (fresh.length < 50) fresh.push(heap.alloc(48))
    })
    expect(moved).toBeGreaterThan(50)
    expect(fresh.every((pointer) => heap.isLive(pointer))).toBe(true)
    expect(new Set(fresh).size).toBe(50)
    checkHeap(partsOf(heap))
  })

  it('may free the block that it is told of, at its new place', () => {
    const { heap, marked } = sparseHeap()
    heap.compact((from, to) => {
      marked.moved(from, to)
      marked.free(to)
    })
    marked.check()
  })

  it('may allocate, free, resize, pin and purge as it likes', () => {
    const random = new Random('a callback that uses the heap')
    for (const sizes of [[200], [40], [3000, 700], [40_000, 20_000], [16, 500, 5000, 70_000]]) {
      const { heap } = testHeap({ decay: 0 })
      const marked = new Marked(heap)
      for (let i = 0; i < 3000 / sizes.length; i++) marked.alloc(random.pick(sizes))
      marked.thin(7)
      let calls = 0
      heap.compact((from, to) => {
        marked.moved(from, to)
        if (++calls > 2000) return
        const any = random.pick([...marked.marks.keys()])
        switch (random.below(6)) {
          case 0:
            for (let i = 0; i < 5; i++) marked.alloc(random.pick(sizes))
            break
          case 1:
            if (!partsOf(heap).pins.has(any)) marked.free(any)
            break
          case 2: {
            if (partsOf(heap).pins.has(any)) break
            const mark = marked.marks.get(any) as number
            const size = random.pick(sizes)
            if (heap.usableSize(any) !== BLOCK_BYTES[sizeClassOf(Math.min(size, 32_768))]) break
            marked.marks.delete(any)
            marked.marks.set(heap.realloc(any, size), mark)
            break
          }
          case 3:
            heap.pin(any)
            break
          case 4:
            heap.purge()
            break
          default:
            heap.free(heap.allocZeroed(random.pick(sizes)))
        }
        if (calls % 16 === 0) checkHeap(partsOf(heap))
      })
      for (const pointer of partsOf(heap).pins.keys()) expect(heap.isLive(pointer)).toBe(true)
      marked.check()
    }
  })
})

describe('a budget', () => {
  it('of blocks spreads the work over calls that come to the same end', () => {
    const { heap, marked } = sparseHeap()
    const whole = sparseHeap()
    whole.heap.compact(whole.marked.moved)
    let calls = 0
    for (let done = false; !done; calls++) {
      const result = heap.compact(marked.moved, { maxBlocks: 25 })
      expect(result.moved).toBeLessThanOrEqual(25)
      marked.check()
      done = result.done
    }
    expect(calls).toBeGreaterThan(5)
    expect(heap.stats().residentBytes).toBe(whole.heap.stats().residentBytes)
  })

  it('of no blocks moves none and says that there is more to do', () => {
    const { heap, marked } = sparseHeap()
    expect(heap.compact(marked.moved, { maxBlocks: 0 })).toMatchObject({ moved: 0, done: false })
    expect(heap.compact(marked.moved, { maxMs: 0 })).toMatchObject({ moved: 0, done: false })
  })

  it('of milliseconds is looked at after each block', () => {
    const { heap, marked, clock } = sparseHeap()
    const result = heap.compact(
      (from, to) => {
        marked.moved(from, to)
        clock.stall(1)
      },
      { maxMs: 12 },
    )
    expect(result).toMatchObject({ moved: 12, done: false })
    marked.check()
  })

  it('spent between two whole runs leaves no run open', () => {
    for (let maxBlocks = 0; maxBlocks < 12; maxBlocks++) {
      const { heap } = testHeap({ decay: 0 })
      const marked = new Marked(heap)
      for (let i = 0; i < 60; i++) marked.alloc(i % 2 === 0 ? 40_000 : 3000)
      marked.thin(7)
      heap.compact(marked.moved, { maxBlocks })
      marked.check()
    }
  })
})

describe('pins', () => {
  it('keep their blocks and what shares a run with them in place', () => {
    const { heap, marked } = sparseHeap()
    const pinned = [...marked.marks.keys()].filter((_, index) => index % 10 === 0)
    for (const pointer of pinned) heap.pin(pointer)
    heap.compact(marked.moved)
    for (const pointer of pinned) expect(marked.marks.has(pointer)).toBe(true)
    const pools = new Set(pinned.map((pointer) => pointer >>> 8))
    for (const [from] of marked.moves) expect(pools.has(from >>> 8)).toBe(false)
    marked.check()
    for (const pointer of pinned) heap.unpin(pointer)
    heap.compact(marked.moved)
    marked.check()
    expect(heap.stats().residentBytes).toBeLessThan(marked.marks.size * 208 + 8 * POOL_BYTES)
  })

  it('keep whole runs and large blocks in place', () => {
    const { heap } = testHeap({ decay: 0 })
    const marked = new Marked(heap)
    for (let i = 0; i < 60; i++) marked.alloc(40_000)
    marked.thin(7)
    for (const pointer of marked.marks.keys()) heap.pin(pointer)
    expect(heap.compact(marked.moved).moved).toBe(0)
    marked.check()
  })

  it('can be set by the callback on the block that is moving: it stays in both places', () => {
    const { heap, marked } = sparseHeap()
    let copy: Pointer | undefined
    heap.compact((from, to) => {
      if (copy === undefined) {
        heap.pin(from)
        copy = from
        marked.marks.set(to, marked.marks.get(from) as number)
      } else marked.moved(from, to)
    })
    expect(heap.isLive(copy)).toBe(true)
    marked.check()
  })
})

describe('listeners', () => {
  it('are told before the callback, in the order of their registration, until they are undone', () => {
    const { heap, marked } = sparseHeap()
    const heard: string[] = []
    const undo = heap.onMoved((from, to) => heard.push(`a ${from} ${to}`))
    heap.onMoved((from, to) => heard.push(`b ${from} ${to}`))
    heap.compact(
      (from, to) => {
        heard.push(`callback ${from} ${to}`)
        marked.moved(from, to)
      },
      { maxBlocks: 1 },
    )
    const [from, to] = marked.moves[0] as [Pointer, Pointer]
    expect(heard).toEqual([`a ${from} ${to}`, `b ${from} ${to}`, `callback ${from} ${to}`])
    undo()
    heard.length = 0
    heap.compact(marked.moved, { maxBlocks: 1 })
    expect(heard).toHaveLength(1)
  })

  it('that throw end compaction as the callback does', () => {
    const { heap, marked } = sparseHeap()
    const undo = heap.onMoved((from, to) => {
      marked.moved(from, to)
      throw new Error('a listener')
    })
    expect(() => heap.compact(() => {})).toThrow('a listener')
    marked.check()
    undo()
    heap.compact(marked.moved)
    marked.check()
  })
})
