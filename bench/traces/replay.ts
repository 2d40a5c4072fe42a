/**
 * Replays traces on ebb. Checked: every byte of every block is filled and read back, on any allocator. Timed: one loop for one
 * kind of allocator, so that none pays for another's call sites (those of the JavaScript peers are in replay-peers.ts).
 */
import type { Heap, Pointer } from 'ebb'
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace } from './builder'

// File-local copies: an imported binding is a property load on every use, which no native arm pays for.
const kindAlloc = KIND_ALLOC
const kindAllocZeroed = KIND_ALLOC_ZEROED
const kindFree = KIND_FREE
const kindRealloc = KIND_REALLOC

/** What a checked replay needs of an allocator. */
export interface CheckedArm<Block> {
  alloc(byteLength: number): Block
  allocZeroed(byteLength: number): Block
  realloc(block: Block, byteLength: number): Block
  free(block: Block): void
  /** The first `byteLength` bytes of the block itself, to write and to read. */
  bytes(block: Block, byteLength: number): Uint8Array
}

/** What a checked replay did; it throws at the first wrong byte. */
export interface ReplayCounts {
  operations: number
  allocs: number
  zeroedAllocs: number
  reallocs: number
  frees: number
  /** Bytes that were compared with what had been written. */
  bytesChecked: number
}

const NOISE_LENGTH = 1 << 16
const NOISE_MASK = NOISE_LENGTH - 1

/** Each block is filled with a stretch of this, so a block that was moved, cut or written over is told from any other. */
const noise = ((): Uint8Array => {
  const bytes = new Uint8Array(NOISE_LENGTH)
  let state = 0x9e3779b9
  for (let i = 0; i < NOISE_LENGTH; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
})()

/** Carries out the operations one by one; blocks are filled when they come and verified when they go. */
class CheckedReplay<Block> {
  readonly counts: ReplayCounts = { operations: 0, allocs: 0, zeroedAllocs: 0, reallocs: 0, frees: 0, bytesChecked: 0 }
  readonly #trace: Trace
  readonly #arm: CheckedArm<Block>
  readonly #blocks: Block[]
  /** By id, of live blocks: requested bytes, and where in the noise their contents begin. */
  readonly #sizes: Uint32Array
  readonly #starts: Uint32Array

  constructor(trace: Trace, arm: CheckedArm<Block>) {
    this.#trace = trace
    this.#arm = arm
    this.#blocks = new Array<Block>(trace.ids)
    this.#sizes = new Uint32Array(trace.ids)
    this.#starts = new Uint32Array(trace.ids)
  }

  step(): void {
    const at = this.counts.operations
    const word = this.#trace.ops[2 * at]!
    const byteLength = this.#trace.ops[2 * at + 1]!
    const id = word >>> 2
    switch (word & 3) {
      case kindAlloc:
        this.counts.allocs++
        this.#fill(id, this.#arm.alloc(byteLength), byteLength)
        break
      case kindAllocZeroed:
        this.counts.zeroedAllocs++
        this.#fill(id, this.#zeroed(id, byteLength), byteLength)
        break
      case kindRealloc:
        this.counts.reallocs++
        this.#fill(id, this.#reallocated(id, byteLength), byteLength)
        break
      case kindFree:
        this.counts.frees++
        this.#verify(id, this.#blocks[id]!, this.#sizes[id]!)
        this.#arm.free(this.#blocks[id]!)
    }
    this.counts.operations++
  }

  #zeroed(id: number, byteLength: number): Block {
    const block = this.#arm.allocZeroed(byteLength)
    const bytes = this.#arm.bytes(block, byteLength)
    for (let i = 0; i < byteLength; i++) {
      if (bytes[i] !== 0) this.#refuse(id, i, bytes[i]!, 0)
    }
    this.counts.bytesChecked += byteLength
    return block
  }

  #reallocated(id: number, byteLength: number): Block {
    const before = this.#sizes[id]!
    this.#verify(id, this.#blocks[id]!, before)
    const block = this.#arm.realloc(this.#blocks[id]!, byteLength)
    this.#verify(id, block, Math.min(before, byteLength))
    return block
  }

  #fill(id: number, block: Block, byteLength: number): void {
    const start = Math.imul(this.counts.operations + 1, 0x9e3779b1) >>> 16
    this.#blocks[id] = block
    this.#sizes[id] = byteLength
    this.#starts[id] = start
    const bytes = this.#arm.bytes(block, byteLength)
    for (let i = 0; i < byteLength; i++) bytes[i] = noise[(start + i) & NOISE_MASK]!
  }

  #verify(id: number, block: Block, byteLength: number): void {
    const bytes = this.#arm.bytes(block, byteLength)
    const start = this.#starts[id]!
    for (let i = 0; i < byteLength; i++) {
      const expected = noise[(start + i) & NOISE_MASK]!
      if (bytes[i] !== expected) this.#refuse(id, i, bytes[i], expected)
    }
    this.counts.bytesChecked += byteLength
  }

  #refuse(id: number, byteOffset: number, found: number | undefined, expected: number): never {
    const where = `${this.#trace.name}, operation ${this.counts.operations}, block ${id} of ${this.#sizes[id]} bytes`
    throw new Error(`${where}: byte ${byteOffset} is ${found}, expected ${expected}`)
  }
}

