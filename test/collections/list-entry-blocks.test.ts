import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { str } from '../../lib/collections/kinds'
import { List } from '../../lib/collections/list'
import { Heap } from '../../lib/heap/heap'
import { liveBytes } from '../support/dict-model'
import { TickingClock } from '../support/manual-clock'

const COUNT = 20_000
/** A list frees no more than this at once where it is made shorter: a chunk, and what it always frees at once. */
const AT_ONCE = 8192 + 2000

const text = (i: number): string => `text ${i}, in a block of its own`

function filled(count = COUNT) {
  const clock = new TickingClock()
  const heap = new Heap({ clock, decay: 0 })
  const list = new List(heap, str)
  // Between each two entries a block of the caller's: when those are freed, compaction moves entries.
  const blocks: number[] = []
  for (let i = 0; i < count; i++) {
    list.push(text(i))
    blocks.push(heap.alloc(48))
  }
  return {
    heap,
    list,
    freeBlocks: () => heap.freeMany(blocks),
    /** Lets everything be freed that is to be. */
    finish: () => clock.advance(1000),
    /** Compacts, those blocks too that no collection says are its own: one that should would be lost. Returns the moves. */
    compact: () => heap.compact(() => {}).moved,
  }
}

function expectTexts(list: List<string>, count: number): void {
  expect(list.length).toBe(count)
  for (let i = 0; i < count; i++) if (list.get(i) !== text(i)) throw new Error(`element ${i} is ${list.get(i)}`)
}

describe('a list of texts that is made much shorter', () => {
  it('frees what was cut off in slices, and works meanwhile', () => {
    const { heap, list, freeBlocks, finish } = filled()
    freeBlocks()
    const before = heap.stats().blocks
    list.length = 10
    expect(heap.stats().blocks).toBeGreaterThan(before - AT_ONCE)
    expectTexts(list, 10)
    for (let i = 10; i < 15_000; i++) list.push(text(i))
    list.length = 10_000
    finish()
    expectTexts(list, 10_000)
    expect(list.byteLength).toBe(liveBytes(heap))
    list.close()
    finish()
    expect(heap.stats().blocks).toBe(0)
    heap.close()
  })

  it('does not count what waits, and has it freed by purge', () => {
    const { heap, list, freeBlocks } = filled()
    freeBlocks()
    list.length = 10
    const { byteLength } = list
    expect(liveBytes(heap)).toBeGreaterThan(100 * byteLength)
    for (let i = 10; i < 100; i++) list.push(text(i))
    list.length = 10
    expect(list.byteLength).toBe(byteLength)
    heap.purge()
    expect(liveBytes(heap)).toBe(byteLength)
    expect(list.byteLength).toBe(byteLength)
    expectTexts(list, 10)
    heap.close()
  })

  it('moves with what was cut off', () => {
    const { heap, list, freeBlocks, finish, compact } = filled()
    list.length = 100
    freeBlocks()
    expect(compact()).toBeGreaterThan(1000)
    expectTexts(list, 100)
    finish()
    expect(list.byteLength).toBe(liveBytes(heap))
    heap.close()
  })

  it('moves so too when its elements had changed their places', () => {
    const { heap, list, freeBlocks, finish, compact } = filled()
    list.insert(1000, 'one more')
    list.length = 1000
    freeBlocks()
    expect(compact()).toBeGreaterThan(1000)
    expectTexts(list, 1000)
    finish()
    expect(list.byteLength).toBe(liveBytes(heap))
    heap.close()
  })

  it.each([
    ['closed', (list: List<string>) => list.close()],
    ['cleared', (list: List<string>) => list.clear()],
    [
      'cleared with many new ones',
      (list: List<string>) => {
        for (let i = 0; i < 5000; i++) list.push(text(i))
        list.clear()
      },
    ],
  ])('may be %s before that is freed, and its number serves nobody else', (_, end) => {
    const { heap, list, freeBlocks, finish, compact } = filled()
    list.length = 100
    end(list)
    const other = new List(heap, str)
    for (let i = 0; i < 3000; i++) other.push(text(i))
    freeBlocks()
    expect(compact()).toBeGreaterThan(1000)
    finish()
    expect(list.byteLength + other.byteLength).toBe(liveBytes(heap))
    list.close()
    expectTexts(other, 3000)
    compact()
    expectTexts(other, 3000)
    expect(other.byteLength).toBe(liveBytes(heap))
    heap.close()
  })

  it('frees at once where the heap has no block for what is to wait', () => {
    const { heap, list, freeBlocks } = filled()
    freeBlocks()
    heap.alloc = () => {
      throw new HeapError('EBB_LIMIT', 'no more')
    }
    list.length = 10
    expect(heap.stats().blocks).toBeLessThan(20)
    expectTexts(list, 10)
    heap.close()
  })
})

it('a list that is closed twice takes nothing from who has its number now', () => {
  const heap = new Heap()
  const list = new List(heap, str)
  list.push('one')
  list.close()
  const other = new List(heap, str)
  const blocks: number[] = []
  for (let i = 0; i < 10_000; i++) {
    if (i % 20 === 0) other.push(text(i / 20))
    else blocks.push(heap.alloc(48))
  }
  list.close()
  heap.freeMany(blocks)
  expect(heap.compact(() => {}).moved).toBeGreaterThan(100)
  expectTexts(other, 500)
  heap.close()
})
