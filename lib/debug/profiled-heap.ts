/**
 * An ordinary heap that samples where its live blocks were allocated: one sample in so many bytes on average, at random, so that no pattern
 * of sizes hides. A block of `size` bytes is sampled with the probability 1 - exp(-size / interval), and counts for 1 / that; so the
 * estimates are right on average. (jemalloc's and tcmalloc's heap profilers sample alike.)
 *
 * The usual alloc and free pay a subtraction and a look into a filter: a free whose byte of the filter is 0 was not sampled.
 */
import type { Pointer } from '../base/layout'
import { Heap } from '../heap/heap'
import type { Numbers } from '../heap/numbers'
import type { HeapOptions } from '../heap/options'
import { Owners, setOwners } from '../heap/owners'
import { type Leak, Snapshot } from './snapshot'
import { linesOf, noteCalls, type Trace } from './traces'

interface Sampled {
  readonly byteLength: number
  trace: Trace
}

const FRAMES = 16
const FILTER_MASK = 2 ** 14 - 1
/** Where the random distances begin, and the longest. */
const SEED = 0x9e3779b9
const DISTANCE_MAX = 2 ** 30

/** How many sampled blocks of the thread have a pointer with this hash; 255: as many or more, for ever. A constant, which V8 compiles in. */
const filter = new Uint8Array(FILTER_MASK + 1)
const FOR_EVER = 255
/** Bytes to the next sample, for each profiled heap of the thread. The first is of all for whom there is no other. */
const left = new Int32Array(256)
const unusedPlaces = Array.from({ length: left.length - 1 }, (_, i) => i + 1)

const hashOf = (pointer: number): number => (pointer ^ (pointer >>> 14)) & FILTER_MASK

/** Which sampled blocks of a heap are live, and when the next is sampled. */
class Samples {
  readonly blocks = new Map<Pointer, Sampled>()
  /** Its place in the list of bytes to the next sample. */
  readonly place = unusedPlaces.pop() ?? 0
  private readonly interval: number
  private state = SEED
  /** The block that was sampled last. */
  private last = 0 as Pointer

  constructor(interval: number) {
    this.interval = interval
    this.draw()
  }

  /** Samples a block that was just allocated. Text is made of the stack before it, if that is still needed: most blocks die young. */
  sample(pointer: Pointer, byteLength: number): void {
    this.draw()
    const before = this.blocks.get(this.last)
    if (before !== undefined) before.trace = linesOf(before.trace, FRAMES)
    this.last = pointer
    if (byteLength > 0) this.add(pointer, { byteLength, trace: noteCalls(FRAMES) })
  }

  add(pointer: Pointer, sampled: Sampled): void {
    const at = hashOf(pointer)
    if ((filter[at] as number) < FOR_EVER) filter[at] = (filter[at] as number) + 1
    this.blocks.set(pointer, sampled)
  }

  /** Takes a block out, where it is one of the sampled ones. */
  take(pointer: Pointer): Sampled | undefined {
    const sampled = this.blocks.get(pointer)
    if (sampled === undefined) return undefined
    const at = hashOf(pointer)
    if ((filter[at] as number) < FOR_EVER) filter[at] = (filter[at] as number) - 1
    this.blocks.delete(pointer)
    return sampled
  }

  close(): void {
    for (const pointer of this.blocks.keys()) this.take(pointer)
    if (this.place > 0) unusedPlaces.push(this.place)
  }

  /** Draws the bytes to the next sample: exponentially distributed, from a seed, so that a run can be repeated. (xorshift32) */
  private draw(): void {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x
    left[this.place] = Math.min(DISTANCE_MAX, -Math.log((x >>> 0) / 2 ** 32) * this.interval)
  }
}

class ProfiledOwners extends Owners {
  private readonly samples: Samples

  constructor(heap: Numbers, samples: Samples) {
    super(heap)
    this.samples = samples
  }

  override move(from: Pointer, to: Pointer): void {
    super.move(from, to)
    const sampled = this.samples.take(from)
    if (sampled !== undefined) this.samples.add(to, sampled)
  }
}

const DEFAULT_INTERVAL = 512 * 1024

/** What `new Heap({ profile: true })` makes. */
export class ProfiledHeap extends Heap {
  /** Bytes from one sample to the next, on average. */
  readonly interval: number
  readonly #samples: Samples
  readonly #place: number

  /** @param options - those of a heap; `profile` is true where it is not there */
  constructor(options: HeapOptions = {}) {
    super(options)
    const { profile } = options
    this.interval = Math.max(1, typeof profile === 'number' ? profile : DEFAULT_INTERVAL)
    this.#samples = new Samples(this.interval)
    this.#place = this.#samples.place
    setOwners(this, new ProfiledOwners(this, this.#samples))
  }

  override alloc(byteLength: number): Pointer {
    const pointer = super.alloc(byteLength)
    const rest = (left[this.#place] as number) - byteLength
    if (rest >= 0) left[this.#place] = rest
    else this.#samples.sample(pointer, byteLength)
    return pointer
  }

  override allocAligned(byteLength: number, alignment: number): Pointer {
    const pointer = super.allocAligned(byteLength, alignment)
    const rest = (left[this.#place] as number) - byteLength
    if (rest >= 0) left[this.#place] = rest
    else this.#samples.sample(pointer, byteLength)
    return pointer
  }

  override realloc(pointer: Pointer, byteLength: number): Pointer {
    const samples = this.#samples
    // The heap below may free the block, or give it another address without a call of alloc.
    const sampled = samples.take(pointer)
    try {
      const resized = super.realloc(pointer, byteLength)
      if (sampled !== undefined) {
        samples.take(resized)
        samples.add(resized, { ...sampled, byteLength })
      }
      return resized
    } catch (error) {
      if (sampled !== undefined) samples.add(pointer, sampled)
      throw error
    }
  }

  override free(pointer: Pointer): void {
    super.free(pointer)
    if (filter[(pointer ^ (pointer >>> 14)) & FILTER_MASK] !== 0) this.#samples.take(pointer)
  }

  /** An estimate of the live blocks by where they were allocated, most bytes first. */
  leaks(): readonly Leak[] {
    return this.snapshot().leaks
  }

  /** An estimate of what is live now, to be compared with what is live later, or written as a profile. */
  snapshot(): Snapshot {
    const snapshot = new Snapshot(this.name)
    for (const { byteLength, trace } of this.#samples.blocks.values()) {
      const weight = 1 / (1 - Math.exp(-byteLength / this.interval))
      snapshot.add(linesOf(trace, FRAMES), weight, weight * byteLength)
    }
    return snapshot.sorted()
  }

  override close(): void {
    super.close()
    this.#samples.close()
  }
}
