import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Pointer } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { Decay } from '../../lib/release/decay'
import { Purger, type Source } from '../../lib/release/purger'
import { ManualClock } from '../support/manual-clock'
import { testHeap } from '../support/test-heap'
import { TEST_TAG } from '../support/test-tag'

describe('the timer', () => {
  it('is armed only while something is dirty', () => {
    const { heap, clock } = testHeap()
    const pointer = heap.alloc(100)
    clock.advance(1300)
    expect(clock.pending).toBe(0)
    heap.free(pointer)
    expect(clock.pending).toBe(1)
    clock.advance(1300)
    expect([clock.pending, heap.stats().mappedBytes]).toEqual([0, 0])
  })

  it('gives memory back between one and nine eighths of a decay after it was freed', () => {
    const { heap, clock } = testHeap()
    heap.alloc(16)
    const pools = [...heap.allocMany(4096, new Int32Array(10))] as Pointer[]
    for (const pool of pools) {
      heap.free(pool)
      partsOf(heap).magazines.releaseAll()
      clock.advance(300)
    }
    let dirty = heap.stats().dirtyPools
    expect(dirty).toBe(3)
    for (; dirty > 0; dirty--) {
      expect(heap.stats().dirtyPools).toBe(dirty)
      clock.advance(300)
    }
    expect(heap.stats()).toMatchObject({ dirtyPools: 0, residentBytes: 2 * POOL_BYTES })
  })

  it('does so whenever its timer was armed', () => {
    for (const armedAt of [0, 1, 60, 124]) {
      const { heap, clock } = testHeap({ decay: 1000 })
      clock.advance(armedAt)
      heap.free(heap.alloc(2_000_000))
      clock.advance(126)
      heap.free(heap.alloc(500_000))
      clock.advance(1000)
      expect(heap.stats().keptBytes).toBeGreaterThan(0)
      clock.advance(125)
      expect(heap.stats().keptBytes).toBe(0)
    }
  })

  it('counts the decay from the free, however long nothing happened before', () => {
    for (const size of [4096, 1_000_000]) {
      const { heap, clock } = testHeap()
      heap.alloc(16)
      const pointer = heap.alloc(size)
      clock.advance(1e6)
      heap.free(pointer)
      const full = heap.stats().residentBytes
      clock.advance(990)
      expect(heap.stats().residentBytes).toBe(full)
      clock.advance(200)
      expect(heap.stats().residentBytes).toBe(2 * POOL_BYTES)
    }
  })

  it('leaves what is used again in the meantime', () => {
    const { heap, clock } = testHeap()
    for (let i = 0; i < 200; i++) {
      const pointers = heap.allocMany(500, new Int32Array(2000))
      heap.freeMany(pointers)
      clock.advance(90)
    }
    expect([heap.stats().maps, heap.stats().unmaps]).toEqual([4, 0])
  })

  it('works through much dirty memory in slices', () => {
    const { heap, clock } = testHeap()
    const pointers = heap.allocMany(250_000, new Int32Array(40))
    heap.freeMany(pointers)
    const { now } = clock
    clock.now = function () {
      this.stall(1) // every look at the clock takes a millisecond
      return now.call(this)
    }
    const seen = new Set<number>()
    for (let turn = 0; turn < 300; turn++) {
      clock.advance(5)
      seen.add(heap.stats().arenas)
    }
    expect(seen.size).toBeGreaterThan(5)
    expect(heap.stats().arenas).toBe(0)
    checkHeap(partsOf(heap))
  })

  it('is never armed with decay Infinity, nor after close', () => {
    const { heap, clock } = testHeap({ decay: Infinity })
    heap.free(heap.alloc(5000))
    heap.free(heap.alloc(1e6))
    expect(clock.pending).toBe(0)
    const other = testHeap()
    other.heap.free(other.heap.alloc(5000))
    other.heap.close()
    expect(other.clock.pending).toBe(0)
  })

  it('comes again in the next epoch, not at once, when the system refuses', () => {
    const { heap, clock, os } = testHeap()
    const pointers = heap.allocMany(4096, new Int32Array(20))
    heap.freeMany(pointers.subarray(0, 10))
    partsOf(heap).magazines.releaseAll()
    os.failing = 'discard'
    os.failFrom = 0
    clock.advance(1500)
    const { failedDiscards } = heap.stats()
    expect(failedDiscards).toBe(4) // at 1125, 1250, 1375 and 1500 ms
    expect(partsOf(heap).purger.lastFailure).toMatchObject({ code: 'EBB_OS', syscall: 'madvise' })
    os.failFrom = Infinity
    clock.advance(125)
    expect(heap.stats()).toMatchObject({ failedDiscards, dirtyPools: 0 })
  })
})

