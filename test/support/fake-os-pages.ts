import type { OsPages } from '../../lib/os/os-pages'

/** The calls that a fake counts, and of which those to the OS proper can fail. */
export type OsCall = 'map' | 'populate' | 'unmap' | 'discard' | 'grow'

export interface FakeOptions {
  /** Bytes of an OS page. Default 4096. */
  readonly osPageSize?: number
  readonly maxByteLength?: number
  /** False: `grow` is undefined, as on systems without mremap. Default true. */
  readonly canGrow?: boolean
}

const SYSCALLS: Record<OsCall, string> = {
  map: 'mmap',
  populate: 'madvise',
  unmap: 'munmap',
  discard: 'madvise',
  grow: 'mremap',
}

/** What the addon throws when the kernel refuses. */
export function osError(call: OsCall): Error {
  const syscall = SYSCALLS[call]
  return Object.assign(new Error(`ENOMEM: not enough memory, ${syscall}`), { code: 'ENOMEM', errno: -12, syscall })
}

/** Detaches a plain ArrayBuffer, as user code does that transfers it to a worker. */
export function detach(buffer: ArrayBuffer): void {
  structuredClone(buffer, { transfer: [buffer] })
}

/**
 * OS pages made of plain ArrayBuffers. A page counts as resident when anything but zeros was written into it since it was
 * mapped or discarded. `failAt` and `failFrom` number the calls of map, discard and grow together, from 1.
 */
export class FakeOsPages implements OsPages {
  readonly osPageSize: number
  readonly maxByteLength: number
  readonly calls: Record<OsCall, number> = { map: 0, populate: 0, unmap: 0, discard: 0, grow: 0 }
  /** Calls so far that could have failed. */
  fallible = 0
  /** The number of the call that fails; 0: none. */
  failAt = 0
  /** This call and all after it fail. */
  failFrom = Infinity
  /** Only this kind of call fails; undefined: any. */
  failing: OsCall | undefined
  /** Buffers mapped now. One that user code detached stays in here until it is unmapped. */
  readonly mapped = new Map<ArrayBuffer, number>()
  readonly #canGrow: boolean

  constructor({ osPageSize = 4096, maxByteLength = 2 ** 32, canGrow = true }: FakeOptions = {}) {
    this.osPageSize = osPageSize
    this.maxByteLength = maxByteLength
    this.#canGrow = canGrow
  }

  get mappedBytes(): number {
    let bytes = 0
    for (const byteLength of this.mapped.values()) bytes += byteLength
    return bytes
  }

  map(byteLength: number): ArrayBuffer {
    if (byteLength <= 0 || byteLength % this.osPageSize !== 0) throw new RangeError(`map(${byteLength})`)
    this.#attempt('map')
    const buffer = new ArrayBuffer(byteLength)
    this.mapped.set(buffer, byteLength)
    return buffer
  }

  populate(buffer: ArrayBuffer, byteOffset: number, byteLength: number): boolean {
    this.#check(buffer, byteOffset, byteLength)
    this.calls.populate++
    return false
  }

  unmap(buffer: ArrayBuffer): boolean {
    this.calls.unmap++
    this.mapped.delete(buffer)
    if (buffer.byteLength === 0) return false
    detach(buffer)
    return true
  }

  discard(buffer: ArrayBuffer, byteOffset: number, byteLength: number): void {
    this.#check(buffer, byteOffset, byteLength)
    this.#attempt('discard')
    new Uint8Array(buffer, byteOffset, byteLength).fill(0)
  }

  grow(buffer: ArrayBuffer, byteLength: number): ArrayBuffer | undefined {
    this.#check(buffer, 0, buffer.byteLength)
    if (byteLength <= buffer.byteLength || byteLength % this.osPageSize !== 0)
      throw new RangeError(`grow(${byteLength})`)
    if (!this.#canGrow) return undefined
    this.#attempt('grow')
    const grown = new ArrayBuffer(byteLength)
    new Uint8Array(grown).set(new Uint8Array(buffer))
    this.mapped.delete(buffer)
    detach(buffer)
    this.mapped.set(grown, byteLength)
    return grown
  }

  residentPages(buffer: ArrayBuffer, byteOffset = 0, byteLength = buffer.byteLength): Uint8Array {
    this.#check(buffer, byteOffset, byteLength)
    const pages = new Uint8Array(byteLength / this.osPageSize)
    for (let page = 0; page < pages.length; page++) {
      const words = new BigUint64Array(buffer, byteOffset + page * this.osPageSize, this.osPageSize / 8)
      pages[page] = words.some((word) => word !== 0n) ? 1 : 0
    }
    return pages
  }

  isAttached(buffer: ArrayBuffer): boolean {
    return buffer.byteLength !== 0
  }

  #attempt(call: OsCall): void {
    this.calls[call]++
    if (this.failing !== undefined && this.failing !== call) return
    this.fallible++
    if (this.fallible === this.failAt || this.fallible >= this.failFrom) throw osError(call)
  }

  #check(buffer: ArrayBuffer, byteOffset: number, byteLength: number): void {
    if (!this.mapped.has(buffer) || buffer.byteLength === 0)
      throw new TypeError('the buffer is detached or not from here')
    const page = this.osPageSize
    const isWhole = byteOffset % page === 0 && byteLength % page === 0
    if (!isWhole || byteOffset < 0 || byteLength <= 0 || byteOffset + byteLength > buffer.byteLength) {
      throw new RangeError(`bytes ${byteOffset} to ${byteOffset + byteLength} are no OS pages of the mapping`)
    }
  }
}
