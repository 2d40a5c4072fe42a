/** Resident memory on the real kernel: of the heap's own OS pages exactly, of the process in generous bounds. */
import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Pointer } from '../../lib/base/layout'
import { isDirtyPool, isFreePool } from '../../lib/books/ledger'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { space } from '../../lib/space/thread-space'
import { runChild, said } from '../support/child'
import { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'

const PAGE = space.region.osPageSize
const MIB = 2 ** 20
/** The heap's own checks read discarded pages, which maps them again: what is exact else is a bound then. */
const isChecked = Number(process.env.EBB_CHECK ?? 0) >= 3
const exactly = (is: number, expected: number): void => {
  if (isChecked) expect(is).toBeGreaterThanOrEqual(expected)
  else expect(is).toBe(expected)
}

describe.runIf(process.platform === 'linux' && PAGE === POOL_BYTES)('the OS pages of a heap', () => {
  it('become resident one by one as pools are used, and go back one by one', () => {
    const heap = new Heap({ clock: new ManualClock() })
    expect(heap.residentBytes()).toBe(0)
    const pointers = Array.from({ length: 20 }, () => {
      const pointer = heap.alloc(POOL_BYTES)
      heap.setUint8(pointer, 0, 1)
      return pointer
    })
    exactly(heap.residentBytes(), 21 * PAGE)
    for (const pointer of pointers.slice(5)) heap.free(pointer)
    exactly(heap.residentBytes(), 21 * PAGE)
    expect(heap.purge()).toBe(15 * PAGE)
    exactly(heap.residentBytes(), 6 * PAGE)
    for (const pointer of pointers.slice(0, 5)) heap.free(pointer)
    expect(heap.purge()).toBe(6 * PAGE)
    expect(heap.residentBytes()).toBe(0)
    heap.close()
  })

  it('agree with the books page by page when every block was written', () => {
    const random = new Random('resident pages')
    const clock = new ManualClock()
    const heap = new Heap({ clock })
    let live: Pointer[] = []
    const fill = (pointer: Pointer): Pointer => {
      heap.bytes(pointer).fill(1)
      return pointer
    }
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 300; i++) live.push(fill(heap.alloc(random.logUniform(60_000))))
      live = live.filter((pointer) => {
        if (random.oneIn(4)) return true
        heap.free(pointer)
        return false
      })
      clock.advance(random.below(2000))
      if (round % 3 === 2) heap.purge()
      if (round % 10 === 9) heap.compact((from, to) => live.splice(live.indexOf(from), 1, to))
      if (isChecked) continue
      const { table } = partsOf(heap)
      for (const slot of table.slots()) {
        if (!table.isArena(slot)) continue
        const ledger = table.ledger(slot)
        const { region, byteOffset } = space.home(slot)
        const resident = region.residentPages(byteOffset, ARENA_BYTES)
        // A block need not reach into every pool of its run: only what it was written to is resident.
        for (let pool = 1; pool < 64; pool++) {
          const isClean = isFreePool(ledger, pool as never) && !isDirtyPool(ledger, pool as never)
          if (isClean && resident[pool] !== 0) throw new Error(`pool ${pool} of ${slot} is resident, the books say no`)
        }
      }
      expect(heap.residentBytes()).toBeLessThanOrEqual(heap.stats().residentBytes)
    }
    heap.close()
  })

  it('are as many as stats().residentBytes says when every byte of every pool was written', () => {
    const clock = new ManualClock()
    const heap = new Heap({ clock })
    const pointers: Pointer[] = []
    for (const size of [16, 64, 256, 512, 2048, 4096, 8192, 16_384, 40_960, 126_976, 1 << 20]) {
      for (let bytes = 0; bytes < 3 * MIB; bytes += size) {
        const pointer = heap.alloc(size)
        heap.bytes(pointer).fill(1)
        pointers.push(pointer)
      }
    }
    exactly(heap.residentBytes(), heap.stats().residentBytes)
    pointers.forEach((pointer, index) => {
      if (index % 9 !== 0) heap.free(pointer)
    })
    clock.advance(200)
    const { keptBytes, residentBytes } = heap.stats()
    expect(keptBytes).toBeGreaterThan(0)
    exactly(heap.residentBytes(), residentBytes - keptBytes) // kept mappings have no slot to be asked for
    clock.advance(2000)
    expect(heap.stats().keptBytes).toBe(0)
    exactly(heap.residentBytes(), heap.stats().residentBytes)
    heap.close()
  })

  it('with decay 0 are gone before the free that empties the arena returns', () => {
    const heap = new Heap({ clock: new ManualClock(), decay: 0 })
    const pointers = Array.from({ length: 1000 }, () => heap.alloc(512))
    for (const pointer of pointers) heap.bytes(pointer).fill(1)
    for (const pointer of pointers) heap.free(pointer)
    expect(heap.residentBytes()).toBe(0)
    expect(heap.stats()).toMatchObject({ arenas: 0, mappedBytes: 0, maps: 2, unmaps: 2 })
    expect(heap.stats().peakMappedBytes).toBeLessThan(3 * ARENA_BYTES)
  })
})

describe.runIf(process.memoryUsage.rss() > 0)('the resident set of a process', () => {
  it('rises with a burst and falls when it is freed and purged', async () => {
    const result = await runChild(`
      const heap = new Heap()
      const live = new Int32Array(400_000)
      heap.free(heap.alloc(1))
      const before = process.memoryUsage.rss()
      for (let i = 0; i < live.length; i++) heap.setInt32((live[i] = heap.alloc(256)), 0, i)
      const full = process.memoryUsage.rss()
      heap.freeMany(live)
      heap.purge()
      say({ before, full, after: process.memoryUsage.rss() })
    `)
    const [{ before, full, after }] = said(result) as [{ before: number; full: number; after: number }]
    expect(full - before).toBeGreaterThan(95 * MIB)
    expect(after - before).toBeLessThan(20 * MIB)
  })

  it('of an idle process with garbage comes back by the timer', async () => {
    const result = await runChild(`
      const heap = new Heap({ decay: 100 })
      const live = new Int32Array(400_000)
      heap.free(heap.alloc(1))
      const before = process.memoryUsage.rss()
      for (let i = 0; i < live.length; i++) heap.setInt32((live[i] = heap.alloc(256)), 0, i)
      const full = process.memoryUsage.rss()
      heap.freeMany(live)
      let turns = 0
      const look = setInterval(() => {
        if (partsOf(heap).budget.mappedBytes > 0 && ++turns < 300) return
        clearInterval(look)
        say({ before, full, after: process.memoryUsage.rss(), mapped: heap.stats().mappedBytes })
      }, 100)
    `)
    const [{ before, full, after, mapped }] = said(result) as [Record<string, number>] as [
      { before: number; full: number; after: number; mapped: number },
    ]
    expect(mapped).toBe(0)
    expect(full - before).toBeGreaterThan(95 * MIB)
    expect(after - before).toBeLessThan(20 * MIB)
  })
})

describe('a process that holds only garbage', () => {
  it('exits by itself: the timer does not keep it alive', async () => {
    const result = await runChild(`
      const heap = new Heap({ decay: 3_600_000 })
      heap.free(heap.alloc(5000))
      heap.free(heap.alloc(5_000_000))
      say('done')
    `)
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(said(result)).toEqual(['done'])
  })
})
