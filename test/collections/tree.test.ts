/** Trees in a heap: read as a whole and by parts, near and far, while blocks move, and where the heap refuses. */
import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { Heap } from '../../lib'
import { fromObject, List, type Tree, toObject, value } from '../../lib/collections'
import { caught } from '../support/caught'
import { liveBytes } from '../support/dict-model'
import { Random } from '../support/random'
import { refuseEvery } from '../support/refuse-every'
import { testHeap } from '../support/test-heap'

type Path = readonly (string | number)[]

const LEAVES: unknown[] = [null, true, false, 0, -1, 2 ** 31, 1.5, -0, Number.NaN, '', 'text', 'é', '€uro', '\ud800']
LEAVES.push('x'.repeat(3000), Uint8Array.of(1, 2, 3), new Uint8Array(0), [], {})

/** A random tree: lists and dicts of up to 20, so that some are indexed and some are not. */
function treeOf(random: Random, depth: number): unknown {
  const count = random.below(20)
  const draw = random.below(depth === 0 ? 1 : 4)
  if (draw < 1) return LEAVES[random.below(LEAVES.length)]
  const values = Array.from({ length: count }, () => treeOf(random, depth - 1))
  if (draw < 3) return values
  return Object.fromEntries(values.map((one, i) => [i === 7 ? '' : `€ ${i}`.slice(random.below(3)) + i, one]))
}

/** Calls `visit` with each part of a tree and its path. */
function eachPart(tree: unknown, visit: (path: Path, part: unknown) => void, path: Path = []): void {
  visit(path, tree)
  if (typeof tree !== 'object' || tree === null || tree instanceof Uint8Array) return
  for (const [name, part] of Object.entries(tree)) eachPart(part, visit, [...path, Array.isArray(tree) ? +name : name])
}

const sizeOf = (part: unknown): number | undefined =>
  typeof part !== 'object' || part === null || part instanceof Uint8Array ? undefined : Object.keys(part).length

