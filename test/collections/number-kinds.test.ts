import { describe, expect, it } from 'vitest'
import { f64, Heap, i32, u32 } from '../../lib'
import { Dict } from '../../lib/collections'
import { caught } from '../support/caught'

describe('the dicts of plain numbers', () => {
  it('have classes of their own', () => {
    using heap = new Heap()
    const classes = [f64, i32, u32].map((value) => new Dict(heap, { key: i32, value }).constructor)
    expect(new Set(classes).size).toBe(3)
  })

  it('refuse what is not of their kinds, in words that name it, and hold what is at the edges', () => {
    using heap = new Heap()
    const dict = new Dict(heap, { key: i32, value: i32 })
    const edges = [0, -1, 2 ** 31 - 1, -(2 ** 31)]
    for (const edge of edges) dict.set(edge, edge)
    for (const wrong of [1.5, 2 ** 31, Number.NaN]) {
      for (const call of [() => dict.set(1, wrong), () => dict.set(wrong, 1), () => dict.get(wrong)]) {
        const error = caught(call)
        expect(error).toBeInstanceOf(RangeError)
        expect(error.message).toContain(`i32`)
        expect(error.message).toContain(String(wrong))
      }
    }
    expect(() => dict.set(1, '1' as never)).toThrow(TypeError)
    expect(() => dict.delete('1' as never)).toThrow(TypeError)
    expect(new Map(dict)).toEqual(new Map(edges.map((edge) => [edge, edge])))
    // -0 is 0, and is not there as itself.
    dict.set(-0, -0)
    expect([dict.size, Object.is(dict.get(0), 0)]).toEqual([4, true])
  })
})
