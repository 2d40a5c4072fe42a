/** What the collector does to heaps, and what it must not do. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { loadAddon } from '../../lib/os/native-binding'
import { space } from '../../lib/space/thread-space'

/** Lets the event loop turn and the collector run until `condition` holds. */
async function settle(condition: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 100 && !condition(); turn++) {
    await sleep(1) // what a WeakRef has shown lives to the end of the turn
    globalThis.gc?.()
  }
  return condition()
}

/** The space of this thread is always mapped. */
const SPACES = 1

const held = (): number => {
  const { maps, unmaps } = loadAddon().mappings()
  return maps - unmaps
}

/** Near slots that some heap holds. */
const taken = (): number[] => {
  const slots = Array.from({ length: space.nearEnd - space.nearFirst }, (_, i) => space.nearFirst + i)
  return slots.filter((slot) => !space.isFree(slot))
}

describe('a heap dropped without close', () => {
  it('unmaps its arenas, large blocks and kept mappings after collection', async () => {
    await settle(() => held() === SPACES)
    let heap: Heap | undefined = new Heap({ decay: 3_600_000 })
    heap.allocMany(5000, new Int32Array(500))
    for (const far of [5e6, 250e6]) {
      heap.alloc(far)
      heap.free(heap.alloc(far + 1e6)) // kept
    }
    expect([held(), taken().length > 7 + 20 + 24]).toEqual([SPACES + 2, true])
    heap = undefined
    expect(await settle(() => held() === SPACES && taken().length === 0)).toBe(true)
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
    await settle(() => weak.deref() === undefined)
    expect(weak.deref() === undefined).toBe(true)
    expect(view.every((byte) => byte === 5)).toBe(true)
    const others = Array.from({ length: 300 }, () => new Heap({ decay: 0 }))
    for (const heap of others) heap.bytes(heap.alloc(100)).fill(7)
    expect(view.every((byte) => byte === 5)).toBe(true)
    for (const heap of others) heap.close()
  })
})

describe('memory given back', () => {
  it('leaves every view dead: an arena unmapped', () => {
    const heap = new Heap({ decay: 0 })
    const pointer = heap.alloc(100)
    const bytes = heap.bytes(pointer)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    heap.free(pointer)
    expect([bytes.length, bytes[0], bytes.buffer.byteLength]).toEqual([0, undefined, 0])
    expect(() => view.getUint8(0)).toThrow(TypeError)
    heap.close()
  })

  it('leaves every view dead: a large block unmapped, and one that was grown', () => {
    const heap = new Heap({ decay: 0 })
    const pointer = heap.alloc(1e6)
    const before = heap.bytes(pointer).fill(3)
    const grown = heap.realloc(pointer, 4e6)
    const after = heap.bytes(grown)
    expect(after[999_999]).toBe(3)
    expect(before.length === 0 || grown !== pointer).toBe(true)
    heap.free(grown)
    expect([before.length, after.length]).toEqual([0, 0])
    heap.close()
  })

  it('leaves every view dead: the heap closed, its address space gone soon after', async () => {
    await settle(() => held() === SPACES)
    const heap = new Heap()
    const views = [100, 5000, 100_000, 1e6].map((size) => heap.bytes(heap.alloc(size)))
    heap.close()
    for (const view of views) expect(view.length).toBe(0)
    expect(await settle(() => held() === SPACES)).toBe(true)
  })

  it('closes a heap at the end of a using block', () => {
    const views: Uint8Array[] = []
    const heap = new Heap()
    try {
      views.push(heap.bytes(heap.alloc(10) as Pointer))
    } finally {
      heap[Symbol.dispose]()
    }
    expect(views[0]?.length).toBe(0)
    expect(() => heap.alloc(1)).toThrow('closed heap')
  })
})
