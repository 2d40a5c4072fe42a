import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as ebb from '../../lib'
import type { Pointer } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'
import { detach } from '../support/test-pages'

describe('a heap', () => {
  it('is what the package exports, with its errors', () => {
    expect(Object.keys(ebb)).toEqual(expect.arrayContaining(['Heap', 'HeapError', 'HeapStats']))
    const heap = new ebb.Heap()
    expect(heap.name).toBe('')
    const pointer = heap.alloc(10)
    heap.setFloat64(pointer, 0, 1.5)
    expect(heap.getFloat64(pointer, 0)).toBe(1.5)
    heap.close()
  })

  it('shows nothing but its public methods, its name and its id', () => {
    const heap = new ebb.Heap({ name: 'public' })
    expect(Reflect.ownKeys(heap)).toEqual(['name', 'id'])
    const symbols = new Set<unknown>()
    const names: string[] = []
    for (let face = ebb.Heap.prototype as object; face !== Object.prototype; face = Object.getPrototypeOf(face)) {
      for (const key of Reflect.ownKeys(face)) {
        if (typeof key === 'symbol') symbols.add(key)
        else if (key !== 'constructor') names.push(key)
      }
    }
    expect([...symbols]).toEqual([inspect.custom, Symbol.dispose, Symbol.for('ebb.mark')])
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^([gs]et(Big)?(Int|Uint|Float)\d+)$/.test(name)).sort()).toEqual(
      [
        ...['alloc', 'allocAligned', 'allocMany', 'allocString', 'allocZeroed', 'blocks', 'buffer', 'bytes', 'close'],
        ...[
          'compact',
          'copyIn',
          'copyOut',
          'equalsString',
          'free',
          'freeMany',
          'isLive',
          'map',
          'onMoved',
          'pin',
          'purge',
          'readString',
        ],
        ...['realloc', 'residentBytes', 'stats', 'stringByteLength', 'toJSON', 'unpin', 'usableSize'],
      ].sort(),
    )
    heap.close()
  })

  it('gives a distinct block for 0 bytes', () => {
    const { heap } = testHeap()
    const [a, b] = [heap.alloc(0), heap.alloc(-0)]
    expect(a).not.toBe(b)
    expect([heap.usableSize(a), heap.isLive(b)]).toEqual([16, true])
  })

  it('zeroes blocks whatever was in their place before', () => {
    const { heap } = testHeap()
    for (const size of [1, 16, 100, 512, 513, 3000, 4096, 20_000, 60_000, 1e6]) {
      for (let round = 0; round < 3; round++) {
        const pointer = heap.allocZeroed(size)
        const bytes = heap.bytes(pointer)
        expect(bytes.every((byte) => byte === 0)).toBe(true)
        bytes.fill(0xff)
        heap.free(pointer)
        if (round === 1) heap.purge()
      }
    }
  })

  it('gives views on the block itself', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(100)
    const view = heap.bytes(pointer, 8)
    view.set([1, 2, 3, 4])
    expect([heap.getUint32(pointer, 0), view.length, heap.bytes(pointer).length]).toEqual([0x04030201, 8, 112])
    expect(heap.bytes(pointer, 0).length).toBe(0)
  })

  it('keeps its blocks, whatever becomes of the buffers that user code has got', () => {
    using heap = new ebb.Heap()
    for (const byteLength of [48, 5000, 100_000, 20 << 20]) {
      const pointer = heap.allocZeroed(byteLength)
      for (let times = 1; times < 4; times++) {
        const { buffer } = times === 2 ? heap.buffer(pointer) : heap.bytes(pointer)
        heap.setUint8(pointer, 7, times)
        detach(buffer as ArrayBuffer)
        expect([heap.getUint8(pointer, 7), heap.bytes(pointer)[7]]).toEqual([times, times])
      }
      heap.setUint8(pointer, 7, 3)
      const grown = heap.realloc(pointer, byteLength * 2)
      expect([heap.getUint8(grown, 7), heap.bytes(grown)[7]]).toEqual([3, 3])
      checkHeap(partsOf(heap))
      heap.free(grown)
      heap.purge()
    }
    checkHeap(partsOf(heap))
  })

  it('allocates and frees many at once, into arrays of any kind', () => {
    const { heap } = testHeap()
    for (const into of [new Int32Array(300), new Uint32Array(300), Array.from({ length: 300 }, () => 0 as Pointer)]) {
      expect(heap.allocMany(40, into)).toBe(into)
      expect(new Set(into).size).toBe(300)
      heap.freeMany(into)
    }
    expect(heap.stats().blocks).toBe(0)
  })

  it('freeMany stops at the first wrong pointer, having freed those before', () => {
    const { heap } = testHeap()
    const pointers = [...heap.allocMany(40, new Int32Array(4))]
    expect(caught(() => heap.freeMany([...pointers.slice(0, 2), 77, ...pointers.slice(2)])).code).toBe(
      'EBB_INVALID_POINTER',
    )
    expect(pointers.map((pointer) => heap.isLive(pointer))).toEqual([false, false, true, true])
  })

  it('closes in one go, whatever it holds, and gives everything back', () => {
    const { heap, clock } = testHeap()
    heap.allocMany(100, new Int32Array(10_000))
    heap.pin(heap.alloc(1e6))
    heap.free(heap.alloc(2e6))
    heap.onMoved(() => {})
    heap.close()
    expect([heap.stats().mappedBytes, heap.residentBytes(), clock.pending]).toEqual([0, 0, 0])
    checkHeap(partsOf(heap))
  })

  it('names the method that a closed heap refuses', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(16)
    heap.close()
    const calls: Record<string, () => unknown> = {
      alloc: () => heap.alloc(16),
      allocAligned: () => heap.allocAligned(16, 16),
      allocMany: () => heap.allocMany(16, []),
      blocks: () => heap.blocks(),
      bytes: () => heap.bytes(pointer),
      compact: () => heap.compact(),
      copyIn: () => heap.copyIn(pointer, new Uint8Array(1)),
      copyOut: () => heap.copyOut(pointer),
      free: () => heap.free(pointer),
      freeMany: () => heap.freeMany([]),
      onMoved: () => heap.onMoved(() => {}),
      pin: () => heap.pin(pointer),
      purge: () => heap.purge(),
      realloc: () => heap.realloc(pointer, 5),
      unpin: () => heap.unpin(pointer),
      usableSize: () => heap.usableSize(pointer),
    }
    for (const [name, call] of Object.entries(calls)) {
      const error = caught(call)
      expect([name, error.code, error.message.startsWith(`ebb: ${name} on a closed heap`)]).toEqual([
        ...[name, 'EBB_CLOSED', true],
      ])
    }
  })

  it('tells nobody of moves who is no function, or has taken himself away', () => {
    const { heap } = testHeap()
    const told: string[] = []
    for (const [listener, ended, got] of [
      [5, undefined, '5 (number)'],
      [undefined, undefined, 'undefined (undefined)'],
      [() => {}, 'x', '"x" (string)'],
    ] as const) {
      const error = caught(() => heap.onMoved(listener as never, ended as never))
      expect([error.name, error.message]).toEqual(['TypeError', `ebb: onMoved needs functions, got ${got}`])
    }
    const stop = heap.onMoved(
      () => told.push('moved'),
      () => told.push('ended'),
    )
    const thinned = (): void => {
      for (const [index, pointer] of heap.allocMany(512, new Int32Array(80)).entries())
        if (index % 8 > 0) heap.free(pointer as Pointer)
    }
    thinned()
    const { moved, done } = heap.compact(() => {})
    expect([moved > 0, done, told]).toEqual([true, true, [...Array(moved).fill('moved'), 'ended']])
    thinned()
    expect([stop(), stop(), heap.compact(() => {}, { maxBlocks: 1 })]).toMatchObject([
      true,
      false,
      { moved: 1, done: false },
    ])
    expect(told).toHaveLength(moved + 1)
  })

  it('has nothing to do with another', () => {
    const [a, b] = [testHeap({ name: 'a' }).heap, testHeap({ name: 'b' }).heap]
    const [p, q] = [a.alloc(50), b.alloc(50)]
    a.setUint8(p, 0, 1)
    b.setUint8(q, 0, 2)
    expect([a.getUint8(p, 0), b.getUint8(q, 0)]).toEqual([1, 2])
    a.close()
    expect(b.isLive(q)).toBe(true)
  })
})
