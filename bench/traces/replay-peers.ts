/**
 * Timed replays on what JavaScript offers without ebb. One loop each: a shared one would be megamorphic and slower for all.
 * "Freeing" is dropping the reference. realloc is a new block and a copy. Marks are single stores, the fastest way
 * into a Uint8Array.
 */
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace } from './builder'
import { inChunks, type TimedArm } from './replay'

// File-local copies: an imported binding is a property load on every use, which no native arm pays for.
const kindAlloc = KIND_ALLOC
const kindAllocZeroed = KIND_ALLOC_ZEROED
const kindFree = KIND_FREE
const kindRealloc = KIND_REALLOC

type Blocks<T> = (T | undefined)[]

function mark(block: Uint8Array, byteLength: number, value: number): void {
  if (byteLength >= 4) {
    block[0] = value
    block[1] = value >>> 8
    block[2] = value >>> 16
    block[3] = value >>> 24
  } else if (byteLength > 0) block[0] = value
}

/** Pooled below half of `Buffer.poolSize`: small Buffers share a slab that lives as long as the last of them. */
export function timedAllocUnsafe({ ops, ids }: Trace): TimedArm {
  const blocks: Blocks<Buffer> = new Array(ids)
  const replay = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      const kind = word & 3
      if (kind === kindFree) {
        blocks[id] = undefined
        continue
      }
      const block = kind === kindAllocZeroed ? Buffer.alloc(byteLength) : Buffer.allocUnsafe(byteLength)
      if (kind === kindRealloc) blocks[id]!.copy(block)
      mark(block, byteLength, id ^ at)
      blocks[id] = block
    }
  }
  return { name: 'Buffer.allocUnsafe', replay: inChunks(replay) }
}

/** One ArrayBuffer for each block. */
export function timedAllocUnsafeSlow({ ops, ids }: Trace): TimedArm {
  const blocks: Blocks<Buffer> = new Array(ids)
  const replay = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      const kind = word & 3
      if (kind === kindFree) {
        blocks[id] = undefined
        continue
      }
      const block = kind === kindAllocZeroed ? Buffer.alloc(byteLength) : Buffer.allocUnsafeSlow(byteLength)
      if (kind === kindRealloc) blocks[id]!.copy(block)
      mark(block, byteLength, id ^ at)
      blocks[id] = block
    }
  }
  return { name: 'Buffer.allocUnsafeSlow', replay: inChunks(replay) }
}

/** Always zeroed; up to 64 bytes V8 keeps the contents in its own heap. */
export function timedUint8Array({ ops, ids }: Trace): TimedArm {
  const blocks: Blocks<Uint8Array> = new Array(ids)
  const replay = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      const kind = word & 3
      if (kind === kindFree) {
        blocks[id] = undefined
        continue
      }
      const block = new Uint8Array(byteLength)
      if (kind === kindRealloc) {
        const before = blocks[id]!
        block.set(before.length > byteLength ? before.subarray(0, byteLength) : before)
      }
      mark(block, byteLength, id ^ at)
      blocks[id] = block
    }
  }
  return { name: 'Uint8Array', replay: inChunks(replay) }
}

/** Plain arrays with a slot for each eight bytes: what a program keeps that never leaves the JavaScript heap. */
export function timedArray({ ops, ids }: Trace): TimedArm {
  const blocks: Blocks<number[]> = new Array(ids)
  const replay = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const id = word >>> 2
      const kind = word & 3
      if (kind === kindFree) {
        blocks[id] = undefined
        continue
      }
      const slots = Math.ceil(ops[2 * at + 1]! / 8)
      const block = new Array<number>(slots).fill(0)
      if (kind === kindRealloc) {
        const before = blocks[id]!
        for (let i = Math.min(slots, before.length) - 1; i >= 0; i--) block[i] = before[i]!
      }
      if (slots > 0) block[0] = id ^ at
      blocks[id] = block
    }
  }
  return { name: 'Array', replay: inChunks(replay) }
}

/**
 * \@thi.ng/malloc: first fit in one fixed ArrayBuffer, its books a linked list, so its cost grows with the number of blocks: give
 * it short ranges. It loses the old block when realloc moves, hence the room, and the new start before each round.
 */
export async function timedMemPool(trace: Trace): Promise<TimedArm> {
  // An ES module: a CommonJS bench can only import it so.
  const { MemPool } = await import('@thi.ng/malloc')
  const { ops, ids } = trace
  const pool = new MemPool({ size: memPoolBytes(trace), compact: true, split: true })
  const blocks = new Uint32Array(ids)
  const words = new Uint32Array(pool.buf)
  const bytes = new Uint8Array(pool.buf)
  const replay = (from: number, to: number): void => {
    if (from === 0) pool.freeAll()
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      const kind = word & 3
      // It gives nothing for a request of 0 bytes.
      const request = byteLength === 0 ? 1 : byteLength
      let block: number
      if (kind === kindAlloc) block = pool.malloc(request)
      else if (kind === kindAllocZeroed) block = pool.calloc(request)
      else if (kind === kindRealloc) block = pool.realloc(blocks[id]!, request)
      else {
        pool.free(blocks[id]!)
        continue
      }
      if (block === 0) throw new Error(`MemPool: out of memory at operation ${at}`)
      if (byteLength >= 4) words[block >>> 2] = id ^ at
      else if (byteLength > 0) bytes[block] = id ^ at
      blocks[id] = block
    }
  }
  return { name: '@thi.ng/malloc', replay: inChunks(replay) }
}

/** Twice the peak with a head of 16 bytes for each block, and everything that realloc may lose. */
function memPoolBytes({ ops, ids, peakLiveBytes }: Trace): number {
  let bytes = 2 * (peakLiveBytes + 16 * ids) + (1 << 20)
  for (let at = 0; at < ops.length; at += 2) {
    if ((ops[at]! & 3) === kindRealloc) bytes += ops[at + 1]! + 16
  }
  return Math.min(Math.ceil(bytes / 16) * 16, 0x7fff_0000)
}
