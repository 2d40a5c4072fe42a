import type { Pointer } from '../../lib/base/layout'
import type { Heap } from '../../lib/heap/heap'
import type { Random } from './random'

/** A block as the model knows it. */
export interface ModelBlock {
  pointer: Pointer
  /** Bytes asked for, all of them written. */
  byteLength: number
  usableSize: number
  /** Where in the noise its contents begin. */
  start: number
  pins: number
}

const NOISE_SPREAD = 1 << 16
/** No block of a model is longer. */
export const MODEL_MAX_BYTES = 4 * 1024 * 1024

/** Each block is filled with a stretch of this: one that was moved, cut or written over is told from any other. */
const noise = ((): Uint8Array => {
  const bytes = new Uint8Array(MODEL_MAX_BYTES + NOISE_SPREAD)
  let state = 0x9e3779b9
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
})()

const zeros = new Uint8Array(MODEL_MAX_BYTES)

/** A heap beside the plainest thing that knows what it must do: a list of blocks and what was written into each. */
export class HeapModel {
  readonly blocks: ModelBlock[] = []
  liveBytes = 0
  readonly #heap: Heap
  readonly #random: Random
  readonly #at = new Map<Pointer, ModelBlock>()

  constructor(heap: Heap, random: Random) {
    this.#heap = heap
    this.#random = random
  }

  alloc(byteLength: number): ModelBlock {
    return this.#add(this.#heap.alloc(byteLength), byteLength)
  }

  allocZeroed(byteLength: number): ModelBlock {
    const pointer = this.#heap.allocZeroed(byteLength)
    const bytes = this.#read(pointer, this.#heap.usableSize(pointer))
    if (Buffer.compare(bytes, zeros.subarray(0, bytes.length)) !== 0) throw new Error(`${pointer} is not zeroed`)
    return this.#add(pointer, byteLength)
  }

  /** Resizes a block and verifies what has to be kept of it. */
  realloc(block: ModelBlock, byteLength: number): void {
    this.verify(block)
    const pointer = this.#heap.realloc(block.pointer, byteLength)
    this.#at.delete(block.pointer)
    this.liveBytes -= block.usableSize
    block.pointer = pointer
    this.#check(block, Math.min(block.byteLength, byteLength))
    block.byteLength = byteLength
    this.#fill(block)
  }

  /** Verifies and frees a block. */
  free(block: ModelBlock): void {
    this.verify(block)
    this.#heap.free(block.pointer)
    this.#at.delete(block.pointer)
    this.liveBytes -= block.usableSize
    const last = this.blocks.pop() as ModelBlock
    if (last !== block) this.blocks[this.blocks.indexOf(block)] = last
  }

  /** To be passed to compact(). */
  readonly moved = (from: Pointer, to: Pointer): void => {
    const block = this.#at.get(from)
    if (block === undefined) throw new Error(`${from} was moved and is not live`)
    if (block.pins > 0) throw new Error(`${from} was moved and is pinned`)
    if (this.#at.has(to)) throw new Error(`${from} was moved on top of a live block`)
    this.#at.delete(from)
    this.#at.set(to, block)
    block.pointer = to
    this.verify(block)
  }

  pin(block: ModelBlock): void {
    this.#heap.pin(block.pointer)
    block.pins++
  }

  /** Undoes all pins of a block. */
  unpin(block: ModelBlock): void {
    for (; block.pins > 0; block.pins--) this.#heap.unpin(block.pointer)
  }

  unpinAll(): void {
    for (const block of this.blocks) this.unpin(block)
  }

  /** The block at a pointer. */
  at(pointer: Pointer): ModelBlock | undefined {
    return this.#at.get(pointer)
  }

  /** Any live block; there must be one. */
  any(): ModelBlock {
    return this.blocks[this.#random.below(this.blocks.length)] as ModelBlock
  }

  verify(block: ModelBlock): void {
    this.#check(block, block.byteLength)
  }

  verifyAll(): void {
    for (const block of this.blocks) this.verify(block)
    const seen = new Set<number>()
    for (const { pointer, usableSize } of this.#heap.blocks()) {
      if (this.#at.get(pointer)?.usableSize !== usableSize) throw new Error(`${pointer} is walked wrongly`)
      seen.add(pointer)
    }
    if (seen.size !== this.blocks.length) throw new Error(`${seen.size} blocks walked, ${this.blocks.length} are live`)
  }

  freeAll(): void {
    this.unpinAll()
    while (this.blocks.length > 0) this.free(this.blocks.at(-1) as ModelBlock)
  }

  #add(pointer: Pointer, byteLength: number): ModelBlock {
    if (this.#at.has(pointer)) throw new Error(`${pointer} was handed out twice`)
    const block = { pointer, byteLength, usableSize: 0, start: 0, pins: 0 }
    this.blocks.push(block)
    this.#fill(block)
    return block
  }

  #fill(block: ModelBlock): void {
    block.usableSize = this.#heap.usableSize(block.pointer)
    if (block.usableSize < block.byteLength) throw new Error(`${block.pointer} is too small`)
    this.liveBytes += block.usableSize
    this.#at.set(block.pointer, block)
    block.start = this.#random.below(NOISE_SPREAD)
    const bytes = noise.subarray(block.start, block.start + block.byteLength)
    if (this.#usesViews()) this.#heap.bytes(block.pointer, block.byteLength).set(bytes)
    else this.#heap.copyIn(block.pointer, bytes)
  }

  #read(pointer: Pointer, byteLength: number): Uint8Array {
    return this.#usesViews() ? this.#heap.bytes(pointer, byteLength) : this.#heap.copyOut(pointer, byteLength)
  }

  /** Memory that somebody has an ArrayBuffer over is not cut: most blocks are read and written without one. */
  #usesViews(): boolean {
    return this.#random.oneIn(8)
  }

  #check(block: ModelBlock, byteLength: number): void {
    const bytes = this.#read(block.pointer, byteLength)
    if (Buffer.compare(bytes, noise.subarray(block.start, block.start + byteLength)) !== 0) {
      throw new Error(`block ${block.pointer} of ${block.byteLength} bytes has lost its contents`)
    }
  }
}
