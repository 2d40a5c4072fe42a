import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { Budget } from '../../lib/books/budget'
import { caught } from '../support/caught'
import { osError } from '../support/test-pages'
import { TEST_TAG } from '../support/test-tag'

const refuse = (): never => {
  throw osError('reserve')
}

describe('a budget', () => {
  it('counts what is mapped, how often, and the most there ever was', () => {
    const budget = new Budget(Infinity, TEST_TAG)
    expect([budget.map(8192, () => 5), budget.map(4096, () => 6)]).toEqual([5, 6])
    budget.unmap(8192)
    budget.count(100)
    expect(budget).toMatchObject({ mappedBytes: 4196, peakMappedBytes: 12_288, maps: 2, unmaps: 1 })
  })

  it('asks nobody to give back what the limit allows', () => {
    const budget = new Budget(8192, TEST_TAG)
    let asked = 0
    budget.reclaim = () => asked++ === 0
    budget.admit(8192)
    expect([asked, caught(() => budget.admit(8193)).code, asked]).toEqual([0, 'EBB_LIMIT', 1])
  })

  it('counts only the difference where contents move', () => {
    const budget = new Budget(10_000, TEST_TAG)
    budget.map(8192, () => 1)
    budget.map(9000, () => 2, 8192)
    expect([budget.mappedBytes, budget.allows(1000), budget.allows(1001)]).toEqual([9000, true, false])
  })

  it('has what is free given back before the limit refuses, once', () => {
    const budget = new Budget(8192, TEST_TAG)
    budget.map(8192, () => 1)
    let asked = 0
    budget.reclaim = () => {
      if (asked++ === 0) budget.unmap(8192)
      return true
    }
    expect([budget.map(8192, () => 2), asked]).toEqual([2, 1])
    const error = caught(() => budget.map(4096, () => 3))
    expect([error.code, error.message, asked]).toEqual([
      'EBB_LIMIT',
      "ebb: 4096 more bytes would pass this heap's limit of 8192 (8192 are mapped); free blocks or raise `limit`",
      2,
    ])
    expect(budget).toMatchObject({ mappedBytes: 8192, maps: 2 })
  })

  it('repeats a request that the system refused when something was given back, once', () => {
    const budget = new Budget(Infinity, TEST_TAG)
    let requests = 0
    const second = (): number => (requests++ === 0 ? refuse() : 7)
    budget.reclaim = () => true
    expect([budget.map(4096, second), requests]).toEqual([7, 2])
    const error = caught(() => budget.map(4096, refuse))
    expect(error).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', syscall: 'mmap', errno: -12 })
    expect(error.message).toMatch(
      /refused 4096 bytes \(mmap: ENOMEM\); free memory, or raise what limits this process: \S/,
    )
    expect(budget).toMatchObject({ mappedBytes: 4096, maps: 1 })
  })

  it('tells the reason of a refusal that is none of the system', () => {
    const failing = (): never => {
      throw new Error('no reason')
    }
    const budget = new Budget(Infinity, TEST_TAG)
    expect(caught(() => budget.map(1, failing)).message).toMatch(/ refused 1 bytes \(map: no reason\); /)
  })

  it('repeats nothing where nothing was given back', () => {
    const budget = new Budget(Infinity, TEST_TAG)
    let requests = 0
    const never = (): never => {
      requests++
      return refuse()
    }
    expect([caught(() => budget.map(4096, never)).code, requests]).toEqual(['EBB_OUT_OF_MEMORY', 1])
  })

  it('says so where no slot is left, and lets an error of its own kind through', () => {
    const budget = new Budget(Infinity, TEST_TAG)
    const none = caught(() => budget.map(4096, () => 0))
    expect(none).not.toHaveProperty('errno')
    expect(none).toMatchObject({
      code: 'EBB_OUT_OF_MEMORY',
      message: expect.stringMatching(/all slots of this thread's heaps are in use, 4096 bytes find none/),
    })
    const own = new HeapError('EBB_OS', 'own')
    const thrown = caught(() =>
      budget.map(4096, () => {
        throw own
      }),
    )
    expect([thrown, budget.mappedBytes]).toEqual([own, 0])
  })
})
