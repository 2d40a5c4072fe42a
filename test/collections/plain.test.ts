import { describe, expect, it } from 'vitest'
import { packPlain } from '../../lib/collections/plain'
import { readPlain } from '../../lib/collections/plain-reader'

const again = (tree: unknown): unknown => readPlain(packPlain(tree))

describe('a packed tree', () => {
  it('reads as it was', () => {
    const trees: unknown[] = [null, true, false, 0, 1, -1, 2 ** 31, -(2 ** 31), 1.5, 1e300, Number.NaN, Infinity]
    trees.push('', 'text', 'é', '€', '\ud800', 'x'.repeat(100_000), Uint8Array.of(1, 2, 3), new Uint8Array(0))
    trees.push([], {}, [[], [null]], { a: { b: [1, 'two', { three: 3 }] }, '': 0, ключ: 'значение' })
    for (const tree of [...trees, trees, { trees }]) {
      expect(again(tree)).toEqual(tree)
      expect(readPlain(packPlain(tree, true))).toEqual(tree)
    }
    expect(Object.is(again(-0), -0)).toBe(true)
    expect(Object.keys(again({ b: 1, a: 2 }) as object)).toEqual(['b', 'a'])
  })

  it('has what JSON.parse gives, and no other prototype', () => {
    const text = '{"__proto__": {"polluted": true}, "list": [1, 2.5, "x", null, true]}'
    const tree = again(JSON.parse(text)) as object
    expect(JSON.stringify(tree)).toBe(JSON.stringify(JSON.parse(text)))
    expect(Object.getPrototypeOf(tree)).toBe(Object.prototype)
    expect('polluted' in tree).toBe(false)
  })

  it('is refused with its path where JSON has no word for it', () => {
    expect(() => packPlain({ a: [1, { b: undefined }] })).toThrow(/value\.a\[1\]\.b must be null.*got undefined/)
    for (const wrong of [undefined, () => 0, Symbol('s'), 1n, new Date(), new Map(), new Array(1)])
      expect(() => packPlain(wrong)).toThrow(TypeError)
    const circle: unknown[] = []
    circle.push(circle)
    expect(() => packPlain(circle)).toThrow(/goes in a circle/)
  })

  it('of an array that a getter changes has what was there at its start', () => {
    const growing = [1, 2]
    Object.defineProperty(growing, 0, { enumerable: true, get: () => growing.push(3) })
    expect(again([growing, 'behind'])).toEqual([[3, 2], 'behind'])
    const shrinking = [1, 2, 3]
    Object.defineProperty(shrinking, 0, { enumerable: true, get: () => (shrinking.length = 1) })
    expect(() => packPlain(shrinking)).toThrow(/value\[1\] must be null.*got undefined/)
  })

  it('does not share bytes with what it was made of', () => {
    const bytes = Uint8Array.of(1, 2)
    const copy = again(bytes) as Uint8Array
    bytes[0] = 9
    expect([...copy]).toEqual([1, 2])
    expect(copy.constructor).toBe(Uint8Array)
  })
})
