/** A heap beside an exact model of it that is fast: columns of pointers, sizes and stamps, no object for a block. */
import { Heap, type HeapOptions, type Pointer } from 'ebb'
import type { FastRandom } from './random'
import { hasKept, hasStamps, writeStamps } from './stamps'

/** Texts of string blocks: empty, ASCII, latin1, longer than a pool, beyond 16 bits. */
const TEXTS = ['', 'a', 'a key of some length', 'déjà vu', 'x'.repeat(5000), '雪 and \u{1f30a}', 'ÿ'.repeat(300)]
const ALIGNMENTS = [1, 16, 64, 256, 1024, 4096]
const PINNED = 8

export class Model {
  readonly heap: Heap
  count = 0
  /** Allocations that the limit refused. */
  refused = 0
  readonly #random: FastRandom
  readonly #most: number
  readonly #pointers: Int32Array
  /** Bytes asked for; of a string block -1 - the place of its text. */
  readonly #sizes: Int32Array
  readonly #stamps: Int32Array
  #isFilling = true

  /** @param most - live blocks it swings up to */
  constructor(options: HeapOptions, random: FastRandom, most: number) {
    this.heap = new Heap(options)
    this.#random = random
    this.#most = most
    this.#pointers = new Int32Array(most)
    this.#sizes = new Int32Array(most)
    this.#stamps = new Int32Array(most)
  }

  /** One random call of the heap. */
  step(): void {
    const bits = this.#random.bits()
    const { count } = this
    if (count === this.#most) this.#isFilling = false
    else if (count < this.#most >> 3) this.#isFilling = true
    if (count === 0 || (count < this.#most && (bits & 127) < (this.#isFilling ? 66 : 40))) {
      this.#take(bits >>> 7)
      return
    }
    const i = this.#random.below(count)
    if ((bits & 127) < 114) this.#free(i, (bits >>> 7) & 1023)
    else this.#resize(i)
  }

  /** Mostly small, one in sixteen medium, some longer, one in 16,384 large. */
  #size(): number {
    const bits = this.#random.bits() & 0x3fff
    if (bits === 0) return this.#random.below(4 << 20)
    if (bits < 24) return this.#random.logUniform(1 << 18)
    if (bits < 1024) return this.#random.below(32_768)
    return bits & 1 ? this.#random.below(600) : bits & 127
  }

  #take(bits: number): void {
    const way = bits & 127
    const at = this.count
    const { heap } = this
    const size = this.#size()
    let pointer: Pointer
    try {
      if (way > 3) pointer = heap.alloc(size)
      else if (way > 1) pointer = this.#zeroed(size)
      else if (way === 1) pointer = heap.allocAligned(size, ALIGNMENTS[(bits >>> 7) % ALIGNMENTS.length]!)
      else {
        const text = (bits >>> 7) % TEXTS.length
        this.#pointers[at] = heap.allocString(TEXTS[text]!)
        this.#sizes[at] = -1 - text
        this.count++
        return
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'EBB_LIMIT') throw error
      this.refused++
      this.#isFilling = false
      return
    }
    this.#note(at, pointer, size)
    this.count++
  }

  #zeroed(size: number): Pointer {
    const pointer = this.heap.allocZeroed(size)
    const words = Math.min(16, this.heap.usableSize(pointer) >> 2)
    for (let word = 0; word < words; word++)
      if (this.heap.getInt32(pointer, word << 2) !== 0) throw new Error(`allocZeroed gave word ${word} that is not 0`)
    return pointer
  }

