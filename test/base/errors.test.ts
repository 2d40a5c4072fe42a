/** The error table: every method, in every state, with every wrong thing it can be given. */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { HeapError, isByteLength, refuseByteLength, refuseClosed, show, showPointer } from '../../lib/base/errors'
import { type Pointer, slotOf } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { caught } from '../support/caught'
import { testHeap } from '../support/test-heap'
import { detach } from '../support/test-pages'

const p = (value: unknown): Pointer => value as Pointer

/** Every method that takes the pointer of a live block and says so where it is not. */
const pointerMethods: Record<string, (heap: Heap, pointer: Pointer) => unknown> = {
  free: (heap, pointer) => heap.free(pointer),
  realloc: (heap, pointer) => heap.realloc(pointer, 20),
  usableSize: (heap, pointer) => heap.usableSize(pointer),
  bytes: (heap, pointer) => heap.bytes(pointer),
  pin: (heap, pointer) => heap.pin(pointer),
  unpin: (heap, pointer) => heap.unpin(pointer),
}

const accessors: Record<string, (heap: Heap, pointer: Pointer, byteOffset?: number) => unknown> = {
  getInt8: (heap, pointer, at = 0) => heap.getInt8(pointer, at),
  setInt8: (heap, pointer, at = 0) => heap.setInt8(pointer, at, 1),
  getUint8: (heap, pointer, at = 0) => heap.getUint8(pointer, at),
  setUint8: (heap, pointer, at = 0) => heap.setUint8(pointer, at, 1),
  getInt16: (heap, pointer, at = 0) => heap.getInt16(pointer, at),
  setInt16: (heap, pointer, at = 0) => heap.setInt16(pointer, at, 1),
  getUint16: (heap, pointer, at = 0) => heap.getUint16(pointer, at),
  setUint16: (heap, pointer, at = 0) => heap.setUint16(pointer, at, 1),
  getInt32: (heap, pointer, at = 0) => heap.getInt32(pointer, at),
  setInt32: (heap, pointer, at = 0) => heap.setInt32(pointer, at, 1),
  getUint32: (heap, pointer, at = 0) => heap.getUint32(pointer, at),
  setUint32: (heap, pointer, at = 0) => heap.setUint32(pointer, at, 1),
  getFloat32: (heap, pointer, at = 0) => heap.getFloat32(pointer, at),
  setFloat32: (heap, pointer, at = 0) => heap.setFloat32(pointer, at, 1),
  getFloat64: (heap, pointer, at = 0) => heap.getFloat64(pointer, at),
  setFloat64: (heap, pointer, at = 0) => heap.setFloat64(pointer, at, 1),
  getBigInt64: (heap, pointer, at = 0) => heap.getBigInt64(pointer, at),
  setBigInt64: (heap, pointer, at = 0) => heap.setBigInt64(pointer, at, 1n),
  getBigUint64: (heap, pointer, at = 0) => heap.getBigUint64(pointer, at),
  setBigUint64: (heap, pointer, at = 0) => heap.setBigUint64(pointer, at, 1n),
}

const sizeMethods: Record<string, (heap: Heap, byteLength: number) => unknown> = {
  alloc: (heap, byteLength) => heap.alloc(byteLength),
  allocZeroed: (heap, byteLength) => heap.allocZeroed(byteLength),
  allocAligned: (heap, byteLength) => heap.allocAligned(byteLength, 16),
  allocMany: (heap, byteLength) => heap.allocMany(byteLength, [p(0)]),
  realloc: (heap, byteLength) => heap.realloc(p([...heap.blocks()][0]?.pointer ?? 0), byteLength),
}

