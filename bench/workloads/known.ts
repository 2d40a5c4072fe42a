/**
 * Request streams in the manner of well-known allocator benches, written anew from what is published about them, in one thread:
 * where the original hands blocks from thread to thread, here parts of one program do so.
 */
import { type Trace, TraceBuilder } from '../traces/builder'
import { generator, type Random } from './random'

/** A size whose likelihood falls with its square, as in glibc's bench of threads. */
function inverseSquare(random: Random, minBytes: number, maxBytes: number): number {
  const part = random(2 ** 30) / 2 ** 30
  return Math.floor(1 / (1 / minBytes - part * (1 / minBytes - 1 / maxBytes)))
}

/** Larson and Krishnan's server: workers replace random blocks of their array, then hand the whole array to the next one. */
export function larson(operations: number): Trace {
  const [workers, slots, replacements] = [8, 1000, 2000]
  const random = generator(3)
  const builder = new TraceBuilder(operations)
  const size = (): number => 10 + random(491)
  const arrays = Array.from({ length: workers }, () => Array.from({ length: slots }, () => builder.alloc(size())))
  while (builder.operations < operations) {
    for (const array of arrays) {
      for (let i = 0; i < replacements; i++) {
        const slot = random(slots)
        builder.free(array[slot]!)
        array[slot] = builder.alloc(size())
      }
    }
    arrays.push(arrays.shift()!)
  }
  return builder.finish('larson')
}

/** glibc's simple bench: n blocks of one size come; the first half goes oldest first, the second newest first. */
export function glibcSimple(operations: number): Trace {
  const builder = new TraceBuilder(operations)
  while (builder.operations < operations) {
    for (const byteLength of [16, 32, 64]) {
      for (const count of [25, 100, 400, 1600]) {
        const ids = Array.from({ length: count }, () => builder.alloc(byteLength))
        for (let i = 0; i < count / 2; i++) builder.free(ids[i]!)
        for (let i = count - 1; i >= count / 2; i--) builder.free(ids[i]!)
      }
    }
  }
  return builder.finish('glibc-simple')
}

/** glibc's bench of threads, one of them: 1024 slots are filled and emptied at random, sizes from 4 bytes to 32 KiB, mostly small. */
export function glibcThread(operations: number): Trace {
  const random = generator(4)
  const builder = new TraceBuilder(operations)
  toggle(
    builder,
    operations,
    1024,
    () => random(1024),
    () => inverseSquare(random, 4, 32_768),
  )
  return builder.finish('glibc-thread')
}

/** alloc-test: 2^18 slots, four of five choices in a fifth of them; each doubling of the size is half as likely. */
export function allocTest(operations: number): Trace {
  const slots = 2 ** 18
  const random = generator(5)
  const builder = new TraceBuilder(operations)
  const slot = (): number => (random(5) < 4 ? random(slots / 5) : random(slots))
  const size = (): number => {
    const exponent = Math.min(8, 31 - Math.clz32(lowestBit(random(2 ** 31))))
    return (8 << exponent) + random(8 << exponent)
  }
  toggle(builder, operations, slots, slot, size)
  return builder.finish('alloc-test')
}

const lowestBit = (value: number): number => (value === 0 ? 1 << 30 : value & -value)

/** A chosen slot is emptied if it holds a block, else filled. */
function toggle(
  builder: TraceBuilder,
  operations: number,
  slots: number,
  choose: () => number,
  size: () => number,
): void {
  const ids = new Int32Array(slots).fill(-1)
  while (builder.operations < operations) {
    const slot = choose()
    const id = ids[slot]!
    if (id >= 0) {
      builder.free(id)
      ids[slot] = -1
    } else ids[slot] = builder.alloc(size())
  }
}

/**
 * SmartHeap's benches: batches of growing sizes (6: up to 1000 bytes, 8: the same with more of the small); of each batch a fifth
 * stays for a while, and of the rest half goes first in first out and half last in first out.
 */
