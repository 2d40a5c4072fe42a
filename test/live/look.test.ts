import { describe, expect, it } from 'vitest'
import { partsOf } from '../../lib/heap/numbers'
import { booksOf } from '../../lib/inspect/map'
import { Looker } from '../../lib/live/look'
import { space } from '../../lib/space/thread-space'
import { testHeap } from '../support/test-heap'

describe('a look at heaps', () => {
  it('shows what map() and stats() of them show', () => {
    const { heap } = testHeap({ name: 'a' })
    heap.alloc(48)
    heap.alloc(1_000_000)
    const { heap: number } = partsOf(heap).table
    const looker = new Looker(booksOf(space), false)
    looker.take({ books: undefined, heaps: [{ number, id: 7, name: 'a' }] })
    const stats = heap.stats()
    const { slots, states } = heap.map()
    const view = looker.look(3)
    expect([view.slots, view.states, view.busyMs]).toEqual([slots, states, 3])
    expect([...view.owners]).toEqual([...slots].fill(number))
    expect(view.heaps).toMatchObject([{ number, id: 7, name: 'a', stats: { liveBytes: stats.liveBytes, blocks: 2 } }])
    expect(looker.isPuzzled).toBe(false)
  })

  it('shows a heap that has nothing yet, and no other where some were chosen', () => {
    const [{ heap }, other] = [testHeap({ name: 'a' }), testHeap()]
    other.heap.alloc(48)
    const { heap: number } = partsOf(heap).table
    const looker = new Looker(booksOf(space), false)
    looker.take({ books: undefined, heaps: [{ number, id: 1, name: 'a' }] })
    const { heaps, slots } = looker.look(0)
    expect([slots.length, heaps.map(({ name, stats }) => [name, stats.mappedBytes])]).toEqual([0, [['a', 0]]])
  })

  it('shows a heap that it has not been told of by its number, and wants to know more', () => {
    const { heap } = testHeap({ name: 'later' })
    heap.alloc(48)
    const { heap: number } = partsOf(heap).table
    const looker = new Looker(booksOf(space), true)
    expect(looker.look(0).heaps.map(({ name }) => name)).toEqual([`heap ${number}`])
    expect(looker.isPuzzled).toBe(true)
    looker.take({ books: undefined, heaps: [{ number, id: 1, name: 'later' }] })
    expect(looker.look(0).heaps.map(({ name }) => name)).toEqual(['later'])
    expect(looker.isPuzzled).toBe(false)
  })

  it('wants a new description where an arena lies in an annex that it does not know', () => {
    const { heap } = testHeap({ isFar: true })
    heap.alloc(48)
    const { heap: number } = partsOf(heap).table
    const heaps = [{ number, id: 1, name: '' }]
    const looker = new Looker({ ...booksOf(space), annexes: [] }, true)
    looker.take({ books: undefined, heaps })
    looker.look(0)
    expect(looker.isPuzzled).toBe(true)
    looker.take({ books: booksOf(space), heaps })
    expect(looker.look(0).states).toEqual(heap.map().states)
    expect(looker.isPuzzled).toBe(false)
  })
})