let valueOfRan = 0
const hostileObject = {
  valueOf() {
    valueOfRan++
    return 0x4100
  },
}
const wrongTypes: [unknown, string][] = [
  [undefined, 'got undefined (undefined)'],
  [null, 'got null (object)'],
  ['16640', 'got "16640" (string)'],
  ['x'.repeat(100), `got "${'x'.repeat(40)}..." (string)`],
  [16640n, 'got 16640n (bigint)'],
  [true, 'got true (boolean)'],
  [hostileObject, 'got an object (object)'],
  [[16640], 'got an array (object)'],
  [new Date(0), 'got an object of the class Date (object)'],
  [() => 1, 'got a function (function)'],
  [Symbol('s'), 'got Symbol(s) (symbol)'],
]
const wrongNumbers: [number, string][] = [
  [Number.NaN, 'NaN'],
  [1.5, '1.5'],
  [16640.5, '16640.5'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
]

/** A heap with blocks of every kind, and pointers that are wrong each in its way. */
function heapWithWrongPointers(): { heap: Heap; wrong: Record<string, [Pointer, string, RegExp]> } {
  const { heap } = testHeap({ decay: 0 })
  const { heap: other } = testHeap()
  const block = heap.alloc(100)
  const wide = heap.alloc(3000)
  const whole = heap.alloc(100_000)
  const large = heap.alloc(1_000_000)
  const stale = heap.alloc(100)
  const gone = heap.alloc(1_000_000)
  const emptied = heap.alloc(2000)
  const wasWhole = heap.alloc(90_000)
  const odd = heap.alloc(48)
  for (const pointer of [stale, gone, emptied, wasWhole]) heap.free(pointer)
  for (let i = 0; i < 4; i++) other.alloc(250_000)
  const foreign = other.alloc(1_000_000)
  const invalid = 'EBB_INVALID_POINTER'
  return {
    heap,
    wrong: {
      'freed before': [stale, 'EBB_DOUBLE_FREE', /the block is free already, and waits to be allocated again/],
      'freed with its pool': [emptied, 'EBB_DOUBLE_FREE', /the block is free already, and so is all of its pool/],
      'freed with its run': [wasWhole, 'EBB_DOUBLE_FREE', /the block is free already/],
      'freed with its mapping': [gone, invalid, /nothing is mapped there; it was freed and its memory given back/],
      'of another heap': [foreign, invalid, /nothing is mapped there/],
      'inside a block': [p(block + 1), invalid, /it points inside a block, not at its start/],
      'inside a block of a run': [p(wide + 256), invalid, /it points inside a block/],
      'inside a whole run': [p(whole + 300), invalid, /it points inside a block/],
      'inside a large block': [p(large + 1), invalid, /it points into a large block, not at its start/],
      'before a large block': [p(large - 256), invalid, /it points into a large block/],
      'behind the last block of a pool': [p((odd & -256) | 255), invalid, /behind the last block of a pool/],
      'into a ledger': [p(block & ~0x3fff), invalid, /it points into an arena's own books/],
      'further into a ledger': [p((block & ~0x3fff) + 77), invalid, /it points into an arena's own books/],
      'into a pool that was never used': [p((block & ~0x3fff) + 62 * 256), invalid, /no block was ever there/],
      'into the null slot': [p(300), invalid, /nothing is mapped there/],
      'behind the last slot': [p(0x7fffffff), invalid, /nothing is mapped there/],
      'of more than 31 bits': [p(2 ** 31), invalid, /not a pointer: pointers are integers from 1 to 2\^31 - 1/],
      negative: [p(-1), invalid, /not a pointer/],
      'very negative': [p(-(2 ** 31)), invalid, /not a pointer/],
    },
  }
}

describe('HeapError', () => {
  it('takes errno and syscall over from its cause', () => {
    const cause = Object.assign(new Error('no'), { code: 'ENOMEM', errno: -12, syscall: 'mmap' })
    const error = new HeapError('EBB_OUT_OF_MEMORY', 'no memory', cause)
    expect(error).toMatchObject({ name: 'HeapError', code: 'EBB_OUT_OF_MEMORY', errno: -12, syscall: 'mmap', cause })
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe('HeapError: no memory')
  })

  it('has no errno, syscall or cause of its own', () => {
    const error = new HeapError('EBB_CLOSED', 'closed')
    expect([error.errno, error.syscall, 'cause' in error]).toEqual([undefined, undefined, false])
    expect(inspect(error)).toMatch(/\{\s+code: 'EBB_CLOSED'\s+\}$/)
  })
})

describe('helpers', () => {
  it('show never runs user code and keeps texts short', () => {
    expect(wrongTypes.map(([value]) => show(value)).every((text) => text.length < 60)).toBe(true)
    expect([show(-0), show(0), show(2 ** 40)]).toEqual(['-0', '0', '1099511627776'])
    expect(valueOfRan).toBe(0)
  })

  it('showPointer is hexadecimal, and a negative number as it is', () => {
    expect([showPointer(0x4100), showPointer(-1)]).toEqual(['0x4100', '-1'])
  })

  it('isByteLength is true for non-negative safe integers only', () => {
    for (const size of [0, -0, 1, 2 ** 53 - 1]) expect(isByteLength(size)).toBe(true)
    for (const size of [-1, 1.5, 2 ** 53, Number.NaN, Infinity, '1', 1n, null]) expect(isByteLength(size)).toBe(false)
  })

  it('refuseByteLength names the kind by TypeError, the magnitude by RangeError', () => {
    expect(caught(() => refuseByteLength('7', 'length'))).toBeInstanceOf(TypeError)
    expect(caught(() => refuseByteLength('7', 'length')).message).toBe(
      'ebb: length must be a number of bytes, got "7" (string)',
    )
    expect(caught(() => refuseByteLength(-7))).toBeInstanceOf(RangeError)
    expect(caught(() => refuseByteLength(-7)).message).toMatch(/from 0 to 2\^53 - 1, got -7$/)
  })

  it('refuseClosed names what was asked for', () => {
    expect(caught(() => refuseClosed('alloc'))).toMatchObject({
      code: 'EBB_CLOSED',
      message: /^ebb: alloc on a closed/,
    })
  })
})

describe('wrong pointers on an open heap', () => {
  for (const [method, call] of Object.entries(pointerMethods)) {
    it(`${method} refuses each with its code and reason, and changes nothing`, () => {
      const { heap, wrong } = heapWithWrongPointers()
      const before = heap.stats()
      for (const [name, [pointer, code, reason]] of Object.entries(wrong)) {
        const error = caught(() => call(heap, pointer))
        expect(error, name).toBeInstanceOf(HeapError)
        expect([name, error.code]).toEqual([name, code])
        expect(error.message, name).toMatch(reason)
        expect(error.message, name).toContain(`ebb: ${method}(${showPointer(pointer)}): `)
      }
      for (const [value, shown] of wrongNumbers) {
        const error = caught(() => call(heap, p(value)))
        expect([error.code, error.message.slice(0, 60)]).toEqual([
          'EBB_INVALID_POINTER',
          `ebb: ${method}(${shown}): not a pointer: pointers are integers from 1 to 2^31 - 1`.slice(0, 60),
        ])
      }
      for (const [value, shown] of wrongTypes) {
        const error = caught(() => call(heap, p(value)))
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toBe(`ebb: ${method} needs a pointer that this heap returned, ${shown}`)
      }
      expect(valueOfRan).toBe(0)
      expect(heap.stats()).toEqual(before)
      checkHeap(partsOf(heap))
    })
  }

  it('isLive is false for all of them and never throws', () => {
    const { heap, wrong } = heapWithWrongPointers()
    for (const [pointer] of Object.values(wrong)) expect(heap.isLive(pointer)).toBe(false)
    for (const [value] of [...wrongTypes, ...wrongNumbers]) expect(heap.isLive(value)).toBe(false)
    expect(heap.isLive(0)).toBe(false)
    expect(valueOfRan).toBe(0)
  })

  it('the null pointer is ignored by free, a new block to realloc, and refused by the others', () => {
    const { heap } = testHeap()
    heap.free(p(0))
    heap.free(p(-0))
    expect(heap.usableSize(heap.realloc(p(0), 100))).toBe(112)
    for (const method of ['usableSize', 'bytes', 'pin', 'unpin']) {
      const error = caught(() => pointerMethods[method]?.(heap, p(0)))
      expect(error).toMatchObject({ code: 'EBB_INVALID_POINTER', message: /the null pointer has no block/ })
    }
  })

  it('unpin refuses a block that is not pinned', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(1)
    expect(caught(() => heap.unpin(pointer))).toMatchObject({ code: 'EBB_PINNED', message: /the block is not pinned/ })
  })

  it('accessors refuse what has no memory, and what is no pointer at all', () => {
    const { heap, wrong } = heapWithWrongPointers()
    // Within near memory it is as in C (docs/design.md). The largest blocks lie elsewhere.
    const unmapped = ['into the null slot', 'behind the last slot', 'of more than 31 bits', 'negative']
    const far = heap.alloc(2 ** 28)
    heap.free(far)
    expect(partsOf(heap).space.isNear(slotOf(far))).toBe(false)
    for (const [method, call] of Object.entries(accessors)) {
      for (const name of unmapped) {
        const [pointer, code] = wrong[name] as [Pointer, string, RegExp]
        expect([method, name, caught(() => call(heap, pointer)).code]).toEqual([method, name, code])
      }
      expect([method, caught(() => call(heap, far)).code]).toEqual([method, 'EBB_INVALID_POINTER'])
      for (const value of [undefined, null, Symbol('s'), 1n, 'x', {}]) {
        expect(caught(() => call(heap, p(value)))).toBeInstanceOf(TypeError)
      }
      expect(caught(() => call(heap, p(0)))).toMatchObject({ code: 'EBB_INVALID_POINTER' })
    }
  })

  it('accessors refuse offsets that leave the memory of the heap', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(100)
    const large = heap.alloc(1_000_000)
    for (const call of Object.values(accessors)) {
      for (const [block, byteOffset] of [
        [pointer, -1],
        [pointer, 2 ** 40],
        [large, -1],
        [large, heap.usableSize(large)],
      ] as const) {
        const error = caught(() => call(heap, block, byteOffset))
        expect(error.code).toBe('EBB_OUT_OF_BOUNDS')
        expect(error.message).toContain(`byteOffset ${byteOffset} leave the block`)
      }
    }
    expect(caught(() => heap.getFloat64(large, heap.usableSize(large) - 7)).message).toMatch(
      /^ebb: access\(0x[0-9a-f]+\): 8 bytes at byteOffset/,
    )
  })

  it("accessors pass DataView's own error on where the value is at fault", () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(8)
    expect(caught(() => heap.setBigInt64(pointer, 0, 1 as unknown as bigint))).toBeInstanceOf(TypeError)
    expect(caught(() => heap.setInt32(pointer, 0, Symbol('s') as unknown as number))).toBeInstanceOf(TypeError)
  })
})

