import { describe, expect, it } from 'vitest'
import { f64, Heap, i32 } from '../../lib'
import { Cache, Dict, List, str } from '../../lib/collections'
import { freeLater, isRefusal, takeAll } from '../../lib/collections/pending'
import { DebugHeap } from '../../lib/debug'
import { caught } from '../support/caught'
import { liveBytes } from '../support/dict-model'

const turn = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('what is to be freed', () => {
  it('is freed by and by, and not after its heap has closed', async () => {
    const heap = new Heap()
    let calls = 0
    const endless = {
      freeSome: (): boolean => {
        calls++
        return true
      },
    }
    freeLater(heap, endless)
    while (calls === 0) await turn(2)
    heap.close()
    const before = calls
    await turn(10)
    expect(calls).toBe(before)
  })

  it('does not outlive a heap that closes right after its collection', async () => {
    const heap = new Heap()
    const dict = new Dict(heap, { key: i32, value: f64 })
    for (let i = 0; i < 50_000; i++) dict.set(i, i)
    dict.close()
    expect(liveBytes(heap)).toBeGreaterThan(0)
    heap.close()
    await turn(10)
    expect(dict.byteLength).toBe(0)
  })
})

describe('what is to be freed is freed at once', () => {
  const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => `text ${i}`)

  for (const Kind of [Heap, DebugHeap]) {
    it(`by purge, of a ${Kind.name}`, () => {
      using heap = new Kind({ debug: Kind === DebugHeap && { leaks: 'ignore' } })
      const list = new List(heap, str)
      const dict = new Dict(heap, { key: str, value: f64 })
      const cache = new Cache(heap, { key: str, value: str, maxEntries: 20_000 })
      list.pushAll(texts(20_000))
      for (const text of texts(20_000)) cache.set(text, text)
      for (const text of texts(20_000)) dict.set(text, 1)
      list.clear()
      dict.clear()
      cache.clear()
      expect(heap.stats().blocks).toBeGreaterThan(30_000)
      heap.purge()
      expect(heap.stats().blocks).toBeLessThan(10)
      list.push('one')
      expect(list.toArray()).toEqual(['one'])
    })
  }

  it('by purge, but not amid a move', () => {
    using heap = new Heap()
    const list = new List(heap, str)
    const blocks: number[] = []
    for (const text of texts(20_000)) {
      list.push(text)
      blocks.push(heap.alloc(32))
    }
    list.clear()
    heap.freeMany(blocks)
    let waiting = Infinity
    heap.compact(() => {
      heap.purge()
      waiting = Math.min(waiting, heap.stats().blocks)
    })
    expect(waiting).toBeGreaterThan(20_000)
    heap.purge()
    expect(heap.stats().blocks).toBe(0)
  })
})

describe('several blocks', () => {
  it('are taken all or none', () => {
    using heap = new Heap({ limit: 2 ** 20 })
    expect(isRefusal(caught(() => takeAll(heap, [100, 200, 2 ** 22])))).toBe(true)
    expect(liveBytes(heap)).toBe(0)
    expect(isRefusal(caught(() => takeAll(heap, [100, -1])))).toBe(false)
    expect(liveBytes(heap)).toBe(0)
    expect(takeAll(heap, [100, 200]).map((pointer) => heap.usableSize(pointer))).toEqual([112, 208])
  })
})
