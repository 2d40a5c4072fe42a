import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Heap, type HeapErrorCode, type Pointer, type StringEncoding } from '../../lib'
import { show, showPointer } from '../../lib/base/errors'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { codeOf } from '../support/caught'

let heap: Heap

beforeEach(() => {
  heap = new Heap()
})

afterEach(() => {
  heap.close()
})

/** What a call throws: its class, its code, its message. */
function refused(call: () => unknown, code: HeapErrorCode | 'TypeError' | 'RangeError', message: string): void {
  let thrown: (Error & { code?: string }) | undefined
  try {
    call()
  } catch (error) {
    thrown = error as Error
  }
  expect(thrown, 'nothing was thrown').toBeDefined()
  expect(thrown?.code).toBe(codeOf(code))
  expect(thrown?.message).toContain(message)
}

describe('strings', () => {
  const texts = {
    'an empty one': '',
    ASCII: 'the tide goes out',
    'latin1 letters': 'Grüße, façade, ÿ',
    'every plane': 'a\u00e9\u20ac\u{1f30a}\u{10ffff}\0z',
    'one longer than a pool': 'ebb and flow '.repeat(1000),
    'one longer than an arena': '\u{1f41a}'.repeat(100_000),
  }
  for (const [what, text] of Object.entries(texts)) {
    it(`come back as they were: ${what}`, () => {
      const pointer = heap.allocString(text)
      expect(heap.readString(pointer)).toBe(text)
      expect(heap.stringByteLength(pointer)).toBe(Buffer.byteLength(text))
      heap.free(pointer)
      checkHeap(partsOf(heap))
    })
  }

  it('take one byte a character in latin1', () => {
    const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
    const pointer = heap.allocString(text, 'latin1')
    expect(heap.stringByteLength(pointer)).toBe(256)
    expect(heap.readString(pointer)).toBe(text)
  })

  it('of one byte a character are told from others at every length, wherever the first other stands', () => {
    for (const length of [1, 2, 7, 8, 9, 15, 16, 17, 32, 33, 100]) {
      for (const [before, other] of [
        ['a', '\u007f'],
        ['a', '\u0080'],
        ['a', '\u00ff'],
        ['a', '\u0100'],
        ['a', '\u07ff'],
        ['a', '\u0800'],
        ['a', '\uffff'],
        ['\u00ff', '\u0100'],
      ] as const) {
        for (const at of [0, length >> 1, length - 1]) {
          const text = before.repeat(at) + other + before.repeat(length - at - 1)
          const pointer = heap.allocString(text)
          const isAscii = before === 'a' && other < '\u0080'
          expect([heap.readString(pointer), heap.getUint32(pointer, 0) & 1]).toEqual([text, isAscii ? 1 : 0])
          expect([heap.equalsString(pointer, text), heap.equalsString(pointer, `${text.slice(1)}b`)]).toEqual([
            true,
            false,
          ])
          heap.free(pointer)
          if (other > '\u00ff') continue
          const latin1 = heap.allocString(text, 'latin1')
          expect([heap.readString(latin1), heap.stringByteLength(latin1)]).toEqual([text, length])
          heap.free(latin1)
        }
      }
    }
  })

  it('keep their encoding through a move', () => {
    const pointer = heap.allocString('déjà vu', 'latin1')
    const moved = heap.realloc(pointer, 5000)
    expect(heap.readString(moved)).toBe('déjà vu')
  })

  it('have a prefix that other programs can read: bytes times two, plus one where each is a character', () => {
    expect(heap.getUint32(heap.allocString('abc'), 0)).toBe(7)
    expect(heap.getUint32(heap.allocString('ab\u00e9', 'latin1'), 0)).toBe(7)
    expect(heap.getUint32(heap.allocString('ab\u00e9'), 0)).toBe(8)
    const other = heap.allocString('abc')
    heap.setUint32(other, 0, 6) // another program need not tell ASCII apart
    expect([heap.readString(other), heap.equalsString(other, 'abc')]).toEqual(['abc', true])
  })

  it('refuse what is no text, and allocate nothing', () => {
    for (const text of [undefined, null, 5, 5n, {}, Symbol('text'), Buffer.from('text')]) {
      const got = `${show(text)} (${typeof text})`
      refused(() => heap.allocString(text as string), 'TypeError', `ebb: allocString needs a string, got ${got}`)
      const pointer = heap.allocString('a')
      refused(
        () => heap.equalsString(pointer, text as string),
        'TypeError',
        `ebb: equalsString needs a string, got ${got}`,
      )
      heap.free(pointer)
    }
    refused(
      () => heap.allocString('a', 'utf16' as StringEncoding),
      'TypeError',
      `ebb: encoding must be 'utf8' or 'latin1', got "utf16"`,
    )
    expect(heap.stats().blocks).toBe(0)
  })

  it('refuse lone surrogates by their place', () => {
    refused(
      () => heap.allocString('ab\ud800cd'),
      'TypeError',
      `ebb: utf8 cannot hold the lone surrogate at 2 of ${show('ab\ud800cd')}; call toWellFormed() on it, or store its UTF-16 with copyIn`,
    )
    for (const length of [30, 40, 20_000]) {
      const text = `${'a'.repeat(length)}\ud800`
      refused(() => heap.allocString(text), 'TypeError', `ebb: utf8 cannot hold the lone surrogate at ${length} of `)
    }
    refused(() => heap.allocString('\udc00'), 'TypeError', 'lone surrogate at 0')
    refused(() => heap.allocString('\u{1f30a}\udc00'), 'TypeError', 'lone surrogate at 2')
    expect(heap.stats().blocks).toBe(0)
    expect(heap.readString(heap.allocString('ok\ud83c\udf0a'))).toBe('ok\u{1f30a}')
  })

  it('refuse characters that latin1 does not have', () => {
    for (const [text, code, at] of [
      ['price: 5\u20ac', '20ac', 8],
      ['\u0100', '0100', 0],
      ['\u00ff\u0100', '0100', 1],
      [`${'\u00ff'.repeat(40)}\u{1f30a}`, 'd83c', 40],
    ] as const) {
      const message = `ebb: latin1 has no U+${code} (at ${at} of ${show(text)}); store it as utf8`
      refused(() => heap.allocString(text, 'latin1'), 'RangeError', message)
    }
    expect(heap.stats().blocks).toBe(0)
  })

  it('refuse a length prefix that leaves the block, naming both lengths', () => {
    const pointer = heap.allocString('abc')
    heap.setUint32(pointer, 0, 1000 * 2)
    for (const verb of ['readString', 'stringByteLength'] as const) {
      refused(
        () => heap[verb](pointer),
        'EBB_OUT_OF_BOUNDS',
        `ebb: ${verb}(${showPointer(pointer)}): the length prefix says 1000 bytes and the block holds 12; ` +
          'it was not made by allocString, or was overwritten',
      )
    }
    heap.setUint32(pointer, 0, 0xffffffff)
    refused(() => heap.readString(pointer), 'EBB_OUT_OF_BOUNDS', `says ${2 ** 31 - 1} bytes`)
    heap.setUint32(pointer, 0, 12 * 2)
    expect(heap.readString(pointer)).toHaveLength(12)
  })

  it('show bytes that are no UTF-8 any more as replacement characters', () => {
    const pointer = heap.allocString('\u00e9bcd')
    heap.setUint8(pointer, 4, 0xff)
    expect(heap.readString(pointer)).toBe('\ufffd\ufffdbcd')
    const long = heap.allocString('\u00e9'.repeat(50))
    heap.setUint8(long, 4, 0x41)
    expect(heap.readString(long)).toBe(`A\ufffd${'\u00e9'.repeat(49)}`)
  })
})