export function smartHeap(kind: 6 | 8, operations: number): Trace {
  const random = generator(kind)
  const builder = new TraceBuilder(operations)
  const window: number[] = []
  const windowLength = 20_000
  while (builder.operations < operations) {
    for (let byteLength = 1; byteLength <= 1000; byteLength += 1 + (byteLength >> 3)) {
      const count = kind === 6 ? 50 : Math.max(10, Math.floor(2000 / byteLength))
      const ids = Array.from({ length: count }, () => builder.alloc(kind === 6 ? byteLength : 1 + random(byteLength)))
      window.push(...ids.splice(0, Math.ceil(count / 5)))
      const half = ids.length >> 1
      for (let i = 0; i < half; i++) builder.free(ids[i]!)
      for (let i = ids.length - 1; i >= half; i--) builder.free(ids[i]!)
      while (window.length > windowLength) builder.free(window.shift()!)
    }
  }
  return builder.finish(`sh${kind}`)
}

/**
 * mstress, its tasks one after another: some blocks are retained for the length of a task, others are transient, and some are
 * exchanged with those in a transfer array that all tasks share.
 */
export function mstress(operations: number): Trace {
  const random = generator(9)
  const builder = new TraceBuilder(operations)
  const transfer = new Int32Array(1000).fill(-1)
  const size = (): number => {
    const words = 1 << random(random(20) === 0 ? 12 : 6)
    return 8 * (words + random(words))
  }
  while (builder.operations < operations) mstressTask(builder, random, transfer, size)
  return builder.finish('mstress')
}

function mstressTask(builder: TraceBuilder, random: Random, transfer: Int32Array, size: () => number): void {
  const retained: number[] = []
  const transient: number[] = []
  for (let allocs = 10_000; allocs > 0; allocs--) {
    if (random(2) === 0) retained.push(builder.alloc(size()))
    else transient.push(builder.alloc(size()))
    if (random(3) === 0 && transient.length > 0) builder.free(takeAny(transient, random))
    if (random(4) === 0 && transient.length > 0) {
      const place = random(transient.length)
      const slot = random(transfer.length)
      const other = transfer[slot]!
      transfer[slot] = transient[place]!
      if (other >= 0) transient[place] = other
      else takeAt(transient, place)
    }
  }
  for (const id of [...retained, ...transient]) builder.free(id)
}

/** Removes one, putting the last in its place. */
function takeAt(ids: number[], place: number): number {
  const id = ids[place]!
  const last = ids.pop()!
  if (place < ids.length) ids[place] = last
  return id
}

const takeAny = (ids: number[], random: Random): number => takeAt(ids, random(ids.length))

/** rptest: sizes from 8 to 16 000 bytes, small ones exponentially more likely; random ones of 20 000 blocks are replaced. */
export function rptest(operations: number): Trace {
  const random = generator(10)
  const builder = new TraceBuilder(operations)
  const size = (): number => {
    const part = random(2 ** 30) / 2 ** 30
    return Math.min(16_000, 8 + Math.floor(-Math.log(1 - part) * 1000))
  }
  const ids = Array.from({ length: 20_000 }, () => builder.alloc(size()))
  while (builder.operations < operations) {
    const slot = random(ids.length)
    builder.free(ids[slot]!)
    ids[slot] = builder.alloc(size())
  }
  return builder.finish('rptest')
}

/** xmalloc: what a producer allocates in batches, a consumer frees in the same order, up to a hundred batches later. */
export function queue(operations: number): Trace {
  const random = generator(12)
  const builder = new TraceBuilder(operations)
  const batches: number[][] = []
  while (builder.operations < operations) {
    batches.push(Array.from({ length: 120 }, () => builder.alloc(16 + random(496))))
    if (batches.length > 10 + random(90)) for (const id of batches.shift()!) builder.free(id)
  }
  return builder.finish('queue')
}

/** 20 buffers of 5 to 25 MiB, replaced at random. */
export function largeBuffers(operations: number): Trace {
  const random = generator(13)
  const builder = new TraceBuilder(operations)
  const size = (): number => (5 << 20) + random(20 << 20)
  const ids = Array.from({ length: 20 }, () => builder.alloc(size()))
  while (builder.operations < operations) {
    const slot = random(ids.length)
    builder.free(ids[slot]!)
    ids[slot] = builder.alloc(size())
  }
  return builder.finish('large-buffers')
}
