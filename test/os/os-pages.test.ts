import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadAddon, type MappingCounts } from '../../lib/os/native-binding'
import type { OsPages } from '../../lib/os/os-pages'
import { osPages, space } from '../../lib/space/thread-space'

const os = osPages()
const addon = loadAddon()
const PAGE = os.osPageSize
const isLinux = process.platform === 'linux'

const resident = (buffer: ArrayBuffer): number => os.residentPages(buffer).reduce((sum, page) => sum + page, 0)

/** Lets the event loop turn until `condition` holds: finalizers run on a later turn, some engines need two. */
async function settle(condition: () => boolean, collect = false): Promise<void> {
  for (let turn = 0; turn < 50 && !condition(); turn++) {
    if (collect) globalThis.gc?.()
    await nextTurn()
  }
}

/** The space of this thread is always mapped. */
const SPACES = 1

const liveMappings = ({ maps, unmaps }: MappingCounts): number => maps - unmaps

function thrownBy(call: () => unknown): NodeJS.ErrnoException {
  try {
    call()
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
  throw new Error('nothing was thrown')
}

/** Every buffer of a test is given back, whatever the test did with it. */
const mapped: ArrayBuffer[] = []
function map(pages: number): ArrayBuffer {
  const buffer = os.map(pages * PAGE)
  mapped.push(buffer)
  return buffer
}

/** The counts are the whole process's: every test starts when nothing of the one before is left. */
beforeEach(async () => {
  await settle(() => liveMappings(addon.mappings()) === SPACES, true)
  expect(addon.mappings().mappedBytes).toBe(space.buffer.byteLength)
})

afterEach(() => {
  for (const buffer of mapped.splice(0)) os.unmap(buffer)
})

describe('map', () => {
  it('gives zeroed pages that become resident one by one as they are touched', () => {
    const buffer = map(64)
    expect(buffer.byteLength).toBe(64 * PAGE)
    expect(resident(buffer)).toBe(0)
    const bytes = new Uint8Array(buffer)
    for (const page of [0, 7, 63]) bytes[page * PAGE + 5] = 1
    expect(Array.from(os.residentPages(buffer).entries()).filter(([, flag]) => flag === 1)).toEqual([
      [0, 1],
      [7, 1],
      [63, 1],
    ])
    expect(bytes.reduce((sum, byte) => sum + byte, 0)).toBe(3)
  })

  it('starts every mapping at an OS page, so that a page belongs to one mapping only', () => {
    const one = map(1)
    const other = map(1)
    new Uint8Array(one).fill(1)
    expect(resident(other)).toBe(0)
  })

  it('refuses lengths that are no number of whole pages', () => {
    for (const length of [0, -PAGE, 1, PAGE - 1, PAGE + 1, 0.5, Number.NaN, -Infinity, 2 ** 64]) {
      expect(() => addon.map(length)).toThrow(RangeError)
      expect(() => addon.map(length)).toThrow(`got ${length}`)
    }
    for (const length of [undefined, null, '4096', 4096n, {}, Symbol('length')]) {
      expect(() => addon.map(length as number)).toThrow(TypeError)
    }
  })

  it('refuses more than one ArrayBuffer can wrap, before any memory is mapped', () => {
    const before = addon.mappings()
    expect(os.maxByteLength % PAGE).toBe(0)
    expect(() => os.map(os.maxByteLength + PAGE)).toThrow(RangeError)
    expect(addon.mappings()).toEqual(before)
  })

  it('gives the mapping back when the engine refuses to wrap it', async () => {
    if (os.maxByteLength >= 2 ** 46) return // this engine wraps all that can be mapped
    const before = liveMappings(addon.mappings())
    expect(() => addon.map(os.maxByteLength * 2)).toThrow()
    await settle(() => liveMappings(addon.mappings()) === before)
    expect(liveMappings(addon.mappings())).toBe(before)
  })

  it('reports what the OS refuses with code, errno and syscall', () => {
    const error = thrownBy(() => addon.map(2 ** 52))
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toBe(`${error.code}: ${error.message.split(': ')[1]?.split(', ')[0]}, ${error.syscall}`)
    expect(error.errno).toBeLessThan(0)
    if (process.platform === 'win32') {
      expect(error.code).toMatch(/^ERROR_/)
      expect(error.syscall).toBe('VirtualAlloc')
    } else {
      expect(error.code).toBe('ENOMEM')
      expect(error.syscall).toBe('mmap')
    }
  })
})

describe('unmap', () => {
  it('empties every view at once and gives the address space back on a later turn', async () => {
    const buffer = map(64)
    const bytes = new Uint8Array(buffer).fill(7)
    const view = new DataView(buffer, PAGE, PAGE)
    expect(os.isAttached(buffer)).toBe(true)
    const before = addon.mappings()

    expect(os.unmap(buffer)).toBe(true)
    expect(os.isAttached(buffer)).toBe(false)
    expect(bytes.length).toBe(0)
    expect(bytes[0]).toBeUndefined()
    expect(() => view.getUint8(0)).toThrow(TypeError)

    await settle(() => addon.mappings().unmaps > before.unmaps)
    expect(addon.mappings()).toEqual({
      maps: before.maps,
      unmaps: before.unmaps + 1,
      mappedBytes: before.mappedBytes - 64 * PAGE,
    })
  })

  it('says false to a buffer that is unmapped already, empty, or not from here', () => {
    const buffer = map(1)
    os.unmap(buffer)
    const foreign = new ArrayBuffer(PAGE)
    for (const notOurs of [buffer, new ArrayBuffer(0), foreign, Buffer.allocUnsafe(8).buffer as ArrayBuffer]) {
      expect(os.unmap(notOurs)).toBe(false)
      expect(addon.unmap(notOurs)).toBe(false)
    }
    expect(foreign.byteLength).toBe(PAGE)
  })

  it('lowers the resident set of the process before it returns', () => {
    if (process.memoryUsage.rss() === 0) return // qemu-user knows no resident set of a process
    const bytes = 64 * 2 ** 20
    const buffer = map(bytes / PAGE)
    const empty = process.memoryUsage.rss()
    new Uint8Array(buffer).fill(1)
    const full = process.memoryUsage.rss()
    os.unmap(buffer)
    const after = process.memoryUsage.rss()
    expect(full - empty).toBeGreaterThan(bytes * 0.9)
    expect(full - after).toBeGreaterThan(bytes * 0.9)
  })

  it('keeps a new mapping at the same address apart from the old one', async () => {
    const sameLength = 16 * PAGE
    for (let round = 0; round < 200; round++) {
      const buffer = os.map(sameLength)
      new Uint8Array(buffer).fill(round)
      os.unmap(buffer)
      if (round % 7 === 0) await nextTurn()
    }
    const last = map(16)
    new Uint8Array(last).fill(42)
    await settle(() => false, true)
    expect(new Uint8Array(last).every((byte) => byte === 42)).toBe(true)
  })

  it('takes back a buffer that user code marked untransferable', async () => {
    const { markAsUntransferable } = await import('node:worker_threads')
    const buffer = os.map(4 * PAGE)
    new Uint8Array(buffer).fill(1)
    markAsUntransferable(buffer)
    expect(os.unmap(buffer)).toBe(true)
    // Where Node refuses to detach it, it stays, empty, until it is collected.
    expect(buffer.byteLength === 0 || resident(buffer) === 0).toBe(true)
  })

  it('knows a buffer again that user code moved', () => {
    const buffer = map(4)
    if (!('transfer' in buffer)) return
    new Uint8Array(buffer).fill(3)
    const moved = (buffer as ArrayBuffer & { transfer(): ArrayBuffer }).transfer()
    expect(os.isAttached(buffer)).toBe(false)
    expect(os.unmap(buffer)).toBe(false)
    expect(new Uint8Array(moved)[PAGE]).toBe(3)
    expect(os.unmap(moved)).toBe(true)
    expect(moved.byteLength).toBe(0)
  })
})

describe('collection', () => {
  it('unmaps a mapping that was dropped without unmap', async () => {
    if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
    const before = liveMappings(addon.mappings())
    const sums = Array.from({ length: 16 }, (_, index) => new Uint8Array(os.map(64 * PAGE)).fill(index)[0])
    expect(sums).toHaveLength(16)
    expect(liveMappings(addon.mappings())).toBe(before + 16)
    await settle(() => liveMappings(addon.mappings()) === before, true)
    expect(liveMappings(addon.mappings())).toBe(before)
  })

  it('unmaps what a worker thread mapped when the worker ends', async () => {
    const before = liveMappings(addon.mappings())
    const script = `
      const addon = require(${JSON.stringify(require.resolve('../../build/Release/ebb.node'))})
      const kept = [1, 2, 3].map(() => addon.map(64 * addon.osPageSize))
      for (const buffer of kept) new Uint8Array(buffer).fill(1)
      addon.unmap(kept[0])
      require('node:worker_threads').parentPort.postMessage(addon.mappings().maps)`
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(script, { eval: true })
      await once(worker, 'exit')
    }
    expect(liveMappings(addon.mappings())).toBe(before)
  })
})

