/** The heap against the plainest model of one: random operations, contents verified, books checked, statistics exact. */
import { afterAll, describe, expect, it } from 'vitest'
import { DebugHeap } from '../../lib/debug/debug-heap'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import type { HeapOptions } from '../../lib/heap/options'
import { checkHeap } from '../../lib/inspect/check-heap'
import { HeapModel, MODEL_MAX_BYTES } from '../support/heap-model'
import type { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'
import type { TestOptions } from '../support/test-pages'

interface Workload {
  readonly operations: number
  readonly options: HeapOptions & TestOptions
  /** Live blocks it swings up to. */
  readonly blocks: number
  readonly size: (random: Random) => number
  readonly compacts?: boolean
  /** Callbacks of compact and of timers use this heap and others. */
  readonly meddles?: boolean
}

/** Heaps beside the one under test, at most. */
const NEIGHBOURS = 3

let operationsRun = 0

const anySize = (random: Random): number => random.logUniform(300 * 1024)
/** Large blocks, with some others between. */
const largeSize = (random: Random): number =>
  random.oneIn(6) ? anySize(random) : Math.min(MODEL_MAX_BYTES, 260_000 + random.logUniform(MODEL_MAX_BYTES))
const smallMix = (random: Random): number => (random.oneIn(50) ? random.below(40_000) : random.below(600))

class Run {
  readonly clock: ManualClock
  readonly heap: Heap
  readonly model: HeapModel
  readonly #random: Random
  readonly #workload: Workload
  readonly #neighbours: { heap: Heap; model: HeapModel }[] = []
  #target: number

  constructor(name: string, workload: Workload) {
    this.#random = new Random(name)
    this.#workload = workload
    const { heap, clock } = testHeap(workload.options)
    this.heap = heap
    this.clock = clock
    this.model = new HeapModel(this.heap, this.#random)
    this.#target = workload.blocks
  }

  run(): void {
    for (let operation = 1; operation <= this.#workload.operations; operation++) {
      this.#step()
      if (this.#workload.meddles === true && operation % 50 === 0)
        this.clock.schedule(() => this.#meddle(), this.#random.below(400))
      if (operation % 40 === 0) this.clock.advance(this.#random.below(200))
      if (operation % 100 === 0) this.#statsAreExact()
      if (operation % 300 === 0) checkHeap(partsOf(this.heap))
      if (operation % 2500 === 0) this.#now()
      if (this.#workload.compacts === true && operation % 1000 === 0) this.#compact()
    }
    this.clock.advance(500)
    this.model.verifyAll()
    this.model.freeAll()
    for (const { heap, model } of this.#neighbours) {
      model.verifyAll()
      checkHeap(partsOf(heap))
      heap.close()
    }
    this.#statsAreExact()
    this.heap.purge()
    checkHeap(partsOf(this.heap))
    expect(this.heap.stats()).toMatchObject({ blocks: 0, arenas: 0, mappedBytes: 0, residentBytes: 0 })
    this.heap.close()
    operationsRun += this.#workload.operations
  }

  #step(): void {
    const { model } = this
    const size = this.#workload.size(this.#random)
    const choice = this.#random.below(100)
    if (model.blocks.length === 0 || choice < this.#allocShare()) {
      if (choice % 5 === 0) model.allocZeroed(size)
      else model.alloc(size)
      return
    }
    const block = model.any()
    if (block.pins > 0) return
    // Half of the reallocs are near the old size, where blocks stay in place.
    const near = this.#random.oneIn(2) ? Math.floor(block.byteLength * (0.4 + 1.2 * this.#random.next())) : size
    if (choice > 84) model.realloc(block, Math.min(near, MODEL_MAX_BYTES))
    else model.free(block)
  }

  /** Swings between filling and emptying, so that arenas come and go. */
  #allocShare(): number {
    const { length } = this.model.blocks
    if (this.#target > 0 && length >= this.#target) this.#target = 0
    else if (this.#target === 0 && length < this.#workload.blocks / 10) this.#target = this.#workload.blocks
    return this.#target > 0 ? 55 : 25
  }

  /** What happens from time to time. */
  #now(): void {
    if (this.#random.oneIn(2)) this.heap.purge()
    if (this.#random.oneIn(2)) this.model.verifyAll()
    if (this.#random.oneIn(3)) this.clock.advance(5000)
  }

  #compact(): void {
    const { model } = this
    model.unpinAll()
    for (let pins = Math.min(model.blocks.length, 8); pins > 0; pins--) model.pin(model.any())
    if (this.#workload.meddles === true) {
      this.#compactAmidChanges()
      return
    }
    const before = this.heap.stats()
    const budget = this.#random.oneIn(3) ? { maxBlocks: this.#random.below(100) } : {}
    const { moved, done } = this.heap.compact(model.moved, budget)
    if (budget.maxBlocks !== undefined) expect(moved).toBeLessThanOrEqual(budget.maxBlocks)
    else expect(done).toBe(true)
    checkHeap(partsOf(this.heap))
    const after = this.heap.stats()
    expect([after.blocks, after.liveBytes]).toEqual([before.blocks, before.liveBytes])
    expect(after.residentBytes).toBeLessThanOrEqual(before.residentBytes)
    model.verifyAll()
  }

  /** Compacts while the callback uses heaps as any code may. */
  #compactAmidChanges(): void {
    const { model } = this
    let calls = 0
    const { moved } = this.heap.compact((from, to) => {
      model.moved(from, to)
      const told = model.at(to)
      if (this.#random.oneIn(3) && told !== undefined && told.pins === 0) model.free(told)
      else this.#meddle()
      if (++calls % 32 === 0) checkHeap(partsOf(this.heap))
    })
    expect(moved).toBe(calls)
    model.verifyAll()
    checkHeap(partsOf(this.heap))
  }

  /** What a callback does: something to this heap, or to another. */
  #meddle(): void {
    const random = this.#random
    if (this.#neighbours.length > 0 && random.oneIn(3)) this.#meddleWithNeighbour()
    else if (random.oneIn(40)) this.heap.purge()
    else if (random.oneIn(8) && this.model.blocks.length > 0) {
      const block = this.model.any()
      if (block.pins > 0) this.model.unpin(block)
      else this.model.pin(block)
    } else this.#step()
    if (this.#neighbours.length < NEIGHBOURS) {
      const heap = new Heap({ clock: this.clock, decay: random.pick([0, 1000]) })
      this.#neighbours.push({ heap, model: new HeapModel(heap, random) })
    }
  }

  #meddleWithNeighbour(): void {
    const random = this.#random
    const index = random.below(this.#neighbours.length)
    const { heap, model } = this.#neighbours[index] as { heap: Heap; model: HeapModel }
    const choice = random.below(100)
    if (choice === 0) {
      model.verifyAll()
      heap.close()
      this.#neighbours.splice(index, 1)
    } else if (choice < 4) heap.compact(model.moved)
    else if (choice < 60 || model.blocks.length === 0) model.alloc(this.#workload.size(random))
    else model.free(model.any())
  }

  #statsAreExact(): void {
    const s = this.heap.stats()
    const sum = s.liveBytes + s.freeBlockBytes + s.freePoolBytes + s.ledgerBytes + s.slackBytes + s.keptBytes
    const model = [this.model.blocks.length, this.model.liveBytes]
    // Of a debug heap, guards are live bytes.
    const live = this.heap instanceof DebugHeap ? model[1] : s.liveBytes
    if (s.blocks !== model[0] || live !== model[1]) expect([s.blocks, live]).toEqual(model)
    if (sum !== s.mappedBytes) expect(sum).toBe(s.mappedBytes)
    if (s.residentBytes > s.mappedBytes) expect(s.residentBytes).toBeLessThanOrEqual(s.mappedBytes)
  }
}

const workloads: Record<string, Workload> = {
  'sizes up to 300 KiB, default decay': { operations: 60_000, options: { decay: 1000 }, blocks: 400, size: anySize },
  'small sizes, nothing may stay': { operations: 50_000, options: { decay: 0 }, blocks: 6000, size: smallMix },
  'small sizes, everything may stay': {
    operations: 30_000,
    options: { decay: Infinity },
    blocks: 3000,
    size: smallMix,
  },
  'sizes up to 300 KiB, compacted round pins': {
    operations: 30_000,
    options: { decay: 1000 },
    blocks: 500,
    size: anySize,
    compacts: true,
  },
  'small sizes, compacted round pins': {
    operations: 30_000,
    options: { decay: 0 },
    blocks: 4000,
    size: smallMix,
    compacts: true,
  },
}
for (const decay of [0, 1000]) {
  for (const [sizes, size] of Object.entries({ 'up to 300 KiB': anySize, small: smallMix })) {
    workloads[`sizes ${sizes}, decay ${decay}, callbacks that use this heap and others`] = {
      operations: 15_000,
      options: { decay },
      blocks: size === anySize ? 400 : 3000,
      size,
      compacts: true,
      meddles: true,
    }
  }
}
for (const osPageSize of [16384, 65536]) {
  for (const decay of [0, 1000, Infinity]) {
    workloads[`OS pages of ${osPageSize} bytes, decay ${decay}`] = {
      operations: 12_000,
      options: { decay, osPageSize, canMove: decay !== 0 },
      blocks: 600,
      size: (random) => (random.oneIn(2) ? anySize(random) : smallMix(random)),
      compacts: true,
    }
  }
}

for (const osPageSize of [4096, 16_384, 65_536]) {
  for (const decay of [0, 1000, Infinity]) {
    workloads[
      `large blocks that grow, shrink and are used again in parts (OS pages of ${osPageSize}, decay ${decay})`
    ] = {
      operations: 3000,
      options: { decay, osPageSize, canMove: decay !== 0 },
      blocks: 30,
      size: largeSize,
      compacts: true,
    }
  }
}

describe('the heap does what the naive model says', () => {
  for (const [name, workload] of Object.entries(workloads)) it(name, () => new Run(name, workload).run())

  afterAll(() => {
    expect(operationsRun).toBeGreaterThanOrEqual(200_000)
  })
})
