import { describe, expect, it, vi } from 'vitest'
import { Heap, type HeapOptions } from '../../lib'
import { checkBudget, checkOptions } from '../../lib/heap/options'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'

const wrong: [object, string, string][] = [
  [
    { decya: 5 },
    'TypeError',
    '"decya" is not an option of a heap; there are decay, limit, name, clock, compact, debug, profile, ablation',
  ],
  [{ decay: '5' }, 'TypeError', 'decay must be a number of milliseconds, got "5" (string)'],
  [{ decay: Number.NaN }, 'RangeError', 'decay must be from 0 to Infinity milliseconds, got NaN'],
  [{ limit: -1 }, 'RangeError', 'limit must be from 0 to Infinity bytes, got -1'],
  [{ name: Object.create(null) }, 'TypeError', 'name must be a string, got an object'],
  [{ name: Symbol('x') }, 'TypeError', 'name must be a string, got Symbol(x)'],
  [{ clock: { now: 5 } }, 'TypeError', 'clock must be an object with the methods now and schedule'],
  [{ compact: 'Idle' }, 'TypeError', `compact must be 'idle', or not be there, got "Idle" (string)`],
  [{ compact: true }, 'TypeError', `compact must be 'idle', or not be there, got true (boolean)`],
  [
    { compact: 'idle', decay: Infinity },
    'RangeError',
    "compact: 'idle' gives memory back by itself, which decay: Infinity",
  ],
  [{ ablation: { fullest: false } }, 'TypeError', '"fullest" is not an ablation of a heap'],
  [{ ablation: { dirtyFirst: 0 } }, 'TypeError', 'ablation.dirtyFirst must be true or false, got 0'],
]

describe('the options of a heap', () => {
  it('that cannot be are refused by name, and no place of a heap is taken', () => {
    const taken = vi.spyOn(space, 'takeHeap')
    for (const [options, name, message] of wrong) {
      const error = caught(() => new Heap(options))
      expect([error.name, error.message]).toEqual([name, expect.stringContaining(message)])
    }
    for (const options of [null, 5, 'decay']) expect(caught(() => new Heap(options as never)).name).toBe('TypeError')
    expect(taken).not.toHaveBeenCalled()
    taken.mockRestore()
  })

  it('are read once each, inherited ones too', () => {
    const reads: string[] = []
    const base = Object.create({ limit: 300_000 }) as HeapOptions
    const options = new Proxy(base, {
      get: (target, key) => {
        reads.push(String(key))
        return Reflect.get(target, key) as unknown
      },
    })
    expect(checkOptions(options)).toMatchObject({ decay: 1000, limit: 300_000, name: '' })
    expect(reads).toEqual(['decay', 'limit', 'name', 'clock', 'compact', 'debug', 'profile', 'ablation'])
  })

  it('may be undefined each', () => {
    expect(checkOptions({ decay: undefined, name: undefined } as never)).toMatchObject({ decay: 1000, name: '' })
  })
})

describe('the budget of compact', () => {
  it('is refused by name where it cannot be', () => {
    for (const [budget, name, message] of [
      [null, 'TypeError', 'a budget of compact comes in an object'],
      [{ blocks: 5 }, 'TypeError', '"blocks" is not a budget of compact; there are maxBlocks, maxMs'],
      [{ maxBlocks: Number.NaN }, 'RangeError', 'maxBlocks must be from 0 to Infinity blocks, got NaN'],
      [{ maxMs: { valueOf: () => 5 } }, 'TypeError', 'maxMs must be a number of milliseconds, got an object'],
    ] as const) {
      const error = caught(() => checkBudget(budget as never))
      expect([error.name, error.message]).toEqual([name, expect.stringContaining(message)])
    }
    expect(checkBudget({})).toEqual({ maxBlocks: Infinity, maxMs: Infinity })
  })
})
