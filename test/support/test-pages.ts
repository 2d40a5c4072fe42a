import type { OsPages, Region } from '../../lib/os/region'
import { space } from '../../lib/space/thread-space'

/**
 * The calls that are counted. `take` is a slot taken for an arena or a large block, `view` the engine's making a view of a region: no calls to
 * the system, but they can be refused. `view` is only where it is the one kind that fails.
 */
export type OsCall = 'reserve' | 'populate' | 'discard' | 'renew' | 'move' | 'part' | 'take' | 'view'

export interface TestOptions {
  /** Bytes of an OS page: a multiple of the real one, as on other systems. Default: the real one. */
  readonly osPageSize?: number
  /** Bytes of the longest region. */
  readonly maxByteLength?: number
  /** False: pages cannot be moved, as on systems without mremap. Default true. */
  readonly canMove?: boolean
  /** True: pages can be populated ahead, where the real system does so. Default false, so that all systems are alike. */
  readonly canPopulate?: boolean
  /** True: no slot is near, as when all near ones are taken. Default false. */
  readonly isFar?: boolean
}

const SYSCALLS: Partial<Record<OsCall, string>> = { reserve: 'mmap', discard: 'madvise', renew: 'mmap', take: 'mmap' }

/** What the addon throws when the kernel refuses. */
export function osError(call: OsCall): Error {
  if (call === 'view') return new RangeError('Invalid typed array length')
  const syscall = SYSCALLS[call] ?? call
  return Object.assign(new Error(`ENOMEM: not enough memory, ${syscall}`), { code: 'ENOMEM', errno: -12, syscall })
}

/** Takes the memory of an ArrayBuffer away, as user code does that transfers it to a worker. */
export function detach(buffer: ArrayBuffer): void {
  const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }
  if (transfer !== undefined) transfer.call(buffer)
  else structuredClone(buffer, { transfer: [buffer] })
}

/** The fields of the space that decorated pages stand in for. */
interface SpaceFields {
  os: OsPages
  region: Region
  homes: { os: OsPages; shelves: Set<{ region: Region; extents: { free: number } }> }
  takeArena: typeof space.takeArena
  takeLarge: typeof space.takeLarge
  takeAnnexed: typeof space.takeArena
  takeShelved(byteLength: number): ReturnType<typeof space.takeLarge>
}
const fields = space as unknown as SpaceFields
const real = { os: fields.os, region: fields.region }

/** Has no room. */
const NO_ROOM = { free: -1, take: () => -1, takeAt: () => false, put: () => {} }

/** Shelves are counted in OS pages: no others come on those of other pages. What somebody has an ArrayBuffer over may stay there. */
function closeShelves(): void {
  const { shelves } = fields.homes
  for (const shelf of shelves) {
    const { region, extents } = shelf
    if (extents.free === region.byteLength / region.osPageSize - 1) shelves.delete(shelf)
    else Object.assign(shelf, { extents: NO_ROOM })
  }
}

/**
 * The real OS pages of this thread's space, decorated: calls are counted, the n-th is refused, OS pages look larger. One at a time: a new
 * one takes the place of the one before. `failAt` and `failFrom` number the calls of reserve, discard, renew and take together, from 1.
 */
export class TestPages implements OsPages {
  readonly osPageSize: number
  readonly maxByteLength: number
  readonly discardsWork = true
  readonly calls: Record<OsCall, number> = {
    reserve: 0,
    populate: 0,
    discard: 0,
    renew: 0,
    move: 0,
    part: 0,
    take: 0,
    view: 0,
  }
  /** Calls so far that could have failed. */
  fallible = 0
  /** The number of the call that fails; 0: none. */
  failAt = 0
  /** This call and all after it fail. */
  failFrom = Infinity
  /** Every so many calls one fails; 0: none. */
  failEvery = 0
  /** Only this kind of call fails; undefined: any. */
  failing: OsCall | undefined
  readonly canMove: boolean
  canPopulate: boolean
  readonly isFar: boolean

  constructor({
    osPageSize = real.os.osPageSize,
    maxByteLength = real.os.maxByteLength,
    canMove = true,
    canPopulate = false,
    isFar = false,
  }: TestOptions = {}) {
    this.osPageSize = osPageSize
    this.maxByteLength = maxByteLength
    this.canMove = canMove
    this.canPopulate = canPopulate
    this.isFar = isFar
    this.install()
  }

