import { describe, expect, it } from 'vitest'
import { POOL_BYTES } from '../../lib/base/layout'
import { Heap } from '../../lib/heap/heap'
import { space } from '../../lib/space/thread-space'

const page = space.region.osPageSize
/** Bytes that one question is about. */
const STRETCH = 2 ** 26

/** Resident OS pages of the space. */
function residentPages(): number {
  const { region } = space
  let pages = 0
  for (let at = 0; at < region.byteLength; at += STRETCH) {
    for (const isResident of region.residentPages(at, Math.min(STRETCH, region.byteLength - at))) pages += isResident
  }
  return pages
}

/** Pages that become resident while a heap takes blocks of these sizes. */
function touchedBy(sizes: readonly number[]): number {
  const before = residentPages()
  const heap = new Heap()
  for (const size of sizes) heap.setUint8(heap.alloc(size), 0, 1)
  const touched = residentPages() - before
  heap.close()
  return touched
}

// Live bits, owners, taken blocks, a ledger, and the words of the heap, of which those for longer blocks lie on further pages. That of the
// tenants stays when the first heap is closed.
const BOOKS = 5
const first = touchedBy([16])

// Pages of 4 KiB are counted in earnest; where they are longer, two columns may share one.
describe.skipIf(page !== POOL_BYTES || process.platform === 'win32')('a heap of few blocks', () => {
  it('touches one page for its block, and one of each column of the books', () => {
    expect(first).toBe(BOOKS + 2)
    expect(touchedBy([16, 16, 16])).toBe(BOOKS + 1)
  })

  it('touches a pool for each size class, the first ones of one arena', () => {
    expect(touchedBy([16, 48, 208])).toBe(BOOKS + 3)
    expect(touchedBy([16, 512])).toBe(BOOKS + 1 + 2)
  })

  it('packs its first blocks: as many pages as they fill', () => {
    const sizes = Array.from({ length: 1000 }, (_, i) => 16 * (1 + (i % 13)))
    const perClass = Array.from({ length: 13 }, (_, i) =>
      Math.ceil(sizes.filter((size) => size === 16 * (1 + i)).length / Math.floor(POOL_BYTES / (16 * (1 + i)))),
    )
    expect(touchedBy(sizes)).toBe(BOOKS + perClass.reduce((sum, pools) => sum + pools))
  })
})
