/**
 * The block that leads from a hash to its segment, and what follows when it or a segment moves.
 *
 *     | owner | segment 0, its slots | segment 0, its slots | segment 1, its slots | ...
 */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { Remains } from '../supply/parts'
import { OwnedBlocks } from './owned-blocks'
import { COUNT, depthIn, floorIn, OWNER, PREFIX, SHAPE } from './segments'
import { getWord, nearBase, setWord } from './words'

/** Words before the first entry: the owner's. */
const HEAD_WORDS = 1

/** Bytes of a directory of 2^depth entries. */
export const directoryBytes = (depth: number): number => 4 * HEAD_WORDS + (8 << depth)

/** The segment that an entry of a directory leads to. */
const segmentAt = (heap: Heap, dir: Pointer | 0, entry: number): Pointer =>
  getWord(heap, dir, HEAD_WORDS + (entry << 1)) as Pointer

/** Its slots. */
const slotsAt = (heap: Heap, dir: Pointer | 0, entry: number): number =>
  getWord(heap, dir, HEAD_WORDS + (entry << 1) + 1)

/**
 * The segments of a directory that no collection has any more, and then the directory itself.
 * @param depth - of the directory
 * @param free - frees what a segment's slots own
 * @param done - called when all is freed
 */
export function remainsOf(
  heap: Heap,
  dir: Pointer,
  depth: number,
  free: (segment: Pointer, slots: number) => void,
  done: () => void,
): Remains {
  let entry = 0
  return {
    freeSome(): boolean {
      if (entry === 1 << depth) {
        heap.free(dir)
        done()
        return false
      }
      const segment = segmentAt(heap, dir, entry)
      const slots = slotsAt(heap, dir, entry)
      entry += 1 << (depth - depthIn(getWord(heap, segment, SHAPE)))
      free(segment, slots)
      heap.free(segment)
      return true
    },
  }
}

function setEntry(heap: Heap, dir: Pointer | 0, entry: number, segment: Pointer, slots: number): void {
  setWord(heap, dir, HEAD_WORDS + (entry << 1), segment)
  setWord(heap, dir, HEAD_WORDS + (entry << 1) + 1, slots)
}

export abstract class DirectoryBlock extends OwnedBlocks {
  /** @internal Element of its first entry in near memory; -1 where something of the table is not near, and after close. */
  dirBase = -1
  /** @internal 32 - depth: what a hash is shifted by to give its entry. */
  shift = 31
  /** @internal Changes whenever an entry comes, goes, or is elsewhere. */
  version = 0
  /** @internal */
  protected dir: Pointer | 0 = 0
  /** @internal */
  protected depth = 1
  /** Segments whose depth is the directory's. @internal */
  protected deepest = 0

  /** Follows a block that is neither the directory nor a segment, as {@link follow}. @internal */
  protected abstract followEntry(pointer: Pointer, to: Pointer): boolean

  /** @internal */
  segmentOf(hash: number): Pointer {
    return segmentAt(this.heap, this.dir, hash >>> this.shift)
  }

  /** @internal */
  slotsOf(hash: number): number {
    return slotsAt(this.heap, this.dir, hash >>> this.shift)
  }

  /** Where the segment behind the one of a hash begins: a hash, or 2^32. @internal */
  protected hashAfter(hash: number): number {
    const segment = this.segmentOf(hash)
    const depth = depthIn(getWord(this.heap, segment, SHAPE))
    return (getWord(this.heap, segment, PREFIX) >>> 0) + 2 ** (32 - depth)
  }

  /** Whether the segment of a hash has fewer entries than it should. @internal */
  protected isSparse(hash: number): boolean {
    const segment = this.segmentOf(hash)
    return getWord(this.heap, segment, COUNT) < floorIn(getWord(this.heap, segment, SHAPE))
  }

  /** Whether a block is one of the table; where `to` is another, the block is there now. @internal */
  override follow(pointer: Pointer, to: Pointer): boolean {
    if (this.isClosed) return false
    const { heap } = this
    // The smallest block has as many words as the head of a segment.
    const prefix = getWord(heap, pointer, PREFIX)
    const isSegment = this.segmentOf(prefix) === pointer
    if (!isSegment && pointer !== this.dir) {
      if (!this.followEntry(pointer, to)) return false
    } else if (to !== pointer) {
      if (isSegment) this.lead(prefix, depthIn(getWord(heap, pointer, SHAPE)), to, this.slotsOf(prefix))
      else this.useDirectory(to)
    }
    if (to === pointer) return true
    this.notePlace(to)
    this.version = (this.version + 1) & 0x3fff_ffff
    return true
  }

  protected override useFar(): void {
    this.dirBase = -1
  }

  /** Has all entries of a prefix lead to a segment. @internal */
  protected lead(prefix: number, depth: number, segment: Pointer, slots: number): void {
    const first = prefix >>> this.shift
    const end = first + (1 << (this.depth - depth))
    for (let entry = first; entry < end; entry++) setEntry(this.heap, this.dir, entry, segment, slots)
  }

  /** Begins with a directory of depth 1, in a new block. @internal */
  protected openDirectory(dir: Pointer): void {
    this.depth = 1
    this.deepest = 2
    this.note(dir, directoryBytes(1))
    this.useNew(dir)
  }

  /** Doubles the directory into a new block. @internal */
  protected double(dir: Pointer): void {
    const { heap } = this
    const old = this.dir as Pointer
    const entries = 1 << this.depth
    this.note(dir, directoryBytes(this.depth + 1))
    for (let entry = 0; entry < entries; entry++) {
      const segment = segmentAt(heap, old, entry)
      const slots = slotsAt(heap, old, entry)
      setEntry(heap, dir, entry << 1, segment, slots)
      setEntry(heap, dir, (entry << 1) + 1, segment, slots)
    }
    this.depth++
    this.deepest = 0
    this.useNew(dir)
    this.put(old, directoryBytes(this.depth - 1))
  }

  /** Halves the directory, which no segment needs as deep. @internal */
  protected halve(): void {
    const { heap } = this
    const old = this.dir as Pointer
    const entries = 1 << (this.depth - 1)
    const dir = this.take(directoryBytes(this.depth - 1))
    this.depth--
    this.deepest = 0
    for (let entry = 0; entry < entries; entry++) {
      const segment = segmentAt(heap, old, entry << 1)
      setEntry(heap, dir, entry, segment, slotsAt(heap, old, entry << 1))
      if (depthIn(getWord(heap, segment, SHAPE)) === this.depth) this.deepest++
    }
    this.useNew(dir)
    this.put(old, directoryBytes(this.depth + 1))
  }

  private useNew(dir: Pointer): void {
    setWord(this.heap, dir, OWNER, this.owner)
    this.useDirectory(dir)
  }

  private useDirectory(dir: Pointer): void {
    this.dir = dir
    this.shift = 32 - this.depth
    this.dirBase = this.hasFar ? -1 : nearBase(dir) + HEAD_WORDS
  }
}
