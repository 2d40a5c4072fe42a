/** Texts of every length, by each way in which they are stored, read and compared. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Heap, type HeapErrorCode, type Pointer } from '../../lib'
import { showPointer } from '../../lib/base/errors'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { codeOf } from '../support/caught'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

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

/** Lengths on both sides of every change of method. */
const LENGTHS = [
  0, 1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 42, 43, 64, 65, 127, 128, 129, 300, 511, 512, 513, 1535, 1536,
]
const LONG = [2047, 2048, 2049, 5000, 16_383, 16_384, 16_385, 40_000, 400_000]
/** A short text again and again. */
const repeated = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length)

describe('texts of every length', () => {
  const units = {
    ASCII: 'tide',
    latin1: 'fa\u00e7ade',
    'utf8 of two bytes': '\u00e9b',
    'utf8 that begins late': `${'a'.repeat(20)}\u20ac`,
  }
  for (const [what, unit] of Object.entries(units)) {
    const encoding = what === 'latin1' ? 'latin1' : 'utf8'
    it(`come back, equal themselves alone, and lie in bytes as Buffers have them: ${what}`, () => {
      for (const length of [...LENGTHS, ...LONG]) {
        const text = repeated(unit, length)
        const bytes = Buffer.from(text, encoding)
        const pointer = heap.allocString(text, encoding)
        expect(heap.stringByteLength(pointer)).toBe(bytes.length)
        expect(bytes.compare(heap.copyOut(pointer, bytes.length, 4))).toBe(0)
        expect(heap.readString(pointer) === text, `${length}`).toBe(true)
        expect(heap.equalsString(pointer, text)).toBe(true)
        expect(heap.equalsString(pointer, `${text}.`)).toBe(false)
        if (length === 0) continue
        expect(heap.equalsString(pointer, text.slice(1))).toBe(false)
        expect(heap.equalsString(pointer, `${text.slice(0, -1)}#`)).toBe(false)
        expect(heap.equalsString(pointer, `#${text.slice(1)}`)).toBe(false)
      }
      checkHeap(partsOf(heap))
    })
  }

  it('have no part that begins behind its end or ends behind the text', () => {
    const pointer = heap.allocString('tide')
    expect([heap.readString(pointer, 0, 4), heap.readString(pointer, 4), heap.readString(pointer, 2, 2)]).toEqual([
      ...['tide', '', ''],
    ])
    for (const [start, end] of [
      [0, 5],
      [5, 5],
      [3, 2],
    ] as const) {
      refused(
        () => heap.readString(pointer, start, end),
        'EBB_OUT_OF_BOUNDS',
        `ebb: readString(${showPointer(pointer)}): bytes ${start} to ${end} are no part of a text of 4 bytes; ` +
          'stringByteLength tells how many there are',
      )
    }
  })

  it('are the same in far blocks, whole and in part, and copies too', () => {
    const { heap: far } = testHeap({ isFar: true })
    for (const [text, encoding] of [
      ['', 'utf8'],
      ['tide', 'utf8'],
      ['fa\u00e7ade', 'latin1'],
      ['\u00e9b\u20ac', 'utf8'],
      ['a'.repeat(3000), 'utf8'],
      ['\u00ff'.repeat(3000), 'latin1'],
      ['\u{1f30a}'.repeat(300), 'utf8'],
      ['\u20ac'.repeat(20_000), 'utf8'],
    ] as const) {
      const bytes = Buffer.from(text, encoding)
      const [pointer, other] = [far.allocString(text, encoding), far.allocZeroed(bytes.length + 4)]
      expect([far.readString(pointer) === text, far.stringByteLength(pointer)]).toEqual([true, bytes.length])
      expect([far.equalsString(pointer, text), far.equalsString(pointer, `${text.slice(1)}.`)]).toEqual([true, false])
      expect(bytes.compare(far.copyOut(pointer, bytes.length, 4))).toBe(0)
      expect(bytes.compare(far.bytes(pointer).subarray(4, 4 + bytes.length))).toBe(0)
      expect(far.copyIn(other, bytes, 3)).toBe(bytes.length)
      expect([...far.copyOut(other, bytes.length + 4)]).toEqual([0, 0, 0, ...bytes, 0])
      expect(Buffer.from(bytes).compare(far.buffer(other, bytes.length + 3), 3)).toBe(0)
      if (bytes.length < 4) continue
      expect(far.readString(pointer, bytes.length - 3)).toBe(bytes.subarray(-3).toString(encoding))
      expect(far.readString(pointer, 0, 3)).toBe(bytes.subarray(0, 3).toString(encoding))
    }
    checkHeap(partsOf(far))
  })

  it('leave what lies beside them as it was', () => {
    for (const length of LENGTHS) {
      const [before, , after] = heap.allocMany(length + 4, new Int32Array(3)) as unknown as Pointer[]
      for (const text of [repeated('a', length), repeated('\u00e9', length >> 1)]) {
        const byteLength = Buffer.byteLength(text)
        const pointer = heap.allocString(text)
        const spare = heap.usableSize(pointer) - 4 - byteLength
        expect(spare).toBeGreaterThanOrEqual(0)
        heap.copyIn(before as Pointer, new Uint8Array(length + 4).fill(7))
        heap.copyIn(after as Pointer, new Uint8Array(length + 4).fill(7))
        heap.free(pointer)
        heap.free(heap.allocString(text))
        for (const other of [before, after])
          expect(heap.copyOut(other as Pointer, length + 4).every((byte) => byte === 7)).toBe(true)
      }
    }
  })

  it('of random bytes read as a Buffer reads them', () => {
    const random = new Random('bytes as text')
    for (let i = 0; i < 500; i++) {
      const pointer = heap.allocString('\u00e9'.repeat(1 + random.logUniform(300)))
      const bytes = Uint8Array.from({ length: heap.stringByteLength(pointer) }, () =>
        random.below(random.pick([128, 256])),
      )
      heap.copyIn(pointer, bytes, 4)
      expect(heap.readString(pointer)).toBe(Buffer.from(bytes).toString())
      heap.free(pointer)
    }
  })
})

