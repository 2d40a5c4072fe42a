/**
 * Extendible hashing (Fagin, Nievergelt, Pippenger, Strong, 1979): a directory over segments that split one by one, so that growth stops
 * nobody and never holds two full tables.
 *
 *     hash    | upper bits: entry of the directory | ... | lower 14 bits: slot, scaled to the segment's slots |
 *
 *     directory (one block)         segments (a block each)
 *     +----------------------+      +-------+-------+--------+--------------+-----------
 *     | segment 0, its slots | ---> | owner | count | prefix | depth, size  | slots ...
 *     | segment 0, its slots | -'   +-------+-------+--------+--------------+-----------
 *     | segment 1, its slots | ---> ...
 *     +----------------------+
 *
 * A segment of depth d has all hashes that agree in their upper d bits, its prefix; where the directory has more bits than d, several
 * entries lead to it. The depth is 1 at least, so that a segment knows a hash that cannot be its own (hash.ts: free slots).
 * In a segment: linear probing, at most LOAD full, and deletion that shifts back: no tombstones, so it shrinks too.
 */
import { rangeError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import type { Remains } from '../supply/parts'
import { DirectoryBlock, directoryBytes, remainsOf } from './directory-block'
import { freeLater, isRefusal, take, takeAll } from './pending'
import {
  COUNT,
  depthIn,
  floorOf,
  limitOf,
  OWNER,
  PREFIX,
  SHAPE,
  SLOT_BITS,
  segmentSizes,
  shapeOf,
  sizeIn,
} from './segments'
import { getWord, setWord } from './words'

/** Segments of equal hashes, which no split helps, grow alone to this. */
const SLOTS_ALONE_MAX = 1 << SLOT_BITS
/** A directory may have so many entries a segment before a full segment grows instead of splitting. */
const ENTRIES_PER_SEGMENT_MAX = 16
/** Tables up to this many entries are cleared at once. */
const CLEAR_AT_ONCE = 2000
/** The directory has at most 2^18 entries: with the slot's bits, those are all 32. */
const DEPTH_MAX = 32 - SLOT_BITS

/** The directory and the segments of an empty collection. */
type FirstBlocks = readonly [Pointer, Pointer, Pointer]

/** A directory and its segments; what slots hold is the subclasses'. */
export abstract class Directory extends DirectoryBlock {
  /** @internal Entries held. */
  count = 0
  /** @internal Bytes of a slot. */
  readonly slotBytes: number
  private readonly sizes: readonly number[]
  private segments = 0

  /** @internal */
  protected constructor(heap: Heap, slotWords: number) {
    super(heap)
    this.slotBytes = 4 * slotWords
    this.sizes = segmentSizes(slotWords)
  }

  /** Slots of a segment of so many usable bytes. @internal */
  protected abstract slotsIn(byteLength: number): number
  /** Marks all slots of a segment free. @internal */
  protected abstract clearSlots(segment: Pointer, slots: number, prefix: number): void
  /** Puts the entries of a segment into one of two others, by one bit of the hash. @internal */
  protected abstract distribute(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void
  /** Frees what the slots of a segment own. @internal */
  protected abstract freeOwned(segment: Pointer, slots: number): void

  /** Entries held; 0 after close. */
  get size(): number {
    return this.count
  }

  /** Makes sure that the segment of a hash has a free slot. @internal */
  protected makeRoom(hash: number): void {
    while (getWord(this.heap, this.segmentOf(hash), COUNT) >= limitOf(this.slotsOf(hash))) this.grow(hash)
  }

  /** Makes segments for so many entries; where the heap refuses one, those that are not needed go again. @internal */
  growTo(entries: number): void {
    try {
      while (this.growEach(entries));
    } catch (error) {
      for (let before = -1; before !== this.bytes; ) {
        before = this.bytes
        for (let hash = 0; hash < 2 ** 32; hash = this.hashAfter(hash)) if (this.isSparse(hash)) this.shrink(hash)
      }
      throw error
    }
  }

  /** Grows each segment once that is too small for its share: all alike, because a directory may not be long for few segments. */
  private growEach(entries: number): boolean {
    let grew = false
    for (let hash = 0; hash < 2 ** 32; ) {
      const depth = depthIn(getWord(this.heap, this.segmentOf(hash), SHAPE))
      const share = entries / 2 ** depth
      // Five standard deviations above what falls to a segment on average.
      if (share + 5 * Math.sqrt(share) > limitOf(this.slotsOf(hash))) {
        this.grow(hash)
        grew = true
      }
      hash += 2 ** (32 - depth)
    }
    return grew
  }

  /** Drops all entries. Those of a large collection are freed in slices afterwards. */
  clear(): void {
    this.mustBeOpen('clear')
    let first: FirstBlocks
    try {
      first = this.takeFirst()
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.empty()
      return
    }
    const isSmall = this.count <= CLEAR_AT_ONCE
    const old = this.detach()
    if (isSmall) while (old.freeSome());
    else freeLater(this.heap, old)
    this.openWith(first)
  }

  /** Drops all entries and keeps the segments: what clear does where the heap has no room for new ones. */
  private empty(): void {
    const { heap } = this
    this.version = (this.version + 1) & 0x3fff_ffff
    this.count = 0
    this.bytes = 0
    this.note(this.dir as Pointer, directoryBytes(this.depth))
    for (let hash = 0; hash < 2 ** 32; hash = this.hashAfter(hash)) {
      const segment = this.segmentOf(hash)
      const slots = this.slotsOf(hash)
      this.freeOwned(segment, slots)
      setWord(heap, segment, COUNT, 0)
      this.note(segment, this.bytesOf(sizeIn(getWord(heap, segment, SHAPE))))
      this.clearSlots(segment, slots, getWord(heap, segment, PREFIX))
    }
  }

  /** Gives everything back, in slices where that is much. Every later call but `size`, `byteLength` and `close` is refused. */
  close(): void {
    if (this.isClosed) return
    const isSmall = this.count <= CLEAR_AT_ONCE
    const old = this.detach()
    if (isSmall) while (old.freeSome());
    else freeLater(this.heap, old)
  }

  protected override forget(): void {
    this.detach()
  }

  /** Takes the blocks from the collection, which is as a closed one then. */
  private detach(): Remains {
    const { owner, owners } = this
    const free = (segment: Pointer, slots: number): void => this.freeOwned(segment, slots)
    const old = remainsOf(this.heap, this.dir as Pointer, this.depth, free, () => owners.release(owner))
    owners.leave(owner)
    this.isClosed = true
    this.dir = 0
    this.dirBase = -1
    this.count = 0
    this.bytes = 0
    this.version = (this.version + 1) & 0x3fff_ffff
    return old
  }

  /** Takes the first blocks: the last step of a constructor. @internal */
  protected open(): void {
    this.openWith(this.takeFirst())
  }

  private takeFirst(): FirstBlocks {
    const first = this.sizes[0] as number
    return takeAll(this.heap, [directoryBytes(1), first, first]) as [Pointer, Pointer, Pointer]
  }

  private openWith([dir, zero, one]: FirstBlocks): void {
    this.owner = this.owners.register(this)
    this.segments = 0
    this.openDirectory(dir)
    this.isClosed = false
    this.setUp(zero, 0, 0, 1)
    this.setUp(one, 1 << 31, 0, 1)
  }

  /** Makes an empty segment of a new block, and links it. */
  private setUp(segment: Pointer, prefix: number, size: number, depth: number, mayBeLoose = depth === 1): void {
    const { heap } = this
    const byteLength = this.bytesOf(size)
    this.note(segment, byteLength)
    this.segments++
    setWord(heap, segment, OWNER, this.owner)
    setWord(heap, segment, COUNT, 0)
    setWord(heap, segment, PREFIX, prefix)
    const slots = this.slotsIn(byteLength)
    setWord(heap, segment, SHAPE, shapeOf(depth, size, floorOf(slots, mayBeLoose)))
    this.clearSlots(segment, slots, prefix)
    this.lead(prefix, depth, segment, slots)
  }

  /** Bytes of a size's segment; behind the sizes that split it doubles. */
  private bytesOf(size: number): number {
    const last = this.sizes.length - 1
    return (this.sizes[Math.min(size, last)] as number) * 2 ** Math.max(0, size - last)
  }

  /** Frees a segment whose entries are elsewhere. */
  private drop(segment: Pointer): void {
    this.segments--
    this.put(segment, this.bytesOf(sizeIn(getWord(this.heap, segment, SHAPE))))
  }

  private grow(hash: number): void {
    const segment = this.segmentOf(hash)
    const shape = getWord(this.heap, segment, SHAPE)
    const size = sizeIn(shape)
    const depth = depthIn(shape)
    const last = this.sizes.length - 1
    // Fourfold while the table is small. (Doubling: set at 1e3 50 ns instead of 32, a dict of 600 entries 34 bytes an entry instead of 68.)
    if (size < last) this.rebuild(segment, Math.min(last, depth === 1 ? size + 2 : size + 1))
    else if (this.maySplit(depth)) this.split(segment)
    else if (this.slotsIn(this.bytesOf(size + 1)) <= SLOTS_ALONE_MAX) this.rebuild(segment, size + 1)
    else
      throw rangeError(
        `ebb: the collection cannot hold more than ${this.count} entries: too many of their hashes are the same`,
      )
  }

  private maySplit(depth: number): boolean {
    if (depth >= DEPTH_MAX) return false
    return depth < this.depth || 2 << this.depth <= ENTRIES_PER_SEGMENT_MAX * this.segments
  }

  /** Moves a segment's entries to one of another size. */
  private rebuild(segment: Pointer, size: number): void {
    const fresh = take(this.heap, this.bytesOf(size))
    const prefix = getWord(this.heap, segment, PREFIX)
    const slots = this.slotsOf(prefix)
    this.setUp(fresh, prefix, size, depthIn(getWord(this.heap, segment, SHAPE)))
    this.distribute(segment, slots, 0, fresh, fresh, this.slotsOf(prefix))
    this.drop(segment)
    this.version = (this.version + 1) & 0x3fff_ffff
  }

  private split(segment: Pointer): void {
    const { heap } = this
    const shape = getWord(heap, segment, SHAPE)
    const depth = depthIn(shape)
    const slots = this.slotsOf(getWord(heap, segment, PREFIX))
    const size = sizeIn(shape)
    const byteLength = this.bytesOf(size)
    const sizes = [byteLength, byteLength]
    if (depth === this.depth) sizes.push(directoryBytes(depth + 1))
    const [zero, one, dir] = takeAll(heap, sizes) as [Pointer, Pointer, Pointer?]
    const prefix = getWord(heap, segment, PREFIX)
    if (dir !== undefined) this.double(dir)
    this.setUp(zero, prefix, size, depth + 1)
    this.setUp(one, prefix | (1 << (31 - depth)), size, depth + 1)
    this.distribute(segment, slots, 31 - depth, zero, one, this.slotsIn(byteLength))
    if (depth + 1 === this.depth) this.deepest += 2
    this.drop(segment)
    this.version = (this.version + 1) & 0x3fff_ffff
  }

  /** After a deletion that left a segment sparse: merges it with its buddy, or makes it smaller. @internal */
  protected shrink(hash: number): void {
    try {
      const segment = this.segmentOf(hash)
      const shape = getWord(this.heap, segment, SHAPE)
      if (depthIn(shape) === 1 || !this.merge(segment, depthIn(shape))) {
        const size = this.sizeFor(getWord(this.heap, segment, COUNT))
        if (size < sizeIn(shape)) this.rebuild(segment, size)
      }
    } catch (error) {
      // The entry is gone already, and the segment serves as it is.
      if (!isRefusal(error)) throw error
    }
  }

  /** The smallest size that so many entries fill to no more than two thirds. */
  private sizeFor(count: number): number {
    let size = 0
    while (size < this.sizes.length - 1 && this.slotsIn(this.bytesOf(size)) * 2 < count * 3) size++
    return size
  }

  /** Merges a segment with the one that it was split from, where they fill 9/16 of one at most: a quarter each, and a little more. */
  private merge(segment: Pointer, depth: number): boolean {
    const { heap } = this
    const prefix = getWord(heap, segment, PREFIX)
    const buddy = this.segmentOf(prefix ^ (1 << (32 - depth)))
    if (depthIn(getWord(heap, buddy, SHAPE)) !== depth) return false
    const count = getWord(heap, segment, COUNT) + getWord(heap, buddy, COUNT)
    if (count * 16 > this.slotsIn(this.bytesOf(this.sizes.length - 1)) * 9) return false
    const size = this.sizeFor(count)
    const fresh = take(heap, this.bytesOf(size))
    const slots = this.slotsOf(prefix)
    const buddySlots = this.slotsOf(prefix ^ (1 << (32 - depth)))
    this.setUp(fresh, prefix & ~(1 << (32 - depth)), size, depth - 1, false)
    this.distribute(segment, slots, 0, fresh, fresh, this.slotsOf(prefix))
    this.distribute(buddy, buddySlots, 0, fresh, fresh, this.slotsOf(prefix))
    this.drop(segment)
    this.drop(buddy)
    this.version = (this.version + 1) & 0x3fff_ffff
    if (depth === this.depth) this.deepest -= 2
    if (this.deepest === 0 && this.depth > 1) this.halve()
    return true
  }
}
