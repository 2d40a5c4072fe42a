/** The addon and the pages that it gives, in each of the three ways in which a runtime can show them. */
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { beforeEach, describe, expect, it } from 'vitest'
import type { NativeAddon, NativeRegion } from '../../lib/os/addon'
import { loadAddon } from '../../lib/os/native-binding'
import { osPagesOf } from '../../lib/os/os-pages'
import type { OsPages, Region } from '../../lib/os/region'
import { caught } from '../support/caught'
import { Random } from '../support/random'

const addon = loadAddon()
const PAGE = addon.osPageSize
/** A region that is right wherever one is wanted; it stays. */
const real = addon.reserve(8 * PAGE, false)
const canMove = process.platform === 'linux'
const refuse = (): never => {
  throw new Error('not this way')
}

/** An addon that has one of the ways only. */
const ONLY: Record<string, NativeAddon> = {
  ...(addon.sharesPages ? { shared: { ...addon, adopt: refuse } } : {}),
  adopted: { ...addon, sharesPages: false, reserve: refuse },
  unshared: { ...addon, sharesPages: false, adopt: refuse },
}

/** As engines of ES2024 know it. */
interface Wellness {
  isWellFormed(): boolean
}

/** Regions of the process that are mapped. */
const held = (): number => {
  const { maps, unmaps } = addon.mappings()
  return maps - unmaps
}

/** Lets the event loop turn and the collector run until `condition` holds. */
async function settle(condition: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 50 && !condition(); turn++) {
    globalThis.gc?.()
    await nextTurn()
  }
  return condition()
}

/** Lets the event loop turn and the collector run so many times. */
async function turns(count: number): Promise<void> {
  let turn = 0
  await settle(() => turn++ === count)
}

const bytesOf = (region: Region | NativeRegion, page = 0, pages?: number): Uint8Array =>
  new Uint8Array(region.buffer, page * PAGE, pages === undefined ? region.buffer.byteLength : pages * PAGE)
const isAll = (bytes: Uint8Array, value: number): boolean => bytes.every((byte) => byte === value)
const resident = (region: Region, page = 0, pages = region.byteLength / PAGE): number =>
  region.residentPages(page * PAGE, pages * PAGE).reduce((sum, flag) => sum + flag, 0)

/** The counts are the whole process's: each test starts when nothing of the one before is left. */
beforeEach(async () => {
  expect(await settle(() => held() === 1)).toBe(true)
  expect(addon.mappings().mappedBytes).toBe(8 * PAGE)
})

