import { describe, expect, it } from 'vitest'
import { Budget } from '../../lib/books/budget'
import { caught } from '../support/caught'
import { detach, TestPages } from '../support/test-pages'

describe('mappings', () => {
  it('are counted', () => {
    const budget = new Budget(new TestPages(), Infinity)
    const one = budget.map(8192)
    budget.map(4096)
    budget.unmap(one, 8192)
    expect(budget).toMatchObject({ mappedBytes: 4096, peakMappedBytes: 12_288, maps: 2, unmaps: 1 })
    expect(one.byteLength).toBe(0)
    budget.writeOff(4096)
    expect(budget.mappedBytes).toBe(0)
  })

  it('are whole OS pages', () => {
    const budget = new Budget(new TestPages({ osPageSize: 16384 }), Infinity)
    expect([1, 16384, 16385, 5 * 2 ** 30 + 1].map((size) => budget.roundUp(size) / 16384)).toEqual([1, 1, 2, 327_681])
  })

  it('grow by what is added, where the OS can', () => {
    const budget = new Budget(new TestPages(), 20_000)
    const grown = budget.grow(budget.map(4096), 16_384)
    expect([grown?.byteLength, budget.mappedBytes]).toEqual([16_384, 16_384])
    expect(caught(() => budget.grow(grown as ArrayBuffer, 20_480)).code).toBe('EBB_LIMIT')
    const plain = new Budget(new TestPages({ canMove: false }), Infinity)
    expect([plain.grow(plain.map(4096), 8192), plain.mappedBytes]).toEqual([undefined, 4096])
  })

  it('make the heap give back before the limit or the OS refuses, once', () => {
    const os = new TestPages()
    const budget = new Budget(os, 8192)
    const kept = budget.map(8192)
    let asked = 0
    budget.reclaim = () => {
      if (asked++ > 0) return false
      budget.unmap(kept, 8192)
      return true
    }
    expect(budget.map(4096).byteLength).toBe(4096)
    os.failAt = os.fallible + 1
    expect(caught(() => budget.map(4096)).code).toBe('EBB_OUT_OF_MEMORY')
    expect(asked).toBe(2)
  })

  it('say false where a buffer to be discarded is gone, and EBB_OS where the OS refuses', () => {
    const os = new TestPages()
    const budget = new Budget(os, Infinity)
    const buffer = budget.map(8192)
    new Uint8Array(buffer).fill(1)
    expect(budget.discard(buffer, 4096, 4096)).toBe(true)
    expect([...os.residentPages(buffer)]).toEqual([1, 0])
    os.failFrom = 0
    expect(caught(() => budget.discard(buffer, 0, 4096))).toMatchObject({ code: 'EBB_OS', syscall: 'madvise' })
    detach(buffer)
    expect(budget.discard(buffer, 0, 4096)).toBe(false)
  })

  it('are not made once the heap is closed', () => {
    const budget = new Budget(new TestPages(), Infinity)
    budget.isClosed = true
    expect(caught(() => budget.map(4096)).code).toBe('EBB_CLOSED')
  })
})
