/** Every call to the OS that can fail does fail, one after the other: the heap stays whole and the operation can be repeated. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { ARENA_BYTES, type Pointer } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { runChild, said } from '../support/child'
import { HeapModel } from '../support/heap-model'
import { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'
import { TestPages } from '../support/test-pages'

/** Sizes that open arenas, runs and large mappings. */
const sizes = [16, 500, 3000, 9000, 40_000, 100_000, 200_000, 260_000, 700_000]

/** A session with every operation that calls the OS, as steps that can be repeated one by one. */
function* session(heap: Heap, model: HeapModel, clock: ManualClock): Generator<() => unknown> {
  for (let round = 0; round < 2; round++) {
    for (const size of sizes) for (let i = 0; i < 3; i++) yield () => model.alloc(size)
    for (const size of sizes) yield () => model.allocZeroed(size + 1)
    for (const block of model.blocks.filter((_, index) => index % 3 === 0)) yield () => model.realloc(block, 300_000)
    for (const block of model.blocks.filter((_, index) => index % 3 === 1)) yield () => model.free(block)
    yield () => clock.advance(500)
    yield () => heap.compact(model.moved)
    for (const block of model.blocks.filter((_, index) => index % 2 === 1)) yield () => model.free(block)
    yield () => clock.advance(3000)
    yield () => heap.purge()
  }
}

interface Outcome {
  readonly os: TestPages
  readonly errors: HeapError[]
}

/** Runs the session; a step that fails is repeated once memory is back. */
function runSession(prepare: (os: TestPages) => void, decay: number, osPageSize = 4096): Outcome {
  const os = new TestPages({ osPageSize })
  const clock = new ManualClock()
  const heap = new Heap({ osPages: os, clock, decay })
  const model = new HeapModel(heap, quiet)
  const errors: HeapError[] = []
  prepare(os)
  for (const step of session(heap, model, clock)) {
    try {
      step()
    } catch (error) {
      if (!(error instanceof HeapError)) throw error
      errors.push(error)
      os.failAt = 0
      os.failFrom = Infinity
      checkHeap(partsOf(heap))
      model.verifyAll()
      step()
    }
  }
  checkHeap(partsOf(heap))
  model.verifyAll()
  model.freeAll()
  heap.purge()
  expect(heap.stats()).toMatchObject({ blocks: 0, mappedBytes: 0 })
  expect(os.mapped.size).toBe(0)
  return { os, errors }
}

const quiet = new Random('out of memory')