  /** Puts these pages in the place of the real ones. */
  install(): void {
    closeShelves()
    fields.os = this
    fields.homes.os = this
    fields.region = new TestRegion(this, real.region)
    fields.takeArena = () => {
      this.attempt('take')
      return this.isFar ? fields.takeAnnexed.call(space) : Object.getPrototypeOf(space).takeArena.call(space)
    }
    fields.takeLarge = (byteLength, isPageAligned) => {
      this.attempt('take')
      if (this.isFar) return fields.takeShelved.call(space, byteLength)
      return Object.getPrototypeOf(space).takeLarge.call(space, byteLength, isPageAligned)
    }
  }

  /** Puts the real pages back. */
  static remove(): void {
    closeShelves()
    fields.os = real.os
    fields.homes.os = real.os
    fields.region = real.region
    Reflect.deleteProperty(space, 'takeArena')
    Reflect.deleteProperty(space, 'takeLarge')
  }

  reserve(byteLength: number): Region {
    this.attempt('reserve')
    return new TestRegion(this, real.os.reserve(byteLength))
  }

  /** Counts a call, and refuses it if it is its turn. */
  attempt(call: OsCall): void {
    this.calls[call]++
    if (call === 'move' || call === 'part' || call === 'populate') return
    if (this.failing === undefined ? call === 'view' : this.failing !== call) return
    this.fallible++
    const isTurn = this.failEvery > 0 && this.fallible % this.failEvery === 0
    if (isTurn || this.fallible === this.failAt || this.fallible >= this.failFrom) throw osError(call)
  }
}

/** A region that tells its pages of every call. */
class TestRegion implements Region {
  readonly byteLength: number
  readonly osPageSize: number
  readonly #pages: TestPages
  readonly #region: Region

  constructor(pages: TestPages, region: Region) {
    this.#pages = pages
    this.#region = region
    this.byteLength = region.byteLength
    this.osPageSize = pages.osPageSize
  }

  get buffer(): ArrayBufferLike {
    this.#pages.attempt('view')
    return this.#region.buffer
  }

  populate(byteOffset: number, byteLength: number): boolean {
    this.#check(byteOffset, byteLength)
    this.#pages.attempt('populate')
    return this.#pages.canPopulate && this.#region.populate(byteOffset, byteLength)
  }

  discard(byteOffset: number, byteLength: number): void {
    this.#check(byteOffset, byteLength)
    this.#pages.attempt('discard')
    this.#region.discard(byteOffset, byteLength)
  }

  renew(byteOffset: number, byteLength: number): void {
    this.#check(byteOffset, byteLength)
    this.#pages.attempt('renew')
    this.#region.renew(byteOffset, byteLength)
  }

  drop(): void {
    this.#region.drop()
  }

  part(byteOffset: number, byteLength: number, holder: Region, hold: number): ArrayBuffer {
    this.#check(byteOffset, byteLength)
    this.#pages.attempt('part')
    return this.#region.part(byteOffset, byteLength, TestRegion.#realOf(holder), hold)
  }

  move(from: number, byteLength: number, target: Region, to: number, toByteLength: number): boolean {
    this.#check(from, byteLength)
    this.#check(to, toByteLength)
    this.#pages.attempt('move')
    return this.#pages.canMove && this.#region.move(from, byteLength, TestRegion.#realOf(target), to, toByteLength)
  }

  clear(byteOffset: number, byteLength: number): void {
    this.#region.clear(byteOffset, byteLength)
  }

  copy(from: number, byteLength: number, target: Region, to: number): void {
    this.#region.copy(from, byteLength, TestRegion.#realOf(target), to)
  }

  copyIn(to: number, bytes: Uint8Array): void {
    this.#region.copyIn(to, bytes)
  }

  copyOut(from: number, bytes: Uint8Array): void {
    this.#region.copyOut(from, bytes)
  }

  encode(text: string, bytes: Uint8Array): number {
    return this.#region.encode(text, bytes)
  }

  decode(byteOffset: number, byteLength: number): string | undefined {
    return this.#region.decode(byteOffset, byteLength)
  }

  residentPages(byteOffset: number, byteLength: number): Uint8Array {
    this.#check(byteOffset, byteLength)
    const small = this.#region.residentPages(byteOffset, byteLength)
    const each = this.osPageSize / this.#region.osPageSize
    return Uint8Array.from({ length: small.length / each }, (_, page) =>
      Math.max(...small.subarray(page * each, (page + 1) * each)),
    )
  }

  static #realOf(region: Region): Region {
    return region instanceof TestRegion ? region.#region : region
  }

  #check(byteOffset: number, byteLength: number): void {
    if (byteOffset % this.osPageSize !== 0 || byteLength % this.osPageSize !== 0 || byteLength <= 0) {
      throw new RangeError(`bytes ${byteOffset} to ${byteOffset + byteLength} are no OS pages`)
    }
  }
}
