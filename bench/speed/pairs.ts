/**
 * Child side: an allocation, a mark in the first four bytes and one in the last, and a free, in batches. What "free" means to each arm is
 * in replay-peers.ts.
 */
import type { EbbModule } from './js-arms'
import { loadKoffi } from './koffi'
import type { SingleOptions } from './protocol'
import type { Batch } from './work'

const PAIRS = 10_000

let last: unknown

export function pairBatch(
  arm: string,
  { byteLength = 48, isAlone = false }: SingleOptions,
  ebb: EbbModule,
): Batch | Promise<Batch> {
  switch (arm) {
    case 'ebb':
      return ebbPairs(byteLength, isAlone, ebb)
    case 'Buffer.allocUnsafe':
      return viewPairs(() => Buffer.allocUnsafe(byteLength))
    case 'Buffer.allocUnsafeSlow':
      return viewPairs(() => Buffer.allocUnsafeSlow(byteLength))
    case 'Uint8Array':
      return viewPairs(() => new Uint8Array(byteLength))
    case 'Array':
      return arrayPairs(Math.ceil(byteLength / 8))
    case '@thi.ng/malloc':
      return memPoolPairs(byteLength)
    case 'koffi.alloc':
      return koffiPairs(byteLength)
    default:
      throw new Error(`no such arm: ${arm}`)
  }
}

/**
 * A neighbour of the same size is live, unless the pairs are to be alone: in the C driver's process CPython itself keeps blocks of all
 * sizes, so that pymalloc never gives a pool back here either.
 */
function ebbPairs(byteLength: number, isAlone: boolean, { Heap }: EbbModule): Batch {
  const heap = new Heap()
  const neighbour = isAlone ? undefined : heap.alloc(byteLength)
  const run = (): number => {
    let pointer = heap.alloc(byteLength)
    heap.free(pointer)
    for (let i = 1; i < PAIRS; i++) {
      pointer = heap.alloc(byteLength)
      heap.setInt32(pointer, 0, i)
      heap.setUint8(pointer, byteLength - 1, i)
      heap.free(pointer)
    }
    return pointer
  }
  const finish = (): void => {
    if (neighbour !== undefined) heap.free(neighbour)
    heap.close()
  }
  return { run, operations: PAIRS, finish }
}

/** The last block is kept in a variable of the module, else V8 may see that nobody needs it and allocate nothing. */
function viewPairs(make: () => Uint8Array): Batch {
  const run = (): unknown => {
    for (let i = 0; i < PAIRS; i++) {
      const block = make()
      block[0] = i
      block[1] = i >>> 8
      block[2] = i >>> 16
      block[3] = i >>> 24
      block[block.length - 1] = i
      last = block
    }
    return last
  }
  return { run, operations: PAIRS }
}

function arrayPairs(slots: number): Batch {
  const run = (): unknown => {
    for (let i = 0; i < PAIRS; i++) {
      const block = new Array<number>(slots).fill(0)
      block[0] = i
      block[slots - 1] = i
      last = block
    }
    return last
  }
  return { run, operations: PAIRS }
}

async function memPoolPairs(byteLength: number): Promise<Batch> {
  // An ES module: a CommonJS bench can only import it so.
  const { MemPool } = await import('@thi.ng/malloc')
  const pool = new MemPool({ size: 1 << 22, compact: true, split: true })
  const words = new Uint32Array(pool.buf)
  const bytes = new Uint8Array(pool.buf)
  const run = (): number => {
    let block = 0
    for (let i = 0; i < PAIRS; i++) {
      block = pool.malloc(byteLength)
      words[block >>> 2] = i
      bytes[block + byteLength - 1] = i
      pool.free(block)
    }
    return block
  }
  return { run, operations: PAIRS }
}

function koffiPairs(byteLength: number): Batch {
  const koffi = loadKoffi()
  const run = (): unknown => {
    for (let i = 0; i < PAIRS; i++) {
      last = koffi.alloc('uint8_t', byteLength)
      koffi.encode(last, 'int32_t', i)
      koffi.encode(last, byteLength - 1, 'uint8_t', i & 0xff)
      koffi.free(last)
    }
    return last
  }
  return { run, operations: PAIRS }
}
