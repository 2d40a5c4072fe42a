import { describe, expect, it } from 'vitest'
import { Counts } from '../../lib/books/counts'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { COUNTS_AT } from '../../lib/space/plan'
import { space } from '../../lib/space/thread-space'
import { HeapModel } from '../support/heap-model'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

describe('counts', () => {
  it('stand with the words of their heap in the space, clear when the heap has nothing', () => {
    const { heap } = testHeap()
    heap.allocMany(48, new Int32Array(100))
    const { table } = partsOf(heap)
    const again = new Counts(space, table.map.base)
    expect([again.pools[3], (again.taken[3] as number) >= 100]).toEqual([2, true])
    expect(space.words[table.map.base + COUNTS_AT + 3]).toBe(2) // where a reader on another thread looks
    heap.close()
    expect([again.pools[3], again.taken[3], again.dirty]).toEqual([0, 0, 0])
  })

  it('of heaps that share their words are their own', () => {
    const [a, b] = [new Counts(space, space.noMagazines), new Counts(space, space.noMagazines)]
    a.addPools(3, 2)
    a.addTaken(3, 5)
    a.addDirty(7)
    expect([a.pools[3], a.taken[3], a.dirty, b.pools[3], b.taken[3], b.dirty]).toEqual([2, 5, 7, 0, 0, 0])
  })

  it.each([{}, { decay: 0 }, { osPageSize: 65_536 }, { osPageSize: 16_384, decay: 0 }, { isFar: true }])(
    'are what a walk finds after any program: %o',
    (options) => {
      const random = new Random('counts')
      const { heap, clock } = testHeap(options)
      const model = new HeapModel(heap, random)
      for (let step = 0; step < 1200; step++) {
        const kind = random.below(12)
        const any = model.blocks.length > 0 ? random.pick(model.blocks) : model.alloc(1)
        if (kind < 5) model.alloc(random.logUniform(random.oneIn(8) ? 300_000 : 12_000))
        else if (kind < 8) {
          model.unpin(any)
          model.free(any)
        } else if (kind < 10) {
          model.unpin(any)
          model.realloc(any, random.logUniform(100_000))
        } else if (kind === 10) model.pin(any)
        else clock.advance(random.below(600))
        if (step % 25 === 0) model.unpinAll()
        if (step % 40 === 0) checkHeap(partsOf(heap))
        if (step % 300 === 299) heap.compact((from, to) => model.moved(from, to))
      }
      checkHeap(partsOf(heap))
    },
  )
})
