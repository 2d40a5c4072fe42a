/** Every call to the OS fails once, in the growth of collections, in the middle of compact, and in close: nothing is lost, a retry succeeds. */
import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import { bytes, Cache, Dict, List, str } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { f64, i32 } from '../../lib/records/types'
import { ManualClock } from '../support/manual-clock'
import { testHeap } from '../support/test-heap'
import type { TestPages } from '../support/test-pages'

/** The ArrayBuffers of earlier sessions give their slots back when the event loop turns. */
const afterViews = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The calls that can fail, as errors name them. */
const SYSCALLS = ['mmap', 'madvise']

/** Looks whether an error is one that a caller can act on. */
function isNamed(error: unknown): void {
  if (!(error instanceof HeapError)) throw error
  expect(['EBB_OUT_OF_MEMORY', 'EBB_OS']).toContain(error.code)
  expect(SYSCALLS).toContain(error.syscall)
  expect(error.errno).toBe(-12)
  expect(error.message).toContain('ENOMEM')
}

/** Does a step; one that fails is looked at by `look`, and done again with the system as it should be. Returns how often it failed. */
function attempt(os: TestPages, step: () => unknown, look: () => void): number {
  try {
    step()
    return 0
  } catch (error) {
    isNamed(error)
    os.failAt = 0
    os.failFrom = Infinity
    look()
    step()
    return 1
  }
}

interface Run {
  readonly heap: Heap
  readonly os: TestPages
  readonly clock: ManualClock
}

/** Everything is closed: nothing stays. */
function leavesNothing({ heap, os, clock }: Run): void {
  os.failAt = 0
  os.failFrom = Infinity
  clock.advance(5000)
  checkHeap(partsOf(heap))
  expect(heap.stats().blocks).toBe(0)
  heap.purge()
  expect(heap.stats()).toMatchObject({ mappedBytes: 0, arenas: 0, keptBytes: 0 })
  heap.close()
}

/** A text whose length goes with its number, some of them large blocks. */
const textOf = (n: number): string => `${n} `.repeat(n % 40 === 39 ? 90_000 : (n * 37) % 900)

/** Growth of one of each collection beside what a Map and an Array hold; returns the failures. */
function grow({ heap, os, clock }: Run): number {
  let failures = 0
  let isMade = false
  const step = <T>(call: () => T): T => {
    let result: T | undefined
    failures += attempt(
      os,
      () => (result = call()),
      () => isMade && isWhole(),
    )
    return result as T
  }
  const dict = step(() => new Dict(heap, { key: i32, value: f64 }))
  const texts = step(() => new Dict(heap, { key: str, value: str }))
  const list = step(() => new List(heap, f64))
  const cache = step(() => new Cache(heap, { key: i32, value: bytes, maxBytes: 600_000 }))
  isMade = true
  const numbers = new Map<number, number>()
  const strings = new Map<string, string>()
  const array: number[] = []
  let kept = 0
  const isWhole = (): void => {
    checkHeap(partsOf(heap))
    expect([dict.size, texts.size, list.length]).toEqual([numbers.size, strings.size, array.length])
    for (const [key, value] of numbers) if (dict.get(key) !== value) throw new Error(`${key} was lost`)
    for (const [key, value] of strings) if (texts.get(key) !== value) throw new Error(`${key} was lost`)
    expect(list.toArray()).toEqual(array)
    for (const [key, value] of cache) if (value.some((byte) => byte !== (key & 255))) throw new Error(`${key} is torn`)
  }
  for (let round = 0; round < 90; round++) {
    for (let i = 0; i < 150; i++) {
      const n = round * 150 + i
      step(() => dict.set(n, n / 3))
      numbers.set(n, n / 3)
      step(() => list.push(n))
      array.push(n)
    }
    const text = textOf(round)
    step(() => texts.set(`key ${round % 50}`, text))
    strings.set(`key ${round % 50}`, text)
    step(() => cache.set(round, new Uint8Array(3000 + round * 400).fill(round)))
    if (cache.has(round)) kept++
    if (round % 30 === 29) step(() => heap.compact())
    if (round % 20 === 19) clock.advance(1200)
  }
  isWhole()
  expect(kept).toBeGreaterThan(60)
  for (const collection of [dict, texts, list, cache]) step(() => collection.close())
  return failures
}

async function start(decay: number): Promise<Run> {
  await afterViews()
  return testHeap({ decay })
}

