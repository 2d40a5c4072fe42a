import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, type Pointer } from '../../lib/base/layout'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { Decay } from '../../lib/release/decay'
import { Purger, type Source } from '../../lib/release/purger'
import { TALLY_AT } from '../../lib/space/plan'
import { DISCARDED_POOLS, DISCARDS } from '../../lib/space/tally'
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
    /** Steps so far. */
    asked = 0
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
      this.asked++
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

  it('asks nobody for anything while the epoch lasts', () => {
    const { purger, clock, log, sources } = purgerOf(2)
    purger.tick()
    clock.stall(124)
    purger.tick()
    expect([log, sources[0]?.asked]).toEqual([[], 0])
    clock.stall(1)
    purger.tick()
    expect([log, sources[0]?.asked]).toEqual([['a 1'], 1])
  })

  it('with decay 0 gives back at every tick, with Infinity has no timer', () => {
    for (const [decay, asked, timers] of [
      [0, 2, 1],
      [Infinity, 0, 0],
    ] as const) {
      const clock = new ManualClock()
      const purger = new Purger(new Decay(decay, 0), clock, TEST_TAG)
      const source = new Bytes('a', 1, [])
      purger.add(source)
      purger.tick()
      purger.tick()
      purger.notePut()
      purger.noteWake()
      expect([source.asked, clock.pending]).toEqual([asked, timers])
    }
  })

  it('leaves the epoch to the timer while one is armed', () => {
    const { purger, clock, log } = purgerOf(2)
    purger.notePut()
    clock.stall(300)
    purger.wake()
    expect(purger.epoch).toBe(0)
    clock.advance(0)
    expect([purger.epoch, log]).toEqual([2, ['a 2']])
  })

  it('looks at the clock at each 64th thing that becomes dirty, without the event loop turning', () => {
    const { purger, clock, log } = purgerOf(2)
    for (const epoch of [1, 2]) {
      clock.stall(125)
      for (let put = 1; put < 64; put++) purger.notePut()
      expect(log).toHaveLength(epoch - 1)
      purger.notePut()
      expect(log.at(-1)).toBe(`a ${epoch}`)
    }
  })

  it('takes an eighth of the decay for all of it while it hurries', () => {
    const { purger, clock, log, sources } = purgerOf(2)
    purger.hurry(125)
    purger.notePut()
    clock.advance(125)
    expect([log, sources[0]?.isDirty]).toEqual([['a 1'], true])
    purger.hurry(126)
    purger.hurry(1)
    clock.advance(125)
    expect([log.at(-1), purger.epoch, sources[0]?.isDirty]).toEqual(['a 10', 2, false])
  })

  it('ends a slice when its time is over, and goes on a millisecond later', () => {
    const { purger, clock } = purgerOf()
    let left = 5
    const slow = {
      get isDirty() {
        return left > 0
      },
      giveBackStep: (): number => {
        clock.stall(0.75)
        return --left
      },
    }
    purger.add(slow)
    purger.notePut()
    clock.advance(125)
    expect(left).toBe(3)
    clock.advance(1.5 + 0.9)
    expect(left).toBe(3)
    clock.advance(0.1)
    expect(left).toBe(1)
  })

  it('goes on after steps that gave nothing', () => {
    for (const giveBack of [
      (purger: Purger, source: Source) => purger.giveBackQuietly(source, 3),
      (purger: Purger) => purger.purge(),
    ]) {
      const { purger } = purgerOf()
      const steps = [0, 0, 3]
      const source = { isDirty: true, giveBackStep: () => steps.shift() ?? -1 }
      purger.add(source)
      giveBack(purger, source)
      expect(steps).toEqual([])
    }
  })

  it('does not tick inside of a tick, and ticks again after one that failed', () => {
    const { purger, clock } = purgerOf()
    const log: string[] = []
    purger.add({
      isDirty: true,
      beginEpoch: (epoch) => {
        log.push(`begins ${epoch}`)
        clock.stall(125)
        purger.tick()
        if (epoch === 1) throw new Error('refused')
      },
      giveBackStep: (epoch) => {
        log.push(`gives ${epoch}`)
        clock.stall(125)
        purger.tick()
        return -1
      },
    })
    clock.stall(125)
    expect(() => purger.tick()).toThrow('refused')
    expect([log, purger.epoch]).toEqual([['begins 1'], 0])
    purger.tick()
    expect([log, purger.epoch]).toEqual([['begins 1', 'begins 2', 'gives 2'], 2])
  })

  it('asks again for what the system refused in the next epoch, not before', () => {
    const { purger, clock } = purgerOf()
    let asked = 0
    purger.add({
      isDirty: true,
      giveBackStep: () => {
        asked++
        throw new Error('refused')
      },
    })
    purger.notePut()
    clock.advance(249)
    expect(asked).toBe(1)
    clock.advance(1)
    expect([asked, purger.failures]).toEqual([2, 2])
  })

  it('is closed without a timer too, and its timer does nothing when it was collected', async () => {
    const { clock, weak } = ((): { clock: ManualClock; weak: WeakRef<Purger> } => {
      const made = purgerOf(1)
      made.purger.close()
      const other = purgerOf(1)
      other.purger.notePut()
      return { clock: other.clock, weak: new WeakRef(other.purger) }
    })()
    for (let round = 0; round < 100 && weak.deref() !== undefined; round++) {
      await sleep(1) // what a WeakRef has shown lives to the end of the turn
      globalThis.gc?.()
    }
    expect([weak.deref(), clock.pending]).toEqual([undefined, 1])
    clock.advance(1000)
    expect(clock.pending).toBe(0)
  })

  it('tells who listens what was purged when somebody asked for it, and what was discarded where that was anything', async () => {
    const { purger, sources } = purgerOf(2)
    const messages: unknown[] = []
    const listener = (message: unknown): number => messages.push(message)
    for (const name of ['ebb:purge', 'ebb:discard']) subscribe(name, listener)
    purger.giveBackQuietly(sources[0] as Bytes, 9)
    purger.purge()
    purger.purge('call')
    await turn()
    for (const name of ['ebb:purge', 'ebb:discard']) unsubscribe(name, listener)
    expect(messages).toEqual([{ ...TEST_TAG, bytes: 0, cause: 'call' }])
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
    const { table } = partsOf(heap)
    const tally = table.map.base + TALLY_AT
    expect([DISCARDS, DISCARDED_POOLS].map((index) => table.space.words[tally + index])).toEqual([3, 7])
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