describe('discard', () => {
  it('gives the pages of a range back, leaves zeros, and touches nothing beside it', () => {
    const buffer = map(64)
    const bytes = new Uint8Array(buffer).fill(9)
    expect(resident(buffer)).toBe(64)

    os.discard(buffer, 16 * PAGE, 32 * PAGE)
    expect(resident(buffer)).toBe(32)
    expect(bytes[16 * PAGE - 1]).toBe(9)
    expect(bytes[48 * PAGE]).toBe(9)
    expect(bytes.subarray(16 * PAGE, 48 * PAGE).every((byte) => byte === 0)).toBe(true)

    bytes[20 * PAGE] = 1
    expect(os.residentPages(buffer)[20]).toBe(1)
  })

  it('can be repeated, and discards what was never touched', () => {
    const buffer = map(8)
    for (let round = 0; round < 3; round++) {
      os.discard(buffer, 0, 8 * PAGE)
      expect(resident(buffer)).toBe(0)
      new Uint8Array(buffer).fill(round + 1)
    }
    expect(resident(buffer)).toBe(8)
  })
})

describe('populate', () => {
  it('makes a range resident ahead, or says that it cannot', () => {
    const buffer = map(64)
    if (os.populate(buffer, 8 * PAGE, 16 * PAGE)) expect(resident(buffer)).toBe(16)
    else expect(resident(buffer)).toBe(0)
    expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true)
  })
})