describe('fake OS pages that fail', () => {
  for (const [decay, osPageSize] of [
    [1000, 4096],
    [0, 4096],
    [1000, 16384],
  ] as const) {
    it(`on the n-th call, for every n (decay ${decay}, OS pages of ${osPageSize})`, () => {
      const calls = runSession(() => {}, decay, osPageSize).os.fallible
      expect(calls).toBeGreaterThan(20)
      const seen = new Set<string>()
      for (let n = 1; n <= calls; n++) {
        const { errors } = runSession((os) => (os.failAt = n), decay, osPageSize)
        for (const error of errors) seen.add(error.code)
        expect(errors.length).toBeLessThanOrEqual(1)
      }
      for (const code of seen) expect(['EBB_OUT_OF_MEMORY', 'EBB_OS']).toContain(code)
    })

    it(`from the n-th call on, for every n (decay ${decay}, OS pages of ${osPageSize})`, () => {
      const calls = runSession(() => {}, decay, osPageSize).os.fallible
      let refused = 0
      for (let n = 1; n <= calls; n += 3) {
        const { errors } = runSession((os) => (os.failFrom = n), decay, osPageSize)
        for (const error of errors) {
          expect(['EBB_OUT_OF_MEMORY', 'EBB_OS']).toContain(error.code)
          expect([error.errno, ['mmap', 'mremap', 'madvise'].includes(error.syscall ?? '')]).toEqual([-12, true])
          if (error.code === 'EBB_OUT_OF_MEMORY') refused++
        }
      }
      expect(refused).toBeGreaterThan(calls / 8)
    })
  }

  it('gives EBB_OUT_OF_MEMORY with errno, syscall, the bytes and the remedy', () => {
    const { heap, os } = testHeap()
    os.failFrom = 1
    const error = caught(() => heap.alloc(100))
    expect(error).toBeInstanceOf(HeapError)
    expect(error).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', errno: -12, syscall: 'mmap' })
    expect(error.message).toBe(
      'ebb: the operating system refused 262144 bytes (mmap: ENOMEM); free memory, raise the memory limit of the process, ' +
        'or on Linux vm.max_map_count if there are many mappings',
    )
    expect((error.cause as Error).message).toBe('ENOMEM: not enough memory, mmap')
  })

  it('are asked again when the heap had something to give back', () => {
    const { heap, os } = testHeap()
    heap.free(heap.alloc(1_000_000))
    os.failAt = os.fallible + 1
    os.failing = 'map'
    heap.alloc(500_000)
    expect(heap.stats()).toMatchObject({ keptBytes: 0, largeBlocks: 1 })
  })

  it('leave a block untouched that could not be resized', () => {
    for (const canMove of [true, false]) {
      for (const size of [100, 5000, 40_000, 1_000_000]) {
        const { heap, os } = testHeap({ canMove })
        const pointer = heap.alloc(size)
        heap.bytes(pointer).fill(9)
        os.failFrom = 0
        expect(caught(() => heap.realloc(pointer, 3_000_000)).code).toBe('EBB_OUT_OF_MEMORY')
        expect(heap.bytes(pointer).every((byte) => byte === 9)).toBe(true)
        expect(heap.usableSize(pointer)).toBeLessThan(3_000_000)
        os.failFrom = Infinity
        const moved = heap.realloc(pointer, 3_000_000)
        expect(heap.bytes(moved, size).every((byte) => byte === 9)).toBe(true)
        checkHeap(partsOf(heap))
      }
    }
  })

  it('undo an allocMany that did not get all of its blocks', () => {
    const { heap, os } = testHeap()
    os.failFrom = 3
    expect(caught(() => heap.allocMany(4096, new Int32Array(500))).code).toBe('EBB_OUT_OF_MEMORY')
    expect(heap.stats().blocks).toBe(0)
    checkHeap(partsOf(heap))
  })

  it('cannot make free or the timer throw; what they refuse is counted and tried again', () => {
    const { heap, os, clock } = testHeap()
    const keep = heap.alloc(16)
    const pointers = Array.from({ length: 300 }, () => heap.alloc(4096))
    os.failFrom = 0
    for (const pointer of pointers) {
      heap.free(pointer)
      clock.stall(50)
    }
    clock.advance(3000)
    const { failedDiscards, dirtyPools } = heap.stats()
    expect(failedDiscards).toBeGreaterThan(0)
    expect(dirtyPools).toBeGreaterThan(0)
    os.failFrom = Infinity
    clock.advance(5000)
    expect(heap.stats().dirtyPools).toBe(0)
    heap.free(keep)
    checkHeap(partsOf(heap))
  })

  it('make purge throw EBB_OS, and the next purge complete', () => {
    const { heap, os } = testHeap()
    heap.alloc(16)
    for (const pointer of Array.from({ length: 40 }, () => heap.alloc(4096))) heap.free(pointer)
    os.failFrom = 0
    expect(caught(() => heap.purge())).toMatchObject({
      code: 'EBB_OS',
      errno: -12,
      syscall: 'madvise',
      message: 'ebb: discarding 163840 bytes failed (madvise: ENOMEM)',
    })
    checkHeap(partsOf(heap))
    os.failFrom = Infinity
    expect(heap.purge()).toBe(163_840)
  })
})