describe('copies', () => {
  it('go in and out at any offset', () => {
    const pointer = heap.allocZeroed(64)
    expect(heap.copyIn(pointer, Uint8Array.of(1, 2, 3), 10)).toBe(3)
    expect([...heap.copyOut(pointer, 5, 9)]).toEqual([0, 1, 2, 3, 0])
    expect(heap.copyOut(pointer)).toHaveLength(64)
    expect(heap.copyOut(pointer, undefined, 60)).toHaveLength(4)
    expect(heap.copyOut(pointer, 0, 64)).toHaveLength(0)
    expect(heap.copyIn(pointer, new Uint8Array(0), 64)).toBe(0)
  })

  it('out of the heap live on when the block is gone', () => {
    const pointer = heap.allocString('kept')
    const copy = heap.copyOut(pointer, 4, 4)
    heap.close()
    expect(Buffer.from(copy).toString()).toBe('kept')
  })

  it('take Buffers, views and ArrayBuffers as they are', () => {
    const pointer = heap.allocZeroed(64)
    const sources = [
      Buffer.from([1, 0, 2, 0]),
      Uint16Array.of(1, 2),
      new DataView(Uint16Array.of(9, 1, 2).buffer, 2),
      Uint16Array.of(1, 2).buffer,
    ]
    for (const source of sources) {
      partsOf(heap)
        .table.payload(1 as never)
        .fill(0)
      expect(heap.copyIn(pointer, source)).toBe(4)
      expect([...heap.copyOut(pointer, 4)]).toEqual([1, 0, 2, 0])
    }
    const shared = new SharedArrayBuffer(2)
    new Uint8Array(shared).fill(7)
    heap.copyIn(pointer, shared)
    expect([...heap.copyOut(pointer, 3)]).toEqual([7, 7, 2])
  })

  it('between blocks of one heap, and within one block, come out right', () => {
    const pointer = heap.alloc(64)
    heap.copyIn(pointer, Uint8Array.of(1, 2, 3, 4, 5))
    heap.copyIn(pointer, heap.bytes(pointer, 5), 2)
    expect([...heap.copyOut(pointer, 7)]).toEqual([1, 2, 1, 2, 3, 4, 5])
    const large = heap.alloc(1 << 20)
    heap.copyIn(large, heap.bytes(pointer, 7), (1 << 20) - 7)
    expect([...heap.copyOut(large, 7, (1 << 20) - 7)]).toEqual([1, 2, 1, 2, 3, 4, 5])
  })

  it('refuse ranges that leave the block, copying nothing', () => {
    const pointer = heap.allocZeroed(16)
    const bytes = new Uint8Array(10).fill(9)
    refused(() => heap.copyIn(pointer, bytes, 7), 'EBB_OUT_OF_BOUNDS', '10 bytes at byteOffset 7 leave the block of 16')
    refused(() => heap.copyOut(pointer, 17), 'EBB_OUT_OF_BOUNDS', '17 bytes at byteOffset 0')
    refused(() => heap.copyOut(pointer, undefined, 17), 'EBB_OUT_OF_BOUNDS', 'byteOffset 17')
    refused(() => heap.buffer(pointer, 17), 'EBB_OUT_OF_BOUNDS', '17 bytes')
    for (const wrong of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
      refused(() => heap.copyIn(pointer, bytes, wrong), 'RangeError', `byteOffset must be a whole number`)
      refused(() => heap.copyOut(pointer, wrong), 'RangeError', `byteLength must be a whole number`)
    }
    refused(() => heap.copyIn(pointer, bytes, '1' as never), 'TypeError', 'byteOffset must be a number')
    expect([...heap.copyOut(pointer)]).toEqual(new Array(16).fill(0))
  })

  it('refuse what has no bytes', () => {
    const pointer = heap.alloc(16)
    for (const source of [undefined, null, 'text', 5, [1, 2], {}]) {
      refused(() => heap.copyIn(pointer, source as never), 'TypeError', 'copyIn needs a Uint8Array')
    }
  })
})

