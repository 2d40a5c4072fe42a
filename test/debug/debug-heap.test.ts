import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Pointer } from '../../lib/base/layout'
import { Dict } from '../../lib/collections/dict'
import { str } from '../../lib/collections/kinds'
import { List } from '../../lib/collections/list'
import { DebugHeap } from '../../lib/debug/index'
import type { DebugError } from '../../lib/debug/report'
import { Heap } from '../../lib/heap/heap'
import { partsOf } from '../../lib/heap/numbers'
import type { HeapOptions } from '../../lib/heap/options'
import { checkHeap } from '../../lib/inspect/check-heap'
import { record } from '../../lib/records/record'
import { f64, ref } from '../../lib/records/types'
import { caught } from '../support/caught'
import { ManualClock } from '../support/manual-clock'
import { Random } from '../support/random'
import { TestPages } from '../support/test-pages'

const opened: Heap[] = []
const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})

function debugHeap(options: HeapOptions = {}): DebugHeap {
  const heap = new Heap({ debug: true, clock: new ManualClock(), ...options }) as DebugHeap
  opened.push(heap)
  return heap
}

afterEach(() => {
  for (const heap of opened.splice(0)) {
    if (!partsOf(heap).isClosed) checkHeap(partsOf(heap))
    heap.close()
  }
  TestPages.remove()
  warnings.mockClear()
})

describe('new Heap({ debug })', () => {
  it('is a DebugHeap, and an ordinary heap without it', () => {
    expect(debugHeap()).toBeInstanceOf(DebugHeap)
    expect(debugHeap({ debug: {} })).toBeInstanceOf(DebugHeap)
    expect(debugHeap({ debug: false })).not.toBeInstanceOf(DebugHeap)
    expect(debugHeap()).toBeInstanceOf(Heap)
  })

  it('refuses what is no option of it by name', () => {
    const wrong = (debug: unknown, error: typeof Error, text: RegExp) => {
      expect(() => new Heap({ debug } as HeapOptions)).toThrow(error)
      expect(() => new Heap({ debug } as HeapOptions)).toThrow(text)
    }
    wrong({ stack: 1 }, TypeError, /"stack" is not an option of a debug heap; there are stacks, frames/)
    wrong({ stacks: '1' }, TypeError, /debug\.stacks must be a number/)
    wrong({ quarantine: -1 }, RangeError, /debug\.quarantine must be from 0/)
    wrong({ leaks: 'all' }, TypeError, /debug\.leaks must be 'warn'/)
    wrong({ idle: 1 }, TypeError, /debug\.idle must be true or false/)
    wrong('yes', TypeError, /an option of a debug heap comes in an object/)
  })
})