describe.each(Object.keys(ONLY))('pages that are %s', (way) => {
  let os: OsPages
  const reserve = (pages: number): Region => os.reserve(pages * PAGE)
  /** The word that holds count in is the first one of a region. */
  const holdOf = (holder: Region): number => new Int32Array(holder.buffer, 0, 1)[0] as number

  beforeEach(async () => {
    os = osPagesOf(ONLY[way] as NativeAddon)
    await settle(() => held() === 1) // what it has tried out
  })

  it('read zero and become resident one by one as they are touched', () => {
    const region = reserve(64)
    expect([region.byteLength, region.buffer.byteLength, region.osPageSize]).toEqual([64 * PAGE, 64 * PAGE, PAGE])
    expect(region.buffer instanceof ArrayBuffer).toBe(way === 'unshared')
    expect(resident(region)).toBe(0)
    const bytes = bytesOf(region)
    for (const page of [0, 7, 63]) bytes[page * PAGE + 5] = 1
    const pages = [...region.residentPages(0, 64 * PAGE)].flatMap((flag, page) => (flag === 1 ? [page] : []))
    expect(pages).toEqual([0, 7, 63])
    expect(bytes.reduce((sum, byte) => sum + byte, 0)).toBe(3)
  })

  it('become resident at once when they are populated, where the system does so, keep what is in them, and go back like others', () => {
    const region = reserve(64)
    const bytes = bytesOf(region)
    bytes[10 * PAGE] = 7
    const isDone = region.populate(8 * PAGE, 16 * PAGE)
    expect(resident(region)).toBe(isDone ? 16 : 1)
    expect([bytes[10 * PAGE], bytes.reduce((sum, byte) => sum + byte, 0)]).toEqual([7, 7])
    region.discard(8 * PAGE, 16 * PAGE)
    expect(resident(region, 8, 16)).toBe(0)
  })

  it('go back when discarded or renewed, read zero then, and leave their neighbours alone', () => {
    const region = reserve(64)
    const bytes = bytesOf(region)
    for (const give of ['discard', 'renew'] as const) {
      bytes.fill(9)
      region[give](16 * PAGE, 32 * PAGE)
      expect([give, resident(region)]).toEqual([give, 32])
      expect([bytes[16 * PAGE - 1], bytes[48 * PAGE]]).toEqual([9, 9])
      expect(isAll(bytesOf(region, 16, 32), 0)).toBe(true)
      region[give](16 * PAGE, 32 * PAGE) // what is not resident
      bytes[20 * PAGE] = 1
      expect(resident(region, 16, 32)).toBe(1)
    }
  })

  it('all go back when their region is dropped', () => {
    if (process.platform === 'win32') return // must not be asked for afterwards
    const region = reserve(16)
    bytesOf(region).fill(1)
    region.drop()
    expect(resident(region)).toBe(0)
  })

  it('are cleared and copied byte by byte, over each other and into another region', () => {
    const [region, other] = [reserve(4), reserve(4)]
    const bytes = bytesOf(region)
    for (let i = 0; i < 100; i++) bytes[i] = i
    region.copy(10, 50, region, 13)
    expect([...bytes.subarray(12, 16), bytes[62], bytes[63]]).toEqual([12, 10, 11, 12, 59, 63])
    region.copy(13, 50, other, 4 * PAGE - 50)
    expect([...bytesOf(other).subarray(-50)]).toEqual([...bytes.subarray(13, 63)])
    region.clear(14, 3)
    expect([...bytes.subarray(13, 18)]).toEqual([10, 0, 0, 0, 14])
  })

  it('take bytes from arrays and give them, over each other too, and nothing where the array is empty or gone', () => {
    const region = reserve(2)
    const bytes = bytesOf(region)
    region.copyIn(5, Uint8Array.of(1, 2, 3, 4))
    const out = new Uint8Array(3)
    region.copyOut(6, out)
    expect([...out]).toEqual([2, 3, 4])
    region.copyIn(6, bytes.subarray(5, 9))
    expect([...bytes.subarray(4, 11)]).toEqual([0, 1, 1, 2, 3, 4, 0])
    region.copyOut(5, bytes.subarray(6, 8))
    expect([...bytes.subarray(4, 11)]).toEqual([0, 1, 1, 1, 3, 4, 0])
    const gone = new Uint8Array(8)
    structuredClone(gone.buffer, { transfer: [gone.buffer] })
    for (const empty of [gone, new Uint8Array(0)]) {
      region.copyIn(2 * PAGE, empty)
      region.copyOut(2 * PAGE, empty)
    }
    expect(bytes.reduce((sum, byte) => sum + byte, 0)).toBe(10)
  })

  it('are read as UTF-8, well-formed or not at all', () => {
    const region = reserve(4)
    const decode = (bytes: Uint8Array): string | undefined => {
      region.copyIn(1, bytes)
      return region.decode(1, bytes.length)
    }
    const random = new Random(`utf8 ${way}`)
    const scratch = new Uint8Array(4 * PAGE)
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const parts = ['tide', '\u00e9', '\u07ff', '\u20ac', '\ud7ff', '\uffff', '\u{10000}', '\u{10ffff}', '0123456789']
    for (let i = 0; i < 2000; i++) {
      const text = Array.from({ length: 1 + random.logUniform(i < 20 ? 1000 : 20) }, () => random.pick(parts)).join('')
      const bytes = Buffer.from(text)
      expect(decode(bytes)).toBe(text)
      const written = region.encode(text, scratch)
      expect(bytes.compare(scratch, 0, written)).toBe(0)
      const at = random.below(text.length)
      const broken = text.slice(0, at) + random.pick(['\ud800', '\udbff', '\udc00', '\udfff']) + text.slice(at)
      expect(region.encode(broken, scratch) < 0).toBe(!(broken as unknown as Wellness).isWellFormed())
      bytes[random.below(bytes.length)] = random.below(256)
      let expected: string | undefined
      try {
        expected = strict.decode(bytes)
      } catch {}
      expect(decode(bytes), bytes.toString('hex')).toBe(expected)
    }
    for (const wrong of ['c0af', 'e08080', 'f0808080', 'eda080', 'f4908080', 'f5808080', '80', 'e282', 'f09f8c', 'ff'])
      expect([wrong, decode(Buffer.from(wrong, 'hex'))]).toEqual([wrong, undefined])
  })

  it('move to a longer range and leave zeros, or say that they cannot and stay', () => {
    const [region, target] = [reserve(64), reserve(64)]
    bytesOf(region, 32, 8).fill(9)
    bytesOf(region, 16, 16).fill(5)
    bytesOf(region, 40, 8).fill(3)
    const didMove = region.move(32 * PAGE, 8 * PAGE, region, 16 * PAGE, 16 * PAGE)
    expect([didMove, isAll(bytesOf(region, 40, 8), 3)]).toEqual([canMove, true])
    if (!canMove) return
    expect(resident(region)).toBe(16)
    expect([isAll(bytesOf(region, 16, 8), 9), isAll(bytesOf(region, 24, 16), 0)]).toEqual([true, true])
    expect(region.move(16 * PAGE, 16 * PAGE, target, 8 * PAGE, 32 * PAGE)).toBe(true) // again, and to another
    expect([isAll(bytesOf(target, 8, 8), 9), isAll(bytesOf(region, 16, 24), 0)]).toEqual([true, true])
    // Two mappings to the kernel: to be copied. Nothing has changed.
    expect(target.move(4 * PAGE, 8 * PAGE, region, 0, 16 * PAGE)).toBe(false)
    expect([isAll(bytesOf(target, 8, 8), 9), isAll(bytesOf(region, 0, 16), 0)]).toEqual([true, true])
    target.renew(8 * PAGE, 32 * PAGE)
    bytesOf(target).fill(1) // one mapping again
    expect(target.move(4 * PAGE, 8 * PAGE, region, 0, 16 * PAGE)).toBe(true)
  })

  it('are the same under an ArrayBuffer of their own, which its hold counts until it is collected', async () => {
    const [region, holder] = [reserve(16), reserve(1)]
    await (async () => {
      const part = region.part(4 * PAGE, 2 * PAGE, holder, 0)
      const other = region.part(8 * PAGE, PAGE, holder, 0)
      expect([part.byteLength, other.byteLength, part instanceof ArrayBuffer, holdOf(holder)]).toEqual([
        2 * PAGE,
        PAGE,
        true,
        2,
      ])
      bytesOf(region, 4, 2).fill(7)
      expect(isAll(new Uint8Array(part), 7)).toBe(true)
      new Uint8Array(other).fill(5)
      expect([isAll(bytesOf(region, 8, 1), 5), isAll(bytesOf(region, 7, 1), 0)]).toEqual([true, true])
      region.discard(4 * PAGE, 2 * PAGE)
      expect([part.byteLength, isAll(new Uint8Array(part), 0)]).toEqual([2 * PAGE, true])
    })()
    expect(await settle(() => holdOf(holder) === 0)).toBe(true)
  })

  it('go back with the last who can reach them, and not with the one before', async () => {
    const [region, holder] = [reserve(16), reserve(1)]
    const word = new Int32Array(holder.buffer, 0, 1)
    word[0] = 1 // the heap
    bytesOf(region, 4, 2).fill(7)
    region.part(4 * PAGE, 2 * PAGE, holder, 0)
    await settle(() => word[0] === 1)
    expect([word[0], isAll(bytesOf(region, 4, 2), 7)]).toEqual([1, true])
    word[0] = 0 // it has given them back
    region.part(4 * PAGE, 2 * PAGE, holder, 0)
    await settle(() => word[0] === 0)
    expect([word[0], resident(region, 4, 2)]).toEqual([0, 0])
  })

  it('stay mapped while a part is held, of its region and of its holder, and no longer', async () => {
    const before = held()
    let part: ArrayBuffer | undefined = (() => {
      const [region, holder] = [reserve(16), reserve(1)]
      bytesOf(region).fill(4)
      return region.part(2 * PAGE, 3 * PAGE, holder, 0)
    })()
    await turns(5)
    expect([held(), isAll(new Uint8Array(part), 4)]).toEqual([before + 2, true])
    part = undefined
    expect(await settle(() => held() <= before)).toBe(true)
  })

  it('stay with a part that user code transfers', async () => {
    const [region, holder] = [reserve(16), reserve(1)]
    await (async () => {
      const part = region.part(4 * PAGE, PAGE, holder, 0)
      new Uint8Array(part).fill(6)
      const { transfer } = part as { transfer?: () => ArrayBuffer }
      const moved = transfer?.call(part) ?? part
      await turns(3)
      expect([holdOf(holder), isAll(new Uint8Array(moved), 6)]).toEqual([1, true])
    })()
    expect(await settle(() => holdOf(holder) === 0)).toBe(true)
  })

  it('of a thread are unmapped when it ends', async () => {
    const script = `
      const addon = require(${JSON.stringify(require.resolve('../../build/Release/ebb.node'))})
      const bytes = 64 * addon.osPageSize
      const adopt = () => addon.adopt(new Uint8Array(new SharedArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes))
      const reserve = () => ${way === 'adopted'} ? adopt() : addon.reserve(bytes, ${way === 'shared'})
      globalThis.kept = [1, 2, 3].map(reserve)
      globalThis.parts = kept.map((region) => addon.part(region.id, bytes / 2, bytes / 2, kept[0].id, 0))
      for (const part of parts) new Uint8Array(part).fill(1)
      require('node:worker_threads').parentPort.postMessage(new Int32Array(kept[0].buffer, 0, 1)[0])`
    const before = held()
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(script, { eval: true })
      const exit = once(worker, 'exit')
      expect((await once(worker, 'message'))[0]).toBe(3)
      await exit
    }
    expect(await settle(() => held() <= before)).toBe(true)
  })

  it('are no more than this runtime can show', () => {
    const before = addon.mappings()
    expect(os.maxByteLength % PAGE).toBe(0)
    expect(() => os.reserve(os.maxByteLength + PAGE)).toThrow(`byteLength must be at most ${os.maxByteLength}`)
    expect(addon.mappings()).toEqual(before)
  })
})