describe('the limit option', () => {
  it('fails with EBB_LIMIT, having purged first, and holds exactly', () => {
    const { heap, os } = testHeap({ limit: 4 * ARENA_BYTES })
    const first = heap.alloc(2 * ARENA_BYTES)
    heap.alloc(100)
    const second = heap.alloc(ARENA_BYTES)
    const error = caught(() => heap.alloc(ARENA_BYTES))
    expect(error).toMatchObject({ code: 'EBB_LIMIT', errno: undefined })
    expect(error.message).toBe(
      "ebb: 262144 more bytes would pass this heap's limit of 1048576 (1048576 are mapped); free blocks or raise `limit`",
    )
    expect(os.mappedBytes).toBe(4 * ARENA_BYTES)
    heap.free(first)
    expect(heap.stats().keptBytes).toBe(2 * ARENA_BYTES)
    heap.alloc(ARENA_BYTES)
    expect(heap.stats().keptBytes).toBe(0)
    heap.free(second)
    expect(heap.usableSize(heap.realloc(0 as Pointer, 2 * ARENA_BYTES))).toBe(2 * ARENA_BYTES)
    expect(heap.stats().peakMappedBytes).toBeLessThanOrEqual(4 * ARENA_BYTES)
    checkHeap(partsOf(heap))
  })

  it('holds for blocks that grow in place, which stay as they are', () => {
    const { heap } = testHeap({ limit: 8 * ARENA_BYTES })
    const pointer = heap.alloc(3 * ARENA_BYTES)
    heap.bytes(pointer).fill(4)
    expect(caught(() => heap.realloc(pointer, 9 * ARENA_BYTES)).code).toBe('EBB_LIMIT')
    expect(heap.usableSize(pointer)).toBe(3 * ARENA_BYTES)
    const grown = heap.realloc(pointer, 8 * ARENA_BYTES)
    expect(heap.bytes(grown, 3 * ARENA_BYTES).every((byte) => byte === 4)).toBe(true)
    expect(heap.stats().mappedBytes).toBe(8 * ARENA_BYTES)
  })

  it('is not passed by blocks that are free: magazines are given back before a request fails', () => {
    const limit = ARENA_BYTES
    for (const size of [16, 512, 4096]) {
      const { heap } = testHeap({ limit })
      heap.freeMany(heap.allocMany(size, new Int32Array(4)))
      expect(heap.usableSize(heap.alloc(ARENA_BYTES))).toBe(ARENA_BYTES)
      checkHeap(partsOf(heap))
    }
    for (const size of [16, 700, 8192, 16_384]) {
      const { heap, os } = testHeap({ limit })
      const pointers = [...heap.allocMany(4096, new Int32Array(63))] as Pointer[]
      heap.freeMany(pointers.slice(10, 14))
      const pointer = heap.alloc(size)
      heap.bytes(pointer).fill(1)
      for (const other of [...pointers.slice(0, 10), ...pointers.slice(14)]) expect(heap.isLive(other)).toBe(true)
      expect([os.calls.map, heap.stats().blocks]).toEqual([1, 60])
      expect(caught(() => heap.allocMany(4096, new Int32Array(5))).code).toBe('EBB_LIMIT')
      checkHeap(partsOf(heap))
    }
  })

  it('leaves no mapping behind where there is no room for a block', () => {
    for (const size of [2 * ARENA_BYTES, 1_003_520]) {
      const { heap, os } = testHeap({ limit: size - 4096 })
      // An empty arena stays until the large mapping drives it out.
      heap.free(heap.alloc(16))
      expect(os.mapped.size).toBe(1)
      expect(caught(() => heap.alloc(size)).code).toBe('EBB_LIMIT')
      expect([os.mapped.size, heap.stats().mappedBytes]).toEqual([0, 0])
      checkHeap(partsOf(heap))
      expect(heap.stats()).toMatchObject({ largeBlocks: 0, largeBytes: 0, arenas: 0 })
    }
  })

  it('of less than an arena still serves what fits', () => {
    const { heap } = testHeap({ limit: 0 })
    expect(caught(() => heap.alloc(0)).code).toBe('EBB_LIMIT')
    expect(caught(() => heap.alloc(1e6)).code).toBe('EBB_LIMIT')
    checkHeap(partsOf(heap))
  })
})

const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

describe.runIf(hasPrlimit)('the real kernel out of memory', () => {
  it('refuses, the heap stays whole, and goes on when blocks were freed', async () => {
    const result = await runChild(`
      const { execFileSync } = require('node:child_process')
      const { readFileSync } = require('node:fs')
      const heap = new Heap()
      heap.allocMany(4096, new Int32Array(60)) // the first arena, and all code that is needed
      const live = []
      // Blocks too large to be near, so that each is a mapping; they leave the engine room for its own when one more is refused.
      const data = 1024 * Number(/VmData:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
      execFileSync('prlimit', ['--pid', String(process.pid), '--data=' + (data + 1500 * 2 ** 20) + ':'])
      let error
      try {
        for (let i = 0; i < 40; i++) {
          live.push(heap.alloc(225 * 2 ** 20))
          heap.setInt32(live[i], 2 ** 20, i)
        }
      } catch (caught) {
        error = caught
      }
      const { checkHeap } = require(process.argv[1] ?? ${JSON.stringify(new URL('../../dist/inspect/check-heap.js', `file://${__filename}`).pathname)})
      checkHeap(partsOf(heap))
      const intact = live.every((pointer, i) => heap.getInt32(pointer, 2 ** 20) === i)
      heap.free(live.pop())
      heap.free(live.pop())
      live.push(heap.alloc(225 * 2 ** 20))
      say({ ...error, isHeapError: error instanceof HeapError, blocks: live.length, intact, cause: undefined })
    `)
    expect([result.stderr, result.code]).toEqual(['', 0])
    const [answer] = said(result) as [Record<string, unknown>]
    expect(answer).toMatchObject({
      isHeapError: true,
      code: 'EBB_OUT_OF_MEMORY',
      errno: -12,
      syscall: 'mmap',
      intact: true,
    })
    expect(answer.blocks).toBeGreaterThan(3)
  })
})
