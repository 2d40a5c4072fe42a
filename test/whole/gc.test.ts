/** What the collector does to heaps, and what it must not do. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { space } from '../../lib/space/thread-space'

/** Lets the event loop turn and the collector run until `condition` holds. */
async function settle(condition: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 100 && !condition(); turn++) {
    await sleep(1) // what a WeakRef has shown lives to the end of the turn
    globalThis.gc?.()
  }
  return condition()
}

/** Slots that some heap holds, or somebody's ArrayBuffer. */
const taken = (): number[] => {
  space.tidy()
  return Array.from({ length: space.slots }, (_, slot) => slot).filter((slot) => !space.isFree(slot))
}

describe('a heap dropped without close', () => {
  it('gives back its arenas, large blocks and kept memory after collection', async () => {
    const before = taken().length
    ;(() => {
      const heap = new Heap({ decay: 3_600_000 })
      heap.allocMany(5000, new Int32Array(500))
      for (const bytes of [5e6, 250e6]) {
        heap.alloc(bytes)
        heap.free(heap.alloc(bytes + 1e6)) // kept
      }
      expect(heap.stats().keptBytes).toBeGreaterThan(250e6)
    })()
    expect(taken().length - before).toBeGreaterThan(7 + 20 + 1 + 1)
    expect(await settle(() => taken().length === before)).toBe(true)
  })

  it('is not kept alive by its timer', async () => {
    const [weak, purger] = ((): [WeakRef<Heap>, WeakRef<object>] => {
      const heap = new Heap({ decay: 3_600_000 })
      heap.free(heap.alloc(5000))
      return [new WeakRef(heap), new WeakRef(partsOf(heap).purger)]
    })()
    expect(await settle(() => weak.deref() === undefined && purger.deref() === undefined)).toBe(true)
  })

  it('keeps the memory under a view that is still held', async () => {
    const [weak, view] = ((): [WeakRef<Heap>, Uint8Array] => {
      const heap = new Heap()
      return [new WeakRef(heap), heap.bytes(heap.alloc(100)).fill(5)]
    })()
    expect(await settle(() => weak.deref() === undefined)).toBe(true)
    await sleep(1) // what is told of collections
    expect(view.every((byte) => byte === 5)).toBe(true)
    const others = Array.from({ length: 300 }, () => new Heap({ decay: 0 }))
    for (const heap of others) heap.bytes(heap.alloc(100)).fill(7)
    expect(view.every((byte) => byte === 5)).toBe(true)
    for (const heap of others) heap.close()
  })
})

describe('views on memory that was given back', () => {
  const isZero = (view: Uint8Array): boolean => view.every((byte) => byte === 0)

  it('read zero, and keep their length: one on an arena', () => {
    const heap = new Heap({ decay: 0 })
    const pointer = heap.alloc(100)
    const bytes = heap.bytes(pointer).fill(3)
    const { buffer, length } = bytes
    heap.free(pointer)
    expect([bytes.buffer === buffer, bytes.length, isZero(bytes)]).toEqual([true, length, true])
    bytes.fill(1) // harms nobody
    const other = new Heap()
    expect(heap.bytes(heap.allocZeroed(100)).every((byte) => byte === 0)).toBe(true)
    expect(isZero(other.bytes(other.allocZeroed(100)))).toBe(true)
    heap.close()
    other.close()
  })

  it('read zero: one on a large block, and one on it before it was grown', () => {
    const heap = new Heap({ decay: 0 })
    const pointer = heap.alloc(1e6)
    const before = heap.bytes(pointer).fill(3)
    heap.alloc(1e6) // in its way
    const grown = heap.realloc(pointer, 4e6)
    const after = heap.bytes(grown)
    expect([grown === pointer, isZero(before), after[999_999]]).toEqual([false, true, 3])
    heap.free(grown)
    expect([isZero(before), isZero(after), before.length, after.length >= 4e6]).toEqual([true, true, 1_003_520, true])
    heap.close()
  })

  it.each([100, 5000, 100_000, 1e6, 250e6])(
    'read zero: one on %i bytes of a heap that was closed, or purged',
    (size) => {
      for (const end of ['close', 'purge'] as const) {
        const heap = new Heap()
        const pointer = heap.alloc(size)
        const view = heap.bytes(pointer)
        view[0] = 5
        view[size - 1] = 5
        if (end === 'purge') heap.free(pointer)
        heap[end]()
        expect([end, view.length >= size, view[0], view[size - 1]]).toEqual([end, true, 0, 0])
        heap.close()
      }
    },
  )

  it('hold their addresses until they are collected, and no longer', async () => {
    expect(await settle(() => taken().length === 0)).toBe(true)
    let views = [100, 1e6, 250e6].map((size) => {
      const heap = new Heap()
      const view = heap.bytes(heap.alloc(size))
      heap.close()
      return view
    })
    for (let turn = 0; turn < 5; turn++) {
      globalThis.gc?.()
      await sleep(1)
    }
    expect([taken().length, views.length]).toEqual([1 + 4 + 1, 3])
    views = []
    expect(await settle(() => taken().length === 0)).toBe(true)
  })

  it('read zero after the end of a using block', () => {
    const views: Uint8Array[] = []
    const heap = new Heap()
    try {
      views.push(heap.bytes(heap.alloc(10) as Pointer).fill(1))
    } finally {
      heap[Symbol.dispose]()
    }
    expect(views.map(isZero)).toEqual([true])
    expect(() => heap.alloc(1)).toThrow('closed heap')
  })
})
