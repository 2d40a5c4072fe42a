/** The engine makes no view of memory that is mapped already, as V8 does of lengths beyond its own: slot and pages go back. */
import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'
import type { TestOptions, TestPages } from '../support/test-pages'

/** Bytes of a block that is not near. */
const FAR_BYTES = 2 ** 28
const MARK = 0x5eed
const NO_VIEW = (byteLength: number): string =>
  `ebb: this version of Node makes no view of ${byteLength} bytes (Invalid typed array length); use shorter blocks`
const WORD = 4
/** Where the marks of a block are: as far as accessors reach a near one without a view. */
const endsOf = (byteLength: number): number[] => [0, Math.min(byteLength, 2 ** 17) - WORD]

/** Blocks by name, each with two marks. */
class Marked {
  readonly heap: Heap
  readonly #blocks = new Map<string, { pointer: Pointer; byteLength: number }>()

  constructor(heap: Heap) {
    this.heap = heap
  }

  alloc(name: string, byteLength: number): void {
    this.#mark(name, this.heap.alloc(byteLength), byteLength)
  }

  realloc(name: string, byteLength: number): void {
    const pointer = this.heap.realloc(this.pointer(name), byteLength)
    expect(this.heap.getInt32(pointer, 0)).toBe(MARK)
    this.#mark(name, pointer, byteLength)
  }

  free(name: string): void {
    this.heap.free(this.pointer(name))
    this.#blocks.delete(name)
  }

  freeAll(): void {
    for (const name of [...this.#blocks.keys()]) this.free(name)
  }

  pointer(name: string): Pointer {
    return this.#blocks.get(name)?.pointer as Pointer
  }

  verify(): void {
    for (const { pointer, byteLength } of this.#blocks.values())
      expect(endsOf(byteLength).map((at) => this.heap.getInt32(pointer, at))).toEqual([MARK, MARK])
    expect(this.heap.stats().blocks).toBe(this.#blocks.size)
    checkHeap(partsOf(this.heap))
  }

  #mark(name: string, pointer: Pointer, byteLength: number): void {
    this.#blocks.set(name, { pointer, byteLength })
    for (const at of endsOf(byteLength)) this.heap.setInt32(pointer, at, MARK)
  }
}

/** Every way in which memory gets a view: arenas, blocks that are new, kept, longer, shorter, moved, near and far. */
const STEPS: readonly ((marked: Marked) => void)[] = [
  (marked) => marked.alloc('small', 100),
  (marked) => marked.alloc('a', 3_000_000),
  (marked) => marked.realloc('a', 5_000_000), // in place
  (marked) => marked.realloc('a', 2_500_000), // the rest is kept
  (marked) => marked.alloc('kept', 1_500_000),
  (marked) => marked.realloc('a', 6_000_000), // moves
  (marked) => marked.free('kept'),
  (marked) => marked.alloc('far', FAR_BYTES),
  (marked) => marked.realloc('far', FAR_BYTES + 3_000_000),
  (marked) => marked.alloc('behind', FAR_BYTES),
  (marked) => marked.realloc('far', 2 * FAR_BYTES),
]

const taken = (): number =>
  Array.from({ length: space.slots }, (_, slot) => slot).filter((s) => !space.isFree(s)).length

/** Runs the steps; one that fails must leave all as it was, and succeeds the second time. Returns the errors. */
function run(options: TestOptions, prepare: (os: TestPages) => void): { errors: HeapError[]; views: number } {
  const { heap, os } = testHeap({ ...options, decay: 1000 })
  const before = taken()
  const marked = new Marked(heap)
  const errors: HeapError[] = []
  const first = os.calls.view
  os.failing = 'view'
  prepare(os)
  for (const step of STEPS) {
    const { liveBytes } = heap.stats()
    try {
      step(marked)
    } catch (error) {
      if (!(error instanceof HeapError)) throw error
      errors.push(error)
      os.failFrom = Infinity
      os.failAt = 0
      expect(heap.stats().liveBytes, error.stack).toBe(liveBytes)
      marked.verify()
      step(marked)
    }
  }
  marked.verify()
  const views = os.calls.view - first
  os.failFrom = Infinity
  marked.freeAll()
  heap.purge()
  const { mappedBytes, keptBytes } = heap.stats()
  expect([mappedBytes, keptBytes, taken()]).toEqual([0, 0, before])
  heap.close()
  return { errors, views }
}

describe('memory that no view can be made of', () => {
  for (const options of [{}, { canMove: false }, { isFar: true }, { osPageSize: 65_536 }] as const) {
    it(`goes back, whichever view fails (${JSON.stringify(options)})`, () => {
      const { errors: none, views } = run(options, () => {})
      expect([none, views > 4]).toEqual([[], true])
      let refused = 0
      for (let n = 1; n <= views; n++) {
        for (const prepare of [(os: TestPages) => (os.failAt = n), (os: TestPages) => (os.failFrom = n)]) {
          const { errors } = run(options, prepare)
          expect(errors.length).toBeLessThanOrEqual(1)
          for (const error of errors) {
            expect([error.code, error.cause]).toEqual(['EBB_OUT_OF_MEMORY', expect.any(RangeError)])
            refused++
          }
        }
      }
      expect(refused).toBeGreaterThan(4)
    })
  }

  it('is refused by name, and kept memory is no exception', () => {
    const { heap, os } = testHeap()
    os.failing = 'view'
    heap.free(heap.alloc(FAR_BYTES))
    os.failFrom = 0
    const error = caught(() => heap.alloc(FAR_BYTES))
    expect(error.message).toBe(NO_VIEW(FAR_BYTES))
    expect(heap.stats()).toMatchObject({ blocks: 0, mappedBytes: 0, keptBytes: 0 })
  })

  it('is no concern of a near block until somebody wants a view of it', () => {
    const { heap, os } = testHeap()
    os.failing = 'view'
    os.failFrom = 0
    const pointer = heap.alloc(3_002_368)
    heap.setInt32(pointer, 100_000, MARK)
    const error = caught(() => heap.getInt32(pointer, 3_000_000))
    expect([error.code, error.message]).toEqual(['EBB_OUT_OF_MEMORY', NO_VIEW(3_002_368)])
    os.failFrom = Infinity
    expect([heap.getInt32(pointer, 100_000), heap.getInt32(pointer, 3_000_000)]).toEqual([MARK, 0])
    checkHeap(partsOf(heap))
    heap.free(pointer)
  })
})
