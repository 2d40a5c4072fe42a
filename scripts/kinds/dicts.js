'use strict'
// The dicts from i32 to plain numbers: a class for each kind of value.

/** Kind of the values, what one must not be, and the element of a view at which those of a segment begin. */
const VALUES = [
  {
    kind: 'f64',
    not: "typeof value !== 'number'",
    valuesOf: (segment, slots) => `near8 + (${segment} << 1) + ((headerWords + 1 + ${slots}) >> 1)`,
    write: 'setDouble(this.heap, this.segment, valuesAt(this.slots) + 2 * slot, value)',
    distance: '(one - zero) << 1',
    keysAway: '(away << 1)',
    keyDistance: 'distance << 1',
  },
  {
    kind: 'i32',
    not: "typeof value !== 'number' || (value | 0) !== value",
    valuesOf: (segment, slots) => `near4 + (${segment} << 2) + ((headerWords + 1 + ${slots}) & ~1)`,
    write: 'setWord(this.heap, this.segment, valuesAt(this.slots) + slot, value)',
    distance: '(one - zero) << 2',
    keysAway: 'away',
    keyDistance: 'distance',
  },
]

const key = "if (typeof key !== 'number' || (key | 0) !== key) refuseValue('key', 'i32', key)"
const atHome = (isSuper, isVoid = false) => `${key}
    const { dirBase } = this
    if (dirBase < 0) ${
      isVoid
        ? `{
      ${isSuper}
      return
    }`
        : `return ${isSuper}`
    }
    const hash = hashOf(key | 0)
    const entry = (dirBase + ((hash >>> this.shift) << 1)) | 0
    const segment = i32[entry] as number
    const slots = i32[entry + 1] as number
    const base = (near4 + (segment << 2) + headerWords) | 0
    const free = freeLower ^ ((hash >> 31) & freeFlip)
    let slot = Math.imul(hash & slotMask, slots) >>> slotBits`
const search = (otherwise) => `for (;;) {
      const found = i32[(base + slot) | 0]
      if (found === key) break
      if (found === free) ${otherwise}
      if (++slot === slots) slot = 0
    }`

/** The class of dicts from i32 to a kind. */
function dict({ kind, not, valuesOf, write, distance, keysAway, keyDistance }) {
  const name = `Int32${kind[0].toUpperCase()}${kind.slice(1)}Dict`
  const values = valuesOf('segment', 'slots')
  return `/** i32 -> ${kind}. */
export class ${name} extends NumberDict<number, number> {
  override get(key: number): number | undefined {
    ${atHome('super.get(key)')}
    ${search(`{
        // One exit: where a double is returned on one path and undefined on another, V8 boxes the double.
        slot = -1 << 30
        break
      }`)}
    return ${kind}[(${values} + slot) | 0]
  }

  override has(key: number): boolean {
    ${key}
    return this.find(key | 0) >= 0
  }

  override set(key: number, value: number): void {
    if (${not}) refuseValue('value', '${kind}', value)
    ${atHome('super.set(key, value)', true)}
    ${search(`{
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
      }`)}
    ${kind}[(${values} + slot) | 0] = value
  }

  override delete(key: number): boolean {
    ${atHome('super.delete(key)')}
    ${search('return false')}
    this.closeHoleAt(base, (${values}) | 0, slots, slot, free)
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
    return ${kind}[(${values} + walk.place) | 0] as number
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
    const values = (${valuesOf('from', 'slots')}) | 0
    const target = (near4 + (zero << 2) + headerWords) | 0
    const toValues = (${valuesOf('zero', 'targetSlots')}) | 0
    const distance = (${distance}) | 0
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
      const base = (target + ${keysAway}) | 0
      ones += isOne
      let at = Math.imul(hash & slotMask, targetSlots) >>> slotBits
      while (i32[(base + at) | 0] !== free) if (++at === targetSlots) at = 0
      i32[(base + at) | 0] = key
      ${kind}[(toValues + away + at) | 0] = ${kind}[(values + slot) | 0] as number
    }
    countIn(target, ${keyDistance}, all, ones)
  }

  /** A key that is not there, where its segment has to grow first. */
  private insertGrown(key: number, value: number): void {
    this.makeRoomFor(key)
    const slot = this.insert(key)
    ${write}
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
      ${kind}[(values + hole) | 0] = ${kind}[(values + slot) | 0] as number
      hole = slot
    }
    i32[(base + hole) | 0] = free
  }
}
`
}

module.exports = { dicts: () => VALUES.map(dict).join('\n') }
