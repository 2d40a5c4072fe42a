/** Every call to the OS that can fail does fail, one after the other: the heap stays whole and the operation can be repeated. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { ARENA_BYTES, type Pointer } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { limitsOf } from '../../lib/os/limits'
import { caught } from '../support/caught'
import { runChild, said } from '../support/child'
import { HeapModel } from '../support/heap-model'
import type { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'
import type { OsCall, TestPages } from '../support/test-pages'

/** Sizes that open arenas, runs and large blocks. */
const sizes = [16, 500, 3000, 9000, 40_000, 100_000, 200_000, 260_000, 700_000]
/** Bytes of a block that is not near. */
const FAR_BYTES = 2 ** 28
const MIB = 2 ** 20

/** A session with every operation that calls the OS, as steps that can be repeated one by one. */
function* session(heap: Heap, model: HeapModel, clock: ManualClock): Generator<() => unknown> {
  for (const size of sizes) for (let i = 0; i < 2; i++) yield () => model.alloc(size)
  for (const size of sizes) yield () => model.allocZeroed(size + 1)
  for (const block of model.blocks.filter((_, index) => index % 3 === 0)) yield () => model.realloc(block, 300_000)
  for (const block of model.blocks.filter((_, index) => index % 9 === 0)) yield () => model.realloc(block, 900_000)
  yield () => heap.free(heap.alloc(FAR_BYTES))
  for (const block of model.blocks.filter((_, index) => index % 3 === 1)) yield () => model.free(block)
  yield () => clock.advance(500)
  for (const block of model.blocks.filter((_, index) => index % 4 === 1)) yield () => model.realloc(block, 400_000)
  yield () => heap.compact(model.moved)
  for (const block of model.blocks.filter((_, index) => index % 2 === 1)) yield () => model.free(block)
  yield () => clock.advance(3000)
  yield () => heap.purge()
}

interface Outcome {
  readonly os: TestPages
  readonly errors: HeapError[]
}

/** Does a step. One that fails leaves the heap whole, and is repeated with the system as it should be. */
function attempt(step: () => unknown, { heap, os, model }: Tried): HeapError | undefined {
  try {
    step()
    return undefined
  } catch (error) {
    if (!(error instanceof HeapError)) throw error
    os.failAt = 0
    os.failFrom = Infinity
    const { failEvery } = os
    os.failEvery = 0
    checkHeap(partsOf(heap))
    model.verifyAll()
    step()
    os.failEvery = failEvery
    return error
  }
}

interface Tried {
  readonly heap: Heap
  readonly os: TestPages
  readonly model: HeapModel
}

/** Frees everything; nothing of the heap is left then. */
function end({ heap, os, model }: Tried): void {
  os.failEvery = 0
  checkHeap(partsOf(heap))
  model.verifyAll()
  model.freeAll()
  heap.purge()
  expect(heap.stats()).toMatchObject({ blocks: 0, mappedBytes: 0, arenas: 0, keptBytes: 0 })
  heap.close()
}

/** Runs the session; a step that fails is repeated once memory is back. */
async function runSession(prepare: (os: TestPages) => void, decay: number, osPageSize = 4096): Promise<Outcome> {
  await afterViews()
  const { heap, os, clock } = testHeap({ osPageSize, decay })
  const model = new HeapModel(heap, quiet)
  const errors: HeapError[] = []
  prepare(os)
  for (const step of session(heap, model, clock)) {
    const error = attempt(step, { heap, os, model })
    if (error !== undefined) errors.push(error)
  }
  end({ heap, os, model })
  return { os, errors }
}

/** The ArrayBuffers of earlier sessions give their slots back when the event loop turns. */
const afterViews = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const quiet = new Random('out of memory')
const CODES = ['EBB_OUT_OF_MEMORY', 'EBB_OS']

