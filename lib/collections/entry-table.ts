/**
 * Segments for keys of any length: pairs of a hash and the pointer of a block with the entry in it. A pointer of 0 is a free slot.
 *
 *     segment  | header: 4 words | hash, pointer | hash, pointer | ...
 *     entry    | owner : 20, head : 12 | extra words | data of the key | value |
 *
 * A whole hash is compared before an entry is looked at, so that a wrong one is read once in 2^32 look-ups.
 */
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { NEAR } from '../space/near'
import { DictTable } from './dict-table'
import { distributeFar, distributeNear, freeSlot, slotOf } from './entry-segments'
import { dataWords, HEAD_MASK, hashStored, longKey, type PackedKey, scratch as packed } from './keys'
import { COUNT, floorIn, HEADER_WORDS, SHAPE, SLOT_BITS } from './segments'
import type { Walk } from './walk'
import { getWord, nearBase, setWord } from './words'

const { i32, near4 } = NEAR
// File-local copies: an imported binding is a property load on every use.
const scratch = packed
const get = getWord
const put = setWord
const headerWords = HEADER_WORDS
const slotBits = SLOT_BITS
const slotMask = (1 << SLOT_BITS) - 1
const headMask = HEAD_MASK

/**
 * Whether the words behind an element are the data that were packed last. Up to six without a loop: in a loop within that of `find`, V8
 * takes neither array for a constant, and look-ups of texts in tables of 1e3 to 1e5 take a tenth longer.
 */
function isPacked(data: number, words: number): boolean {
  if (words > 6) return isPackedInLoop(data, words)
  let difference = 0
  if (words > 1) difference |= (i32[data + 1] as number) ^ (scratch[2] as number)
  if (words > 2) difference |= (i32[data + 2] as number) ^ (scratch[3] as number)
  if (words > 3) difference |= (i32[data + 3] as number) ^ (scratch[4] as number)
  if (words > 4) difference |= (i32[data + 4] as number) ^ (scratch[5] as number)
  if (words > 5) difference |= (i32[data + 5] as number) ^ (scratch[6] as number)
  return difference === 0
}

function isPackedInLoop(data: number, words: number): boolean {
  let word = 1
  while (word < words && i32[data + word] === scratch[word + 1]) word++
  return word === words
}

/** A table whose keys are packed into words. */
export abstract class EntryTable<K, V> extends DictTable<K, V> {
  /** @internal */
  protected readonly packing: PackedKey<K>
  /** Words between the head and the data of a key. @internal */
  protected readonly extra: number
  /** Where the last `find` has ended. @internal */
  protected segment = 0 as Pointer
  /** @internal */
  protected slots = 0
  /** @internal */
  protected slot = 0

  /** @internal */
  protected constructor(heap: Heap, keys: PackedKey<K>, extra: number) {
    super(heap, 2)
    this.packing = keys
    this.extra = extra
    this.open()
  }

  /** The entry of the key that was packed last, or 0. @internal */
  protected find(hash: number): Pointer | 0 {
    const words = scratch[0] as number
    if (this.dirBase < 0 || words === 0) return this.findSlow(hash)
    const { owner, extra } = this
    const entry = this.dirBase + ((hash >>> this.shift) << 1)
    const segment = i32[entry] as Pointer
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    let pointer: Pointer | 0
    for (;;) {
      pointer = i32[base + (slot << 1) + 1] as Pointer | 0
      if (pointer === 0) break
      if (i32[base + (slot << 1)] === hash) {
        const block = (near4 + (pointer << 2)) | 0
        if ((i32[block] as number) - owner === scratch[1] && isPacked(block + extra, words)) break
      }
      if (++slot === slots) slot = 0
    }
    this.segment = segment
    this.slots = slots
    this.slot = slot
    return pointer
  }

  private findSlow(hash: number): Pointer | 0 {
    this.mustBeOpen('access')
    const { heap } = this
    this.segment = this.segmentOf(hash)
    this.slots = this.slotsOf(hash)
    let slot = Math.imul(hash & slotMask, this.slots) >>> slotBits
    for (;;) {
      const pointer = get(heap, this.segment, headerWords + 2 * slot + 1) as Pointer | 0
      if (pointer === 0) return 0
      if (get(heap, this.segment, headerWords + 2 * slot) === hash && this.isKeyOf(pointer)) {
        this.slot = slot
        return pointer
      }
      if (++slot === this.slots) slot = 0
    }
  }

