/** What a space does with the books of its slots. Which slots it gives is in slots.test.ts. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, POOL_BYTES, SLOTS_MAX, type Slot } from '../../lib/base/layout'
import { BOOK_BYTES_PER_SLOT, HEAP_BYTES } from '../../lib/space/plan'
import { emptySpace, reserveSpace, Space } from '../../lib/space/space'
import { mustHaveSpace, space as threadSpace } from '../../lib/space/thread-space'
import { caught } from '../support/caught'
import { runChild, said } from '../support/child'
import { PlainPages, type PlainRegion } from '../support/plain-pages'

const SIZE = { slots: 1 << 15, heaps: 3 }
const MIB = 2 ** 20
const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

function fresh(osPageSize = 4096): { space: Space; os: PlainPages; region: PlainRegion } {
  const os = new PlainPages(osPageSize)
  const region = os.reserve(112 * MIB)
  return { space: new Space(os, region, SIZE), os, region }
}

describe('a space', () => {
  it('clears the books of a slot that is given back, and keeps those of its neighbours', () => {
    const { space } = fresh()
    const [a, b] = [space.takeArena() as Slot, space.takeArena() as Slot]
    for (const slot of [a, b]) {
      space.words.fill(-1, slot * 512, (slot + 1) * 512)
      space.words.fill(7, space.owners + slot * 64, space.owners + (slot + 1) * 64)
      space.words.fill(7, space.taken + slot * 64, space.taken + (slot + 1) * 64)
      space.words[space.wordAt((slot << 14) as never)] = 9
    }
    space.put(a)
    const read = (slot: Slot): unknown[] =>
      [
        slot * 512,
        slot * 512 + 511,
        space.owners + slot * 64 + 63,
        space.taken + slot * 64,
        space.wordAt((slot << 14) as never),
      ].map((word) => space.words[word])
    expect([read(a), read(b)]).toEqual([
      [0, 0, 0, 0, 0],
      [-1, -1, 7, 7, 9],
    ])
    expect(BOOK_BYTES_PER_SLOT).toBe((512 + 64 + 64 + 1 + 3) * 4)
  })

  it('has a clear ledger for an arena: of its own for a near one, in pool 0 for one in an annex', () => {
    const { space, os } = fresh()
    const [a, b] = [space.takeArena() as Slot, space.takeArena() as Slot]
    for (const slot of [a, b]) space.ledger(slot).fill(slot)
    const bytes = new Int32Array(space.region.buffer, space.ledger(a).byteOffset, 2048)
    expect([bytes[0], bytes[1023], bytes[1024], bytes[2047]]).toEqual([0, 0, b, b])
    if (process.platform === 'win32') return // no annexes
    let far = space.takeArena() as Slot
    while (space.isNear(far)) far = space.takeArena() as Slot
    new Int32Array(os.regions[1]!.buffer, space.home(far).byteOffset, 1024).fill(5)
    const ledger = space.ledger(far)
    expect([ledger.buffer === os.regions[1]!.buffer, ledger.byteOffset, ledger.length, ledger[9]]).toEqual([
      true,
      space.home(far).byteOffset,
      POOL_BYTES / 4,
      0,
    ])
  })

  it.each([4096, 16_384, 65_536])(
    'gives OS pages of books of %i bytes back when no slot uses them any more',
    (page) => {
      const { space, region } = fresh(page)
      const slots = Array.from({ length: 40 }, () => space.takeArena() as Slot)
      const discardedBooks = (): number => {
        region.discards.length = 0
        space.tidy()
        return region.discards.filter(([byteOffset]) => byteOffset < space.home(space.nearFirst).byteOffset).length
      }
      for (const slot of slots.slice(0, -1)) space.put(slot)
      expect(space.isUntidy).toBe(true)
      discardedBooks()
      space.put(slots.at(-1) as Slot)
      expect([discardedBooks() >= 4, discardedBooks(), space.isUntidy]).toEqual([true, 0, false])
    },
  )

  it('gives the books of neighbours back in one call for each column, however often a slot came and went', () => {
    const { space, region } = fresh(4096)
    const books = space.home(space.nearFirst).byteOffset
    for (let turn = 0; turn < 5; turn++) {
      for (const slot of Array.from({ length: 40 }, () => space.takeArena() as Slot)) space.put(slot)
    }
    region.discards.length = 0
    space.tidy()
    expect(region.discards.filter(([byteOffset]) => byteOffset < books)).toHaveLength(4)
  })

  it('keeps the OS pages of books that a slot in use has a part in', () => {
    const { space, region } = fresh(65_536)
    const [a, b] = [space.takeArena() as Slot, space.takeArena() as Slot]
    space.words.fill(-1, b * 512, (b + 1) * 512)
    space.put(a)
    region.discards.length = 0
    space.tidy()
    expect([region.discards, space.words[b * 512]]).toEqual([[], -1])
  })

  it('goes on where the system refuses to take memory back', () => {
    const { space, os } = fresh()
    os.refusesDiscards = true
    const slot = space.takeArena() as Slot
    space.words[slot * 512] = 9
    space.put(slot)
    space.tidy()
    expect([space.words[slot * 512], space.takeArena()]).toEqual([0, slot])
  })

  it('has places for the magazines of some heaps, and one for all others', () => {
    const { space, region } = fresh()
    const places = [space.takeHeap(), space.takeHeap(), space.takeHeap(), space.takeHeap()]
    expect(places.slice(2)).toEqual([space.noMagazines, space.noMagazines])
    expect([new Set(places).size, places[1]! - places[0]!]).toEqual([3, HEAP_BYTES / 4])
    space.words[places[0]! + 5] = 1
    space.putHeap(places[0]!)
    expect(region.discards).toEqual([[places[0]! * 4, HEAP_BYTES]])
    space.putHeap(space.noMagazines)
    expect([space.takeHeap(), space.words[places[0]! + 5], space.takeHeap()]).toEqual([places[0], 0, space.noMagazines])
  })

  it('for nothing has no slots', () => {
    const space = emptySpace()
    expect([space.slots, space.nearFirst, space.nearEnd, space.takeArena()]).toEqual([1, 1, 1, 0])
    expect([space.takeHeap(), space.isFree(0)]).toEqual([space.noMagazines, true])
    expect(() => space.os.reserve(4096)).toThrow('ebb: there is no space')
  })
})

describe('reserving', () => {
  const isWindows = process.platform === 'win32'

  it.skipIf(isWindows)('takes what there is, the most first', () => {
    const asked: number[] = []
    class Counted extends PlainPages {
      override reserve(byteLength: number): PlainRegion {
        asked.push(byteLength)
        return super.reserve(byteLength)
      }
    }
    const os = new Counted()
    os.longest = 2 ** 29
    const space = reserveSpace(os)
    expect(asked).toEqual([2 ** 32 - ARENA_BYTES, 2 ** 31 - ARENA_BYTES, 2 ** 30, 2 ** 29])
    expect([space.slots, space.region.byteLength]).toEqual([SLOTS_MAX, 2 ** 29])
    os.longest = 2 ** 28
    expect([reserveSpace(os).slots, os.regions.at(-1)?.byteLength]).toEqual([SLOTS_MAX / 4, 2 ** 28])
  })

  it.skipIf(isWindows)('leaves half of what the limits of the process allow to the engine', () => {
    const bytesWith = (room: number): number => reserveSpace(new PlainPages(), room).region.byteLength
    expect([bytesWith(2 ** 31), bytesWith(2 ** 31 - 1), bytesWith(2 ** 29)]).toEqual([2 ** 30, 2 ** 29, 2 ** 28])
    const error = caught(() => reserveSpace(new PlainPages(), 2 ** 29 - 1))
    expect(error.code).toBe('EBB_OUT_OF_MEMORY')
    expect(error.message).toContain('(536870911 more may be mapped, of which ebb leaves half to others)')
  })

  it('asks for no more than one buffer can show, and says what refused the least and what to raise', () => {
    class Refusing extends PlainPages {
      override readonly maxByteLength = 2 ** 30
      override reserve(byteLength: number): never {
        expect(byteLength).toBeLessThanOrEqual(2 ** 30)
        throw Object.assign(new Error('no'), { code: 'ENOMEM', syscall: 'mmap', errno: -12 })
      }
    }
    const error = caught(() => reserveSpace(new Refusing()))
    expect(error).toMatchObject({ code: 'EBB_OUT_OF_MEMORY', syscall: 'mmap', errno: -12 })
    expect(error.message).toMatch(/not even 268435456 bytes .* \(mmap: ENOMEM\); .* Raise what limits it: \S/)
  })
})

describe("the thread's space", () => {
  it('is there once the library is loaded', () => {
    mustHaveSpace()
    expect([threadSpace.slots, threadSpace.nearEnd > threadSpace.nearFirst]).toEqual([SLOTS_MAX, true])
  })

  it.runIf(hasPrlimit)('is told by the first heap to be missing where it cannot be reserved', async () => {
    // Before the library is loaded: not quite enough for the least space. V8 needs the rest to live.
    const result = await runChild(`
      const { execFileSync } = require('node:child_process')
      const script = \`
        const size = /VmSize:\\\\s+(\\\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]
        require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (size * 1024 + 2 ** 28 - 2 ** 24)])
        const { Heap } = require('./dist/index.js')
        try { new Heap() } catch (error) { console.log(JSON.stringify([error.code, error.message])) }\`
      execFileSync(process.execPath, ['-e', script], { stdio: 'inherit' })
    `)
    const [[code, message]] = said(result) as [[string, string]]
    expect(code).toBe('EBB_OUT_OF_MEMORY')
    expect(message).toMatch(/reserves no address space.*ulimit -v \(RLIMIT_AS\) is \d+ bytes/)
  })
})
