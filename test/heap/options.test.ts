import { describe, expect, it, vi } from 'vitest'
import { Heap, type HeapOptions } from '../../lib'
import { systemClock } from '../../lib/base/clock'
import { show } from '../../lib/base/errors'
import { checkBudget, checkOptions } from '../../lib/heap/options'
import { space } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'

const wrong: [object, string, string][] = [
  [
    { decya: 5 },
    'TypeError',
    'ebb: "decya" is not an option of a heap; there are decay, limit, name, clock, compact, debug, profile, clearOnFree, ablation',
  ],
  [{ decay: '5' }, 'TypeError', 'ebb: option decay must be a number of milliseconds, got "5" (string)'],
  [{ decay: Number.NaN }, 'RangeError', 'ebb: option decay must be from 0 to Infinity milliseconds, got NaN'],
  [{ limit: -1 }, 'RangeError', 'ebb: option limit must be from 0 to Infinity bytes, got -1'],
  [{ name: Object.create(null) }, 'TypeError', 'ebb: option name must be a string, got an object (object)'],
  [{ name: Symbol('x') }, 'TypeError', 'ebb: option name must be a string, got Symbol(x) (symbol)'],
  ...[5, null, 'clock', {}, { now: () => 5 }, { schedule: () => {} }, { now: 5, schedule: () => {} }].map(
    (clock): [object, string, string] => [
      { clock },
      'TypeError',
      `ebb: option clock must be an object with the methods now and schedule, got ${show(clock)}`,
    ],
  ),
  [{ profile: '5' }, 'TypeError', 'ebb: option profile must be a number of bytes, got "5" (string)'],
  [{ profile: -1 }, 'RangeError', 'ebb: option profile must be from 0 to Infinity bytes, got -1'],
  [
    { debug: 5 },
    'TypeError',
    'ebb: an option of a debug heap comes in an object, such as { stacks: ... }, got 5 (number)',
  ],
  [
    { debug: { x: 5 } },
    'TypeError',
    'ebb: "x" is not an option of a debug heap; there are stacks, frames, quarantine, leaks, idle',
  ],
  [{ debug: { stacks: '5' } }, 'TypeError', 'ebb: option debug.stacks must be a number of blocks, got "5" (string)'],
  [{ debug: { frames: -1 } }, 'RangeError', 'ebb: option debug.frames must be from 0 to Infinity calls, got -1'],
  [
    { debug: { quarantine: -1 } },
    'RangeError',
    'ebb: option debug.quarantine must be from 0 to Infinity bytes, got -1',
  ],
  [
    { debug: { leaks: 'no' } },
    'TypeError',
    `ebb: option debug.leaks must be 'warn', 'exit' or 'ignore', got "no" (string)`,
  ],
  [{ debug: { idle: 1 } }, 'TypeError', 'ebb: option debug.idle must be true or false, got 1 (number)'],
  [{ compact: 'Idle' }, 'TypeError', `ebb: option compact must be 'idle', or not be there, got "Idle" (string)`],
  [{ compact: true }, 'TypeError', `ebb: option compact must be 'idle', or not be there, got true (boolean)`],
  [
    { compact: 'idle', decay: Infinity },
    'RangeError',
    "ebb: option compact: 'idle' gives memory back by itself, which decay: Infinity forbids",
  ],
  [
    { ablation: { fullest: false } },
    'TypeError',
    'ebb: "fullest" is not an ablation of a heap; there are fullestFirst, dirtyFirst',
  ],
  [
    { ablation: { dirtyFirst: 0 } },
    'TypeError',
    'ebb: option ablation.dirtyFirst must be true or false, got 0 (number)',
  ],
]

describe('the options of a heap', () => {
  it('that cannot be are refused by name, and no place of a heap is taken', () => {
    const taken = vi.spyOn(space, 'takeHeap')
    for (const [options, name, message] of wrong) {
      const error = caught(() => new Heap(options))
      expect([error.name, error.message]).toEqual([name, message])
    }
    for (const options of [null, 5, 'decay']) {
      const error = caught(() => new Heap(options as never))
      expect([error.name, error.message]).toEqual([
        'TypeError',
        `ebb: an option of a heap comes in an object, such as { decay: ... }, got ${show(options)} (${typeof options})`,
      ])
    }
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
    expect(reads).toEqual(['decay', 'limit', 'name', 'clock', 'compact', 'debug', 'profile', 'clearOnFree', 'ablation'])
  })

  it('have defaults, and are kept as they are where they are given', () => {
    expect(checkOptions({})).toEqual({
      ...{
        decay: 1000,
        limit: Infinity,
        name: '',
        clock: systemClock,
        compact: undefined,
        debug: undefined,
        profile: 0,
        clearOnFree: false,
      },
      ablation: {},
    })
    const clock = new ManualClock()
    const ablation = { fullestFirst: false, dirtyFirst: true }
    const given = {
      decay: 0,
      limit: 0,
      name: 'n',
      clock,
      compact: 'idle',
      debug: false,
      profile: 7,
      clearOnFree: false,
      ablation,
    } as const
    expect(checkOptions(given)).toEqual(given)
    expect([true, false, 0].map((profile) => checkOptions({ profile }).profile)).toEqual([512 * 1024, 0, 0])
    const debug = { stacks: 0, frames: 3, quarantine: 5, leaks: 'exit', idle: false } as const
    expect([true, {}, debug].map((each) => checkOptions({ debug: each }).debug)).toEqual([{}, {}, debug])
    for (const leaks of ['warn', 'ignore'] as const) expect(checkOptions({ debug: { leaks } }).debug).toEqual({ leaks })
  })

  it('may be undefined each', () => {
    expect(checkOptions({ decay: undefined, name: undefined } as never)).toMatchObject({ decay: 1000, name: '' })
  })
})

describe('the budget of compact', () => {
  it('is refused by name where it cannot be', () => {
    for (const [budget, name, message] of [
      [null, 'TypeError', 'ebb: a budget of compact comes in an object, such as { maxBlocks: ... }, got null (object)'],
      [{ blocks: 5 }, 'TypeError', 'ebb: "blocks" is not a budget of compact; there are maxBlocks, maxMs'],
      [{ maxBlocks: Number.NaN }, 'RangeError', 'ebb: maxBlocks must be from 0 to Infinity blocks, got NaN'],
      [
        { maxMs: { valueOf: () => 5 } },
        'TypeError',
        'ebb: maxMs must be a number of milliseconds, got an object (object)',
      ],
    ] as const) {
      const error = caught(() => checkBudget(budget as never))
      expect([error.name, error.message]).toEqual([name, message])
    }
    expect(checkBudget({})).toEqual({ maxBlocks: Infinity, maxMs: Infinity })
    expect(checkBudget({ maxBlocks: 0, maxMs: 7 })).toEqual({ maxBlocks: 0, maxMs: 7 })
  })
})
