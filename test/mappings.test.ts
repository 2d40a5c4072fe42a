import { describe, expect, it } from 'vitest'
import { Mappings } from '../lib/mappings'
import { caught } from './support/caught'
import { detach, FakeOsPages } from './support/fake-os-pages'

describe('mappings', () => {
  it('are counted', () => {
    const mappings = new Mappings(new FakeOsPages(), Infinity)
    const one = mappings.map(8192)
    mappings.map(4096)
    mappings.unmap(one, 8192)
    expect(mappings).toMatchObject({ mappedBytes: 4096, peakMappedBytes: 12_288, maps: 2, unmaps: 1 })
    expect(one.byteLength).toBe(0)
    mappings.writeOff(4096)
    expect(mappings.mappedBytes).toBe(0)
  })

  it('are whole OS pages', () => {
    const mappings = new Mappings(new FakeOsPages({ osPageSize: 16384 }), Infinity)
    expect([1, 16384, 16385, 5 * 2 ** 30 + 1].map((size) => mappings.roundUp(size) / 16384)).toEqual([1, 1, 2, 327_681])
  })

  it('grow by what is added, where the OS can', () => {
    const mappings = new Mappings(new FakeOsPages(), 20_000)
    const grown = mappings.grow(mappings.map(4096), 16_384)
    expect([grown?.byteLength, mappings.mappedBytes]).toEqual([16_384, 16_384])
    expect(caught(() => mappings.grow(grown as ArrayBuffer, 20_480)).code).toBe('EBB_LIMIT')
    const plain = new Mappings(new FakeOsPages({ canGrow: false }), Infinity)
    expect([plain.grow(plain.map(4096), 8192), plain.mappedBytes]).toEqual([undefined, 4096])
  })

  it('make the heap give back before the limit or the OS refuses, once', () => {
    const os = new FakeOsPages()
    const mappings = new Mappings(os, 8192)
    const kept = mappings.map(8192)
    let asked = 0
    mappings.reclaim = () => {
      if (asked++ > 0) return false
      mappings.unmap(kept, 8192)
      return true
    }
    expect(mappings.map(4096).byteLength).toBe(4096)
    os.failAt = os.fallible + 1
    expect(caught(() => mappings.map(4096)).code).toBe('EBB_OUT_OF_MEMORY')
    expect(asked).toBe(2)
  })

  it('say false where a buffer to be discarded is gone, and EBB_OS where the OS refuses', () => {
    const os = new FakeOsPages()
    const mappings = new Mappings(os, Infinity)
    const buffer = mappings.map(8192)
    new Uint8Array(buffer).fill(1)
    expect(mappings.discard(buffer, 4096, 4096)).toBe(true)
    expect([...os.residentPages(buffer)]).toEqual([1, 0])
    os.failFrom = 0
    expect(caught(() => mappings.discard(buffer, 0, 4096))).toMatchObject({ code: 'EBB_OS', syscall: 'madvise' })
    detach(buffer)
    expect(mappings.discard(buffer, 0, 4096)).toBe(false)
  })

  it('are not made once the heap is closed', () => {
    const mappings = new Mappings(new FakeOsPages(), Infinity)
    mappings.isClosed = true
    expect(caught(() => mappings.map(4096)).code).toBe('EBB_CLOSED')
  })
})