/**
 * Replays all of a trace, fills every block and verifies all of it before it is freed or reallocated.
 * @param everySoOften - called after each `interval` operations, for checks of the allocator's own
 */
export function replayChecked<Block>(
  trace: Trace,
  arm: CheckedArm<Block>,
  everySoOften?: (operation: number) => void,
  interval = 1000,
): ReplayCounts {
  const replay = new CheckedReplay(trace, arm)
  for (let at = 1; at <= trace.operations; at++) {
    replay.step()
    if (everySoOften !== undefined && at % interval === 0) everySoOften(at)
  }
  return replay.counts
}

/** ebb as an arm of a checked replay. */
export const checkedEbb = (heap: Heap): CheckedArm<Pointer> => ({
  alloc: (byteLength) => heap.alloc(byteLength),
  allocZeroed: (byteLength) => heap.allocZeroed(byteLength),
  realloc: (pointer, byteLength) => heap.realloc(pointer, byteLength),
  free: (pointer) => heap.free(pointer),
  bytes: (pointer, byteLength) => heap.bytes(pointer, byteLength),
})

/**
 * Something that replays a range of a trace's operations. Blocks stay live between ranges, so phases can be told apart; a
 * whole round leaves nothing.
 */
export interface TimedArm {
  readonly name: string
  /** Replays the operations [from, to). */
  replay(from: number, to: number): void
  /** ns of whole rounds that one call carries out, where the arm is about that; else a call of {@link replay} is a round. */
  laps?(rounds: number, now: () => number): readonly number[]
}

/** Operations that a replay loop carries out in one call. */
const CHUNK = 4096

/**
 * Replays a range chunk by chunk. V8 makes its best code for a function that is entered often; a loop that it has to replace while
 * it runs gets code in which nothing around it is constant, for as long as the loop is entered once a round.
 */
export const inChunks =
  (replay: TimedArm['replay']): TimedArm['replay'] =>
  (from, to) => {
    for (let at = from; at < to; at += CHUNK) replay(at, Math.min(to, at + CHUNK))
  }

/**
 * ebb as a timed arm. A block that was got is marked as in every arm and in the C driver: its first four bytes become
 * id ^ operation, of a block of 1 to 3 bytes the first.
 */
export function timedEbb(heap: Heap, trace: Trace): TimedArm {
  const { ops } = trace
  const blocks = new Int32Array(trace.ids)
  const replay = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      let pointer: Pointer
      switch (word & 3) {
        case kindAlloc:
          pointer = heap.alloc(byteLength)
          break
        case kindAllocZeroed:
          pointer = heap.allocZeroed(byteLength)
          break
        case kindRealloc:
          pointer = heap.realloc(blocks[id] as Pointer, byteLength)
          break
        default:
          heap.free(blocks[id] as Pointer)
          continue
      }
      if (byteLength >= 4) heap.setInt32(pointer, 0, id ^ at)
      else if (byteLength > 0) heap.setUint8(pointer, 0, (id ^ at) & 0xff)
      blocks[id] = pointer
    }
  }
  return { name: 'ebb', replay: inChunks(replay) }
}
