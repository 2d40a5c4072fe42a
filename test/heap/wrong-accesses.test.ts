/** What accessors refuse: pointers, offsets and values that are none, and offsets just behind a block's slot. Each by each accessor. */
import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, arenaOffset, POOL_BYTES, type Pointer } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'

const WIDTHS = {
  Int8: 1,
  Uint8: 1,
  Int16: 2,
  Uint16: 2,
  Int32: 4,
  Uint32: 4,
  Float32: 4,
  Float64: 8,
  BigInt64: 8,
  BigUint64: 8,
} as const
type Kind = keyof typeof WIDTHS
const KINDS = Object.keys(WIDTHS) as Kind[]
const one = (kind: Kind): never => (kind.startsWith('Big') ? 1n : 1) as never

/** Codes with which one accessor refuses to read and to write; '' where it does not. */
function codes(heap: Heap, kind: Kind, pointer: unknown, byteOffset: unknown, value: unknown = one(kind)): string[] {
  const [get, set] = [heap[`get${kind}`].bind(heap), heap[`set${kind}`].bind(heap)]
  return [
    caught(() => get(pointer as Pointer, byteOffset as number)).code,
    caught(() => set(pointer as Pointer, byteOffset as number, value as never)).code,
  ]
}

describe.each([
  ['near', false],
  ['far', true],
] as const)('accessors of %s blocks', (_, isFar) => {
  it('take numbers for pointers, and nothing that can be made one', () => {
    const { heap } = testHeap({ isFar })
    const [pointer, large] = [heap.allocZeroed(64), heap.allocZeroed(60_000)]
    for (const kind of KINDS) {
      for (const block of [pointer, large]) {
        for (const wrong of [`${block}`, [block], { valueOf: () => block }])
          for (const byteOffset of [0, block === large ? 40_000 : 8])
            expect([kind, ...codes(heap, kind, wrong, byteOffset)]).toEqual([
              kind,
              ...new Array(2).fill('ERR_INVALID_ARG_TYPE'),
            ])
      }
    }
    expect([heap.getInt32(pointer, 0), heap.getInt32(large, 40_000)]).toEqual([0, 0])
  })

  it('take numbers for offsets, and none in front of the block', () => {
    const { heap } = testHeap({ isFar })
    heap.alloc(64)
    const pointer = heap.alloc(64)
    for (const kind of KINDS) {
      for (const wrong of [-WIDTHS[kind], -8, -64, Number.NaN, Infinity, 2 ** 32, 2 ** 53])
        expect([kind, wrong, ...codes(heap, kind, pointer, wrong)]).toEqual([
          kind,
          wrong,
          'EBB_OUT_OF_BOUNDS',
          'EBB_OUT_OF_BOUNDS',
        ])
      for (const wrong of ['0', [0], null, undefined, { valueOf: () => 0 }])
        expect([kind, ...codes(heap, kind, pointer, wrong)]).toEqual([kind, ...codes(heap, kind, pointer, Number.NaN)])
    }
  })

  it('write numbers or bigints, as their kind is, and refuse the other', () => {
    const { heap } = testHeap({ isFar })
    const [pointer, large] = [heap.allocZeroed(64), heap.allocZeroed(60_000)]
    for (const kind of KINDS) {
      const wrong = kind.startsWith('Big') ? 1 : 1n
      for (const [block, byteOffset] of [
        [pointer, 0],
        [large, 40_000],
      ] as const) {
        const error = caught(() => heap[`set${kind}`](block, byteOffset, wrong as never))
        expect([kind, error.code, error.message]).toEqual([
          kind,
          'ERR_INVALID_ARG_TYPE',
          `ebb: an accessor writes a ${typeof one(kind)}, got ${kind.startsWith('Big') ? '1' : '1n'} (${typeof wrong})`,
        ])
      }
    }
    expect([heap.getBigInt64(pointer, 0), heap.getBigInt64(large, 40_000)]).toEqual([0n, 0n])
  })

  it('end with the slot of the block, wherever in it the block is', () => {
    const { heap } = testHeap({ isFar })
    // More than two arenas of one-pool blocks: the last pool of one, and what lies behind it is in use.
    const blocks = Array.from({ length: 150 }, () => heap.alloc(POOL_BYTES))
    const last = blocks.filter((pointer) => arenaOffset(pointer) === ARENA_BYTES - POOL_BYTES)
    const middle = blocks.filter((pointer) => arenaOffset(pointer) === ARENA_BYTES - 20 * POOL_BYTES)
    expect([last.length > 1, middle.length > 1]).toEqual([true, true])
    for (const pointer of [...last, ...middle]) {
      const bytes = ARENA_BYTES - arenaOffset(pointer)
      for (const kind of KINDS) {
        const width = WIDTHS[kind]
        heap[`set${kind}`](pointer, bytes - width, one(kind))
        expect([kind, heap[`get${kind}`](pointer, bytes - width)]).toEqual([kind, one(kind)])
        for (const byteOffset of [bytes, bytes + POOL_BYTES, bytes + 8 * POOL_BYTES, ARENA_BYTES])
          expect([kind, byteOffset, ...codes(heap, kind, pointer, byteOffset)]).toEqual([
            kind,
            byteOffset,
            'EBB_OUT_OF_BOUNDS',
            'EBB_OUT_OF_BOUNDS',
          ])
      }
    }
  })
})
