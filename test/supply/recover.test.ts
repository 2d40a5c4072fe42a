import { describe, expect, it } from 'vitest'
import { HeapError } from '../../lib/base/errors'
import { type Pointer, slotOf } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import { checkHeap } from '../../lib/inspect/check-heap'
import { rebuild, rebuildIfLost } from '../../lib/supply/recover'
import { caught } from '../support/caught'
import { fakeHeap } from '../support/fake-heap'
import { detach } from '../support/fake-os-pages'
import type { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'

const sizes = [16, 300, 2600, 4096, 9000, 50_000, 1e6]

describe('the books built anew', () => {
  it('say the same as before where nothing is lost', () => {
    const { heap } = fakeHeap()
    const pointers = Array.from({ length: 300 }, (_, index) => heap.alloc(sizes[index % sizes.length] as number))
    pointers.forEach((pointer, index) => {
      if (index % 3 === 0) heap.free(pointer)
    })
    heap.pin(pointers[1] as Pointer)
    heap.pin(pointers[2] as Pointer)
    const before = heap.stats()
    rebuildIfLost(partsOf(heap))
    rebuild(partsOf(heap))
    checkHeap(partsOf(heap))
    expect(heap.stats()).toEqual(before)
    heap.unpin(pointers[1] as Pointer)
    for (const pointer of pointers) if (heap.isLive(pointer) && !partsOf(heap).pins.has(pointer)) heap.free(pointer)
    checkHeap(partsOf(heap))
    expect(heap.stats().blocks).toBe(1)
  })

  it('leave out what is lost, pins and all, and keep every other block', () => {
    const { heap } = fakeHeap()
    const pointers = Array.from({ length: 300 }, (_, index) => heap.alloc(sizes[index % sizes.length] as number))
    for (const pointer of pointers) heap.bytes(pointer).fill(pointer & 255)
    for (const pointer of pointers.slice(0, 20)) heap.pin(pointer)
    const lost = new Set([pointers[0], pointers[100], pointers[6]].map((pointer) => slotOf(pointer as Pointer)))
    for (const slot of lost) detach(partsOf(heap).table.buffer(slot))
    const left = pointers.filter((pointer) => !lost.has(slotOf(pointer)))
    expect(heap.stats()).toMatchObject({ blocks: left.length, lostMappings: 3 })
    checkHeap(partsOf(heap))
    for (const pointer of left) expect(heap.bytes(pointer).every((byte) => byte === (pointer & 255))).toBe(true)
    for (const pointer of partsOf(heap).pins.keys()) expect(lost.has(slotOf(pointer))).toBe(false)
  })

  it('never hand out a lost slot again', () => {
    const { heap } = fakeHeap()
    const pointer = heap.alloc(16)
    detach(heap.bytes(pointer).buffer as ArrayBuffer)
    const again = Array.from({ length: 100 }, () => heap.alloc(4096))
    expect(again.some((other) => slotOf(other) === slotOf(pointer))).toBe(false)
    expect(heap.isLive(pointer)).toBe(false)
  })
})

const LOST = { name: 'HeapError', code: 'EBB_ARENA_LOST', message: /detached or transferred away/ }
const onePoolSizes = [1, 16, 48, 100, 512, 640, 1024, 2048, 4096]

interface Torn {
  readonly heap: Heap
  readonly clock: ManualClock
  /** Blocks of `size` bytes whose memory is gone, and blocks of all sizes whose is not, with their own byte in them. */
  readonly gone: Pointer[]
  readonly kept: Pointer[]
}

/** A heap whose first arena user code has taken away, unnoticed, with its magazine of `size` full of blocks from there. */
function torn(size: number, options = {}): Torn {
  const { heap, clock } = fakeHeap(options)
  const first = [heap.alloc(size)]
  while (slotOf(first.at(-1) as Pointer) === slotOf(first[0] as Pointer)) first.push(heap.alloc(size))
  const kept = [first.pop() as Pointer, ...sizes.map((other) => heap.alloc(other))]
  for (let i = 0; i < 40; i++) kept.push(heap.alloc(size))
  const gone = first.filter((pointer) => slotOf(pointer) === slotOf(first[0] as Pointer))
  const safe = kept.filter((pointer) => slotOf(pointer) !== slotOf(first[0] as Pointer))
  for (const pointer of safe) heap.bytes(pointer).fill(pointer & 255)
  partsOf(heap).magazines.releaseAll()
  heap.freeMany(gone.splice(0, 60))
  detach(partsOf(heap).table.buffer(slotOf(first[0] as Pointer)))
  return { heap, clock, gone, kept: safe }
}

function mustBeIntact(heap: Heap, kept: readonly Pointer[]): void {
  for (const pointer of kept) {
    if (!heap.isLive(pointer)) throw new Error(`${pointer} is not live any more`)
    if (!heap.bytes(pointer).every((byte) => byte === (pointer & 255))) throw new Error(`${pointer} was written over`)
  }
}

describe('memory that was taken away and not missed yet', () => {
  it('takes frees until the loss is noticed, then refuses them, and no other block is touched', () => {
    for (const size of onePoolSizes) {
      const { heap, gone, kept } = torn(size)
      let refused = 0
      for (const pointer of gone) {
        try {
          heap.free(pointer)
          expect([size, refused]).toEqual([size, 0])
        } catch (error) {
          // Once a free was none for the fast path, the loss is known.
          expect(error).toMatchObject(LOST)
          refused++
        }
        if (refused < 2) mustBeIntact(heap, kept)
      }
      expect([size, refused > 0]).toEqual([size, true])
      mustBeIntact(heap, kept)
      expect(heap.stats()).toMatchObject({ blocks: kept.length, lostMappings: 1 })
      checkHeap(partsOf(heap))
      heap.freeMany(kept)
      heap.purge()
      expect(heap.stats()).toMatchObject({ blocks: 0, arenas: 0, mappedBytes: 0 })
      heap.close()
      expect(heap.stats().mappedBytes).toBe(0)
    }
  })

  it('is found by the first access to a block that a plain alloc took from a magazine', () => {
    const first: Record<string, (heap: Heap, pointer: Pointer) => unknown> = {
      getUint8: (heap, pointer) => heap.getUint8(pointer, 0),
      setInt32: (heap, pointer) => heap.setInt32(pointer, 0, 1),
      getFloat64: (heap, pointer) => heap.getFloat64(pointer, 0),
      setBigInt64: (heap, pointer) => heap.setBigInt64(pointer, 0, 1n),
      bytes: (heap, pointer) => heap.bytes(pointer),
      buffer: (heap, pointer) => heap.buffer(pointer),
      copyIn: (heap, pointer) => heap.copyIn(pointer, new Uint8Array(1)),
      copyOut: (heap, pointer) => heap.copyOut(pointer),
      readString: (heap, pointer) => heap.readString(pointer),
      usableSize: (heap, pointer) => heap.usableSize(pointer),
      realloc: (heap, pointer) => heap.realloc(pointer, 5000),
      pin: (heap, pointer) => heap.pin(pointer),
    }
    for (const [name, use] of Object.entries(first)) {
      const { heap, kept } = torn(64)
      const pointer = heap.alloc(64)
      expect([name, kept.some((other) => slotOf(other) === slotOf(pointer))]).toEqual([name, false])
      expect(heap.isLive(pointer)).toBe(false)
      for (let times = 0; times < 2; times++) expect(caught(() => use(heap, pointer))).toMatchObject(LOST)
      // From here on it is known, and no alloc returns any of it.
      for (let i = 0; i < 300; i++) heap.bytes(heap.alloc(64))
      mustBeIntact(heap, kept)
      checkHeap(partsOf(heap))
    }
  })

  it('comes out of no more than a magazine of plain allocs, and then no more', () => {
    for (const size of onePoolSizes) {
      const { heap, kept } = torn(size)
      let lost = 0
      for (let i = 0; i < 300; i++) if (!heap.isLive(heap.alloc(size))) lost++
      expect([size, lost > 0, lost <= 63]).toEqual([size, true, true])
      expect(heap.stats().lostMappings).toBe(1)
      for (let i = 0; i < 300; i++) heap.bytes(heap.alloc(size))
      mustBeIntact(heap, kept)
      checkHeap(partsOf(heap))
    }
  })

  it('never comes out of what writes into the block at once', () => {
    const takes: Record<string, (heap: Heap, kept: Pointer[], size: number) => Pointer> = {
      allocZeroed: (heap, _, size) => heap.allocZeroed(size),
      'realloc of null': (heap, _, size) => heap.realloc(0 as Pointer, size),
      'realloc of another block': (heap, kept, size) => heap.realloc(kept[6] as Pointer, size), // of 50,000 bytes
      allocString: (heap, _, size) => heap.allocString('x'.repeat(Math.max(0, size - 4))),
    }
    for (const [name, take] of Object.entries(takes)) {
      for (const size of onePoolSizes) {
        const { heap, kept } = torn(size)
        const pointer = take(heap, kept, size)
        expect([name, size, heap.isLive(pointer)]).toEqual([name, size, true])
        heap.setUint8(pointer, 0, 7)
        if (name === 'allocZeroed')
          expect(
            heap
              .bytes(pointer)
              .subarray(1)
              .every((byte) => byte === 0),
          ).toBe(true)
        if (name === 'realloc of another block') kept.splice(6, 1)
        mustBeIntact(heap, kept)
        checkHeap(partsOf(heap))
      }
    }
  })

  it('is found by whatever looks at all of the heap, by the timer, and by an overflow', () => {
    const looks: Record<string, (torn: Torn) => unknown> = {
      stats: ({ heap }) => heap.stats(),
      blocks: ({ heap }) => [...heap.blocks()],
      residentBytes: ({ heap }) => heap.residentBytes(),
      purge: ({ heap }) => heap.purge(),
      compact: ({ heap, kept }) =>
        heap.compact((from, to) => {
          kept.splice(kept.indexOf(from), 1, to)
          heap.bytes(to).fill(to & 255)
        }),
      'the timer': ({ clock }) => clock.advance(3000),
      'a full magazine': ({ heap, gone }) => {
        try {
          heap.freeMany(gone)
        } catch (error) {
          expect(error).toMatchObject(LOST)
        }
        expect(partsOf(heap).table.lostSlots.size).toBe(1)
      },
    }
    for (const [name, look] of Object.entries(looks)) {
      for (const size of [16, 4096]) {
        const state = torn(size)
        look(state)
        expect([name, size, partsOf(state.heap).table.lostSlots.size]).toEqual([name, size, 1])
        mustBeIntact(state.heap, state.kept)
        expect(state.heap.isLive(state.heap.alloc(size))).toBe(true)
        expect(state.heap.stats()).toMatchObject({ blocks: state.kept.length + 1, lostMappings: 1 })
        checkHeap(partsOf(state.heap))
      }
    }
  })

  it('ends nothing when a neighbour of another class, or of the same, is pinned, unpinned or freed meanwhile', () => {
    for (const size of [16, 512, 4096]) {
      const { heap, kept } = torn(size)
      const same = kept[0] as Pointer
      for (const pointer of [same, ...kept.slice(1, 5)]) {
        heap.pin(pointer)
        expect(caught(() => heap.free(pointer)).code).toBe('EBB_PINNED')
      }
      mustBeIntact(heap, kept)
      for (const pointer of [same, ...kept.slice(1, 5)]) heap.unpin(pointer)
      mustBeIntact(heap, kept)
      heap.freeMany(kept.splice(0, 3))
      mustBeIntact(heap, kept)
      expect(heap.stats()).toMatchObject({ blocks: kept.length, lostMappings: 1 })
      checkHeap(partsOf(heap))
    }
  })

  it('costs its own blocks and no others, after any history', () => {
    for (const decay of [0, 100, Infinity]) {
      for (let seed = 1; seed <= 20; seed++) {
        const random = new Random(`taken away, decay ${decay}`, seed)
        const { heap, clock } = fakeHeap({ decay })
        const taken = new Set<ArrayBuffer>()
        /** Blocks, their fill, and the buffer they lay in: seen before anything was lost of them. */
        const live = new Map<Pointer, { fill: number; buffer: ArrayBuffer | undefined }>()
        const isTaken = (pointer: Pointer): boolean => {
          const buffer = live.get(pointer)?.buffer
          return buffer === undefined || taken.has(buffer)
        }
        const tolerant = (pointer: Pointer, use: () => void): void => {
          try {
            use()
          } catch (error) {
            if (!(error instanceof HeapError) || error.code !== 'EBB_ARENA_LOST' || !isTaken(pointer)) throw error
          }
        }
        const note = (pointer: Pointer): void => {
          if (live.has(pointer) && !isTaken(pointer)) throw new Error(`${pointer} was handed out twice`)
          const fill = random.below(256)
          live.set(pointer, { fill, buffer: undefined })
          tolerant(pointer, () => {
            const bytes = heap.bytes(pointer).fill(fill)
            live.set(pointer, { fill, buffer: bytes.buffer as ArrayBuffer })
          })
          if (live.get(pointer)?.buffer === undefined) live.delete(pointer)
        }
        const verify = (): void => {
          for (const [pointer, { fill }] of live) {
            if (isTaken(pointer)) continue
            if (!heap.bytes(pointer).every((byte) => byte === fill)) throw new Error(`${pointer} was written over`)
          }
        }
        for (let i = 0; i < 1500; i++) {
          const pointer =
            live.size > 0 ? ([...live.keys()][random.below(Math.min(live.size, 30))] as Pointer) : undefined
          const size = random.oneIn(10) ? random.logUniform(300_000) : random.logUniform(4096)
          const choice = random.below(200)
          if (pointer === undefined || choice < 100) note(heap.alloc(size))
          else if (choice < 110) note(heap.allocZeroed(size))
          else if (choice < 180) {
            const wasTaken = isTaken(pointer)
            tolerant(pointer, () => heap.free(pointer))
            if (!wasTaken && heap.isLive(pointer)) throw new Error(`${pointer} is live after its free`)
            live.delete(pointer)
          } else if (choice < 190) {
            tolerant(pointer, () => {
              const moved = heap.realloc(pointer, size)
              live.delete(pointer)
              note(moved)
            })
            if (isTaken(pointer)) live.delete(pointer)
          } else if (choice < 193 && !isTaken(pointer)) {
            const { buffer } = live.get(pointer) as { buffer: ArrayBuffer }
            taken.add(buffer)
            detach(buffer)
          } else if (choice < 195) clock.advance(random.below(300))
          else if (choice < 196) heap.purge()
          else if (choice < 197)
            heap.compact((from, to) => {
              const block = live.get(from)
              if (block === undefined || isTaken(from)) throw new Error(`${from} was moved and is not live`)
              live.delete(from)
              live.set(to, { fill: block.fill, buffer: heap.bytes(to).buffer as ArrayBuffer })
            })
          else if (choice < 198) verify()
        }
        verify()
        const left = [...live.keys()].filter((pointer) => !isTaken(pointer))
        expect(heap.stats().blocks).toBe(left.length)
        checkHeap(partsOf(heap))
        heap.freeMany(left)
        heap.purge()
        expect(heap.stats()).toMatchObject({ blocks: 0, arenas: 0, largeBlocks: 0, keptBytes: 0 })
        expect(heap.stats().mappedBytes).toBe(heap.stats().bookBytes)
        heap.close()
        expect(heap.stats().mappedBytes).toBe(0)
      }
    }
  })
})
