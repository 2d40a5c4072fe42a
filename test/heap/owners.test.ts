import { describe, expect, it } from 'vitest'
import { f64, record, ref } from '../../lib'
import type { Pointer } from '../../lib/base/layout'
import { type Owner, Owners, ownersOf, type PlacedOwner, setOwners } from '../../lib/heap/owners'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

/** An owner with a set of pointers. */
class Pointers implements Owner {
  readonly held = new Set<Pointer>()

  follow(pointer: Pointer, to: Pointer): boolean {
    if (!this.held.has(pointer)) return false
    this.held.delete(pointer)
    this.held.add(to)
    return true
  }
}

describe('the owners of a heap', () => {
  it('are found by the first word of a block, and asked whether it is theirs', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const owner = new Pointers()
    const word = owners.register(owner)
    const [mine, other] = [heap.alloc(48), heap.alloc(48)]
    for (const pointer of [mine, other]) heap.setInt32(pointer, 0, word | 0xabc)
    owner.held.add(mine)
    expect([owners.whose(mine), owners.whose(other)]).toEqual(['collection', 'user'])
    heap.setInt32(mine, 0, word + 4096)
    expect(owners.whose(mine)).toBe('user')
  })

  it('are asked once more where they are not ready, if whoever asks is patient', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    let left = 2
    const slow = { follow: () => left === 0, makeReady: () => --left <= 0 }
    const pointer = heap.alloc(48)
    heap.setInt32(pointer, 0, owners.register(slow))
    expect([owners.whose(pointer, true), left, owners.whose(pointer)]).toEqual(['leaving', 1, 'user'])
    expect([owners.whose(pointer, true), left]).toEqual(['collection', 0])
    const other = heap.alloc(48)
    heap.setInt32(other, 0, owners.register({ follow: () => true })) // has nothing to prepare
    expect(owners.whose(other, true)).toBe('collection')
  })

  it('of blocks that are entered by their pointers follow by the number that these were entered with', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const told: unknown[] = []
    const named = (name: string): PlacedOwner => ({ moved: (to, number) => told.push([name, to, number]) })
    const [one, other] = [named('one'), named('other')]
    const [from, to, unknown] = [heap.alloc(48), heap.alloc(48), heap.alloc(48)]
    owners.place(from, one, 7)
    owners.renumber(unknown, 1)
    owners.giveBlock(unknown, other)
    expect([from, to, unknown].map((pointer) => owners.whose(pointer))).toEqual(['collection', 'user', 'user'])
    owners.move(from, to)
    expect([from, to].map((pointer) => owners.whose(pointer))).toEqual(['user', 'collection'])
    owners.renumber(to, 8)
    owners.giveBlock(to, other)
    owners.move(to, from)
    expect(told).toEqual([
      ['one', to, 7],
      ['other', from, 8],
    ])
    owners.unplace(from)
    expect(owners.whose(from)).toBe('user')
    owners.move(from, to) // of nobody's block nobody hears
    expect(told).toHaveLength(2)
  })

  it('may give their blocks to another, and hear of none with the null word or another number', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const [one, other] = [new Pointers(), new Pointers()]
    const word = owners.register(one)
    const [pointer, zeros] = [heap.alloc(48), heap.allocZeroed(48)]
    heap.setInt32(pointer, 0, word)
    other.held.add(pointer)
    other.held.add(zeros)
    expect(owners.whose(pointer)).toBe('user')
    owners.give(0, other)
    owners.give(word, other)
    expect([owners.whose(pointer), owners.whose(zeros)]).toEqual(['collection', 'user'])
    owners.move(pointer, zeros)
    expect([...other.held]).toEqual([zeros])
  })

  it('are found by those who know pointers to blocks, after all others', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const [known, unknown] = [heap.allocZeroed(48), heap.allocZeroed(48)]
    owners.addHolder({ has: () => false })
    owners.addHolder({ has: (pointer) => pointer === known })
    expect([owners.whose(known), owners.whose(unknown)]).toEqual(['followed', 'user'])
    owners.place(known, { moved: () => {} }, 1)
    expect(owners.whose(known)).toBe('collection')
  })

  it('have one registry a heap, or that of another class that was set before', () => {
    const [{ heap }, { heap: other }] = [testHeap(), testHeap()]
    const set = new Owners(other)
    setOwners(other, set)
    const made = ownersOf(heap)
    expect([ownersOf(heap) === made, ownersOf(other), made === set]).toEqual([true, set, false])
  })

  it('give their number back once', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const [a, b] = [owners.register(new Pointers()), owners.register(new Pointers())]
    expect([a, b]).toEqual([1 << 12, 2 << 12])
    owners.release(a)
    owners.release(a | 5)
    expect([1, 2].map(() => owners.register(new Pointers()))).toEqual([a, 3 << 12])
  })

  it('may go before their blocks do, which stay meanwhile', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const word = owners.register(new Pointers())
    const blocks = Array.from({ length: 500 }, () => heap.alloc(48))
    for (const pointer of blocks) heap.setInt32(pointer, 0, word)
    for (const [n, pointer] of blocks.entries()) if (n % 10 !== 0) heap.free(pointer)
    owners.leave(word)
    expect(owners.whose(blocks[0]!)).toBe('leaving')
    expect(heap.compact(() => {}).moved).toBe(0)
    owners.release(word)
    expect(owners.whose(blocks[0]!)).toBe('user')
    expect(owners.register(new Pointers())).toBe(word)
    expect(heap.compact(() => {}).moved).toBeGreaterThan(10)
  })

  it('are told of each move once, in any number of them', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const random = new Random('owners')
    const all = Array.from({ length: 50 }, () => {
      const owner = new Pointers()
      return { owner, word: owners.register(owner) }
    })
    for (let n = 0; n < 5000; n++) {
      const { owner, word } = random.pick(all)
      const pointer = heap.alloc(48)
      heap.setInt32(pointer, 0, word)
      heap.setInt32(pointer, 4, n)
      if (random.oneIn(10)) owner.held.add(pointer)
      else heap.free(pointer)
    }
    const numbers = (): number[] =>
      all.flatMap(({ owner }) => [...owner.held].map((pointer) => heap.getInt32(pointer, 4))).sort((a, b) => a - b)
    const before = numbers()
    heap.compact()
    expect(numbers()).toEqual(before)
    expect(all.every(({ owner }) => [...owner.held].every((pointer) => heap.isLive(pointer)))).toBe(true)
  })

  it('that come when no number is left keep their blocks where they are', () => {
    const { heap } = testHeap()
    const owners = ownersOf(heap)
    const owner = new Pointers()
    const stranger = heap.alloc(48)
    heap.setInt32(stranger, 0, -1)
    expect(owners.whose(stranger)).toBe('user')
    for (let n = 1; n < 2 ** 20 - 1; n++) owners.register(owner)
    expect(owners.whose(stranger)).toBe('user')
    const word = owners.register(owner)
    expect(word >>> 12).toBe(2 ** 20 - 1)
    heap.setInt32(stranger, 0, word)
    expect(owners.whose(stranger)).toBe('leaving')
    owners.release(word)
    expect(owners.register(owner)).toBe(word)
  })
})

describe('compact() without a callback', () => {
  it('moves followed records, and nothing else that was given out', () => {
    const { heap } = testHeap()
    const node = record(heap, { next: ref, x: f64 })
    const nodes = Array.from({ length: 3000 }, (_, n) => node.fromObject({ next: 0, x: n }))
    const kept = nodes.filter((_, n) => n % 11 === 0)
    for (const [n, pointer] of nodes.entries()) if (n % 11 !== 0) heap.free(pointer)
    for (const [n, pointer] of kept.entries()) node.fields.next.set(pointer, kept[n + 1] ?? 0)
    expect(heap.compact().moved).toBe(0)
    for (const pointer of kept) node.follow(pointer)
    const cursor = node.cursor(kept[0]!)
    expect(heap.compact().moved).toBeGreaterThan(100)
    const seen: number[] = []
    for (let at: Pointer | 0 = cursor.pointer; at !== 0; at = node.fields.next.get(at)) seen.push(node.fields.x.get(at))
    expect(seen).toEqual(kept.map((_, n) => n * 11))
  })
})
