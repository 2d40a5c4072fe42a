import { afterEach, describe, expect, it } from 'vitest'
import { Heap } from '../../lib'
import type { Door } from '../../lib/heap/door'
import { runChild, said } from '../support/child'

const doors = (): Door[] =>
  [...(globalThis as unknown as Record<symbol, Set<WeakRef<Door>>>)[Symbol.for('ebb.doors')]!].map(
    (door) => door.deref()!,
  )

const made: Heap[] = []
afterEach(() => {
  for (const heap of made.splice(0)) heap.close()
})

describe('the door', () => {
  it('is there once the library is loaded, and not in the way', () => {
    expect(doors()).toHaveLength(1)
    expect(Object.keys(globalThis)).not.toContain('ebb.doors')
  })

  it('tells of all open heaps what tools want to know, and nothing that JSON cannot hold', async () => {
    made.push(new Heap({ name: 'a', limit: 2 ** 24 }), new Heap({ decay: Infinity }), new Heap({ name: 'c', decay: 0 }))
    made[0]!.alloc(100)
    made.push(new Heap({ name: 'closed' }))
    made[3]!.close()
    const report = await doors()[0]!()
    expect(report.heaps.map(({ name, decay, limit }) => [name, decay, limit])).toEqual([
      ['a', 1000, 2 ** 24],
      ['', null, null],
      ['c', 0, null],
    ])
    expect(report.heaps[0]?.stats).toMatchObject({ blocks: 1, arenas: 1 })
    expect(report.spaceBytes).toBeGreaterThan(2 ** 28)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  it('tells the map of a heap where it is asked to', async () => {
    const heap = new Heap()
    made.push(heap)
    heap.alloc(100)
    const [plain, mapped] = await Promise.all([doors()[0]!(), doors()[0]!({ map: true })])
    expect(plain.heaps[0]).not.toHaveProperty('map')
    expect(Buffer.from(mapped.heaps[0]!.map!, 'base64').equals(Buffer.from(heap.map().states))).toBe(true)
  })

  it('answers from a turn of its own, never in the middle of what runs', async () => {
    const heap = new Heap({ name: 'busy' })
    made.push(heap)
    const answer = doors()[0]!()
    // The books of this turn, after the question, are those that it tells.
    heap.alloc(100)
    await Promise.resolve()
    heap.alloc(100)
    const { heaps } = await answer
    expect(heaps[0]?.stats.blocks).toBe(2)
  })

  it('keeps no copy of ebb that nobody has any more, nor its addresses', async () => {
    const result = await runChild(
      `
      const { setTimeout: sleep } = require('node:timers/promises')
      const forget = () => {
        for (const file of Object.keys(require.cache)) delete require.cache[file]
        module.children.length = 0
      }
      const load = () => {
        const copy = require(PACKAGE_FOLDER + '/dist/index.js')
        new copy.Heap().alloc(100)
        forget()
        return new WeakRef(copy.Heap)
      }
      ;(async () => {
        forget() // the copy that the child has
        const copies = []
        for (let i = 0; i < 5; i++) copies.push(load())
        const live = () => copies.filter((copy) => copy.deref() !== undefined).length
        let turns = 0
        do {
          await sleep(1)
          gc()
        } while (++turns < 1000 && live() > 0)
        say(live())
        say((await Promise.all([...globalThis[Symbol.for('ebb.doors')]].map((door) => door.deref()?.()))).length)
      })()`,
      ['--expose-gc'],
    )
    expect({ said: said(result), stderr: result.stderr }).toEqual({ said: [0, 6], stderr: '' })
  })
})
