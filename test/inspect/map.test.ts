import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import {
  booksOf,
  countStates,
  fullness,
  isShared,
  nameOfState,
  PoolState,
  readMap,
  slotsIn,
} from '../../lib/inspect/map'
import { space } from '../../lib/space/thread-space'
import { HeapModel } from '../support/heap-model'
import { Random } from '../support/random'
import { testHeap } from '../support/test-heap'

/** States of a heap's rows, each as [name, how many of them in turn]. */
function stretches({ states }: { states: Uint8Array }): [string, number][] {
  const found: [string, number][] = []
  for (const state of states) {
    const last = found.at(-1)
    if (last?.[0] === nameOfState(state)) last[1]++
    else found.push([nameOfState(state), 1])
  }
  return found
}

/** Compares a map with the statistics, which have emptied the magazines. */
function expectToAddUp(heap: Heap): void {
  const stats = heap.stats()
  const map = heap.map()
  const counts = countStates(map)
  expect(counts.ledger).toBe(stats.arenas)
  expect(counts.dirty).toBe(stats.dirtyPools)
  expect(counts.dirty + counts.discarded).toBe(stats.freePools)
  expect(counts.used + counts.full).toBe(stats.classes.reduce((sum, row) => sum + row.pools, 0))
  expect(counts.large * 4096).toBe(stats.largeBytes)
  expect((counts.kept + counts.keptDiscarded) * 4096).toBe(stats.keptBytes)
  expect([counts.resting, counts.unseen]).toEqual([0, 0])
  const bytes = 4096 * (map.states.length - counts.unused)
  expect(bytes).toBe(stats.mappedBytes)
}

describe('the map of a heap', () => {
  it('shows the state of each pool', () => {
    const { heap, clock } = testHeap()
    const small = heap.allocMany(512, new Int32Array(20)) // two pools of 8, and half of one
    heap.alloc(50_000) // a whole run of 13 pools
    heap.free(heap.alloc(4096))
    // The rest of the third pool's blocks, and the freed one, are in magazines.
    expect(stretches(heap.map())).toEqual([
      ['ledger', 1],
      ['full', 17],
      ['discarded', 46],
    ])
    heap.stats()
    expect(stretches(heap.map())).toEqual([
      ['ledger', 1],
      ['full', 2],
      ['used', 1],
      ['full', 13],
      ['dirty', 1],
      ['discarded', 46],
    ])
    expect([...heap.map().states.subarray(1, 4)].map(fullness)).toEqual([1, 1, Math.floor(127 / 2) / 127])
    heap.freeMany(small)
    clock.advance(5000)
    expect(stretches(heap.map())).toEqual([
      ['ledger', 1],
      ['discarded', 3],
      ['full', 13],
      ['discarded', 47],
    ])
  })

  it('shows large blocks in as many rows as they take, and what is kept of them', () => {
    const { heap, clock } = testHeap()
    const pointer = heap.alloc(1e6) // 245 pools behind an empty one, of four rows
    const { slots, states } = heap.map()
    expect([...slots]).toEqual([0, 1, 2, 3].map((row) => (pointer >>> 14) + row))
    expect(states.length).toBe(256)
    expect(stretches(heap.map())).toEqual([
      ['unused', 1],
      ['large', 245],
      ['unused', 10],
    ])
    heap.free(pointer)
    expect(stretches(heap.map())[1]).toEqual(['large', 245]) // in a magazine
    heap.stats()
    expect(stretches(heap.map())[1]).toEqual(['kept', 245])
    clock.advance(5000)
    expect(heap.map()).toEqual({ slots: new Int32Array(0), heaps: new Uint16Array(0), states: new Uint8Array(0) })
  })

  it('shows how much of a kept block has gone back', () => {
    const { heap } = testHeap()
    const { kept } = partsOf(heap).large
    heap.free(heap.alloc(8 * 2 ** 20))
    kept.giveBackStep(0, true)
    expect(stretches(heap.map()).slice(1, 3)).toEqual([
      ['keptDiscarded', 512],
      ['kept', 1536],
    ])
  })

  it('shows far memory, with the one slot of a large block in all its rows', () => {
    const { heap } = testHeap({ isFar: true })
    heap.alloc(48)
    const large = heap.alloc(1e6) >>> 14
    const { slots, states } = heap.map()
    expect([...slots].filter((slot) => slot === large)).toHaveLength(4)
    expect(countStates({ slots, states, heaps: new Uint16Array(0) })).toMatchObject({ ledger: 1, used: 1, large: 245 })
    const blind = readMap({ ...booksOf(space), annexes: [] }, partsOf(heap).table.slots())
    expect(countStates(blind)).toMatchObject({ ledger: 1, unseen: 63, large: 245 })
  })

  it('is empty of a heap that has nothing and of a closed one', () => {
    const { heap } = testHeap()
    expect(heap.map().states).toHaveLength(0)
    heap.alloc(1)
    heap.alloc(1e6)
    heap.close()
    expect(heap.map().states).toHaveLength(0)
  })

  it('changes nothing: magazines keep what they hold', () => {
    const { heap } = testHeap()
    const pointers = heap.allocMany(64, new Int32Array(8))
    heap.freeMany(pointers)
    const before = Buffer.from(space.words.buffer as ArrayBuffer, 0, space.ledgers).toString('base64')
    heap.map()
    expect(Buffer.from(space.words.buffer as ArrayBuffer, 0, space.ledgers).toString('base64')).toBe(before)
  })

  it.each([false, true])('adds up to the statistics after every step of a random program, far: %s', (isFar) => {
    const random = new Random('map')
    const { heap, clock } = testHeap({ isFar })
    const model = new HeapModel(heap, random)
    for (let step = 0; step < 1500; step++) {
      const kind = random.below(10)
      if (kind < 5 || model.blocks.length === 0) model.alloc(random.logUniform(random.oneIn(8) ? 2e6 : 20_000))
      else if (kind < 8) model.free(random.pick(model.blocks))
      else if (kind < 9) model.realloc(random.pick(model.blocks), random.logUniform(random.oneIn(4) ? 3e6 : 20_000))
      else clock.advance(random.below(600))
      if (step % 30 === 0) expectToAddUp(heap)
      if (step % 500 === 499) heap.compact((from, to) => model.moved(from, to))
    }
    expectToAddUp(heap)
  })
})