describe('collections that grow', () => {
  for (const decay of [0, 1000]) {
    it(`keep what they had when the n-th call fails, and go on (decay ${decay})`, async () => {
      const plain = await start(decay)
      expect(grow(plain)).toBe(0)
      const calls = plain.os.fallible
      leavesNothing(plain)
      expect(calls).toBeGreaterThan(20)
      let failures = 0
      for (let n = 1; n <= calls; n++) {
        const run = await start(decay)
        // One that is refused alone is tried again after a purge: that must do too.
        if (n % 3 === 0) run.os.failAt = n
        else run.os.failFrom = n
        const failed = grow(run)
        expect(failed).toBeLessThanOrEqual(1)
        failures += failed
        leavesNothing(run)
      }
      expect(failures).toBeGreaterThan(0)
    })
  }
})

/** A heap full of holes, and the value in each block that lives. */
function fragment(heap: Heap): Map<Pointer, number> {
  const pointers = Array.from({ length: 4500 }, (_, i) => heap.alloc(i % 3 === 0 ? 700 : 200))
  const values = new Map<Pointer, number>()
  for (const [i, pointer] of pointers.entries()) {
    if (i % 20 !== 0) heap.free(pointer)
    else {
      heap.setInt32(pointer, 0, i)
      values.set(pointer, i)
    }
  }
  return values
}

describe('compact', () => {
  it('tells every move that it made before the n-th call fails, and ends by a second call', async () => {
    let failures = 0
    let calls = Infinity
    for (let n = 0; n <= calls; n++) {
      const run = await start(0)
      const { heap, os } = run
      const values = fragment(heap)
      const before = os.fallible
      os.failFrom = n === 0 ? Infinity : before + n
      const moved = (from: Pointer, to: Pointer): void => {
        values.set(to, values.get(from) as number)
        values.delete(from)
      }
      const isWhole = (): void => {
        checkHeap(partsOf(heap))
        for (const [pointer, value] of values) expect(heap.getInt32(pointer, 0)).toBe(value)
        expect(heap.stats().blocks).toBe(values.size)
      }
      failures += attempt(os, () => heap.compact(moved), isWhole)
      os.failFrom = Infinity
      isWhole()
      if (n === 0) calls = os.fallible - before
      for (const pointer of values.keys()) heap.free(pointer)
      leavesNothing(run)
    }
    expect(calls).toBeGreaterThan(5)
    expect(failures).toBeLessThanOrEqual(calls)
  })

  it('stays whole when its callback allocates and that fails', async () => {
    const { heap, os } = await start(1000)
    const values = fragment(heap)
    let refused = 0
    heap.compact((from, to) => {
      values.set(to, values.get(from) as number)
      values.delete(from)
      os.failFrom = 0
      try {
        heap.alloc(40e6)
      } catch (error) {
        isNamed(error)
        refused++
      }
      os.failFrom = Infinity
    })
    expect(refused).toBeGreaterThan(100)
    checkHeap(partsOf(heap))
    for (const [pointer, value] of values) expect(heap.getInt32(pointer, 0)).toBe(value)
  })
})

describe('close', () => {
  it('gives everything back whatever fails in it, and the next heap finds memory that reads zero', async () => {
    for (const decay of [0, 1000, Infinity]) {
      let calls = 1
      for (let n = 0; n <= calls; n++) {
        const { heap, os, clock } = await start(decay)
        fragment(heap)
        heap.free(heap.alloc(3_000_000))
        heap.bytes(heap.alloc(1_000_000)).fill(7)
        heap.copyIn(heap.alloc(5_000_000), new Uint8Array(5_000_000).fill(7))
        const before = os.fallible
        if (n % 2 === 1) os.failAt = before + n
        else if (n > 0) os.failFrom = before + n
        heap.close()
        if (n === 0) calls = os.fallible - before
        os.failAt = 0
        os.failFrom = Infinity
        expect(heap.stats()).toMatchObject({ blocks: 0, mappedBytes: 0, arenas: 0, largeBlocks: 0 })
        expect(clock.pending).toBe(0)
        const next = new Heap({ clock: new ManualClock() })
        for (const size of [5_000_000, 1_000_000, 700]) {
          const pointer = next.allocZeroed(size)
          expect(Buffer.compare(next.copyOut(pointer), new Uint8Array(next.usableSize(pointer)))).toBe(0)
        }
        checkHeap(partsOf(next))
        next.close()
      }
    }
  })
})