  #note(at: number, pointer: Pointer, size: number): void {
    const stamp = this.#random.bits()
    this.#pointers[at] = pointer
    this.#sizes[at] = size
    this.#stamps[at] = stamp
    writeStamps(this.heap, pointer, size, stamp)
  }

  #free(at: number, way: number): void {
    this.#verify(at)
    const { heap } = this
    const pointer = this.#pointers[at] as Pointer
    heap.free(pointer)
    if (way === 0) this.#isRefused(pointer)
    const last = --this.count
    this.#pointers[at] = this.#pointers[last]!
    this.#sizes[at] = this.#sizes[last]!
    this.#stamps[at] = this.#stamps[last]!
  }

  /** A pointer that was just freed is dead to every call. */
  #isRefused(pointer: Pointer): void {
    if (this.heap.isLive(pointer)) throw new Error(`${pointer} is live after its free`)
    for (const call of [() => this.heap.free(pointer), () => this.heap.realloc(pointer, 8)]) {
      try {
        call()
      } catch (error) {
        if (/^EBB_(DOUBLE_FREE|INVALID_POINTER)$/.test((error as { code: string }).code)) continue
        throw error
      }
      throw new Error(`${pointer} was freed or resized twice`)
    }
  }

  #resize(at: number): void {
    const size = this.#sizes[at]!
    if (size < 0) return
    this.#verify(at)
    const bits = this.#random.bits()
    // Half are near the old size, where blocks stay in place.
    const longer = bits & 1 ? Math.floor(size * (0.4 + ((bits >>> 8) / 2 ** 24) * 1.2)) : this.#size()
    let pointer: Pointer
    try {
      pointer = this.heap.realloc(this.#pointers[at] as Pointer, longer)
    } catch (error) {
      if ((error as { code?: string }).code !== 'EBB_LIMIT') throw error
      this.refused++
      this.#verify(at)
      return
    }
    if (!hasKept(this.heap, pointer, Math.min(size, longer), this.#stamps[at]!))
      throw new Error(`realloc of ${size} to ${longer} bytes lost contents, now at ${pointer}`)
    this.#note(at, pointer, longer)
  }

  #verify(at: number): void {
    const pointer = this.#pointers[at] as Pointer
    const size = this.#sizes[at]!
    const isWhole =
      size < 0
        ? this.heap.equalsString(pointer, TEXTS[-1 - size]!)
        : hasStamps(this.heap, pointer, size, this.#stamps[at]!)
    if (!isWhole) throw new Error(`block ${pointer} of ${size} bytes has lost its contents`)
  }

  /** All contents, the walk, the statistics. */
  verifyAll(): void {
    const { heap, count } = this
    let bytes = 0
    for (let at = 0; at < count; at++) {
      this.#verify(at)
      const usable = heap.usableSize(this.#pointers[at] as Pointer)
      if (usable < this.#sizes[at]!) throw new Error(`${this.#pointers[at]} holds ${usable} bytes, not what was asked`)
      bytes += usable
    }
    const expected = this.#pointers.slice(0, count).sort()
    const walked = Int32Array.from(heap.blocks(), ({ pointer }) => pointer).sort()
    if (Buffer.compare(Buffer.from(expected.buffer), Buffer.from(walked.buffer)) !== 0)
      throw new Error(`${walked.length} blocks are walked, ${count} others are live`)
    for (let i = 1; i < count; i++) {
      const before = expected[i - 1] as Pointer
      if (before >>> 14 === expected[i]! >>> 14 && before + (heap.usableSize(before) >> 4) > expected[i]!)
        throw new Error(`blocks ${before} and ${expected[i]} overlap`)
    }
    const stats = heap.stats()
    if (stats.blocks !== count || stats.liveBytes !== bytes)
      throw new Error(`${stats.blocks} blocks of ${stats.liveBytes} bytes counted, ${count} of ${bytes} are live`)
    const { liveBytes, freeBlockBytes, freePoolBytes, ledgerBytes, slackBytes, keptBytes, mappedBytes } = stats
    if (liveBytes + freeBlockBytes + freePoolBytes + ledgerBytes + slackBytes + keptBytes !== mappedBytes)
      throw new Error(`the statistics do not add up to ${mappedBytes} mapped bytes`)
  }

  /** Moves blocks together; some are pinned, and stay. */
  compact(): void {
    const { heap } = this
    const places = new Map(Array.from(this.#pointers.subarray(0, this.count), (pointer, at) => [pointer, at]))
    const pinned = new Set<Pointer>()
    for (let i = Math.min(PINNED, this.count); i > 0; i--)
      pinned.add(this.#pointers[this.#random.below(this.count)] as Pointer)
    for (const pointer of pinned) heap.pin(pointer)
    heap.compact((from, to) => {
      const at = places.get(from)
      if (at === undefined || pinned.has(from) || places.has(to)) throw new Error(`${from} was moved to ${to}`)
      places.delete(from)
      places.set(to, at)
      this.#pointers[at] = to
      this.#verify(at)
    })
    for (const pointer of pinned) heap.unpin(pointer)
  }

  close(): void {
    while (this.count > 0) this.#free(this.count - 1, 1)
    this.heap.purge()
    const { blocks, mappedBytes, residentBytes } = this.heap.stats()
    if (blocks !== 0 || mappedBytes !== 0 || residentBytes !== 0) throw new Error('an empty heap holds memory')
    this.heap.close()
  }
}