describe('OS pages that fail', () => {
  for (const [decay, osPageSize, step] of [
    [1000, 4096, 1],
    [0, 4096, 1],
    [1000, 16_384, 3],
    [0, 65_536, 5],
  ] as const) {
    it(`on the n-th call, for n in steps of ${step} (decay ${decay}, OS pages of ${osPageSize})`, async () => {
      const { os } = await runSession(() => {}, decay, osPageSize)
      expect(os.fallible).toBeGreaterThan(20)
      expect([os.calls.reserve > 0, os.calls.discard > 0, os.calls.take > 0]).toEqual([true, true, true])
      let refused = 0
      for (let n = 1; n <= os.fallible; n += step) {
        const { errors } = await runSession((pages) => (pages.failAt = n), decay, osPageSize)
        for (const error of errors) expect(CODES).toContain(error.code)
        expect(errors.length).toBeLessThanOrEqual(1)
        refused += errors.length
      }
      expect(refused).toBeGreaterThan(0)
    })

    it(`from the n-th call on (decay ${decay}, OS pages of ${osPageSize})`, async () => {
      const { os } = await runSession(() => {}, decay, osPageSize)
      let refused = 0
      for (let n = 1; n <= os.fallible; n += 5) {
        const { errors } = await runSession((pages) => (pages.failFrom = n), decay, osPageSize)
        for (const error of errors) {
          expect(CODES).toContain(error.code)
          expect([error.errno, ['mmap', 'madvise'].includes(error.syscall ?? '')]).toEqual([-12, true])
          if (error.code === 'EBB_OUT_OF_MEMORY') refused++
        }
      }
      expect(refused).toBeGreaterThan(0)
    })
  }

  for (const call of ['reserve', 'discard', 'renew', 'take', undefined] as const) {
    it(`every now and then (${call ?? 'any call'}) in a mixed workload`, async () => {
      const counts = { errors: 0, calls: 0 }
      for (const [every, decay, osPageSize] of [
        [1, 1000, 4096],
        [2, 0, 4096],
        [3, 1000, 16_384],
        [7, 100, 65_536],
        [5, Infinity, 4096],
      ] as const) {
        await afterViews()
        mixedWorkload({ every, decay, osPageSize, call, counts })
      }
      expect(counts.calls).toBeGreaterThan(20)
      // What a discard or a renewal is refused stays resident; only a purge says so.
      if (call !== 'renew' && call !== 'discard') expect(counts.errors).toBeGreaterThan(call === 'reserve' ? 0 : 10)
    })
  }

  it('gives EBB_OUT_OF_MEMORY with errno, syscall, the bytes and the remedy', () => {
    const { heap, os } = testHeap()
    os.failFrom = 1
    const error = caught(() => heap.alloc(100))
    expect(error).toBeInstanceOf(HeapError)
    expect(error).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', errno: -12, syscall: 'mmap' })
    expect(error.message).toBe(
      `ebb: the operating system refused 262144 bytes (mmap: ENOMEM); free memory, or raise what limits this process: ${limitsOf()}`,
    )
    expect((error.cause as Error).message).toBe('ENOMEM: not enough memory, mmap')
  })

  it('are asked again when the heap had something to give back', () => {
    const { heap, os } = testHeap()
    heap.free(heap.alloc(500_000))
    os.failing = 'take'
    os.failAt = os.fallible + 1
    heap.alloc(1_000_000) // what is kept is too short
    expect(heap.stats()).toMatchObject({ keptBytes: 0, largeBlocks: 1 })
  })

  it('leave a block untouched that could not be resized', () => {
    for (const canMove of [true, false]) {
      for (const size of [100, 5000, 40_000, 1_000_000]) {
        const { heap, os } = testHeap({ canMove })
        const pointer = heap.alloc(size)
        heap.alloc(size) // in the way
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

interface Mixed {
  readonly every: number
  readonly decay: number
  readonly osPageSize: number
  readonly call: OsCall | undefined
  readonly counts: { errors: number; calls: number }
}

/** Random operations; every so many calls of a kind are refused. */
function mixedWorkload({ every, decay, osPageSize, call, counts }: Mixed): void {
  const random = new Random(`refused ${call} ${every}`)
  const { heap, os, clock } = testHeap({ decay, osPageSize })
  const model = new HeapModel(heap, random)
  os.failing = call
  os.failEvery = every
  const size = (): number => (random.oneIn(3) ? 260_000 + random.below(MIB) : random.logUniform(300_000))
  for (let operation = 0; operation < 400; operation++) {
    const choice = random.below(100)
    let step: () => unknown
    if (model.blocks.length < 5 || choice < 35) {
      const byteLength = size()
      step = () => (choice % 2 === 0 ? model.alloc(byteLength) : model.allocZeroed(byteLength))
    } else if (choice < 60) {
      const [block, byteLength] = [model.any(), size()]
      step = () => model.realloc(block, byteLength)
    } else if (choice < 63) step = () => heap.free(heap.allocAligned(FAR_BYTES, osPageSize))
    else if (choice < 66) step = () => heap.compact(model.moved)
    else if (choice < 69) step = () => heap.purge()
    else if (choice < 72) step = () => clock.advance(random.below(3000))
    else {
      const block = model.any()
      step = () => model.free(block)
    }
    if (attempt(step, { heap, os, model }) !== undefined) counts.errors++
    if (operation % 30 === 0) checkHeap(partsOf(heap))
  }
  counts.calls += call === undefined ? os.fallible : os.calls[call]
  end({ heap, os, model })
}

describe('the limit option', () => {
  it('fails with EBB_LIMIT, having purged first, and holds exactly', () => {
    const { heap } = testHeap({ limit: 4 * ARENA_BYTES })
    const first = heap.alloc(2 * ARENA_BYTES)
    heap.alloc(100)
    const second = heap.alloc(ARENA_BYTES)
    const error = caught(() => heap.alloc(ARENA_BYTES))
    expect(error.code).toBe('EBB_LIMIT')
    expect(error).not.toHaveProperty('errno')
    expect(error.message).toBe(
      "ebb: 262144 more bytes would pass this heap's limit of 1048576 (1048576 are mapped); free blocks or raise `limit`",
    )
    heap.free(first)
    expect(heap.stats().keptBytes).toBe(2 * ARENA_BYTES)
    heap.alloc(ARENA_BYTES)
    expect(heap.stats()).toMatchObject({ mappedBytes: 3 * ARENA_BYTES, keptBytes: 0 }) // in a part of it
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
      const { heap } = testHeap({ limit })
      const pointers = [...heap.allocMany(4096, new Int32Array(63))] as Pointer[]
      heap.freeMany(pointers.slice(10, 14))
      const pointer = heap.alloc(size)
      heap.bytes(pointer).fill(1)
      for (const other of [...pointers.slice(0, 10), ...pointers.slice(14)]) expect(heap.isLive(other)).toBe(true)
      expect([heap.stats().maps, heap.stats().blocks]).toEqual([1, 60])
      expect(caught(() => heap.allocMany(4096, new Int32Array(5))).code).toBe('EBB_LIMIT')
      checkHeap(partsOf(heap))
    }
  })

  it('leaves nothing behind where there is no room for a block', () => {
    for (const size of [2 * ARENA_BYTES, 1_003_520]) {
      const { heap } = testHeap({ limit: size - 4096 })
      // An empty arena stays until the large block drives it out.
      heap.free(heap.alloc(16))
      expect(heap.stats().arenas).toBe(1)
      expect(caught(() => heap.alloc(size)).code).toBe('EBB_LIMIT')
      expect(heap.stats().mappedBytes).toBe(0)
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
      const { checkHeap } = require(process.argv[1] ?? ${JSON.stringify(new URL('../../dist/inside.js', `file://${__filename}`).pathname)})
      checkHeap(partsOf(heap))
      const intact = live.every((pointer, i) => heap.getInt32(pointer, 2 ** 20) === i)
      heap.free(live.pop())
      heap.free(live.pop())
      live.push(heap.alloc(225 * 2 ** 20))
      say({ ...error, sharesPages: addon.sharesPages, isHeapError: error instanceof HeapError, blocks: live.length, intact, cause: undefined })
    `)
    expect([result.stderr, result.code]).toEqual(['', 0])
    const [answer] = said(result) as [Record<string, unknown>]
    expect(answer).toMatchObject({
      isHeapError: true,
      code: 'EBB_OUT_OF_MEMORY',
      intact: true,
    })
    // An engine that maps the pages itself says no more than that it could not.
    if (answer.sharesPages === true) expect(answer).toMatchObject({ errno: -12, syscall: 'mmap' })
    expect(answer.blocks).toBeGreaterThan(3)
  })
})