describe('wrong sizes', () => {
  for (const [method, call] of Object.entries(sizeMethods)) {
    it(`${method} refuses each, and changes nothing`, () => {
      const { heap } = testHeap()
      heap.alloc(100)
      const before = heap.stats()
      for (const value of [-1, 1.5, Number.NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 31), 0.1]) {
        const error = caught(() => call(heap, value))
        expect(error).toBeInstanceOf(RangeError)
        expect(error.message).toBe(`ebb: byteLength must be a whole number of bytes from 0 to 2^53 - 1, got ${value}`)
      }
      for (const [value, shown] of wrongTypes) {
        const error = caught(() => call(heap, value as number))
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toBe(`ebb: byteLength must be a number of bytes, ${shown}`)
      }
      expect(valueOfRan).toBe(0)
      expect(heap.stats()).toEqual(before)
    })
  }

  it('a block larger than one ArrayBuffer can wrap is out of memory, and the message has the limit', () => {
    const { heap, os } = testHeap({ maxByteLength: 2 ** 20 })
    const most = os.maxByteLength - os.osPageSize // a shelf has an empty OS page in front
    for (const byteLength of [2 ** 20 + 1, 2 ** 31, 2 ** 53 - 1]) {
      const error = caught(() => heap.alloc(byteLength))
      expect(error.code).toBe('EBB_OUT_OF_MEMORY')
      expect(error.message).toBe(
        `ebb: one block can have at most ${most} bytes in this version of Node, got ${byteLength}; split it, or use a newer Node`,
      )
    }
    expect(heap.usableSize(heap.alloc(most))).toBe(most)
  })

  it('alignments are powers of two up to an OS page', () => {
    const { heap } = testHeap()
    for (const alignment of [0, 3, -16, 8192, 1.5, Number.NaN, '16', undefined, 16n]) {
      const error = caught(() => heap.allocAligned(8, alignment as number))
      expect(error).toBeInstanceOf(RangeError)
      expect(error.message).toMatch(/alignment must be a power of two from 1 to 4096 \(an OS page\) bytes, got/)
    }
  })

  it('bytes shows no more than the block has', () => {
    const { heap } = testHeap()
    const pointer = heap.alloc(100)
    expect(caught(() => heap.bytes(pointer, 113))).toMatchObject({
      code: 'EBB_OUT_OF_BOUNDS',
      message: `ebb: bytes(${showPointer(pointer)}): 113 bytes at byteOffset 0 leave the block of 112 usable bytes; realloc it first`,
    })
    expect(caught(() => heap.bytes(pointer, -1))).toBeInstanceOf(RangeError)
    expect(caught(() => heap.bytes(pointer, '5' as unknown as number))).toBeInstanceOf(TypeError)
  })
})