describe('move', () => {
  it('takes the pages of a range to another, and leaves zeros', () => {
    const buffer = map(64)
    const bytes = new Uint8Array(buffer)
    bytes.fill(3, 0, 8 * PAGE)
    bytes.fill(9, 32 * PAGE, 40 * PAGE)
    const target = bytes.subarray(16 * PAGE, 32 * PAGE)
    target.fill(5)
    if (!addon.move(buffer, 32 * PAGE, 8 * PAGE, 16 * PAGE, 16 * PAGE)) {
      expect(process.platform).not.toBe('linux')
      return
    }
    expect(resident(buffer)).toBe(16)
    expect(target.every((byte, i) => byte === (i < 8 * PAGE ? 9 : 0))).toBe(true)
    expect(addon.move(buffer, 16 * PAGE, 16 * PAGE, 48 * PAGE, 16 * PAGE)).toBe(true) // again, all of it
    expect([bytes[48 * PAGE], bytes[56 * PAGE], bytes[16 * PAGE]]).toEqual([9, 0, 0])
    expect(addon.move(buffer, 40 * PAGE, 16 * PAGE, 0, 16 * PAGE)).toBe(false) // two mappings to the kernel: to be copied
    expect([bytes[48 * PAGE], bytes[0]]).toEqual([9, 3])
    expect(bytes.subarray(16 * PAGE, 48 * PAGE).every((byte) => byte === 0)).toBe(true)
    expect(bytes.subarray(0, 8 * PAGE).every((byte) => byte === 3)).toBe(true)
    bytes.fill(1) // all of it is mapped still
  })

  it('refuses ranges that overlap, or leave the mapping', () => {
    const buffer = map(16)
    for (const [from, length, to, toLength] of [
      [0, 1, 0, 1],
      [0, 2, 1, 2],
      [5, 2, 4, 2],
      [4, 2, 1, 4],
      [0, 5, 12, 5],
      [12, 5, 0, 5],
      [0, 1, 0.5, 1],
      [0, 2, 4, 1],
    ] as const) {
      expect(() => addon.move(buffer, from * PAGE, length * PAGE, to * PAGE, toLength * PAGE)).toThrow(RangeError)
    }
    expect(() => addon.move(new ArrayBuffer(PAGE), 0, PAGE, PAGE, PAGE)).toThrow(TypeError)
  })
})