describe('the map of a space', () => {
  it('shows all heaps, each by its number', () => {
    const [a, b] = [testHeap().heap, testHeap().heap]
    a.alloc(48)
    b.alloc(48)
    b.alloc(1e6)
    const numbers = [a, b].map((heap) => partsOf(heap).table.heap)
    const map = readMap(booksOf(space))
    expect([...map.heaps]).toEqual([numbers[0], ...Array(5).fill(numbers[1])])
    expect(readMap(booksOf(space), slotsIn(booksOf(space), numbers[1]))).toEqual(b.map())
  })

  it('is read by another thread while this one is busy', () => {
    const { heap } = testHeap()
    const pointers = heap.allocMany(48, new Int32Array(20_000))
    heap.alloc(1e6)
    heap.freeMany(pointers.subarray(0, 10_000))
    const books = booksOf(space)
    expect(isShared(books)).toBe(true)
    const expected = heap.map()
    const answer = new Int32Array(new SharedArrayBuffer(8))
    const states = new Uint8Array(new SharedArrayBuffer(expected.states.length))
    const reader = createRequire(__filename).resolve('../../dist/inside.js')
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads')
      const { readMap } = require(${JSON.stringify(reader)})
      const map = readMap(workerData.books)
      workerData.states.set(map.states.subarray(0, workerData.states.length))
      workerData.answer[1] = map.states.length
      Atomics.store(workerData.answer, 0, 1)
      Atomics.notify(workerData.answer, 0)`,
      { eval: true, workerData: { books, answer, states } },
    )
    expect(Atomics.wait(answer, 0, 0, 20_000)).not.toBe('timed-out')
    expect(answer[1]).toBe(expected.states.length)
    expect(Buffer.compare(states, expected.states)).toBe(0)
    return worker.terminate()
  })
})

describe('the states', () => {
  it('have a name each, and those between used and full are used', () => {
    expect([0, 1, 128, 129, 254, 255].map(nameOfState)).toEqual(['unused', 'ledger', 'used', 'used', 'used', 'full'])
    expect(() => nameOfState(9)).toThrow('no pool has the state 9')
    expect([PoolState.full, PoolState.used, PoolState.dirty].map(fullness)).toEqual([1, 0, 0])
  })

  it('tell every size class apart from empty to full', () => {
    const { heap } = testHeap()
    const seen: number[] = []
    const pointers: Pointer[] = []
    for (let block = 0; block < 256; block++) {
      pointers.push(heap.alloc(16))
      heap.stats()
      seen.push(heap.map().states[1] as number)
    }
    expect(seen.at(-1)).toBe(PoolState.full)
    expect(seen.every((state, i) => i === 0 || state >= (seen[i - 1] as number))).toBe(true)
    expect(seen.slice(0, -1).every((state) => state >= PoolState.used && state < PoolState.full)).toBe(true)
  })
})