describe('equalsString', () => {
  it('tells characters apart that an encoding does not have', () => {
    const long = 'x'.repeat(40)
    for (const tail of ['', long]) {
      const latin1 = heap.allocString(`A\u00e9${tail}`, 'latin1')
      expect(heap.equalsString(latin1, `A\u00e9${tail}`)).toBe(true)
      expect(heap.equalsString(latin1, `\u0141\u00e9${tail}`)).toBe(false)
      const utf8 = heap.allocString(`\ufffd${tail}`)
      expect(heap.equalsString(utf8, `\ufffd${tail}`)).toBe(true)
      expect(heap.equalsString(utf8, `\ud800${tail}`)).toBe(false)
    }
    expect(heap.equalsString(heap.allocString('d\u00e9j\u00e0'), 'd\u00e9j\u00e0')).toBe(true)
    expect(heap.equalsString(heap.allocString('d\u00e9j\u00e0', 'latin1'), 'd\u00e9j\u00e0')).toBe(true)
  })

  it('refuses what is no text', () => {
    const pointer = heap.allocString('abc')
    for (const text of [undefined, null, 5, Buffer.from('abc')])
      refused(() => heap.equalsString(pointer, text as never), 'TypeError', 'equalsString needs a string')
  })
})

describe('a part of a text', () => {
  it('is read by its bytes; those of ASCII and latin1 are characters', () => {
    const ascii = heap.allocString('the tide goes out')
    expect(heap.readString(ascii, 4, 8)).toBe('tide')
    expect(heap.readString(ascii, 9)).toBe('goes out')
    expect(heap.readString(ascii, undefined, 3)).toBe('the')
    expect(heap.readString(ascii, 17)).toBe('')
    for (let start = 0; start < 17; start++)
      for (let end = start; end <= 17; end++)
        expect(heap.readString(ascii, start, end)).toBe('the tide goes out'.slice(start, end))
    expect(heap.readString(heap.allocString('\u00e9t\u00e9', 'latin1'), 1, 3)).toBe('t\u00e9')
    const utf8 = heap.allocString('a\u20acb')
    expect(heap.readString(utf8, 1, 4)).toBe('\u20ac')
    expect(heap.readString(utf8, 0, 2)).toBe('a\ufffd')
  })

  it('is refused where the text has no such part', () => {
    const pointer = heap.allocString('abcdef')
    for (const [start, end] of [
      [0, 7],
      [7, 7],
      [4, 3],
      [7, undefined],
    ] as const)
      refused(() => heap.readString(pointer, start, end), 'EBB_OUT_OF_BOUNDS', 'no part of a text of 6 bytes')
    for (const wrong of [-1, 0.5, Number.NaN]) {
      refused(() => heap.readString(pointer, wrong), 'RangeError', 'start must be a whole number')
      refused(() => heap.readString(pointer, 0, wrong), 'RangeError', 'end must be a whole number')
    }
    refused(() => heap.readString(pointer, '1' as never), 'TypeError', 'start must be a number')
  })
})
