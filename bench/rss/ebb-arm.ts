/** ebb as an arm: replays a trace, knows its page floor, compacts, and checks that survivors are intact. */
import { Heap, type HeapOptions, type Pointer } from 'ebb'
import { GRANULE_MASK, GRANULE_SHIFT, SLOT_SHIFT } from '../../lib/base/layout'
import { osPageBytes } from '../common/resident'
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_REALLOC, type Trace } from '../traces/trace'

export interface Compacted {
  readonly moved: number
  readonly ms: number
  /** Blocks whose bytes were compared, all of them, after the moves. */
  readonly intact: number
  readonly blocks: number
}

/** What is asked of the books afterwards. */
export interface HeapFigures {
  readonly liveBytes: number
  readonly blocks: number
  readonly arenas: number
  readonly peakArenas: number
  readonly maps: number
  readonly unmaps: number
  readonly discards: number
  /** OS pages with at least one byte of a live block, in bytes. */
  readonly floorBytes: number
  /** What the kernel says of the heap's own pages. */
  readonly ownResidentBytes: number
}

export class EbbArm {
  readonly name: string
  readonly heap: Heap
  private readonly ops: Uint32Array
  /** By id: pointer of a live block, else 0. Touched from the beginning. */
  private readonly blocks: Int32Array

  constructor(name: string, options: HeapOptions, trace: Pick<Trace, 'ops' | 'ids'>) {
    this.name = name
    this.heap = new Heap(options)
    this.ops = trace.ops
    this.blocks = new Int32Array(trace.ids).fill(1).fill(0)
  }

  replay(from: number, to: number): void {
    const { heap, ops, blocks } = this
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      let pointer: Pointer
      switch (word & 3) {
        case KIND_ALLOC:
          pointer = heap.alloc(byteLength)
          break
        case KIND_ALLOC_ZEROED:
          pointer = heap.allocZeroed(byteLength)
          break
        case KIND_REALLOC:
          pointer = heap.realloc(blocks[id] as Pointer, byteLength)
          break
        default:
          heap.free(blocks[id] as Pointer)
          blocks[id] = 0
          continue
      }
      if (byteLength >= 4) heap.setInt32(pointer, 0, id ^ at)
      else if (byteLength > 0) heap.setUint8(pointer, 0, (id ^ at) & 0xff)
      blocks[id] = pointer
    }
  }

  /**
   * Each block gets its id and a pattern; compact follows the ids; every byte is compared afterwards. Nothing here makes garbage in
   * the JavaScript heap, which would be resident beside what is measured.
   */
  compact(): Compacted {
    const { heap, blocks } = this
    let count = 0
    for (let id = 0; id < blocks.length; id++) {
      if (blocks[id] === 0) continue
      this.fill(blocks[id] as Pointer, id)
      count++
    }
    const start = performance.now()
    const { moved } = heap.compact((_, to) => {
      blocks[heap.getInt32(to, 0)] = to
    })
    const ms = performance.now() - start
    let intact = 0
    for (let id = 0; id < blocks.length; id++)
      if (blocks[id] !== 0 && this.isIntact(blocks[id] as Pointer, id)) intact++
    return { moved, ms, intact, blocks: count }
  }

  figures(): HeapFigures {
    const { liveBytes, blocks, arenas, peakArenas, maps, unmaps, discards } = this.heap.stats()
    const ownResidentBytes = this.heap.residentBytes()
    return {
      liveBytes,
      blocks,
      arenas,
      peakArenas,
      maps,
      unmaps,
      discards,
      floorBytes: this.floorBytes(),
      ownResidentBytes,
    }
  }

  close(): void {
    this.heap.close()
  }

  /** Usable sizes are multiples of 16. */
  private fill(pointer: Pointer, id: number): void {
    const end = this.heap.usableSize(pointer)
    for (let at = 0; at < end; at += 4) this.heap.setInt32(pointer, at, id + at)
  }

  private isIntact(pointer: Pointer, id: number): boolean {
    const end = this.heap.usableSize(pointer)
    for (let at = 0; at < end; at += 4) if (this.heap.getInt32(pointer, at) !== id + at) return false
    return true
  }

  private floorBytes(): number {
    const pageBytes = osPageBytes()
    const pages = new Set<number>()
    for (const { pointer, usableSize } of this.heap.blocks()) {
      const offset = (pointer & GRANULE_MASK) << GRANULE_SHIFT
      // Far enough apart for the largest block.
      const mapping = (pointer >>> SLOT_SHIFT) * 2 ** 32
      const last = Math.floor((offset + usableSize - 1) / pageBytes)
      for (let page = Math.floor(offset / pageBytes); page <= last; page++) pages.add(mapping + page)
    }
    return pages.size * pageBytes
  }
}