describe('a tree', () => {
  it('is read as it was given, whole and by every path, near and far', () => {
    const random = new Random('trees')
    for (const heap of [new Heap(), testHeap({ isFar: true }).heap]) {
      let parts = 0
      for (let i = 0; i < 30; i++) {
        const object = treeOf(random, 3)
        using tree = fromObject(heap, object)
        expect(toObject(tree)).toEqual(object)
        eachPart(object, (path, part) => {
          parts++
          if (parts % 7 === 0) expect(tree.get(...path)).toEqual(part)
          expect(tree.size(...path)).toBe(sizeOf(part))
        })
      }
      expect(parts).toBeGreaterThan(1000)
      expect(liveBytes(heap)).toBe(0)
      heap.close()
    }
  })

  it('says undefined where a path leads nowhere', () => {
    using heap = new Heap()
    using tree = fromObject(heap, { list: [1, 2], long: Array.from({ length: 10 }, (_, i) => i), 3: 'three' })
    const wrong: Path[] = [
      ['none'],
      ['list', 2],
      ['list', -1],
      ['list', 0.5],
      ['list', '0'],
      ['list', 0, 'x'],
      ['long', 10],
    ]
    for (const path of wrong)
      expect([path, tree.get(...path), tree.size(...path)]).toEqual([path, undefined, undefined])
    expect([tree.get(3), tree.get('long', 9), tree.size('long'), tree.size()]).toEqual(['three', 9, 10, 3])
    for (const step of [null, {}, Symbol('s'), 1n])
      expect(() => tree.get('list', step as never)).toThrow(/a path has names/)
  })

  it('frees what is nested with it, and is closed then', () => {
    using heap = new Heap()
    const tree = fromObject(heap, { a: [{ b: 'c'.repeat(100) }] })
    expect(tree.byteLength).toBe(liveBytes(heap))
    expect(inspect(tree)).toMatch(/^Tree of \d+ bytes$/)
    tree.close()
    tree.close()
    expect([liveBytes(heap), tree.byteLength, inspect(tree), String(tree)]).toEqual([
      0,
      0,
      'Tree closed',
      '[object Tree]',
    ])
    for (const call of [() => tree.get(), () => tree.size(), () => tree.toObject(), () => toObject(tree)])
      expect(caught(call)).toMatchObject({ code: 'EBB_CLOSED', message: expect.stringContaining('closed tree') })
  })

  it('goes with its heap', () => {
    const heap = new Heap()
    const tree = fromObject(heap, [1])
    heap.close()
    expect(caught(() => tree.get(0)).code).toBe('EBB_CLOSED')
    expect(caught(() => fromObject(heap, [1])).code).toBe('EBB_CLOSED')
    expect(tree.byteLength).toBe(0)
    tree.close()
  })

  it('is followed when its block moves', () => {
    using heap = new Heap()
    const random = new Random('moved trees')
    const trees = new Map<Tree, unknown>()
    let moved = 0
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 200; i++) {
        const object = { round, i, tail: 'x'.repeat(random.logUniform(2000)) }
        trees.set(fromObject(heap, object), object)
      }
      for (const tree of [...trees.keys()]) {
        if (random.oneIn(2)) continue
        tree.close()
        trees.delete(tree)
      }
      moved += heap.compact().moved
      for (const [tree, object] of trees) expect(tree.toObject()).toEqual(object)
    }
    expect(moved).toBeGreaterThan(100)
    for (const tree of trees.keys()) tree.close()
    expect(liveBytes(heap)).toBe(0)
  })

  it('of some megabytes lies in a large block', () => {
    using heap = new Heap()
    const object = Array.from({ length: 50_000 }, (_, i) => ({ i, name: `name ${i}`, tags: ['a', 'b'] }))
    using tree = fromObject(heap, object)
    expect([tree.size(), tree.get(49_999, 'name'), tree.get(31_415)]).toEqual([50_000, 'name 49999', object[31_415]])
    expect(heap.stats().largeBlocks).toBe(1)
    expect(JSON.stringify(tree)).toBe(JSON.stringify(object))
  })

  it('is not there where the heap refuses its block, and nothing else is lost', () => {
    using heap = new Heap()
    const list = new List(heap, value)
    for (let i = 0; i < 3000; i++) list.push({ i })
    list.clear()
    const kept = fromObject(heap, { kept: true })
    const before = liveBytes(heap)
    expect(before).toBeGreaterThan(10_000) // what is pending is freed first
    const counts = refuseEvery(heap, 1)
    expect(caught(() => fromObject(heap, { a: 1 })).code).toBe('EBB_OUT_OF_MEMORY')
    counts.stop()
    expect([counts.refusals, liveBytes(heap), kept.get('kept')]).toEqual([2, kept.byteLength, true])
    using limited = new Heap({ limit: 2 ** 20 })
    expect(caught(() => fromObject(limited, 'x'.repeat(2 ** 21))).code).toBe('EBB_LIMIT')
    expect(liveBytes(limited)).toBe(0)
  })

  it('is refused where it cannot be one', () => {
    using heap = new Heap()
    expect(() => fromObject({} as never, 1)).toThrow(/fromObject needs a Heap/)
    expect(() => fromObject(heap, { a: [new Date()] })).toThrow(
      /value\.a\[0\] must be null.*got an object of the class Date/,
    )
    const circle: unknown[] = []
    circle.push(circle)
    expect(() => fromObject(heap, circle)).toThrow(/goes in a circle/)
    for (const wrong of [{}, null, 1]) expect(() => toObject(wrong as never)).toThrow(/toObject needs a tree/)
    expect(liveBytes(heap)).toBe(0)
  })

  it('has the type of what it was made from', () => {
    using heap = new Heap()
    using tree = fromObject(heap, { a: 1 })
    expectTypeOf(tree).toEqualTypeOf<Tree<{ a: number }>>()
    expectTypeOf(toObject(tree)).toEqualTypeOf<{ a: number }>()
    expect(toObject(tree).a).toBe(1)
  })
})
