/** Values of another realm: a `vm` context's, or in jest those of Node's own functions, as `structuredClone` and `Buffer.from`. */
import vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import { bytes, Dict, f64, fromObject, HashSet, List, toObject, value } from '../../lib/collections'
import { Heap } from '../../lib/heap/heap'

const other = vm.createContext({})
const made = <T>(code: string): T => vm.runInContext(`(${code})`, other) as T

describe('of another realm', () => {
  it('plain objects, arrays and bytes are held as a value', () => {
    using heap = new Heap()
    const tree = { a: [1, { b: null }], bytes: new Uint8Array([1, 2]), text: 'x' }
    const rows = new List(heap, value)
    rows.push(made("{ a: [1, { b: null }], bytes: new Uint8Array([1, 2]), text: 'x' }"))
    expect(rows.get(0)).toEqual(tree)
    expect(toObject(fromObject(heap, made<typeof tree>('{ text: "y" }')))).toEqual({ text: 'y' })
  })

  it('objects of a class are refused as those of this realm are', () => {
    using heap = new Heap()
    const rows = new List(heap, value)
    expect(() => rows.push(made('new (class Point {})()'))).toThrow(/got an object of the class Point \(object\)$/)
    expect(() => rows.push(made('new Date(0)'))).toThrow(/got an object of the class Date \(object\)$/)
    expect(() => rows.push(made('Object.create(Object.create(null))'))).toThrow(/got an object of a class \(object\)$/)
    expect(rows).toHaveLength(0)
  })

  it('a Uint8Array is bytes: as a key, as a value and as what a value is read into', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: bytes, value: bytes })
    dict.set(made('new Uint8Array([1])'), made('new Uint8Array([2, 3])'))
    expect(dict.get(new Uint8Array([1]))).toEqual(new Uint8Array([2, 3]))
    const target = made<Uint8Array>('new Uint8Array(2)')
    expect([dict.getInto(made('new Uint8Array([1])'), target), ...target]).toEqual([2, 2, 3])
    expect(new HashSet(heap, bytes).add(made('new Uint8Array(9)')).has(new Uint8Array(9))).toBe(true)
    expect(() => dict.set(made('new Int8Array(1)'), target)).toThrow(/got an object of the class Int8Array/)
  })

  it('typed arrays are copied into a list of numbers, and out of it', () => {
    using heap = new Heap()
    const list = new List(heap, f64)
    list.pushAll(made('new Float64Array([1, 2, 3])'))
    const target = made<Float64Array>('new Float64Array(3)')
    expect([list.copyOut(target), ...target]).toEqual([3, 1, 2, 3])
    expect(() => list.copyOut(made('new Float32Array(3)'))).toThrow(
      /needs a Float64Array, got an object of the class Float32Array$/,
    )
    expect(() => list.copyOut(made('{ __proto__: Float64Array.prototype }'))).toThrow(/needs a Float64Array/)
  })
})
