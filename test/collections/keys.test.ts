import { describe, expect, it } from 'vitest'
import { Heap } from '../../lib'
import { bytesKey, longKey, type PackedKey, packText, scratch, textKey } from '../../lib/collections/keys'
import { caught } from '../support/caught'

/** Hash and words of a packed key. */
function packed<K>(kind: PackedKey<K>, key: K): [number, number[]] {
  const hash = kind.pack(key)
  const count = scratch[0] as number
  return [hash, [...(count === 0 ? longKey.words : scratch.subarray(1, 1 + count))]]
}

describe('packed texts', () => {
  const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 38, 39, 40, 41, 42, 43, 100, 2045, 2046, 2047, 2048, 5000]

  it('are equal where the texts are, however they were made, and at any length', () => {
    for (const length of lengths) {
      for (const letter of ['a', 'é', '€']) {
        const text = letter.repeat(length)
        const other = Buffer.from(text, 'utf16le').toString('utf16le')
        const first = packed(textKey, text)
        packText('something else in between, of some length to fill the scratch')
        expect(packed(textKey, other)).toEqual(first)
      }
    }
  })

  it('differ where the texts do', () => {
    const seen = new Set<string>()
    let made = 0
    for (const length of lengths) {
      for (const letter of ['a', 'b', 'é', '€', '\0', '\ud800']) {
        if (length === 0 && letter !== 'a') continue
        for (const text of [letter.repeat(length), `${letter.repeat(length)}z`, `z${letter.repeat(length)}`]) {
          seen.add(JSON.stringify(packed(textKey, text)[1]))
          made++
        }
      }
    }
    // '' + 'z' is twice the same.
    expect(seen.size).toBe(made - 1)
  })

  it('are refused where they are none', () => {
    expect(() => textKey.pack(1 as never)).toThrow(/key is str, a string, got 1/)
    expect(() => bytesKey.pack('x' as never)).toThrow(/key is bytes/)
    using heap = new Heap()
    heap.close()
    expect(caught(() => textKey.read(heap, 1 as never, 2, 0)).code).toBeDefined()
  })
})

describe('hashes', () => {
  it('differ, whatever the seed, where texts of one length differ in one word', () => {
    const hashes = new Set<number>()
    for (let i = 0; i < 100_000; i++) hashes.add(packText(`user${i.toString(36).padStart(4, '0')}rest`))
    expect(hashes.size).toBe(100_000)
  })

  it('spread over their upper and their lower bits', () => {
    const uppers = new Int32Array(256)
    const lowers = new Int32Array(256)
    for (let i = 0; i < 100_000; i++) {
      const hash = packText(`key ${i}`)
      uppers[hash >>> 24]!++
      lowers[hash & 255]!++
    }
    for (const counts of [uppers, lowers]) {
      expect(Math.min(...counts)).toBeGreaterThan(250)
      expect(Math.max(...counts)).toBeLessThan(540)
    }
  })
})