  /** Whether an entry has the key that was packed last. */
  private isKeyOf(pointer: Pointer): boolean {
    const { heap, extra } = this
    const words = scratch[0] === 0 ? longKey.words : scratch.subarray(1, 1 + (scratch[0] as number))
    if (get(heap, pointer, 0) - this.owner !== words[0]) return false
    if (words.length !== 1 + dataWords(heap, pointer, words[0] as number, 1 + extra)) return false
    for (let word = 1; word < words.length; word++) if (get(heap, pointer, extra + word) !== words[word]) return false
    return true
  }

  /** Word behind the data of an entry's key. @internal */
  protected keyEnd(pointer: Pointer): number {
    const head = get(this.heap, pointer, 0) & headMask
    return 1 + this.extra + dataWords(this.heap, pointer, head, 1 + this.extra)
  }

  /** The same of an entry with the key that was packed last. @internal */
  protected packedEnd(): number {
    return this.extra + (scratch[0] === 0 ? longKey.words.length : (scratch[0] as number))
  }

  /** Writes the key that was packed last into a new block. @internal */
  protected writeKey(pointer: Pointer): void {
    const { heap, extra, owner } = this
    const words = scratch[0] as number
    const block = nearBase(pointer)
    if (words === 0 || block < 0) {
      const long = words === 0 ? longKey.words : scratch.subarray(1, 1 + words)
      put(heap, pointer, 0, owner + (long[0] as number))
      for (let word = 1; word < long.length; word++) put(heap, pointer, extra + word, long[word] as number)
      return
    }
    i32[block] = owner + (scratch[1] as number)
    for (let word = 1; word < words; word++) i32[block + extra + word] = scratch[word + 1] as number
  }

  /** Puts an entry that is not there into its segment, which has room. @internal */
  protected link(hash: number, pointer: Pointer): void {
    const { heap } = this
    const segment = this.segmentOf(hash)
    const slots = this.slotsOf(hash)
    if (this.dirBase < 0) {
      const slot = freeSlot(heap, segment, slots, hash)
      put(heap, segment, headerWords + 2 * slot, hash)
      put(heap, segment, headerWords + 2 * slot + 1, pointer)
    } else {
      const base = (near4 + (segment << 2) + headerWords) | 0
      let slot = Math.imul(hash & slotMask, slots) >>> slotBits
      while (i32[base + (slot << 1) + 1] !== 0) if (++slot === slots) slot = 0
      i32[base + (slot << 1)] = hash
      i32[base + (slot << 1) + 1] = pointer
    }
    put(heap, segment, COUNT, get(heap, segment, COUNT) + 1)
    this.count++
    this.version = (this.version + 1) & 0x3fff_ffff
  }

  /** Lets the slot that `find` has found lead to another block. @internal */
  protected relink(pointer: Pointer): void {
    put(this.heap, this.segment, headerWords + 2 * this.slot + 1, pointer)
    this.version = (this.version + 1) & 0x3fff_ffff
  }

  /** By the hash in the entry, or of its key, which is read for that only where the block is long enough to have it. @internal */
  protected override followEntry(pointer: Pointer, to: Pointer): boolean {
    const { heap } = this
    if (this.keyEnd(pointer) * 4 > heap.usableSize(pointer)) return false
    const hash = this.hashIn(pointer)
    const segment = this.segmentOf(hash)
    const slot = slotOf(heap, segment, this.slotsOf(hash), hash, pointer)
    if (slot >= 0 && to !== pointer) put(heap, segment, headerWords + 2 * slot + 1, to)
    return slot >= 0
  }

  /** Hash of an entry. @internal */
  protected hashIn(pointer: Pointer): number {
    return hashStored(this.heap, pointer, get(this.heap, pointer, 0) & headMask, 1 + this.extra)
  }

  /** Takes an entry with a hash out of its segment. @internal */
  protected unlinkAt(hash: number, pointer: Pointer): void {
    this.segment = this.segmentOf(hash)
    this.slots = this.slotsOf(hash)
    this.slot = slotOf(this.heap, this.segment, this.slots, hash, pointer)
    this.unlink(hash)
  }

  /** Takes the entry that `find` has found out of its segment. @internal */
  protected unlink(hash: number): void {
    const { heap, segment } = this
    const hole = this.dirBase < 0 ? this.closeHoleFar() : this.closeHole()
    put(heap, segment, headerWords + 2 * hole + 1, 0)
    const count = get(heap, segment, COUNT) - 1
    put(heap, segment, COUNT, count)
    this.count--
    this.version = (this.version + 1) & 0x3fff_ffff
    if (count < floorIn(get(heap, segment, SHAPE))) this.shrink(hash)
  }

