/**
 * The pages of the operating system, through the addon. How they are shown to JavaScript is chosen once:
 *
 *     shared     the addon maps them, and the runtime makes a SharedArrayBuffer over them (Node 22.23, 24.16, 26.1 and later, Bun)
 *     adopted    the engine maps them under a SharedArrayBuffer of its own, and the addon takes them over (Node 20, Deno)
 *     unshared   the addon maps them under an ArrayBuffer
 *
 * V8 counts an ArrayBuffer over foreign memory as external memory from the start, touched or not, and from 14.8 on it collects garbage
 * because of it. Shared memory it does not count.
 */

import { constants } from 'node:buffer'
import { rangeError } from '../base/errors'
import type { NativeAddon, NativeRegion } from './addon'
import type { OsPages, Region } from './region'
import { addressRoom, engineBytes } from './room'

/** A region of the real operating system. */
class NativePages implements Region {
  readonly buffer: ArrayBufferLike
  readonly byteLength: number
  readonly osPageSize: number
  readonly #addon: NativeAddon
  readonly #id: number
  /** Keeps the region. */
  readonly #native: NativeRegion

  constructor(addon: NativeAddon, native: NativeRegion) {
    this.#addon = addon
    this.#native = native
    this.#id = native.id
    this.buffer = this.#native.buffer
    this.byteLength = native.buffer.byteLength
    this.osPageSize = addon.osPageSize
  }

  populate(byteOffset: number, byteLength: number): boolean {
    return this.#addon.populate(this.#id, byteOffset, byteLength)
  }

  discard(byteOffset: number, byteLength: number): void {
    this.#addon.discard(this.#id, byteOffset, byteLength)
  }

  renew(byteOffset: number, byteLength: number): void {
    this.#addon.renew(this.#id, byteOffset, byteLength)
  }

  drop(): void {
    this.#addon.drop(this.#id)
  }

  part(byteOffset: number, byteLength: number, holder: Region, hold: number): ArrayBuffer {
    return this.#addon.part(this.#id, byteOffset, byteLength, idOf(holder), hold)
  }

  move(from: number, byteLength: number, target: Region, to: number, toByteLength: number): boolean {
    return this.#addon.move(this.#id, from, byteLength, idOf(target), to, toByteLength)
  }

  clear(byteOffset: number, byteLength: number): void {
    this.#addon.clear(this.#id, byteOffset, byteLength)
  }

  copy(from: number, byteLength: number, target: Region, to: number): void {
    if (byteLength === 0) return // as of a block that is resized to nothing
    this.#addon.copy(this.#id, from, byteLength, idOf(target), to)
  }

  copyIn(to: number, bytes: Uint8Array): void {
    this.#addon.copyIn(this.#id, to, bytes)
  }

  copyOut(from: number, bytes: Uint8Array): void {
    this.#addon.copyOut(this.#id, from, bytes)
  }

  encode(text: string, bytes: Uint8Array): number {
    return this.#addon.encode(text, bytes)
  }

  decode(byteOffset: number, byteLength: number): string | undefined {
    return this.#addon.decode(this.#id, byteOffset, byteLength)
  }

  residentPages(byteOffset: number, byteLength: number): Uint8Array {
    return this.#addon.residentPages(this.#id, byteOffset, byteLength)
  }

  static idOf(region: Region): number {
    return (region as NativePages).#id
  }
}

const { idOf } = NativePages

/** SharedArrayBuffer as newer type libraries know it: one that can grow has pages of its own, aligned, of which V8 counts none. */
type GrowableSharedArrayBuffer = new (byteLength: number, options: { maxByteLength: number }) => SharedArrayBuffer

function adopted(addon: NativeAddon, byteLength: number): NativeRegion {
  addon.probe(byteLength)
  const buffer = new (SharedArrayBuffer as unknown as GrowableSharedArrayBuffer)(byteLength, {
    maxByteLength: byteLength,
  })
  return addon.adopt(new Uint8Array(buffer, 0, byteLength))
}

/** Which of the three ways this runtime has. */
function waysOf(addon: NativeAddon): (byteLength: number) => NativeRegion {
  if (addon.sharesPages) return (byteLength) => addon.reserve(byteLength, true)
  try {
    adopted(addon, addon.osPageSize)
    return (byteLength) => adopted(addon, byteLength)
  } catch {
    return (byteLength) => addon.reserve(byteLength, false)
  }
}

/** On Linux, macOS and Windows alike; `node:os` would take 0.2 MB to tell it. */
const ENOMEM = 12

/** What the system would say to a request that it could serve, but nothing after it. */
function noRoom(room: number): Error {
  const message = `ENOMEM: ${room} bytes may still be mapped, ${engineBytes()} of them are left to the engine, mmap`
  return Object.assign(new Error(message), { code: 'ENOMEM', errno: -ENOMEM, syscall: 'mmap' })
}

/**
 * Some engines name 2^53 - 1 bytes as the longest buffer, and cannot make views of one of 16 TiB, which the system has mapped by then
 * (Node 22 to 26).
 */
const LONGEST = 2 ** 42

/** Pages through the given addon. */
export function osPagesOf(addon: NativeAddon): OsPages {
  const { osPageSize, discardsWork } = addon
  const maxByteLength = Math.floor(Math.min(constants.MAX_LENGTH, LONGEST) / osPageSize) * osPageSize
  const reserve = waysOf(addon)
  return {
    osPageSize,
    discardsWork,
    maxByteLength,
    reserve(byteLength) {
      // Some engines end the process when a buffer over more than they can index is asked for.
      if (byteLength > maxByteLength) {
        throw rangeError(`byteLength must be at most ${maxByteLength} in this runtime, got ${byteLength}`)
      }
      const room = addressRoom()
      if (room < Infinity && byteLength + engineBytes() > room) throw noRoom(room)
      return new NativePages(addon, reserve(byteLength))
    },
  }
}
