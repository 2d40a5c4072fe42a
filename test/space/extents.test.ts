import { describe, expect, it } from 'vitest'
import { Extents } from '../../lib/space/extents'
import { Random } from '../support/random'

describe('extents', () => {
  it('take the lowest numbers of one range, and give -1 where none is long enough', () => {
    const extents = new Extents(10, 20)
    expect([extents.take(3), extents.take(2), extents.take(6), extents.take(5), extents.take(1)]).toEqual([
      10, 13, -1, 15, -1,
    ])
    expect([extents.free, new Extents(5, 5).take(1), new Extents(5, 5).free]).toEqual([0, -1, 0])
  })

  it('join what is put back with its free neighbours', () => {
    const extents = new Extents(0, 12)
    for (let i = 0; i < 3; i++) extents.take(4)
    extents.put(0, 4)
    extents.put(8, 4)
    expect([extents.free, extents.take(5)]).toEqual([8, -1])
    extents.put(4, 4)
    expect([extents.free, extents.take(12)]).toEqual([12, 0])
  })

  it('take the shortest range of about the wanted length', () => {
    const extents = new Extents(0, 0)
    for (const [first, count] of [
      [0, 7],
      [10, 5],
      [20, 6],
      [30, 100],
    ] as const)
      extents.put(first, count)
    expect([extents.take(5), extents.take(5), extents.take(5), extents.take(5)]).toEqual([10, 20, 0, 30])
  })

  it('take given numbers where they begin a free range that is long enough', () => {
    const extents = new Extents(0, 10)
    expect([extents.takeAt(1, 2), extents.takeAt(0, 11), extents.takeAt(0, 4), extents.takeAt(0, 1)]).toEqual([
      false,
      false,
      true,
      false,
    ])
    expect([extents.takeAt(4, 6), extents.free, extents.takeAt(10, 1)]).toEqual([true, 0, false])
  })

  it('find a longer range however many short ones there are', () => {
    const extents = new Extents(0, 0)
    for (let i = 0; i < 1000; i++) extents.put(i * 10, 5)
    extents.put(20_000, 8)
    expect([extents.take(8), extents.take(6), extents.take(5), extents.free]).toEqual([20_000, -1, 0, 4995])
  })
})

const LENGTH = 3000
const SEARCH_MAX = 16

/** What extents must do, by a list of all numbers. */
class Model {
  readonly isFree = new Uint8Array(LENGTH).fill(1)

  /** Free ranges, each as long as it can be. */
  ranges(): { start: number; length: number }[] {
    const found: { start: number; length: number }[] = []
    for (let i = 0; i < LENGTH; i++) {
      if (this.isFree[i] === 0) continue
      const start = i
      while (this.isFree[i] === 1) i++
      found.push({ start, length: i - start })
    }
    return found
  }

  mark(first: number, count: number, value: 0 | 1): void {
    for (let i = first; i < first + count; i++) {
      if (this.isFree[i] === value) throw new Error(`${i} is ${value === 0 ? 'taken' : 'free'} already`)
      this.isFree[i] = value
    }
  }

  /** Whether extents may find no range of that length: there is none, or only behind many too short ones of its bin. */
  mayMiss(count: number): boolean {
    const bin = 31 - Math.clz32(count)
    const ranges = this.ranges()
    const near = ranges.filter(({ length }) => 31 - Math.clz32(length) === bin)
    return ranges.every(({ length }) => length < count || (length < 2 ** (bin + 1) && near.length > SEARCH_MAX))
  }
}

it('extents do what a list of all numbers does', () => {
  const random = new Random('extents')
  const extents = new Extents(0, LENGTH)
  const model = new Model()
  const taken: [first: number, count: number][] = []
  let misses = 0
  for (let step = 0; step < 20_000; step++) {
    const count = 1 + random.logUniform(200)
    const kind = random.below(16)
    if (kind < 8 || taken.length === 0) {
      const first = extents.take(count)
      if (first < 0) {
        misses++
        expect(model.mayMiss(count)).toBe(true)
        continue
      }
      model.mark(first, count, 0)
      taken.push([first, count])
    } else if (kind === 8) {
      const { start, length } = random.pick([...model.ranges(), { start: LENGTH, length: 0 }])
      expect(extents.takeAt(start, count)).toBe(count <= length)
      if (count > length) continue
      model.mark(start, count, 0)
      taken.push([start, count])
    } else {
      const [[first, length]] = taken.splice(random.below(taken.length), 1) as [[number, number]]
      const cut = random.oneIn(3) ? random.below(length) : 0 // a part of it first
      if (cut > 0) extents.put(first, cut)
      extents.put(first + cut, length - cut)
      model.mark(first, length, 1)
    }
    expect(extents.free).toBe(model.isFree.reduce((sum, flag) => sum + flag, 0))
  }
  expect(misses).toBeGreaterThan(100)
  for (const [first, count] of taken) extents.put(first, count)
  expect([extents.free, extents.take(LENGTH)]).toEqual([LENGTH, 0])
})