describe('buffer', () => {
  it('is the block itself, with all that a Buffer can', () => {
    const pointer = heap.allocZeroed(32)
    const buffer = heap.buffer(pointer)
    expect(Buffer.isBuffer(buffer)).toBe(true)
    expect(buffer).toHaveLength(32)
    buffer.writeUInt16BE(0x0102, 4)
    expect(heap.getUint16(pointer, 4)).toBe(0x0201)
    heap.setUint8(pointer, 0, 65)
    expect(heap.buffer(pointer, 1).toString()).toBe('A')
    expect(Buffer.concat([heap.buffer(pointer, 1), Buffer.from('b')]).toString()).toBe('Ab')
  })

  it('reads zero once the heap is closed', () => {
    const buffer = heap.buffer(heap.alloc(16)).fill(7)
    heap.close()
    expect([...buffer]).toEqual(new Array(16).fill(0))
  })
})

describe('every method', () => {
  const methods: Record<string, (pointer: Pointer) => unknown> = {
    readString: (pointer) => heap.readString(pointer),
    equalsString: (pointer) => heap.equalsString(pointer, 'abc'),
    stringByteLength: (pointer) => heap.stringByteLength(pointer),
    copyIn: (pointer) => heap.copyIn(pointer, new Uint8Array(1)),
    copyOut: (pointer) => heap.copyOut(pointer),
    bytes: (pointer) => heap.bytes(pointer),
    buffer: (pointer) => heap.buffer(pointer),
  }
  for (const [name, call] of Object.entries(methods)) {
    it(`${name} refuses pointers that are not of a live block`, () => {
      const pointer = heap.allocString('abc')
      const keep = heap.allocString('def')
      heap.free(pointer)
      refused(() => call(pointer), 'EBB_DOUBLE_FREE', `${name}(0x`)
      refused(() => call(0 as Pointer), 'EBB_INVALID_POINTER', 'null pointer')
      refused(() => call('0' as never), 'TypeError', `${name} needs a pointer`)
      refused(() => call((1 << 30) as Pointer), 'EBB_INVALID_POINTER', 'nothing is mapped there')
      heap.close()
      refused(() => call(keep), 'EBB_CLOSED', `${name} on a closed heap`)
    })
  }

  it('allocString refuses a closed heap', () => {
    heap.close()
    refused(() => heap.allocString('abc'), 'EBB_CLOSED', 'closed heap')
  })
})