describe('a block of a debug heap', () => {
  it('shows the byte of fresh memory, and that of freed memory through a view of before', () => {
    const heap = debugHeap()
    for (const byteLength of [1, 24, 100, 600, 5000, 40_000, 300_000]) {
      const pointer = heap.alloc(byteLength)
      const view = heap.bytes(pointer)
      expect([view.length, heap.usableSize(pointer)]).toEqual([byteLength, byteLength])
      expect(view.every((byte) => byte === 0xcd)).toBe(true)
      heap.free(pointer)
      expect(view.every((byte) => byte === 0xdd)).toBe(true)
    }
    const zeroed = heap.allocZeroed(1001)
    expect(heap.copyOut(zeroed).every((byte) => byte === 0)).toBe(true)
    expect(heap.alloc(0)).toBeGreaterThan(0)
  })

  it('is aligned as it was asked for', () => {
    const heap = debugHeap()
    for (const alignment of [1, 16, 64, 512, 4096]) {
      const pointer = heap.allocAligned(100, alignment)
      expect((pointer * 16) % alignment).toBe(0)
      heap.setUint8(pointer, 99, 7)
      expect(heap.isLive(pointer)).toBe(true)
      heap.free(pointer)
      expect(heap.isLive(pointer)).toBe(false)
    }
    expect(caught(() => heap.allocAligned(8, 3))).toBeInstanceOf(RangeError)
    expect(caught(() => heap.alloc(2 ** 53 - 1)).code).toBe('EBB_OUT_OF_MEMORY')
    expect(caught(() => heap.alloc(-1)).message).toContain('got -1')
  })

  it('refuses what is no number as an ordinary heap does', () => {
    const heap = debugHeap()
    const pointer = heap.alloc(24)
    for (const wrong of [null, true, '8', [8], 8n, Symbol('8'), {}] as never[]) {
      for (const call of [() => heap.alloc(wrong), () => heap.allocZeroed(wrong), () => heap.realloc(pointer, wrong)]) {
        const error = caught(call)
        expect([error.name, error.message.startsWith('ebb: ')], error.message).toEqual(['TypeError', true])
      }
      for (const call of [() => heap.getInt8(pointer, wrong), () => heap.setBigInt64(pointer, wrong, 0n)])
        expect(caught(call).code).toBe('EBB_OUT_OF_BOUNDS')
    }
    expect(caught(() => heap.setBigInt64(pointer, 1.5, 0n)).code).toBe('EBB_OUT_OF_BOUNDS')
    for (const [set, wrong] of [
      ['setInt8', 1n],
      ['setFloat64', 1n],
      ['setBigInt64', 1],
    ] as const) {
      const error = caught(() => heap[set](pointer, 0, wrong as never))
      expect([error.name, error.message.includes('an accessor writes a ')], error.message).toEqual(['TypeError', true])
    }
  })

  it('keeps its contents through realloc, by one byte and by many', () => {
    const heap = debugHeap()
    let pointer = heap.alloc(10)
    for (let i = 0; i < 10; i++) heap.setUint8(pointer, i, i)
    for (const byteLength of [11, 13, 200, 199, 70_000, 400_000, 10]) {
      pointer = heap.realloc(pointer, byteLength)
      expect(heap.usableSize(pointer)).toBe(byteLength)
      expect([...heap.copyOut(pointer, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      if (byteLength > 10) expect(caught(() => heap.setUint8(pointer, byteLength, 0)).code).toBe('EBB_OUT_OF_BOUNDS')
    }
    heap.check()
    expect(heap.realloc(0 as Pointer, 5)).toBeGreaterThan(0)
  })

  it('holds texts and copies as any other', () => {
    const heap = debugHeap()
    for (const text of ['', 'abc', 'Grüße', 'x'.repeat(3000), '日本語'.repeat(20)]) {
      const pointer = heap.allocString(text)
      expect([heap.readString(pointer), heap.equalsString(pointer, text)]).toEqual([text, true])
      expect(heap.equalsString(pointer, `${text}!`)).toBe(false)
      expect(heap.stringByteLength(pointer)).toBe(Buffer.byteLength(text))
    }
    const latin = heap.allocString('Grüße', 'latin1')
    expect([heap.readString(latin, 1, 3), heap.equalsString(latin, 'Grüße')]).toEqual(['rü', true])
    expect(caught(() => heap.readString(latin, 1, 9)).code).toBe('EBB_OUT_OF_BOUNDS')
    expect(caught(() => heap.readString(heap.alloc(3))).code).toBe('EBB_OUT_OF_BOUNDS')
    expect(caught(() => heap.readString(heap.alloc(8))).message).toMatch(/length prefix[\s\S]*allocated at/)
    const pointer = heap.alloc(20)
    expect(heap.copyIn(pointer, Uint8Array.of(1, 2, 3), 17)).toBe(3)
    expect([...heap.copyOut(pointer, 3, 17)]).toEqual([1, 2, 3])
    expect(caught(() => heap.copyIn(pointer, new Uint8Array(4), 17)).code).toBe('EBB_OUT_OF_BOUNDS')
    expect(heap.buffer(pointer).length).toBe(20)
    expect(caught(() => heap.bytes(pointer, 21)).code).toBe('EBB_OUT_OF_BOUNDS')
    heap.check()
  })

  it('works far from the space too', () => {
    new TestPages({ isFar: true })
    const heap = debugHeap()
    const blocks = [20, 500, 3000, 300_000].map((byteLength) => heap.alloc(byteLength))
    for (const pointer of blocks) {
      heap.setFloat64(pointer, 8, 1.5)
      expect(heap.getFloat64(pointer, 8)).toBe(1.5)
      expect(heap.copyOut(pointer, 4)).toEqual(Uint8Array.of(0xcd, 0xcd, 0xcd, 0xcd))
    }
    heap.check()
    const view = heap.bytes(blocks[0]!)
    for (const pointer of blocks) heap.free(pointer)
    expect(caught(() => heap.getInt8(blocks[1]!, 0)).code).toBe('EBB_USE_AFTER_FREE')
    view[3] = 1
    expect(caught(() => heap.check()).message).toContain('byte 3 of the freed block is 01, and was dd')
  })
})

describe('what is wrong', () => {
  it('is told once, with the bytes round it, and the guards are whole then', () => {
    const heap = debugHeap()
    const pointer = heap.alloc(24)
    const { buffer, byteOffset } = heap.bytes(pointer)
    const memory = new Uint8Array(buffer, byteOffset - 16, 64)
    memory[16 + 26] = 0x41
    const error = caught(() => heap.free(pointer)) as DebugError
    expect(error.code).toBe('EBB_DAMAGED')
    expect(error.message).toContain('byte 3 behind the end of the block is 41, and was fd')
    expect(error.message).toMatch(/\+ {3}16 {2}cd cd cd cd cd cd cd cd fd fd>41 fd/)
    expect(error.block).toMatchObject({ pointer, byteLength: 24, serial: 1, freed: undefined })
    expect(error.block?.allocated[0]).toContain('debug-heap.test.ts')
    memory[15] = 0
    expect(caught(() => heap.realloc(pointer, 30)).message).toContain('byte 1 in front of the block is 00')
    memory.fill(9, 0, 4)
    expect(caught(() => heap.getInt8(pointer, 0)).message).toContain('byte 16 in front of the block is 09')
    heap.free(pointer)
  })

  it('is collected by check(), the first with the others', () => {
    const heap = debugHeap()
    const views = [30, 40, 50].map((byteLength) => heap.bytes(heap.alloc(byteLength)))
    for (const { buffer, byteOffset, length } of views) new Uint8Array(buffer, byteOffset, length + 1)[length] = 7
    const error = caught(() => heap.check()) as DebugError
    expect([error.block?.byteLength, ...error.others.map((other) => other.block?.byteLength)]).toEqual([30, 40, 50])
    heap.check()
  })

  it('is a warning where a later call finds it: when a block leaves the quarantine, and at close', () => {
    const heap = debugHeap({ debug: { quarantine: 500 } })
    const [first, second] = [heap.alloc(100), heap.alloc(100)]
    const [one, two] = [heap.bytes(first), heap.bytes(second)]
    heap.free(first)
    one[0] = 1
    for (let i = 0; i < 5; i++) heap.free(heap.alloc(100))
    expect(warnings.mock.calls.map(([error]) => (error as DebugError).code)).toEqual(['EBB_DAMAGED'])
    heap.purge()
    expect(caught(() => heap.free(first)).message).toContain('its memory has gone back')
    heap.free(second)
    two[5] = 1
    heap.close()
    expect(warnings).toHaveBeenCalledTimes(2)
  })

  it('is named for pointers into blocks, of other heaps, and of none', () => {
    const [heap, other] = [debugHeap(), debugHeap({ name: 'other' })]
    const pointer = heap.alloc(100)
    expect(caught(() => heap.free((pointer + 2) as Pointer)).message).toContain('32 bytes behind the start of a block')
    expect(caught(() => other.free(pointer)).message).toContain('it is a block of another heap, ""')
    expect(caught(() => heap.free(12345 as Pointer)).code).toBe('EBB_INVALID_POINTER')
    expect(caught(() => heap.free('x' as unknown as Pointer))).toBeInstanceOf(TypeError)
    heap.free(0 as Pointer)
    heap.free(pointer)
    expect(caught(() => other.getInt8(pointer, 0)).message).toContain('a freed block of another heap')
  })

  it('has its stacks only as often as is asked for', () => {
    const heap = debugHeap({ debug: { stacks: 3 } })
    const blocks = Array.from({ length: 9 }, () => heap.alloc(8))
    const kept = blocks.map(
      (pointer) => (caught(() => heap.getInt8(pointer, 8)) as DebugError).block!.allocated.length > 0,
    )
    expect(kept).toEqual([true, false, false, true, false, false, true, false, false])
    expect(
      heap
        .leaks()
        .map(({ site, blocks: count }) => [site === '', count])
        .sort(),
    ).toEqual([
      [false, 3],
      [true, 6],
    ])
  })
})

describe('once the quarantine is full and thousands of blocks are of the past', () => {
  const QUARANTINE = 2 ** 18
  const PAST = 4096
  const SIZES = [0, 1, 7, 8, 9, 15, 16, 17, 48, 63, 100, 255, 479, 480]

  /** A heap whose next block of so many bytes gets the memory of the one that is in the quarantine for longest. */
  function busyHeap(byteLength: number, stacks = 0): { heap: DebugHeap; serial: number } {
    const heap = debugHeap({ debug: { stacks, quarantine: QUARANTINE } })
    const serial = Math.ceil(QUARANTINE / (32 + byteLength)) + PAST + 100
    for (let i = 0; i < serial; i++) heap.free(heap.alloc(byteLength))
    return { heap, serial }
  }

  it('a block has fresh bytes, a serial number, guards and no stacks of the one before', () => {
    for (const byteLength of SIZES) {
      const { heap, serial } = busyHeap(byteLength)
      const { entries } = heap.tracker
      const oldest = entries.pointer(entries.oldest)
      const pointer = heap.alloc(byteLength)
      expect(pointer).toBe(oldest)
      expect([...heap.bytes(pointer)]).toEqual(Array.from({ length: byteLength }, () => 0xcd))
      heap.check()
      const { block } = caught(() => heap.getInt8(pointer, byteLength)) as DebugError
      expect(block).toEqual({ pointer, byteLength, serial: serial + 1, allocated: [], freed: undefined })
    }
  })

  it('every byte round a block is guarded', () => {
    const heap = busyHeap(48).heap
    for (const byteLength of SIZES) {
      for (const wrong of [-16, -13, -12, -9, -8, -1, byteLength, byteLength + 7, byteLength + 15]) {
        const pointer = heap.alloc(byteLength)
        const view = heap.bytes(pointer)
        const bytes = new Uint8Array(view.buffer, view.byteOffset + wrong, 1)
        bytes[0] = (bytes[0] as number) ^ 0x41
        const error = caught(() => heap.free(pointer)) as DebugError
        expect([error.code, error.block?.pointer], `${byteLength} bytes, ${wrong}`).toEqual(['EBB_DAMAGED', pointer])
        expect(error.message).toContain(wrong < 0 ? `byte ${-wrong} in front` : `byte ${wrong - byteLength + 1} behind`)
        heap.free(pointer)
        expect(caught(() => heap.free(pointer)).code).toBe('EBB_DOUBLE_FREE')
        expect(caught(() => heap.setUint8(pointer, 0, 1)).code).toBe('EBB_USE_AFTER_FREE')
      }
    }
    expect(warnings).not.toHaveBeenCalled()
  })

  it('a write into a freed block is told of before its memory serves another', () => {
    for (const byteLength of SIZES.filter((size) => size > 0)) {
      for (const wrong of [0, byteLength - 1]) {
        const { heap, serial } = busyHeap(byteLength)
        const pointer = heap.alloc(byteLength)
        const view = heap.bytes(pointer)
        heap.free(pointer)
        view[wrong] = 1
        for (let i = 0; i < serial && warnings.mock.calls.length === 0; i++) heap.free(heap.alloc(byteLength))
        const [error] = warnings.mock.calls[0] as unknown as [DebugError]
        expect([error.code, error.block?.pointer]).toEqual(['EBB_DAMAGED', pointer])
        expect(error.message).toContain(`byte ${wrong} of the freed block is 01`)
        warnings.mockClear()
      }
    }
  })

  it('every so many-th block has its stacks', () => {
    const { heap } = busyHeap(48, 10)
    for (let i = 0; i < 100; i++) heap.alloc(48)
    const kept = heap.leaks().map(({ site, blocks }) => [site === '', blocks])
    expect(kept.sort()).toEqual([
      [false, 10],
      [true, 90],
    ])
  })
})

describe('the face of a debug heap', () => {
  it('walks its blocks, counts what is held back as free, and gives it back when asked to', () => {
    const heap = debugHeap()
    const blocks = [8, 600, 300_000].map((byteLength) => heap.alloc(byteLength))
    expect([...heap.blocks()].map(({ usableSize }) => usableSize).sort()).toEqual([300_000, 600, 8])
    for (const pointer of blocks) heap.free(pointer)
    expect([...heap.blocks()]).toEqual([])
    const stats = heap.stats()
    expect([stats.blocks, stats.liveBytes, stats.largeBlocks, stats.largeBytes]).toEqual([0, 0, 0, 0])
    const { liveBytes, freeBlockBytes, freePoolBytes, ledgerBytes, slackBytes, keptBytes } = stats
    expect(liveBytes + freeBlockBytes + freePoolBytes + ledgerBytes + slackBytes + keptBytes).toBe(stats.mappedBytes)
    expect(stats.classes.every((line) => line.blocks === 0)).toBe(true)
    heap.purge()
    expect(heap.tracker.entries.oldest).toBe(0)
    expect(caught(() => heap.free(blocks[1]!)).code).toBe('EBB_DOUBLE_FREE')
  })

  it('lets go what is held back before it refuses for its limit', () => {
    const heap = debugHeap({ limit: 1 << 20, debug: { quarantine: Infinity } })
    for (let i = 0; i < 20; i++) heap.free(heap.alloc(200_000))
    expect(caught(() => heap.alloc(2 << 20)).code).toBe('EBB_LIMIT')
  })

  it('pins, moves and follows with its own pointers, and refuses those of before a move', () => {
    const heap = debugHeap()
    const node = record(heap, { value: f64, next: ref })
    const kept = new Map<Pointer, number>()
    const all = Array.from({ length: 3000 }, (_, i) => {
      const pointer = node.fromObject({ value: i, next: 0 })
      kept.set(pointer, i)
      return pointer
    })
    for (const [i, pointer] of all.entries()) if (i % 30 !== 0 && kept.delete(pointer)) heap.free(pointer)
    const pinned = all[0]!
    heap.pin(pinned)
    expect(caught(() => heap.free(pinned)).code).toBe('EBB_PINNED')
    expect(caught(() => heap.unpin(all[30]!)).code).toBe('EBB_PINNED')
    const told: Pointer[] = []
    heap.onMoved((from) => told.push(from))
    const moves = new Map<Pointer, Pointer>()
    const { moved } = heap.compact((from, to) => {
      expect(heap.getFloat64(from, 0)).toBe(kept.get(from))
      if (moves.size === 0) expect(caught(() => heap.free(from)).code).toBe('EBB_BUSY')
      moves.set(from, to)
      kept.set(to, kept.get(from)!)
      kept.delete(from)
    })
    expect([moves.size, told.length]).toEqual([moved, moved])
    expect(moved).toBeGreaterThan(50)
    for (const [pointer, value] of kept) expect(node.fields.value.get(pointer)).toBe(value)
    const [from, to] = [...moves][0]!
    const error = caught(() => node.fields.value.get(from))
    expect([error.code, error.message]).toEqual([
      'EBB_MOVED',
      expect.stringContaining(`it is at 0x${to.toString(16)} now`),
    ])
    for (let i = 0; i < 3000; i++) heap.alloc(16)
    expect(caught(() => heap.free(from)).code).toBe('EBB_MOVED')
    heap.free(to)
    expect(caught(() => heap.free(from)).message).toContain('was freed since')
    heap.unpin(pinned)
    heap.free(pinned)
    heap.check()
  })

  it('carries collections, which move and give back as ever', () => {
    const heap = debugHeap()
    const dict = new Dict(heap, { key: str, value: f64 })
    const list = new List(heap, f64)
    for (let i = 0; i < 3000; i++) {
      dict.set(`key-${i}`, i)
      list.push(i)
    }
    for (let i = 0; i < 3000; i++) if (i % 10 !== 0) dict.delete(`key-${i}`)
    heap.compact()
    heap.check()
    for (let i = 0; i < 3000; i += 10) expect(dict.get(`key-${i}`)).toBe(i)
    expect(list.get(2999)).toBe(2999)
    dict.close()
    list.close()
    heap.check()
  })

  it('does what an ordinary heap does, for random calls', () => {
    const random = new Random('debug heap')
    const heap = debugHeap({ debug: { stacks: 0, quarantine: 1 << 14 } })
    const blocks = new Map<Pointer, { byteLength: number; mark: number }>()
    for (let i = 0; i < 4000; i++) {
      const pointer = blocks.size > 0 && random.oneIn(2) ? random.pick([...blocks.keys()]) : undefined
      const byteLength = 1 + random.logUniform(20_000)
      const mark = random.below(256)
      if (pointer === undefined) {
        const made = random.oneIn(3) ? heap.allocZeroed(byteLength) : heap.alloc(byteLength)
        heap.setUint8(made, byteLength - 1, mark)
        blocks.set(made, { byteLength, mark })
        continue
      }
      const block = blocks.get(pointer)!
      expect(heap.getUint8(pointer, block.byteLength - 1)).toBe(block.mark)
      blocks.delete(pointer)
      if (random.oneIn(2)) heap.free(pointer)
      else {
        const resized = heap.realloc(pointer, byteLength)
        if (byteLength >= block.byteLength) expect(heap.getUint8(resized, block.byteLength - 1)).toBe(block.mark)
        heap.setUint8(resized, byteLength - 1, mark)
        blocks.set(resized, { byteLength, mark })
      }
    }
    heap.check()
    expect([...heap.blocks()].length).toBe(blocks.size)
  })

  it('closes: later calls are refused, and live blocks are told of', () => {
    const heap = debugHeap({ name: 'sessions' })
    const pointer = heap.alloc(48)
    heap.close()
    const [text, options] = warnings.mock.calls[0] as unknown as [string, { code: string }]
    expect(options.code).toBe('EBB_LEAK')
    expect(text).toMatch(
      /^ebb: heap "sessions" is closed with live blocks: 1 block of 48 bytes\n {2}1 block, 48 bytes: /,
    )
    for (const call of [
      () => heap.free(pointer),
      () => heap.alloc(8),
      () => heap.check(),
      () => heap.getInt8(pointer, 0),
    ])
      expect(caught(call).code).toBe('EBB_CLOSED')
    heap.close()
    expect(warnings).toHaveBeenCalledTimes(1)
    debugHeap({ debug: { leaks: 'ignore' } }).alloc(8)
    opened.pop()!.close()
    expect(warnings).toHaveBeenCalledTimes(1)
  })
})

describe('a debug heap that nobody holds', () => {
  it('is collected', async () => {
    const { gc } = globalThis as { gc?: () => void }
    const made = Array.from({ length: 20 }, () => {
      const heap = new Heap({ debug: { leaks: 'ignore' } })
      heap.free(heap.alloc(48))
      return new WeakRef(heap)
    })
    const left = (): number => made.filter((heap) => heap.deref() !== undefined).length
    for (let i = 0; i < 50 && left() > 1; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      gc?.()
    }
    expect(left()).toBeLessThan(2)
  })
})

describe('an idle debug heap', () => {
  it('looks at its blocks by itself, and warns of what was overwritten', () => {
    const clock = new ManualClock()
    const heap = debugHeap({ clock })
    const blocks = Array.from({ length: 200 }, () => heap.alloc(32))
    const view = heap.bytes(blocks[150]!)
    heap.free(blocks[150]!)
    view[1] = 1
    clock.advance(2000)
    expect(warnings.mock.calls.map(([error]) => (error as DebugError).code)).toEqual(['EBB_DAMAGED'])
    expect(heap.tracker.entries.allocated[1]).toBeInstanceOf(Array)
    clock.advance(5000)
    expect(warnings).toHaveBeenCalledTimes(1)
  })

  it('does not where it is not to', () => {
    const clock = new ManualClock()
    const heap = debugHeap({ clock, debug: { idle: false, leaks: 'ignore' } })
    const view = heap.bytes(heap.alloc(32))
    new Uint8Array(view.buffer, view.byteOffset, 33)[32] = 1
    clock.advance(2000)
    expect(warnings).not.toHaveBeenCalled()
  })
})