describe('a purger', () => {
  /** A source of so many bytes, dirty since epoch 0. */
  class Bytes implements Source {
    constructor(
      private readonly name: string,
      private left: number,
      private readonly log: string[],
    ) {}
    get isDirty(): boolean {
      return this.left > 0
    }
    beginEpoch(epoch: number): void {
      this.log.push(`${this.name} ${epoch}`)
    }
    giveBackStep(epoch: number, all: boolean): number {
      if (this.left === 0 || (!all && epoch <= 8)) return -1
      this.left--
      return 1
    }
  }

  function purgerOf(...lengths: number[]): { purger: Purger; clock: ManualClock; log: string[]; sources: Bytes[] } {
    const clock = new ManualClock()
    const log: string[] = []
    const purger = new Purger(new Decay(1000, clock.now()), clock, TEST_TAG)
    const sources = lengths.map((length, index) => new Bytes('abc'[index] as string, length, log))
    for (const source of sources) purger.add(source)
    return { purger, clock, log, sources }
  }

  it('tells its sources of each epoch, in their order, and purges them all', () => {
    const { purger, clock, log, sources } = purgerOf(3, 4)
    purger.notePut()
    clock.advance(250)
    expect(log).toEqual(['a 1', 'b 1', 'a 2', 'b 2'])
    expect([purger.purge(), purger.purge(), sources.some(({ isDirty }) => isDirty)]).toEqual([7, 0, false])
    clock.advance(125)
    expect(clock.pending).toBe(0)
  })

  it('has no timer while no source is dirty, and none after close', () => {
    const { purger, clock } = purgerOf(2)
    expect(clock.pending).toBe(0)
    purger.noteWake()
    purger.noteWake()
    expect(clock.pending).toBe(1)
    clock.advance(1125)
    expect([clock.pending, purger.purge()]).toEqual([0, 0])
    purger.notePut()
    purger.close()
    purger.notePut()
    expect(clock.pending).toBe(0)
  })

  it('lets one source give back what has expired, at least so many bytes and not much more', () => {
    const { purger, clock, sources } = purgerOf(5, 5)
    const [, b] = sources as [Bytes, Bytes]
    purger.giveBackQuietly(b, 3) // nothing has expired
    clock.stall(2000)
    purger.wake()
    purger.giveBackQuietly(b, 3)
    expect(purger.purge()).toBe(5 + 5 - 3)
    purger.giveBackQuietly(b, 3)
    expect(purger.failures).toBe(0)
  })

  it('counts a refusal that has no caller, and throws that of a purge', () => {
    const { purger } = purgerOf(1)
    const failure = new Error('refused')
    const refusing = {
      isDirty: true,
      giveBackStep: (): number => {
        throw failure
      },
    }
    purger.add(refusing)
    purger.giveBackQuietly(refusing, 1)
    expect([purger.failures, purger.lastFailure]).toEqual([1, failure])
    expect(() => purger.purge()).toThrow(failure)
    expect([purger.reclaim(), purger.failures]).toEqual([true, 2])
  })

  it('reclaims for a request only once, and says whether that made anything of it', () => {
    const { purger, log } = purgerOf(2)
    expect([purger.reclaim(), purger.reclaim()]).toEqual([true, false])
    expect(log).toEqual(['a Infinity', 'a Infinity'])
  })
})

describe('the slow path', () => {
  it('lets long synchronous work decay too', () => {
    const { heap, clock } = testHeap()
    heap.alloc(16)
    heap.freeMany(heap.allocMany(4096, new Int32Array(300)))
    for (let i = 0; i < 3000; i++) {
      clock.stall(1)
      heap.freeMany(heap.allocMany(4096, new Int32Array(9)))
    }
    expect(heap.stats().arenas).toBeLessThanOrEqual(2)
    expect(heap.stats().dirtyPools).toBeLessThan(12)
  })
})

describe('purge', () => {
  it('discards stretches of neighbours in one call each and returns the bytes', () => {
    const { heap, os } = testHeap()
    const pools = [...heap.allocMany(4096, new Int32Array(40))] as Pointer[]
    for (const index of [3, 4, 5, 6, 20, 21, 33]) heap.free(pools[index] as Pointer)
    expect(heap.purge()).toBe(7 * POOL_BYTES)
    expect(os.calls.discard).toBe(3)
    expect(heap.stats()).toMatchObject({ discards: 3, discardedBytes: 7 * POOL_BYTES })
    expect(heap.purge()).toBe(0)
  })

  it('gives back empty arenas and the memory of freed large blocks', () => {
    const { heap } = testHeap({ decay: Infinity })
    heap.free(heap.alloc(16))
    heap.free(heap.alloc(5e6))
    const kept = heap.stats().keptBytes
    expect(heap.purge()).toBe(kept + 2 * POOL_BYTES)
    expect(heap.stats()).toMatchObject({ mappedBytes: 0, residentBytes: 0, keptBytes: 0, arenas: 0 })
  })

  it('leaves an OS page alone of which any pool is in use', () => {
    const { heap } = testHeap({ osPageSize: 16384 })
    const pools = [...heap.allocMany(4096, new Int32Array(30))] as Pointer[] // pools 1 to 30
    for (const pool of pools.slice(4, 14)) heap.free(pool) // pools 5 to 14: of whole OS pages 8 to 11
    expect(heap.purge()).toBe(4 * POOL_BYTES)
    heap.free(pools[3] as Pointer)
    expect(heap.purge()).toBe(4 * POOL_BYTES)
    checkHeap(partsOf(heap))
    heap.freeMany(pools.filter((pool) => heap.isLive(pool)))
    heap.purge()
    expect(heap.stats().mappedBytes).toBe(0)
  })

  it('closes an empty arena whose pools expired at different times', () => {
    for (const osPageSize of [4096, 65536]) {
      const { heap, clock } = testHeap({ osPageSize })
      for (const pool of heap.allocMany(4096, new Int32Array(60))) {
        heap.free(pool as Pointer)
        clock.advance(31)
      }
      clock.advance(1200)
      expect(heap.stats().mappedBytes).toBe(0)
    }
  })

  it('leaves discarded pools that read zero, which allocZeroed need not clear', () => {
    const { heap } = testHeap()
    heap.alloc(16)
    const pointer = heap.alloc(ARENA_BYTES / 4)
    heap.bytes(pointer).fill(1)
    heap.free(pointer)
    heap.purge()
    const again = heap.allocZeroed(ARENA_BYTES / 4)
    expect(again).toBe(pointer)
    expect(heap.bytes(again).every((byte) => byte === 0)).toBe(true)
  })
})