describe('the addon', () => {
  it('names what the OS refuses by code, errno and syscall, and has mapped nothing then', () => {
    const before = addon.mappings()
    const error = caught(() => addon.reserve(2 ** 52, false)) as unknown as NodeJS.ErrnoException
    const [code, syscall] = process.platform === 'win32' ? [/^ERROR_/, 'VirtualAlloc'] : [/^ENOMEM$/, 'mmap']
    expect(error.code).toMatch(code)
    expect(error).toMatchObject({ syscall, errno: expect.any(Number) })
    expect(error.message.startsWith(`${error.code}: `) && error.message.endsWith(`, ${syscall}`)).toBe(true)
    expect(addon.mappings()).toEqual(before)
  })

  it('says that it shares no pages where the runtime cannot', () => {
    if (addon.sharesPages) expect(addon.reserve(PAGE, true).buffer).toBeInstanceOf(SharedArrayBuffer)
    else expect(() => addon.reserve(PAGE, true)).toThrow('this runtime makes no SharedArrayBuffer over mapped pages')
  })

  it('knows a region by its id until that is collected, and then no more', async () => {
    const id = (() => addon.reserve(PAGE, false).id)()
    const isKnown = (): boolean => {
      try {
        return addon.residentPages(id, 0, PAGE).length === 1
      } catch {
        return false
      }
    }
    expect([isKnown(), id === real.id]).toEqual([true, false])
    expect(await settle(() => !isKnown())).toBe(true)
    expect(addon.residentPages(real.id, 0, PAGE).length).toBe(1)
  })

  it('counts what it maps and unmaps', async () => {
    const before = addon.mappings()
    expect(addon.reserve(16 * PAGE, false).buffer.byteLength).toBe(16 * PAGE)
    const during = addon.mappings()
    expect([during.maps - before.maps, during.mappedBytes - before.mappedBytes]).toEqual([1, 16 * PAGE])
    expect(await settle(() => addon.mappings().unmaps > before.unmaps)).toBe(true)
    expect(addon.mappings().mappedBytes).toBe(before.mappedBytes)
  })

  it('adopts whole OS pages of shared memory only', () => {
    const growable = (buffer: typeof SharedArrayBuffer | typeof ArrayBuffer, bytes: number): SharedArrayBuffer =>
      new (buffer as unknown as new (bytes: number, options: object) => SharedArrayBuffer)(bytes, {
        maxByteLength: 4 * PAGE,
      })
    const shared = growable(SharedArrayBuffer, 2 * PAGE)
    for (const other of [
      ...NO_REGIONS,
      shared,
      new Uint8Array(shared, PAGE, PAGE),
      new Int8Array(shared, 0, PAGE),
      new DataView(shared, 0, PAGE),
      new Uint8Array(growable(ArrayBuffer, PAGE), 0, PAGE), // can be detached, or resized
    ]) {
      expect(() => addon.adopt(other as Uint8Array)).toThrow(TypeError)
    }
    for (const part of [new Uint8Array(shared, 0, 0), new Uint8Array(shared, 0, PAGE + 1)]) {
      expect(() => addon.adopt(part)).toThrow(RangeError)
    }
    expect(addon.adopt(new Uint8Array(shared, 0, 2 * PAGE)).buffer).toBe(shared)
  })
})

