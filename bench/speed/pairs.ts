/**
 * Child side: an allocation, a mark in the first four bytes and one in the last, and a free, in batches. What "free" means to each arm is
 * in replay-peers.ts.
 *
 * A batch is a loop that is entered ten times. One that is entered once gets code in some processes that V8 put into it while it ran, in which
 * neither the heap nor the length is constant, and for as long as the process lives.
 */
import type { EbbModule } from './js-arms'
import { loadKoffi } from './koffi'
import type { SingleOptions } from './protocol'
import type { Batch } from './work'

const PAIRS = 10_000
const PAIRS_OF_A_LOOP = 1000

let last: unknown

/** A batch of pairs; `pairs` carries out so many, and what it returns keeps the optimiser from dropping them. */
function inLoops(pairs: (count: number) => unknown, finish: () => void = () => {}): Batch {
  const run = (): unknown => {
    let result: unknown
    for (let done = 0; done < PAIRS; done += PAIRS_OF_A_LOOP) result = pairs(PAIRS_OF_A_LOOP)
    return result
  }
  return { run, operations: PAIRS, finish }
}

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
  const pairs = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const pointer = heap.alloc(byteLength)
      heap.setInt32(pointer, 0, i)
      heap.setUint8(pointer, byteLength - 1, i)
      heap.free(pointer)
    }
  }
  const finish = (): void => {
    if (neighbour !== undefined) heap.free(neighbour)
    heap.close()
  }
  return inLoops(pairs, finish)
}

/** The last block is kept in a variable of the module, else V8 may see that nobody needs it and allocate nothing. */
function viewPairs(make: () => Uint8Array): Batch {
  const pairs = (count: number): unknown => {
    for (let i = 0; i < count; i++) {
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
  return inLoops(pairs)
}

function arrayPairs(slots: number): Batch {
  const pairs = (count: number): unknown => {
    for (let i = 0; i < count; i++) {
      const block = new Array<number>(slots).fill(0)
      block[0] = i
      block[slots - 1] = i
      last = block
    }
    return last
  }
  return inLoops(pairs)
}

async function memPoolPairs(byteLength: number): Promise<Batch> {
  // An ES module: a CommonJS bench can only import it so.
  const { MemPool } = await import('@thi.ng/malloc')
  const pool = new MemPool({ size: 1 << 22, compact: true, split: true })
  const words = new Uint32Array(pool.buf)
  const bytes = new Uint8Array(pool.buf)
  const pairs = (count: number): number => {
    let block = 0
    for (let i = 0; i < count; i++) {
      block = pool.malloc(byteLength)
      words[block >>> 2] = i
      bytes[block + byteLength - 1] = i
      pool.free(block)
    }
    return block
  }
  return inLoops(pairs)
}

function koffiPairs(byteLength: number): Batch {
  const koffi = loadKoffi()
  const pairs = (count: number): unknown => {
    for (let i = 0; i < count; i++) {
      last = koffi.alloc('uint8_t', byteLength)
      koffi.encode(last, 'int32_t', i)
      koffi.encode(last, byteLength - 1, 'uint8_t', i & 0xff)
      koffi.free(last)
    }
    return last
  }
  return inLoops(pairs)
}
