import { types } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { show } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import { bytesOf, lengthOf, sourceLength, targetLength } from '../../lib/heap/lists'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

class Liar extends Uint8Array {
  override get length(): number {
    return 4
  }
}

/** Lists that hold no pointers, as callers pass them by mistake. */
const noLists = (pointer: Pointer): unknown[] => [
  pointer,
  5,
  undefined,
  null,
  'ab',
  {},
  { length: 2 },
  new Set([pointer]),
  new Uint8Array(2),
  new Uint16Array(2),
  new Float32Array(2),
  new BigInt64Array(2),
  new DataView(new ArrayBuffer(8)),
]

describe('sources of bytes', () => {
  it('have the length that the engine knows, not the one that they tell', () => {
    const { heap } = testHeap()
    const [pointer, neighbour] = [heap.allocZeroed(16), heap.allocZeroed(16)]
    expect(caught(() => heap.copyIn(pointer, new Liar(32).fill(7))).code).toBe('EBB_OUT_OF_BOUNDS')
    expect(heap.copyIn(pointer, new Liar(8).fill(7))).toBe(8)
    const fake = Object.create(Uint8Array.prototype, { length: { value: 40 } }) as Uint8Array
    expect(caught(() => heap.copyIn(pointer, fake)).name).toBe('TypeError')
    expect([...heap.copyOut(neighbour)]).toEqual(new Array(16).fill(0))
  })

  it('are taken as they are where they are bytes, and are refused where they have none', () => {
    const bytes = new Uint8Array(3)
    expect(bytesOf(bytes, 'copyIn')).toBe(bytes)
    for (const wrong of [5, null, undefined, 'ab', [1, 2], {}]) {
      const error = caught(() => bytesOf(wrong, 'copyIn'))
      expect([error.name, error.message]).toEqual([
        'TypeError',
        `ebb: copyIn needs a Uint8Array, another view, or an ArrayBuffer, got ${show(wrong)} (${typeof wrong})`,
      ])
    }
  })

  it('may come from another realm', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(16)
    for (const source of [
      'new ArrayBuffer(3)',
      'new Uint8Array(3)',
      'new Float32Array(1).subarray(0, 0)',
      'new DataView(new ArrayBuffer(3))',
    ])
      expect(types.isUint8Array(bytesOf(runInNewContext(source), 'copyIn'))).toBe(true)
    expect(heap.copyIn(pointer, runInNewContext('new Uint8Array([1, 2]).buffer') as ArrayBuffer)).toBe(2)
    expect([...heap.copyOut(pointer, 2)]).toEqual([1, 2])
    expect(lengthOf(runInNewContext('new Int32Array(7)') as Int32Array)).toBe(7)
  })
})

describe('lists of pointers', () => {
  it('that are none, or whose elements hold no pointer, are refused, and nothing is taken or freed', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(16)
    for (const list of noLists(pointer)) {
      const got = ArrayBuffer.isView(list) ? 'a view whose elements hold no pointers' : `${show(list)} (${typeof list})`
      for (const [verb, call] of [
        ['allocMany', () => heap.allocMany(16, list as never)],
        ['freeMany', () => heap.freeMany(list as never)],
      ] as const) {
        const error = caught(call)
        expect([error.name, error.message]).toEqual([
          'TypeError',
          `ebb: ${verb} needs an array of pointers, an Int32Array or a Uint32Array, got ${got}`,
        ])
      }
    }
    for (const [list, got] of [
      [Object.freeze([0, 0]), 'a frozen array'],
      [new Float64Array(2), 'a Float64Array'],
    ] as const) {
      const error = caught(() => heap.allocMany(16, list as never))
      expect([error.name, error.message]).toEqual([
        'TypeError',
        `ebb: allocMany writes pointers into an array, an Int32Array or a Uint32Array, got ${got}`,
      ])
    }
    expect([heap.isLive(pointer), heap.stats().blocks]).toEqual([true, 1])
    checkHeap(partsOf(heap))
  })

  it('are filled all or not at all, whatever stops it', () => {
    const { heap } = testHeap({ limit: 300_000 })
    const old = heap.allocMany(16, new Int32Array(600))
    const accessor = Object.defineProperty([0, 0, 0, 0] as Pointer[], 2, {
      get: () => 0,
      set: () => {
        throw new Error('no')
      },
    })
    const calls = [
      () => heap.allocMany(4096, new Int32Array(100)),
      () => heap.allocMany(16, accessor),
      () => heap.allocMany(16, Object.seal(new Array<Pointer>(3))),
      () => heap.allocMany(-1, new Int32Array(0)),
    ]
    for (const call of calls) {
      caught(call)
      expect([heap.stats().blocks, old.every((pointer) => heap.isLive(pointer))]).toEqual([600, true])
    }
    checkHeap(partsOf(heap))
  })

  it('can be of another realm, and of any length', () => {
    const { heap } = testHeap()
    for (const list of ['new Int32Array(5)', '[0, 0, 0, 0, 0]', 'new Uint32Array(5)']) {
      const foreign = runInNewContext(list) as Int32Array
      expect([targetLength(foreign, 'allocMany'), sourceLength(foreign, 'freeMany')]).toEqual([5, 5])
      heap.freeMany(heap.allocMany(40, foreign))
    }
    heap.freeMany(new Float64Array(heap.allocMany(40, new Int32Array(5))))
    heap.freeMany(Object.freeze([heap.alloc(5)]))
    expect([heap.stats().blocks, heap.allocMany(5, []).length]).toEqual([0, 0])
  })

  it('are refused by a closed heap, empty ones too', () => {
    const { heap } = testHeap()
    heap.close()
    for (const call of [() => heap.allocMany(16, []), () => heap.freeMany([]), () => heap.onMoved(() => {})])
      expect(caught(call).code).toBe('EBB_CLOSED')
  })
})