describe('wrong options', () => {
  for (const [option, unit] of [
    ['decay', 'milliseconds'],
    ['limit', 'bytes'],
  ] as const) {
    it(`${option} is a number of ${unit} from 0 to Infinity`, () => {
      for (const value of [-1, Number.NaN, -Infinity]) {
        const error = caught(() => new Heap({ [option]: value }))
        expect(error).toBeInstanceOf(RangeError)
        expect(error.message).toBe(`ebb: option ${option} must be from 0 to Infinity ${unit}, got ${value}`)
      }
      for (const [value, shown] of wrongTypes.slice(1)) {
        const error = caught(() => new Heap({ [option]: value ?? '' }))
        expect(error).toBeInstanceOf(value === null ? Error : TypeError)
        if (value !== null) expect(error.message).toBe(`ebb: option ${option} must be a number of ${unit}, ${shown}`)
      }
    })
  }

  it('OS pages that are not made of pools are refused', () => {
    expect(caught(() => testHeap({ osPageSize: 2048 })).message).toBe(
      'ebb: OS pages of 2048 bytes are not made of pools',
    )
  })
})

describe('a closed heap', () => {
  const { heap } = testHeap()
  const pointer = heap.alloc(100)
  heap.close()
  const refused: Record<string, () => unknown> = {
    alloc: () => heap.alloc(10),
    'alloc of a large block': () => heap.alloc(1e6),
    'alloc of a run': () => heap.alloc(5000),
    allocZeroed: () => heap.allocZeroed(10),
    allocAligned: () => heap.allocAligned(10, 64),
    'allocAligned of a large block': () => heap.allocAligned(1e6, 4096),
    allocMany: () => heap.allocMany(10, new Int32Array(3)),
    freeMany: () => heap.freeMany([pointer]),
    'realloc of null': () => heap.realloc(p(0), 10),
    purge: () => heap.purge(),
    compact: () => heap.compact(() => {}),
    blocks: () => [...heap.blocks()],
  }
  for (const [name, call] of Object.entries(pointerMethods)) refused[name] = () => call(heap, pointer)
  for (const [name, call] of Object.entries(accessors)) refused[name] = () => call(heap, pointer)

  for (const [name, call] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      expect(caught(call)).toMatchObject({ name: 'HeapError', code: 'EBB_CLOSED', message: /on a closed heap/ })
    })
  }

  it('still takes close, free(0), stats, isLive and residentBytes', () => {
    heap.close()
    heap[Symbol.dispose]()
    heap.free(p(0))
    expect(heap.isLive(pointer)).toBe(false)
    expect(heap.stats()).toMatchObject({ arenas: 0, blocks: 0, mappedBytes: 0, residentBytes: 0, liveBytes: 0 })
    expect(heap.residentBytes()).toBe(0)
    checkHeap(partsOf(heap))
  })
})