  /** Moves up what may stand in the hole, and what may in the hole that leaves. Returns the last one. */
  private closeHole(): number {
    const { segment, slots } = this
    const base = (near4 + (segment << 2) + headerWords) | 0
    let hole = this.slot
    let slot = hole
    for (;;) {
      if (++slot === slots) slot = 0
      const pointer = i32[base + (slot << 1) + 1] as number
      if (pointer === 0) return hole
      const hash = i32[base + (slot << 1)] as number
      const home = Math.imul(hash & slotMask, slots) >>> slotBits
      if (hole <= slot ? home > hole && home <= slot : home > hole || home <= slot) continue
      i32[base + (hole << 1)] = hash
      i32[base + (hole << 1) + 1] = pointer
      hole = slot
    }
  }

  private closeHoleFar(): number {
    const { heap, segment, slots } = this
    let hole = this.slot
    let slot = hole
    for (;;) {
      if (++slot === slots) slot = 0
      const pointer = get(heap, segment, headerWords + 2 * slot + 1)
      if (pointer === 0) return hole
      const hash = get(heap, segment, headerWords + 2 * slot)
      const home = Math.imul(hash & slotMask, slots) >>> slotBits
      if (hole <= slot ? home > hole && home <= slot : home > hole || home <= slot) continue
      put(heap, segment, headerWords + 2 * hole, hash)
      put(heap, segment, headerWords + 2 * hole + 1, pointer)
      hole = slot
    }
  }

  override gather(walk: Walk): void {
    this.mustBeOpen('iteration')
    const { heap } = this
    const segment = this.segmentOf(walk.next)
    const slots = this.slotsOf(walk.next)
    const pairs = walk.reserve(slots)
    let count = 0
    for (let slot = 0; slot < slots; slot++) {
      const hash = get(heap, segment, headerWords + 2 * slot)
      const pointer = get(heap, segment, headerWords + 2 * slot + 1)
      if (pointer === 0 || hash >>> 0 < walk.next) continue
      pairs[2 * count] = hash
      pairs[2 * count + 1] = pointer
      count++
    }
    walk.count = count
    walk.next = this.hashAfter(walk.next)
  }

  /**
   * Finds an entry by its hash and its pointer; where it has another block by now, by its hash alone: the first block of that hash that
   * no other pair of the walk has.
   */
  override findAgain(walk: Walk): boolean {
    this.mustBeOpen('iteration')
    const { heap } = this
    const hash = walk.pairs[2 * walk.index - 2] as number
    const wanted = walk.pairs[2 * walk.index - 1] as number
    const segment = this.segmentOf(hash)
    const slots = this.slotsOf(hash)
    let other = 0
    for (let slot = Math.imul(hash & slotMask, slots) >>> slotBits; ; slot = slot + 1 === slots ? 0 : slot + 1) {
      const pointer = get(heap, segment, headerWords + 2 * slot + 1)
      if (pointer !== 0 && get(heap, segment, headerWords + 2 * slot) !== hash) continue
      if (pointer === wanted || pointer === 0) {
        walk.place = pointer === 0 ? other : pointer
        if (walk.place !== wanted) walk.pairs[2 * walk.index - 1] = walk.place
        return walk.place !== 0
      }
      if (other === 0 && !isAmong(walk, hash, pointer)) other = pointer
    }
  }

  /** Calls `visit` for each entry of a segment. @internal */
  protected eachEntry(segment: Pointer, slots: number, visit: (pointer: Pointer) => void): void {
    for (let slot = 0; slot < slots; slot++) {
      const pointer = get(this.heap, segment, headerWords + 2 * slot + 1)
      if (pointer !== 0) visit(pointer as Pointer)
    }
  }

  protected override slotsIn(byteLength: number): number {
    return (byteLength / 4 - headerWords) >>> 1
  }

  protected override clearSlots(segment: Pointer, slots: number): void {
    const base = nearBase(segment)
    if (base < 0) for (let slot = 0; slot < slots; slot++) put(this.heap, segment, headerWords + 2 * slot + 1, 0)
    else for (let slot = 0; slot < slots; slot++) i32[base + headerWords + (slot << 1) + 1] = 0
  }

  protected override distribute(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void {
    if (this.dirBase < 0) distributeFar(this.heap, from, slots, bit, zero, one, targetSlots)
    else distributeNear(from, slots, bit, zero, one, targetSlots)
  }
}

/** Whether a walk has copied a block with a hash. */
function isAmong(walk: Walk, hash: number, pointer: number): boolean {
  for (let i = 0; i < walk.count; i++) if (walk.pairs[2 * i + 1] === pointer && walk.pairs[2 * i] === hash) return true
  return false
}
