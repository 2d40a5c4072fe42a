import { describe, expect, it } from 'vitest'
import { type Pointer, type Slot, slotOf } from '../../lib/base/layout'
import { Budget } from '../../lib/books/budget'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { Decay } from '../../lib/release/decay'
import { KeptMemory } from '../../lib/supply/kept-memory'
import type { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'
import type { TestOptions } from '../support/test-pages'
import { testTable } from '../support/test-table'
import { TEST_TAG } from '../support/test-tag'

const MIB = 2 ** 20
const OS_PAGES = [4096, 16_384, 65_536] as const

const kept = (heap: Heap) => partsOf(heap).large.kept
/** Fills a block without an ArrayBuffer over it. */
const fill = (heap: Heap, pointer: Pointer, value: number): void => {
  heap.copyIn(pointer, new Uint8Array(heap.usableSize(pointer)).fill(value))
}
const isFull = (heap: Heap, pointer: Pointer, value: number): boolean =>
  heap.copyOut(pointer).every((byte) => byte === value)
const callsOf = ({ os }: ReturnType<typeof testHeap>): number => os.calls.discard + os.calls.renew + os.calls.reserve

describe('kept memory', () => {
  it('is found again whole, without a call to the system, and was used before', () => {
    const made = testHeap()
    const { heap } = made
    const pointer = heap.alloc(3 * MIB)
    fill(heap, pointer, 7)
    heap.free(pointer)
    expect(heap.stats()).toMatchObject({ keptBytes: 3 * MIB, mappedBytes: 3 * MIB, residentBytes: 3 * MIB })
    const calls = callsOf(made)
    expect([heap.alloc(3 * MIB), callsOf(made), partsOf(heap).large.tookFresh]).toEqual([pointer, calls, false])
    expect(heap.stats()).toMatchObject({ keptBytes: 0, maps: 1, unmaps: 0 })
    heap.free(pointer)
    const zeroed = heap.allocZeroed(3 * MIB)
    expect([zeroed, isFull(heap, zeroed, 0)]).toEqual([pointer, true])
  })

  it('serves a shorter block with its front, and another with the rest', () => {
    for (const osPageSize of OS_PAGES) {
      const { heap } = testHeap({ osPageSize })
      const pointer = heap.alloc(8 * MIB)
      heap.free(pointer)
      const first = heap.alloc(3 * MIB)
      expect([osPageSize, first, kept(heap).bytes > 4 * MIB]).toEqual([osPageSize, pointer, true])
      const second = heap.alloc(4 * MIB)
      expect([slotOf(second) > slotOf(first), heap.stats().maps]).toEqual([true, 1])
      for (const [block, value] of [
        [first, 1],
        [second, 2],
      ] as const)
        fill(heap, block, value)
      expect(isFull(heap, first, 1)).toBe(true)
      checkHeap(partsOf(heap))
    }
  })

  it('of a block that somebody has an ArrayBuffer over is not cut, and may still be used as it is', () => {
    const { heap } = testHeap()
    const [pointer, other] = [heap.alloc(8 * MIB), heap.alloc(8 * MIB)]
    const view = heap.bytes(pointer)
    heap.free(pointer)
    heap.free(other)
    expect([heap.alloc(4 * MIB), heap.alloc(8 * MIB), heap.stats().maps]).toEqual([other, pointer, 2])
    heap.setUint8(pointer, 5, 7)
    expect([view.length, view[5]]).toEqual([8 * MIB, 7])
  })

  it('serves a longer block where what lies behind it is free, near and on a shelf', () => {
    for (const osPageSize of OS_PAGES) {
      for (const isFar of [false, true]) {
        const made = testHeap({ osPageSize, isFar })
        const { heap } = made
        const pointer = heap.alloc(3 * MIB)
        fill(heap, pointer, 7)
        heap.free(pointer)
        const calls = callsOf(made)
        expect([osPageSize, isFar, heap.alloc(4 * MIB), callsOf(made)]).toEqual([osPageSize, isFar, pointer, calls])
        expect(heap.stats()).toMatchObject({ keptBytes: 0, mappedBytes: 4 * MIB, maps: 1 })
        expect([heap.usableSize(pointer), partsOf(heap).large.tookFresh]).toEqual([4 * MIB, false])
        heap.free(pointer)
        const zeroed = heap.allocZeroed(5 * MIB)
        expect([zeroed, isFull(heap, zeroed, 0)]).toEqual([pointer, true])
        checkHeap(partsOf(heap))
        heap.close()
      }
    }
  })

  it('is not made longer into what is behind it, under an ArrayBuffer, nor where it is less than half of the block', () => {
    const { heap } = testHeap()
    const [first, second] = [heap.alloc(3 * MIB), heap.alloc(3 * MIB)]
    const view = heap.bytes(second)
    heap.free(first)
    heap.free(second)
    // The first has the second behind it, the second an ArrayBuffer over it.
    const third = heap.alloc(4 * MIB)
    expect([first, second].includes(third)).toBe(false)
    expect([heap.stats().maps, view.length]).toEqual([3, 3 * MIB])
    heap.free(third)
    expect([first, second, third].includes(heap.alloc(16 * MIB))).toBe(false)
    checkHeap(partsOf(heap))
  })

  it('is not taken by a block that would pass the limit of the heap with it', () => {
    const { heap } = testHeap({ limit: 4 * MIB })
    heap.free(heap.alloc(3 * MIB))
    const pointer = heap.alloc(4 * MIB)
    expect(heap.stats()).toMatchObject({ keptBytes: 0, mappedBytes: 4 * MIB })
    heap.free(pointer)
  })

  it('is what a block that shrinks in place does not need any more', () => {
    for (const osPageSize of OS_PAGES) {
      const { heap } = testHeap({ osPageSize })
      const pointer = heap.alloc(8 * MIB)
      fill(heap, pointer, 5)
      expect(heap.realloc(pointer, 2 * MIB)).toBe(pointer)
      const { keptBytes, mappedBytes } = heap.stats()
      expect([keptBytes > 5 * MIB, mappedBytes <= 8 * MIB, heap.usableSize(pointer)]).toEqual([true, true, 2 * MIB])
      expect(isFull(heap, pointer, 5)).toBe(true)
      const other = heap.alloc(5 * MIB)
      fill(heap, other, 6)
      expect([heap.stats().maps, isFull(heap, pointer, 5)]).toEqual([1, true])
      checkHeap(partsOf(heap))
    }
  })

  it('goes back oldest first, in steps, between one and nine eighths of a decay after it was freed', () => {
    const { heap, clock, os } = testHeap()
    const pointers = [5 * MIB, 6 * MIB].map((size) => heap.alloc(size))
    for (const pointer of pointers) {
      heap.free(pointer)
      clock.advance(400)
    }
    clock.advance(190)
    expect(heap.stats()).toMatchObject({ keptBytes: 11 * MIB, unmaps: 0 })
    clock.advance(150)
    expect(heap.stats()).toMatchObject({ keptBytes: 6 * MIB, residentBytes: 6 * MIB, unmaps: 1 })
    expect(os.calls.discard).toBeGreaterThan(2)
    clock.advance(400)
    expect([heap.stats().mappedBytes, clock.pending]).toEqual([0, 0])
  })

  it('that a part was taken from is as old as it was', () => {
    const { heap, clock } = testHeap()
    heap.free(heap.alloc(16 * MIB))
    for (let turn = 0; turn < 9; turn++) {
      clock.advance(120)
      heap.alloc(300_000)
    }
    expect(kept(heap).bytes).toBeGreaterThan(8 * MIB)
    clock.advance(50)
    expect(kept(heap).bytes).toBe(0)
  })

  it('of which a part has gone back is used again, in whole and in parts, and reads zero where that is asked for', () => {
    for (const [size, resident] of [
      [8 * MIB, 0],
      [3 * MIB, 4.75 * MIB],
      [MIB, 6 * MIB],
    ] as const) {
      const { heap } = testHeap()
      const pointer = heap.alloc(8 * MIB)
      fill(heap, pointer, 3)
      heap.free(pointer)
      expect(kept(heap).giveBackStep(99, false)).toBe(2 * MIB)
      expect(heap.stats()).toMatchObject({ keptBytes: 8 * MIB, residentBytes: 6 * MIB })
      expect(heap.allocZeroed(size)).toBe(pointer)
      expect([isFull(heap, pointer, 0), kept(heap).residentBytes]).toEqual([true, resident])
      checkHeap(partsOf(heap))
      expect(heap.purge()).toBe(resident)
      expect(heap.stats().mappedBytes).toBe(size)
    }
  })

  it('and live blocks are no more than were live of late', () => {
    const { heap, clock } = testHeap()
    const first = heap.alloc(4 * MIB)
    const second = heap.alloc(6 * MIB)
    heap.free(first)
    expect(kept(heap).bytes).toBe(4 * MIB)
    heap.alloc(5 * MIB) // does not fit: now 11 are live, which is the peak
    expect(heap.stats()).toMatchObject({ keptBytes: 0, mappedBytes: 11 * MIB })
    heap.free(second)
    expect(heap.stats()).toMatchObject({ keptBytes: 6 * MIB, mappedBytes: 11 * MIB })
    clock.advance(10_000)
    expect(heap.stats()).toMatchObject({ keptBytes: 0, mappedBytes: 5 * MIB })
  })

  it('is bounded by what was live in this decay and in the one before, in epochs', () => {
    const budget = new Budget(Infinity, TEST_TAG)
    const table = testTable(budget)
    const memory = new KeptMemory(table, budget, new Decay(1000, 0))
    memory.put(table.space.takeLarge(8 * MIB, false) as Slot, 8 * MIB, 18)
    memory.noteLive(10 * MIB, 0)
    for (const [epoch, given] of [
      [8, -1],
      [17, -1], // epochs 9 to 17 are the decay after the one of the peak
      [18, 2 * MIB],
    ] as const) {
      memory.noteLive(2 * MIB, epoch)
      expect([epoch, memory.giveBackStep(epoch, false)]).toEqual([epoch, given])
    }
    memory.close()
  })

  it('of less than 256 KiB is not kept by itself, also on a shelf', () => {
    const { heap } = testHeap({ isFar: true })
    for (const [rest, isKept] of [
      [252 * 1024, false],
      [256 * 1024, true],
    ] as const) {
      const pointer = heap.alloc(4 * MIB)
      heap.free(pointer)
      expect(heap.alloc(4 * MIB - rest)).toBe(pointer)
      expect([rest, kept(heap).bytes]).toEqual([rest, isKept ? rest : 0])
      heap.free(pointer)
      heap.purge()
    }
  })

  it('is kept of a block that was live for long while nothing happened', () => {
    const { heap, clock } = testHeap()
    const pointer = heap.alloc(9 * MIB)
    clock.advance(1e6)
    heap.free(pointer)
    expect(kept(heap).bytes).toBe(9 * MIB)
    expect(heap.alloc(9 * MIB)).toBe(pointer)
  })

  it('is counted as a refusal where a free finds that the system does not take what has expired', () => {
    const { heap, clock, os } = testHeap()
    const pointers = [8 * MIB, 9 * MIB].map((size) => heap.alloc(size)) as [Pointer, Pointer]
    heap.free(pointers[0])
    clock.stall(1300)
    partsOf(heap).purger.epoch = 10
    os.failFrom = 0
    heap.free(pointers[1])
    expect(heap.stats()).toMatchObject({ failedDiscards: 1, largeBlocks: 0, keptBytes: 17 * MIB })
    checkHeap(partsOf(heap))
    os.failFrom = Infinity
    clock.advance(3000)
    expect(heap.stats().mappedBytes).toBe(0)
  })

  it('that passes the bound goes in one call for each block, and no more of it than passes or 2 MiB', () => {
    const made = testHeap()
    const { heap, os } = made
    const pointers = [20 * MIB, 20 * MIB, 4 * MIB].map((size) => heap.alloc(size)) as [Pointer, Pointer, Pointer]
    heap.free(pointers[0])
    heap.free(pointers[1])
    expect(heap.stats()).toMatchObject({ keptBytes: 40 * MIB, residentBytes: 44 * MIB })
    for (const [size, discarded, residentBytes] of [
      [21 * MIB, 2, 43 * MIB], // the first whole, and a step of the second, of which 1 MiB passes
      [25 * MIB, 1, 50 * MIB],
    ] as const) {
      const calls = os.calls.discard
      heap.alloc(size)
      expect([size, os.calls.discard - calls, heap.stats().residentBytes]).toEqual([size, discarded, residentBytes])
    }
    checkHeap(partsOf(heap))
  })

  it('makes no call to the system while the same sizes come and go', () => {
    for (const osPageSize of OS_PAGES) {
      const random = new Random('cyclic sizes')
      const made = testHeap({ osPageSize })
      const { heap, clock } = made
      const sizes = Array.from({ length: 12 }, () => 300_000 + random.below(4 * MIB))
      const cycle = (): void => {
        const pointers = sizes.map((size) => heap.alloc(size))
        for (const pointer of pointers) heap.free(pointer)
      }
      cycle()
      const { maps } = heap.stats()
      const calls = callsOf(made)
      for (let turn = 0; turn < 40; turn++) {
        cycle()
        clock.advance(90)
      }
      expect([osPageSize, callsOf(made), heap.stats().maps]).toEqual([osPageSize, calls, maps])
    }
  })
})

/** What is kept, by the plainest books: bytes freed, with the time of each. */
class Model {
  readonly live: Pointer[] = []
  liveBytes = 0
  /** When that changed last, and when last in an epoch before that. */
  #changedAt = 0
  #changedBefore = 0
  readonly #peaks: [at: number, bytes: number][] = []
  readonly #heap: Heap
  readonly #clock: ManualClock
  readonly #random: Random

  constructor({ heap, clock }: ReturnType<typeof testHeap>, random: Random) {
    this.#heap = heap
    this.#clock = clock
    this.#random = random
  }

  alloc(): void {
    this.#changed(() => this.live.push(this.#heap.alloc(this.#size())))
  }

  free(): void {
    const [pointer] = this.live.splice(this.#random.below(this.live.length), 1) as [Pointer]
    this.#changed(() => this.#heap.free(pointer))
  }

  resize(): void {
    const at = this.#random.below(this.live.length)
    this.#changed(() => {
      this.live[at] = this.#heap.realloc(this.live[at] as Pointer, this.#size())
    })
  }

  /** No size is that of a run. */
  #size(): number {
    return 300_000 + this.#random.logUniform(6 * MIB)
  }

  #changed(change: () => void): void {
    const now = this.#clock.now()
    const before = this.liveBytes
    this.#peaks.push([now, before])
    change()
    this.liveBytes = this.#heap.stats().largeBytes
    if (this.liveBytes !== before) {
      if (Math.floor(now / 125) !== Math.floor(this.#changedAt / 125)) this.#changedBefore = this.#changedAt
      this.#changedAt = now
    }
    this.#peaks.push([now, this.liveBytes])
  }

  /**
   * Most bytes that were live of late: since `ms` milliseconds before the last change that a tick of the purger has seen, which gives back
   * what passes the bound of then.
   */
  peak(ms: number): number {
    const since = this.#changedBefore - ms
    let peak = this.liveBytes
    for (const [at, bytes] of this.#peaks) if (at >= since) peak = Math.max(peak, bytes)
    return peak
  }
}

function runModel(options: TestOptions & { decay?: number }, operations: number): void {
  const random = new Random(`kept memory ${JSON.stringify(options)}`)
  const made = testHeap(options)
  const { heap, clock } = made
  const model = new Model(made, random)
  let lastFree = 0
  for (let operation = 0; operation < operations; operation++) {
    const choice = random.below(100)
    if (model.live.length < 4 || (model.live.length < 40 && choice < 40)) model.alloc()
    else {
      if (choice < 80) model.free()
      else model.resize()
      lastFree = clock.now()
    }
    const { keptBytes, mappedBytes, residentBytes } = heap.stats()
    const bound = model.peak(2 * 1125 * (1 + 1 / 8))
    if (kept(heap).residentBytes + model.liveBytes > bound) {
      expect(kept(heap).residentBytes + model.liveBytes).toBeLessThanOrEqual(bound)
    }
    if (mappedBytes !== model.liveBytes + keptBytes) expect(mappedBytes).toBe(model.liveBytes + keptBytes)
    if (residentBytes > mappedBytes) expect(residentBytes).toBeLessThanOrEqual(mappedBytes)
    if (operation % 50 === 0) checkHeap(partsOf(heap))
    if (random.oneIn(30)) clock.advance(random.below(1500))
    if (clock.now() - lastFree > 1150 && kept(heap).bytes > 0) expect(kept(heap).bytes).toBe(0)
  }
  for (const pointer of model.live) heap.free(pointer)
  clock.advance(1150)
  expect(heap.stats()).toMatchObject({ keptBytes: 0, mappedBytes: 0, residentBytes: 0, largeBlocks: 0 })
  checkHeap(partsOf(heap))
}

describe('kept memory, against a model', () => {
  for (const osPageSize of OS_PAGES) {
    it(`is bounded by the peak, adds up and expires (OS pages of ${osPageSize})`, () => {
      runModel({ osPageSize }, 3000)
    })
  }

  it('does so where pages cannot be moved', () => runModel({ canMove: false }, 1500))

  it('of a free is no more than what expired goes back by it, though the event loop never turns', () => {
    const random = new Random('no turn')
    const { heap, clock } = testHeap()
    const live = Array.from({ length: 200 }, () => heap.alloc(300_000 + random.below(MIB)))
    for (const pointer of live) heap.free(pointer)
    const first = kept(heap).bytes
    const again = Array.from({ length: 20 }, () => heap.alloc(2 * MIB))
    clock.stall(1250)
    partsOf(heap).purger.epoch = 10 // the timer is armed, so it is the timer that would move it on
    let before = kept(heap).residentBytes
    for (const pointer of again) {
      heap.free(pointer)
      expect(kept(heap).residentBytes).toBeLessThanOrEqual(before)
      before = kept(heap).residentBytes
    }
    expect(before).toBeLessThan(first)
  })
})