/** What is no region. */
const NO_REGIONS: unknown[] = [
  undefined,
  null,
  'region',
  real,
  -1,
  real.id + 0.5,
  real.id + 2 ** 32,
  Number.NaN,
  Infinity,
  1e6,
  `${real.id}`,
  true,
  1n,
  Symbol('region'),
  () => real,
  {},
  [],
  { buffer: real.buffer },
  Object.create(real),
  new Proxy(real, {}),
  real.buffer,
  new ArrayBuffer(PAGE),
]
const NO_NUMBERS = [undefined, null, '4096', 4096n, {}, [], Symbol('number'), () => 0, true]
const NO_PAGES = [-PAGE, 1, PAGE - 1, PAGE + 1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 53, 2 ** 64, 9 * PAGE]
const NO_BYTES = [-1, 0.5, Number.NaN, Infinity, -Infinity, 8 * PAGE + 1, 2 ** 53, 2 ** 64]

type Call = (...values: unknown[]) => unknown
/** For each function arguments that are right, and of each argument those that are not: TypeError, RangeError. */
const REGION = [NO_REGIONS, []] as const
const PAGES = [NO_NUMBERS, NO_PAGES] as const
const BYTES = [NO_NUMBERS, NO_BYTES] as const
const HOLD = [NO_NUMBERS, [...NO_BYTES, 1, 2, 8 * PAGE]] as const
const NO_TEXTS = [undefined, null, 5, {}, [], Symbol('text'), () => 0, new Uint8Array(4)]
const VIEWS = [
  [
    undefined,
    null,
    'bytes',
    8,
    real.buffer,
    [1, 2],
    {},
    new Int8Array(8),
    new Uint16Array(4),
    new DataView(real.buffer),
  ],
  [],
] as const
const CALLS: Record<string, [right: unknown[], wrong: (readonly (readonly unknown[])[])[]]> = {
  reserve: [[PAGE, false], [[NO_NUMBERS, [0, ...NO_PAGES.filter((value) => value !== 9 * PAGE)]]]],
  part: [
    [real.id, PAGE, PAGE, real.id, 0],
    [REGION, PAGES, PAGES, REGION, HOLD],
  ],
  populate: [
    [real.id, 0, PAGE],
    [REGION, PAGES, PAGES],
  ],
  discard: [
    [real.id, 0, PAGE],
    [REGION, PAGES, PAGES],
  ],
  renew: [
    [real.id, 0, PAGE],
    [REGION, PAGES, PAGES],
  ],
  residentPages: [
    [real.id, 0, PAGE],
    [REGION, PAGES, PAGES],
  ],
  drop: [[real.id], [REGION]],
  move: [
    [real.id, 0, PAGE, real.id, 2 * PAGE, 2 * PAGE],
    [REGION, PAGES, PAGES, REGION, PAGES, PAGES],
  ],
  clear: [
    [real.id, 0, 8],
    [REGION, BYTES, BYTES],
  ],
  copy: [
    [real.id, 0, 8, real.id, 8],
    [REGION, BYTES, BYTES, REGION, BYTES],
  ],
  copyIn: [
    [real.id, 0, new Uint8Array(8)],
    [REGION, BYTES, VIEWS],
  ],
  copyOut: [
    [real.id, 0, new Uint8Array(8)],
    [REGION, BYTES, VIEWS],
  ],
  encode: [
    ['tide', new Uint8Array(12)],
    [[NO_TEXTS, []], VIEWS],
  ],
  decode: [
    [real.id, 0, 8],
    [REGION, BYTES, BYTES],
  ],
}

