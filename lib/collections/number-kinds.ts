/**
 * Tables of the dicts that are used most, with their hot calls written for these alone, because V8 learns types per function. A script writes
 * them from one template. What is rare or not near is NumberDict's.
 */
import type { Pointer } from '../base/layout'
import { refuseValue } from '../records/types'
import { NEAR } from '../space/near'
import { FREE_FLIP, FREE_LOWER, hashWord } from './hash'
import { NumberDict } from './number-dict'
import { countIn, taken as gathered, gatherSlots, valuesAt } from './number-segments'
import { COUNT, HEADER_WORDS, PREFIX, SHAPE, SLOT_BITS } from './segments'
import type { Walk } from './walk'
import { setDouble, setWord } from './words'

const { i32, f64, near4, near8 } = NEAR
// File-local copies: an imported binding is a property load on every use.
const hashOf = hashWord
const taken = gathered
const headerWords = HEADER_WORDS
const slotBits = SLOT_BITS
const slotMask = (1 << SLOT_BITS) - 1
const freeLower = FREE_LOWER
const freeFlip = FREE_FLIP
/** From the first slot of a segment to words of its head. */
const countBefore = COUNT - HEADER_WORDS
const shapeBefore = SHAPE - HEADER_WORDS

// <written by scripts/write-kinds.js>
/** i32 -> f64. */
export class Int32F64Dict extends NumberDict<number, number> {
  override get(key: number): number | undefined {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) return super.get(key)
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) {
        // One exit: where a double is returned on one path and undefined on another, V8 boxes the double.
        slot = -1 << 30
        break
      }
      if (++slot === slots) slot = 0
    }
    return f64[(near8 + (segment << 1) + ((headerWords + 1 + slots) >> 1) + slot) | 0]
  }

  override has(key: number): boolean {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    return this.find(key | 0) >= 0
  }

  override set(key: number, value: number): void {
    if (typeof value !== 'number') refuseValue('value', 'f64', value)
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) {
      super.set(key, value)
      return
    }
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) {
        const count = i32[base + countBefore] as number
        if (count >= (slots * (slots > 1400 ? 12 : 11)) >>> 4) {
          this.insertGrown(key | 0, value)
          return
        }
        i32[base + countBefore] = count + 1
        i32[(base + slot) | 0] = key
        this.count++
        this.version = (this.version + 1) & 0x3fff_ffff
        break
      }
      if (++slot === slots) slot = 0
    }
    f64[(near8 + (segment << 1) + ((headerWords + 1 + slots) >> 1) + slot) | 0] = value
  }

  override delete(key: number): boolean {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) return super.delete(key)
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) return false
      if (++slot === slots) slot = 0
    }
    this.closeHoleAt(base, (near8 + (segment << 1) + ((headerWords + 1 + slots) >> 1)) | 0, slots, slot, free)
    const count = ((i32[base + countBefore] as number) - 1) | 0
    i32[base + countBefore] = count
    this.count--
    this.version = (this.version + 1) & 0x3fff_ffff
    if (count < (i32[base + shapeBefore] as number) >>> 16) this.shrink(hash)
    return true
  }

  override valueAt(walk: Walk): number {
    if (this.dirBase < 0) return super.valueAt(walk)
    const { segment, slots } = walk
    return f64[(near8 + (segment << 1) + ((headerWords + 1 + slots) >> 1) + walk.place) | 0] as number
  }

  protected override distributeNear(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void {
    const keys = (near4 + (from << 2) + headerWords) | 0
    const values = (near8 + (from << 1) + ((headerWords + 1 + slots) >> 1)) | 0
    const target = (near4 + (zero << 2) + headerWords) | 0
    const toValues = (near8 + (zero << 1) + ((headerWords + 1 + targetSlots) >> 1)) | 0
    const distance = ((one - zero) << 1) | 0
    const prefix = i32[(keys + PREFIX - headerWords) | 0] as number
    const free = freeLower ^ ((prefix >> 31) & freeFlip)
    const all = gatherSlots(keys, slots, free)
    let ones = 0
    for (let i = 0; i < all; i++) {
      const slot = taken[i] as number
      const key = i32[(keys + slot) | 0] as number
      const hash = hashOf(key)
      // No branch for what is a coin toss.
      const isOne = (hash >>> bit) & 1
      const away = distance & -isOne
      const base = (target + (away << 1)) | 0
      ones += isOne
      let at = Math.imul(hash & slotMask, targetSlots) >>> slotBits
      while (i32[(base + at) | 0] !== free) if (++at === targetSlots) at = 0
      i32[(base + at) | 0] = key
      f64[(toValues + away + at) | 0] = f64[(values + slot) | 0] as number
    }
    countIn(target, distance << 1, all, ones)
  }

  /** A key that is not there, where its segment has to grow first. */
  private insertGrown(key: number, value: number): void {
    this.makeRoomFor(key)
    const slot = this.insert(key)
    setDouble(this.heap, this.segment, valuesAt(this.slots) + 2 * slot, value)
  }

  /** Moves up what may stand in a hole, and what may in the hole that leaves; the last one becomes free. */
  private closeHoleAt(base: number, values: number, slots: number, from: number, free: number): void {
    let hole = from
    let slot = from
    for (;;) {
      if (++slot === slots) slot = 0
      const key = i32[(base + slot) | 0] as number
      if (key === free) break
      const home = Math.imul(hashOf(key) & slotMask, slots) >>> slotBits
      // Slots back to the home, and to the hole, round the end.
      const reach = slot - home + (slots & ((slot - home) >> 31))
      const gap = slot - hole + (slots & ((slot - hole) >> 31))
      if (reach < gap) continue
      i32[(base + hole) | 0] = key
      f64[(values + hole) | 0] = f64[(values + slot) | 0] as number
      hole = slot
    }
    i32[(base + hole) | 0] = free
  }
}

