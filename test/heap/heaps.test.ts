import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Heap, heaps } from '../../lib'
import { onNextHeap } from '../../lib/heap/heaps'
import { runChild, said } from '../support/child'

describe('heaps', () => {
  it('lists the open heaps of the thread, in the order in which they were made', () => {
    const before = heaps().length
    const [a, b, c] = [new Heap({ name: 'a' }), new Heap({ name: 'b' }), new Heap({ name: 'c' })]
    expect(heaps().slice(before)).toEqual([a, b, c])
    b.close()
    expect(heaps().slice(before)).toEqual([a, c])
    a.close()
    c.close()
    expect(heaps()).toHaveLength(before)
  })

  it('keeps none alive', async () => {
    const result = await runChild(
      `const { heaps } = require(${JSON.stringify(join(__dirname, '..', '..', 'dist', 'index.js'))})
      let dropped = 0
      const seen = new FinalizationRegistry(() => dropped++)
      for (let i = 0; i < 200; i++) { const heap = new Heap(); heap.alloc(8); seen.register(heap) }
      const kept = new Heap({ name: 'kept' })
      const look = (turns) => {
        gc()
        if (dropped < 200 && turns > 0) return setTimeout(look, 1, turns - 1)
        say([dropped, heaps().length, heaps().includes(kept)])
      }
      setTimeout(look, 1, 1000)`,
      ['--expose-gc'],
    )
    expect([result.stderr, said(result)]).toEqual(['', [[200, 1, true]]])
  })

  it('tells of the next one that is made, once', () => {
    let told = 0
    onNextHeap(() => told++)
    for (const heap of [new Heap(), new Heap()]) heap.close()
    expect(told).toBe(1)
  })
})