describe('grow', () => {
  it('keeps the contents, adds zeros, and detaches the old buffer', async () => {
    const old = map(16)
    const numbers = new Uint32Array(old)
    for (let index = 0; index < numbers.length; index++) numbers[index] = index * 3
    const count = numbers.length
    const before = addon.mappings()

    const grown = os.grow(old, 64 * PAGE)
    if (grown === undefined) {
      expect(isLinux).toBe(false)
      expect(new Uint32Array(old)[5]).toBe(15)
      return
    }
    mapped.push(grown)
    expect(os.isAttached(old)).toBe(false)
    expect(grown.byteLength).toBe(64 * PAGE)
    expect(resident(grown)).toBe(16)
    const moved = new Uint32Array(grown)
    for (let index = 0; index < count; index++) if (moved[index] !== index * 3) expect(moved[index]).toBe(index * 3)
    expect(moved.subarray(count).every((word) => word === 0)).toBe(true)

    // The old mapping's finalizer must not unmap the new one.
    await settle(() => addon.mappings().unmaps > before.unmaps, true)
    expect(liveMappings(addon.mappings())).toBe(liveMappings(before))
    expect(addon.mappings().mappedBytes).toBe(before.mappedBytes + 48 * PAGE)
    expect(new Uint32Array(grown)[count - 1]).toBe((count - 1) * 3)
  })

  it('grows again and again', () => {
    let buffer = os.map(PAGE)
    new Uint8Array(buffer).fill(1)
    for (let pages = 2; pages <= 1024; pages *= 2) {
      const grown = os.grow(buffer, pages * PAGE)
      if (grown === undefined) break
      buffer = grown
      new Uint8Array(buffer).fill(1, (pages / 2) * PAGE)
    }
    expect(new Uint8Array(buffer).every((byte) => byte === 1)).toBe(true)
    expect(resident(buffer)).toBe(buffer.byteLength / PAGE)
    os.unmap(buffer)
  })

  it('leaves the old buffer as it was when the OS refuses', () => {
    const buffer = map(4)
    new Uint8Array(buffer).fill(5)
    if (!isLinux) return
    const error = thrownBy(() => addon.grow(buffer, 2 ** 46))
    expect([error.code, error.syscall]).toEqual(['ENOMEM', 'mremap'])
    expect(new Uint8Array(buffer).every((byte) => byte === 5)).toBe(true)
    expect(resident(buffer)).toBe(4)
  })

  it('refuses a length that is not larger', () => {
    const buffer = map(4)
    for (const length of [0, PAGE, 4 * PAGE, 4 * PAGE + 1, Number.NaN]) {
      expect(() => os.grow(buffer, length)).toThrow(RangeError)
    }
    expect(() => os.grow(buffer, os.maxByteLength + PAGE)).toThrow(RangeError)
    expect(os.isAttached(buffer)).toBe(true)
  })
})

