import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import type { Pointer } from '../../lib/base/layout'
import { bytes, str, value } from '../../lib/collections/kinds'
import { List } from '../../lib/collections/list'
import { Heap } from '../../lib/heap/heap'
import { ownersOf } from '../../lib/heap/owners'
import { f64, struct, u8 } from '../../lib/records/types'
import { caught } from '../support/caught'

let heap: Heap
beforeEach(() => {
  heap = new Heap()
})
afterEach(() => heap.close())

function thrown(call: () => unknown): string {
  const error = caught(call)
  return error instanceof HeapError ? `${error.code}: ${error.message}` : String(error)
}

describe('a list of texts', () => {
  const words = ['one', '', 'Watt', '\ud800', 'Grüße', '\u4e2d\u6587', 'x'.repeat(10_000)]

  it('holds any of them', () => {
    const list = new List(heap, str)
    expect(list.pushAll(words)).toBe(words.length)
    expect([list.toArray(), [...list], list.kind]).toEqual([words, words, 'str'])
    expect([list.indexOf('Watt'), list.includes('Watt '), list.slice(1, 3).toArray()]).toEqual([2, false, ['', 'Watt']])
    expect(list.sort().toArray()).toEqual([...words].sort())
    expect(list.sort((a, b) => b.length - a.length).get(0)).toHaveLength(10_000)
  })

  it('frees what is taken out, replaced or cleared', () => {
    const list = new List(heap, str)
    list.pushAll(words)
    list.set(0, 'other')
    list.remove(2)
    list.pop()
    list.shift()
    list.fill('same')
    list.length = 2
    expect([list.toArray(), heap.stats().liveBytes]).toEqual([['same', 'same'], list.byteLength])
    list.clear()
    expect([list.byteLength, heap.stats().blocks]).toEqual([0, 0])
  })

  it('takes nothing from who has its number next when it is closed twice', () => {
    const first = new List(heap, str)
    first.push('one')
    first.close()
    const list = new List(heap, str)
    const texts = Array.from({ length: 500 }, (_, i) => `text ${i}, in a block of its own`)
    const others: Pointer[] = []
    for (const text of texts) {
      list.push(text)
      for (let i = 0; i < 20; i++) others.push(heap.alloc(48))
    }
    first.close()
    heap.freeMany(others)
    // With a callback those blocks move too that no collection says are its own.
    expect(heap.compact(() => {}).moved).toBeGreaterThan(100)
    expect(list.toArray()).toEqual(texts)
  })

  it('refuses another kind, and copies of numbers', () => {
    const list = new List(heap, str)
    expect(thrown(() => list.push(1 as never))).toMatch(/^TypeError: ebb: value is str/)
    expect(thrown(() => list.indexOf(1 as never))).toMatch(/^TypeError: ebb: value is str/)
    expect(thrown(() => list.copyOut(new Int32Array(1)))).toMatch(/^TypeError: ebb: copyOut is for lists of scalars/)
    list.close()
    expect(thrown(() => list.push('a'))).toMatch(/^EBB_CLOSED/)
    const other = new List(heap, str)
    other.push('a')
    heap.close()
    expect([list.byteLength, other.byteLength, thrown(() => other.get(0))]).toEqual([
      0,
      0,
      expect.stringMatching(/^EBB_CLOSED/),
    ])
  })
})

describe('a list of bytes, structs or trees', () => {
  it('gives them back as they were put in', () => {
    const blobs = new List(heap, bytes)
    blobs.push(Uint8Array.of(1, 2, 3))
    expect([[...blobs.get(0)], blobs.indexOf(Uint8Array.of(1, 2, 3))]).toEqual([[1, 2, 3], 0])
    const points = new List(heap, struct({ x: f64, tag: u8 }))
    points.push({ x: 1.5, tag: 7 })
    expect(points.toArray()).toEqual([{ x: 1.5, tag: 7 }])
    expect(thrown(() => points.push({ x: 1 } as never))).toMatch(/^TypeError/)
    const trees = new List(heap, value)
    const tree = { a: [1, 'two', null], b: { c: true } }
    trees.push(tree)
    expect([trees.get(0), trees.pop(), trees.length]).toEqual([tree, tree, 0])
  })

  it('needs a function to sort and cannot search', () => {
    const trees = new List(heap, value)
    trees.pushAll([3, 1, 2])
    expect(thrown(() => trees.sort())).toMatch(/^TypeError: ebb: sort of a list of value needs a function/)
    expect(thrown(() => trees.indexOf(1))).toMatch(/^TypeError: ebb: indexOf is for scalars/)
    expect(trees.sort((a, b) => Number(a) - Number(b)).toArray()).toEqual([1, 2, 3])
    expect(thrown(() => trees.sort(() => Number(trees.pop())))).toMatch(/^EBB_BUSY/)
  })

  it('is as before where a value shortens the list while it is read', () => {
    const trees = new List(heap, value)
    trees.pushAll([1, 2])
    const sly = {
      get a(): number {
        trees.pop()
        return 1
      },
    }
    expect(thrown(() => trees.set(1, sly))).toMatch(/^RangeError/)
    expect(trees.toArray()).toEqual([1])
  })
})

describe('a long list that is emptied', () => {
  const texts = Array.from({ length: 9000 }, (_, index) => `text ${index}`)

  it('is empty at once, and its entries go while the event loop turns', async () => {
    const list = new List(heap, str)
    list.pushAll(texts)
    list.clear()
    expect([list.length, list.byteLength]).toEqual([0, 0])
    list.push('new')
    while (heap.stats().blocks > 3) await new Promise((resolve) => setTimeout(resolve, 2))
    expect(list.toArray()).toEqual(['new'])
    list.close()
    expect(heap.stats().blocks).toBe(0)
  })

  it('has left nothing behind when the heap needs the memory', () => {
    const small = new Heap({ limit: 2 ** 20 })
    const list = new List(small, str)
    for (let round = 0; round < 20; round++) {
      list.pushAll(texts)
      if (round % 2 === 0) list.clear()
      else list.length = 0
    }
    list.pushAll(texts)
    expect(list.toArray()).toEqual(texts)
    list.close()
    small.close()
  })

  it('may be compacted meanwhile', () => {
    const list = new List(heap, str)
    list.pushAll(texts)
    list.clear()
    list.pushAll(texts.slice(0, 2500))
    for (let index = 2499; index >= 0; index--) if (index % 5 !== 0) list.remove(index)
    heap.compact(() => {})
    expect(list.toArray()).toEqual(texts.slice(0, 2500).filter((_, index) => index % 5 === 0))
    list.close()
    heap.close()
  })
})

describe('the registry', () => {
  it('knows the blocks of lists from others, even where those look like entries', () => {
    const list = new List(heap, str)
    list.push('here')
    const owners = ownersOf(heap)
    const blocks = [...heap.blocks()].map(({ pointer }) => pointer)
    expect(blocks.map((pointer) => owners.whose(pointer))).toEqual(blocks.map(() => 'collection'))
    const entry = blocks.find((pointer) => heap.getInt32(pointer, 0) >= 4096)!
    const stranger = heap.alloc(48)
    for (let at = 0; at < 12; at += 4) heap.setInt32(stranger, at, heap.getInt32(entry, at))
    expect(owners.whose(stranger)).toBe('user')
  })
})