describe('a heap whose ArrayBuffers user code took away', () => {
  for (const [kind, byteLength] of [
    ['an arena', 100],
    ['an arena with a run', 5000],
    ['a large block', 1e6],
  ] as const) {
    for (const [method, call] of Object.entries({ ...pointerMethods, ...accessors })) {
      it(`${method} of a block in ${kind} goes on as before`, () => {
        const { heap } = testHeap()
        const pointer = heap.alloc(byteLength)
        heap.setInt32(pointer, 12, 7)
        if (method === 'unpin') heap.pin(pointer)
        detach(heap.bytes(pointer).buffer as ArrayBuffer)
        call(heap, pointer)
        if (method === 'pin') heap.unpin(pointer)
        for (const block of heap.blocks()) {
          expect([heap.getInt32(block.pointer, 12), heap.bytes(block.pointer)[12]]).toEqual([7, 7])
          heap.free(block.pointer)
        }
        checkHeap(partsOf(heap))
        expect(heap.stats()).toMatchObject({ blocks: 0, liveBytes: 0 })
        heap.purge()
        expect(heap.stats().mappedBytes).toBe(0)
      })
    }
  }
})

describe('misuse of compact', () => {
  it('takes a function only', () => {
    const { heap } = testHeap()
    for (const value of [null, 1, {}]) {
      const error = caught(() => heap.compact(value as unknown as () => void))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/^ebb: compact needs a function that is told \(from, to\) of each move, got /)
    }
  })
})