describe('wrong arguments', () => {
  it.each(Object.keys(CALLS))('of %s are refused, each by its kind and its value', (name) => {
    const [right, wrong] = CALLS[name] as (typeof CALLS)[string]
    const call = addon[name as keyof NativeAddon] as unknown as Call
    expect(wrong.length).toBe(name === 'reserve' ? 1 : right.length)
    for (const [index, [kinds, values]] of wrong.entries()) {
      const put = (value: unknown): unknown[] => right.map((argument, i) => (i === index ? value : argument))
      for (const value of kinds as unknown[]) expect(() => call(...put(value))).toThrow(TypeError)
      for (const value of values as unknown[]) expect(() => call(...put(value))).toThrow(RangeError)
      for (const value of values as unknown[]) expect(() => call(...put(value))).toThrow(`got ${value}`)
    }
    expect(() => call()).toThrow(TypeError)
  })

  it('of ranges are refused that leave the region, overlap, or find no room', () => {
    const small = addon.reserve(2 * PAGE, false)
    for (const call of [
      () => addon.discard(real.id, 8 * PAGE, PAGE),
      () => addon.discard(real.id, 4 * PAGE, 5 * PAGE),
      () => addon.discard(real.id, 0, 0),
      () => addon.part(real.id, 0, PAGE, real.id, 0),
      () => addon.move(real.id, 0, 2 * PAGE, real.id, PAGE, 2 * PAGE),
      () => addon.move(real.id, 4 * PAGE, 2 * PAGE, real.id, PAGE, 4 * PAGE),
      () => addon.move(real.id, 0, 2 * PAGE, real.id, 4 * PAGE, PAGE),
      () => addon.move(real.id, 0, PAGE, small.id, PAGE, 2 * PAGE),
      () => addon.copy(real.id, 0, 3 * PAGE, small.id, 0),
      () => addon.copy(real.id, 0, PAGE, small.id, PAGE + 1),
      () => addon.clear(real.id, PAGE, 8 * PAGE),
      () => addon.copyIn(real.id, 8 * PAGE - 1, new Uint8Array(2)),
      () => addon.copyIn(small.id, 0, new Uint8Array(2 * PAGE + 1)),
      () => addon.copyOut(real.id, 8 * PAGE - 1, new Uint8Array(2)),
      () => addon.copyOut(small.id, 0, new Uint8Array(2 * PAGE + 1)),
      () => addon.decode(real.id, 8 * PAGE - 1, 2),
      () => addon.decode(real.id, 0, 0),
      () => addon.encode('tide', new Uint8Array(11)),
    ]) {
      expect(call).toThrow(RangeError)
    }
  })

  it('in 20,000 random calls end nothing and harm no other region', () => {
    const random = new Random('random calls')
    const [guarded, small] = [addon.reserve(8 * PAGE, false), addon.reserve(3 * PAGE, false)]
    bytesOf(guarded).fill(77)
    const numbers = [0, 4, PAGE, 2 * PAGE, 3 * PAGE, 8 * PAGE, 1, -1, 0.1, Number.NaN, 2 ** 32, 2 ** 53, 2 ** 64]
    const ids = [real.id, small.id]
    const values: unknown[] = [...numbers, ...numbers, ...ids, ...ids, ...NO_REGIONS]
    const regions = values.filter((value) => value !== guarded.id)
    // A region that is dropped must not be written to any more.
    const names = Object.keys(CALLS).filter((name) => name !== 'drop' && name !== 'reserve')
    let done = 0
    for (let i = 0; i < 20_000; i++) {
      const call = addon[random.pick(names) as keyof NativeAddon] as unknown as Call
      const isOdd = random.oneIn(3)
      const region = (): unknown => random.pick(isOdd ? regions : ids)
      const number = (): unknown => random.pick(isOdd ? values : numbers.slice(0, 6))
      try {
        call(region(), number(), number(), region(), number(), number())
        done++
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
    expect(done).toBeGreaterThan(1000)
    expect(isAll(bytesOf(guarded), 77)).toBe(true)
  })
})