/** i32 -> i32. */
export class Int32I32Dict extends NumberDict<number, number> {
  override get(key: number): number | undefined {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) return super.get(key)
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) {
        // One exit: where a double is returned on one path and undefined on another, V8 boxes the double.
        slot = -1 << 30
        break
      }
      if (++slot === slots) slot = 0
    }
    return i32[(near4 + (segment << 2) + ((headerWords + 1 + slots) & ~1) + slot) | 0]
  }

  override has(key: number): boolean {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    return this.find(key | 0) >= 0
  }

  override set(key: number, value: number): void {
    if (typeof value !== 'number' || (value | 0) !== value) refuseValue('value', 'i32', value)
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) {
      super.set(key, value)
      return
    }
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) {
        const count = i32[base + countBefore] as number
        if (count >= (slots * (slots > 1400 ? 12 : 11)) >>> 4) {
          this.insertGrown(key | 0, value)
          return
        }
        i32[base + countBefore] = count + 1
        i32[(base + slot) | 0] = key
        this.count++
        this.version = (this.version + 1) & 0x3fff_ffff
        break
      }
      if (++slot === slots) slot = 0
    }
    i32[(near4 + (segment << 2) + ((headerWords + 1 + slots) & ~1) + slot) | 0] = value
  }

  override delete(key: number): boolean {
    if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)
    const { dirBase } = this
    if (dirBase < 0) return super.delete(key)
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits
    for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) return false
      if (++slot === slots) slot = 0
    }
    this.closeHoleAt(base, (near4 + (segment << 2) + ((headerWords + 1 + slots) & ~1)) | 0, slots, slot, free)
    const count = ((i32[base + countBefore] as number) - 1) | 0
    i32[base + countBefore] = count
    this.count--
    this.version = (this.version + 1) & 0x3fff_ffff
    if (count < (i32[base + shapeBefore] as number) >>> 16) this.shrink(hash)
    return true
  }

  override valueAt(walk: Walk): number {
    if (this.dirBase < 0) return super.valueAt(walk)
    const { segment, slots } = walk
    return i32[(near4 + (segment << 2) + ((headerWords + 1 + slots) & ~1) + walk.place) | 0] as number
  }

  protected override distributeNear(
    from: Pointer,
    slots: number,
    bit: number,
    zero: Pointer,
    one: Pointer,
    targetSlots: number,
  ): void {
    const keys = (near4 + (from << 2) + headerWords) | 0
    const values = (near4 + (from << 2) + ((headerWords + 1 + slots) & ~1)) | 0
    const target = (near4 + (zero << 2) + headerWords) | 0
    const toValues = (near4 + (zero << 2) + ((headerWords + 1 + targetSlots) & ~1)) | 0
    const distance = ((one - zero) << 2) | 0
    const prefix = i32[(keys + PREFIX - headerWords) | 0] as number
    const free = freeLower ^ ((prefix >> 31) & freeFlip)
    const all = gatherSlots(keys, slots, free)
    let ones = 0
    for (let i = 0; i < all; i++) {
      const slot = taken[i] as number
      const key = i32[(keys + slot) | 0] as number
      const hash = hashOf(key)
      // No branch for what is a coin toss.
      const isOne = (hash >>> bit) & 1
      const away = distance & -isOne
      const base = (target + away) | 0
      ones += isOne
      let at = Math.imul(hash & slotMask, targetSlots) >>> slotBits
      while (i32[(base + at) | 0] !== free) if (++at === targetSlots) at = 0
      i32[(base + at) | 0] = key
      i32[(toValues + away + at) | 0] = i32[(values + slot) | 0] as number
    }
    countIn(target, distance, all, ones)
  }

  /** A key that is not there, where its segment has to grow first. */
  private insertGrown(key: number, value: number): void {
    this.makeRoomFor(key)
    const slot = this.insert(key)
    setWord(this.heap, this.segment, valuesAt(this.slots) + slot, value)
  }

  /** Moves up what may stand in a hole, and what may in the hole that leaves; the last one becomes free. */
  private closeHoleAt(base: number, values: number, slots: number, from: number, free: number): void {
    let hole = from
    let slot = from
    for (;;) {
      if (++slot === slots) slot = 0
      const key = i32[(base + slot) | 0] as number
      if (key === free) break
      const home = Math.imul(hashOf(key) & slotMask, slots) >>> slotBits
      // Slots back to the home, and to the hole, round the end.
      const reach = slot - home + (slots & ((slot - home) >> 31))
      const gap = slot - hole + (slots & ((slot - hole) >> 31))
      if (reach < gap) continue
      i32[(base + hole) | 0] = key
      i32[(values + hole) | 0] = i32[(values + slot) | 0] as number
      hole = slot
    }
    i32[(base + hole) | 0] = free
  }
}
// </written>
