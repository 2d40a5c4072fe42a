/**
 * Properties of the whole public face: random commands on several heaps at once beside a model. A failure is shrunk to few commands and printed
 * with its seed and path; `SEED=... npx vitest run test/whole/commands` repeats it.
 */
import '../../lib/debug/index'
import '../../lib/heap/clearing-heap'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Heap } from '../../lib/heap/heap'
import { BLOCK_COMMANDS } from '../support/commands/blocks'
import { COLLECTION_COMMANDS } from '../support/commands/collections'
import { type Command, which } from '../support/commands/command'
import { HEAP_COMMANDS, newHeap } from '../support/commands/heaps'
import { World } from '../support/commands/world'

const seed = Number(process.env.SEED ?? 20050323)
const RUNS = 200
const COMMANDS = 150

/** A world begins with a heap, of any kind. */
const first = newHeap(which)

const property = (commands: readonly fc.Arbitrary<Command>[], made: (world: World) => void = () => {}) =>
  fc.property(first, fc.commands([...commands], { maxCommands: COMMANDS, size: 'max' }), (start, rest) => {
    const world = new World()
    try {
      start.run(world, world)
      fc.modelRun(() => ({ model: world, real: world }), rest)
      made(world)
    } finally {
      world.close()
    }
  })

describe('any commands', () => {
  const everything = [...BLOCK_COMMANDS, ...COLLECTION_COMMANDS, ...HEAP_COMMANDS]

  it('leave heaps and collections as the model says, after each of them', () => {
    console.info(`commands: SEED=${seed}`)
    let ran = 0
    fc.assert(
      property(everything, (world) => {
        ran += world.ran
      }),
      { seed, numRuns: RUNS },
    )
    expect(ran).toBeGreaterThan(RUNS * 10)
  })

  it('find a heap that loses one byte, and show the few commands that it takes', () => {
    const { realloc } = Heap.prototype
    Heap.prototype.realloc = function (pointer, byteLength) {
      const before = this.usableSize(pointer)
      const moved = realloc.call(this, pointer, byteLength)
      if (moved !== pointer && byteLength > before && before >= 512) this.setUint8(moved, 100, 0)
      return moved
    }
    try {
      const { failed, counterexample, numShrinks } = fc.check(property(everything), { seed: 7, numRuns: 1000 })
      expect(failed).toBe(true)
      const shown = String(counterexample?.[1])
      expect(shown).toMatch(/alloc/)
      expect(shown.split(/\),/).length).toBeLessThanOrEqual(3)
      expect(shown).toMatch(/realloc/)
      expect(numShrinks).toBeGreaterThan(0)
    } finally {
      Heap.prototype.realloc = realloc
    }
  })
})
