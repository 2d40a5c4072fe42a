import { describe, expect, it } from 'vitest'
import { f64, Heap, i32, u8 } from '../../lib'
import { List, str } from '../../lib/collections'
import { caught } from '../support/caught'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

const heaps = () => [new Heap(), testHeap({ isFar: true }).heap]

describe('bulk in and out of a list', () => {
  it('copies any range into the middle of any array, near and far, over the ends of chunks', () => {
    for (const heap of heaps()) {
      const random = new Random('bulk')
      for (const [kind, Elements, most] of [
        [f64, Float64Array, 13_000],
        [u8, Uint8Array, 100_000],
      ] as const) {
        const list = new List(heap, kind)
        const model: number[] = []
        for (let turn = 0; turn < 20; turn++) {
          const [count, skip] = [random.logUniform(most), random.below(7)]
          const memory = new ArrayBuffer((count + skip) * Elements.BYTES_PER_ELEMENT)
          const source = new Elements(memory, skip * Elements.BYTES_PER_ELEMENT).map((_, i) => (turn + i) & 0xff)
          expect(list.pushAll(source)).toBe(model.push(...source))
          for (let gone = random.below(5); gone > 0; gone--) expect(list.shift()).toBe(model.shift())
          const target = new Elements(new ArrayBuffer(memory.byteLength + 64), 16, count)
          const from = random.below(model.length)
          const expected = model.slice(from, from + count)
          expect(list.copyOut(target, from)).toBe(expected.length)
          expect(
            Buffer.compare(bytesOf(target), bytesOf(Elements.from([...expected, ...zeros(target, expected)]))),
          ).toBe(0)
        }
        expect(list.toArray()).toEqual(model)
      }
      heap.close()
    }
  })

  it('takes arrays whose classes say other things of themselves', () => {
    using heap = new Heap()
    class Sly extends Float64Array {
      override get length(): number {
        return 5
      }
      override get byteOffset(): number {
        return 8
      }
    }
    const list = new List(heap, f64)
    const source = new Float64Array(3000).map((_, i) => i)
    expect(list.pushAll(new Sly(source))).toBe(3000)
    const target = new Sly(1000)
    expect(list.copyOut(target)).toBe(1000)
    expect(Float64Array.prototype.at.call(target, 999)).toBe(999)
  })
})

describe('several elements a call', () => {
  it('are pushed and put before the first as by an Array', () => {
    for (const heap of heaps()) {
      const [list, texts] = [new List(heap, i32), new List(heap, str)]
      expect([list.push(3, 1, 2), list.unshift(7, 8), list.push(9)]).toEqual([3, 5, 6])
      expect(list.toArray()).toEqual([7, 8, 3, 1, 2, 9])
      expect([texts.push('c', 'd'), texts.unshift('a', 'b')]).toEqual([2, 4])
      expect(texts.toArray()).toEqual(['a', 'b', 'c', 'd'])
      heap.close()
    }
  })

  it('are all refused where one is', () => {
    using heap = new Heap()
    const [list, texts] = [new List(heap, i32), new List(heap, str)]
    list.push(1)
    texts.push('a')
    for (const wrong of ['x', 0.5, 2 ** 40])
      for (const verb of ['push', 'unshift'] as const) {
        expect(String(caught(() => list[verb](2, 3, wrong as number)))).toMatch(/ebb: a list of i32 holds/)
        expect(String(caught(() => list[verb](wrong as number, 2, 3)))).toMatch(/ebb: a list of i32 holds/)
        expect(String(caught(() => texts[verb]('b', 3 as never, 'c')))).toMatch(/^TypeError/)
      }
    expect([list.toArray(), texts.toArray()]).toEqual([[1], ['a']])
  })
})

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
const zeros = (target: { length: number }, taken: { length: number }): number[] =>
  new Array<number>(target.length - taken.length).fill(0)