describe('wrong arguments', () => {
  const calls: Record<string, (target: OsPages, buffer: ArrayBuffer) => unknown> = {
    discard: (target, buffer) => target.discard(buffer, 0, PAGE),
    populate: (target, buffer) => target.populate(buffer, 0, PAGE),
    residentPages: (target, buffer) => target.residentPages(buffer),
    grow: (target, buffer) => target.grow(buffer, 64 * PAGE),
  }

  for (const [name, call] of Object.entries(calls)) {
    it(`${name} takes attached buffers of this addon only`, () => {
      const gone = map(1)
      os.unmap(gone)
      const others: unknown[] = [
        gone,
        new ArrayBuffer(PAGE),
        new ArrayBuffer(0),
        new SharedArrayBuffer(PAGE),
        new Uint8Array(map(1)),
        Buffer.alloc(PAGE).buffer,
        undefined,
        null,
        1,
        'buffer',
        {},
        Object.create(ArrayBuffer.prototype),
      ]
      for (const other of others) expect(() => call(os, other as ArrayBuffer)).toThrow(TypeError)
    })
  }

  it('unmap takes ArrayBuffers only', () => {
    for (const other of [undefined, null, 1, 'buffer', {}, new Uint8Array(8), new SharedArrayBuffer(PAGE)]) {
      expect(() => os.unmap(other as ArrayBuffer)).toThrow(TypeError)
    }
  })

  it('discard and populate take ranges of whole pages inside the mapping only', () => {
    const buffer = map(4)
    new Uint8Array(buffer).fill(1)
    const ranges: [unknown, unknown][] = [
      [1, PAGE],
      [0, 1],
      [0, 0],
      [-PAGE, PAGE],
      [0, -PAGE],
      [0, 5 * PAGE],
      [PAGE, 4 * PAGE],
      [4 * PAGE, PAGE],
      [2 ** 63, PAGE],
      [Number.NaN, PAGE],
      [0, Infinity],
    ]
    for (const [byteOffset, byteLength] of ranges) {
      for (const method of ['discard', 'populate'] as const) {
        expect(() => os[method](buffer, byteOffset as number, byteLength as number)).toThrow(RangeError)
      }
    }
    for (const [byteOffset, byteLength] of [
      ['0', PAGE],
      [0, undefined],
      [0, BigInt(PAGE)],
    ]) {
      expect(() => os.discard(buffer, byteOffset as number, byteLength as number)).toThrow(TypeError)
    }
    expect(new Uint8Array(buffer).every((byte) => byte === 1)).toBe(true)
  })

  it('none of 10,000 random calls ends the process or harms a mapping', () => {
    const guarded = map(4)
    new Uint8Array(guarded).fill(77)
    const gone = map(1)
    os.unmap(gone)
    const values: unknown[] = [
      0,
      1,
      -1,
      PAGE,
      2 * PAGE,
      2 ** 31,
      2 ** 32,
      2 ** 53,
      2 ** 64,
      -0,
      0.1,
      Number.NaN,
      Infinity,
      undefined,
      null,
      '',
      'x',
      true,
      {},
      [],
      () => 0,
      Symbol('s'),
      1n,
      gone,
      new ArrayBuffer(PAGE),
      new Uint8Array(8),
      new DataView(new ArrayBuffer(8)),
    ]
    const methods = [
      addon.map,
      addon.unmap,
      addon.discard,
      addon.populate,
      addon.grow,
      addon.move,
      addon.residentPages,
      addon.owns,
    ]
    let seed = 12345
    const pick = <T>(list: readonly T[]): T => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return list[(seed >>> 8) % list.length] as T
    }
    for (let call = 0; call < 10_000; call++) {
      const method = pick(methods) as (...values: unknown[]) => unknown
      try {
        const result = method(pick(values), pick(values), pick(values))
        if (result instanceof ArrayBuffer) os.unmap(result)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
    expect(new Uint8Array(guarded).every((byte) => byte === 77)).toBe(true)
  })
})
