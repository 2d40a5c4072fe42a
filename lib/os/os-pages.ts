import { constants } from 'node:buffer'
import type { NativeAddon } from './native-binding'

/**
 * The seam between the books and the operating system. Everything above it is arithmetic on ArrayBuffers; everything
 * below it is a system call. Tests put a fake here to fail on the n-th call or to count discards.
 *
 * Byte lengths and offsets are whole OS pages. What the OS refuses is thrown as an Error with `code`, `errno` and
 * `syscall`; a buffer that is detached or foreign is a TypeError.
 */
export interface OsPages {
  /** Bytes of one page of the kernel. */
  readonly osPageSize: number
  /** Largest mapping that one ArrayBuffer can wrap, in bytes. */
  readonly maxByteLength: number
  /** Whether the arenas of heaps on these pages may lie in the {@link space}. */
  readonly hasNear?: boolean
  /** Maps zeroed memory. Collecting the buffer unmaps it, if `unmap` has not been called before. */
  map(byteLength: number): ArrayBuffer
  /** Makes a range resident ahead of its first touch. False: this OS cannot, and nothing has changed. */
  populate(buffer: ArrayBuffer, byteOffset: number, byteLength: number): boolean
  /**
   * Gives the memory back now and detaches the buffer, so that every view on it has length 0. The address space
   * follows when the engine runs the buffer's finalizer. False: the buffer is detached already, or not from here.
   * A buffer that its user marked untransferable cannot be detached: its views stay and read zero until collected.
   */
  unmap(buffer: ArrayBuffer): boolean
  /** Gives the memory of a range back now; the range stays mapped and reads zero. */
  discard(buffer: ArrayBuffer, byteOffset: number, byteLength: number): void
  /** Makes a mapping longer without copying: a new buffer, the old one detached. Undefined where the OS cannot. */
  grow(buffer: ArrayBuffer, byteLength: number): ArrayBuffer | undefined
  /** One byte for each OS page of a range, or of the whole mapping: 1 resident, 0 not. */
  residentPages(buffer: ArrayBuffer, byteOffset?: number, byteLength?: number): Uint8Array
  /** False once the buffer was unmapped, grown, or transferred away by somebody. */
  isAttached(buffer: ArrayBuffer): boolean
}

/** `ArrayBuffer.prototype.transfer`, which Node has since 22; kept here because user code may replace it. */
const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }

/**
 * The memory of a buffer under a new one, the old one detached; undefined where the engine refuses to detach it. To
 * detach such a buffer through Node-API ends the process, and nothing tells it from others but trying this.
 */
function take(buffer: ArrayBuffer): ArrayBuffer | undefined {
  if (transfer === undefined) return buffer
  try {
    return transfer.call(buffer)
  } catch {
    return undefined
  }
}

/** Some engines end the process when an ArrayBuffer over more than they can index is asked for. */
export function checkWrappable(byteLength: number, maxByteLength: number): void {
  if (byteLength > maxByteLength) {
    throw new RangeError(`byteLength must be at most ${maxByteLength} in this runtime, got ${byteLength}`)
  }
}

export function adapt(addon: NativeAddon): OsPages {
  const { osPageSize } = addon
  const maxByteLength = Math.floor(constants.MAX_LENGTH / osPageSize) * osPageSize

  function unmap(buffer: ArrayBuffer): boolean {
    if (!addon.owns(buffer)) return false
    const taken = take(buffer)
    if (taken === undefined) addon.discard(buffer, 0, buffer.byteLength)
    else addon.unmap(taken)
    return true
  }

  return {
    osPageSize,
    maxByteLength,
    hasNear: true,
    map(byteLength) {
      checkWrappable(byteLength, maxByteLength)
      return addon.map(byteLength)
    },
    grow(buffer, byteLength) {
      checkWrappable(byteLength, maxByteLength)
      const grown = addon.grow(buffer, byteLength)
      if (grown !== undefined) unmap(buffer)
      return grown
    },
    unmap,
    populate: addon.populate,
    discard: addon.discard,
    residentPages: addon.residentPages,
    isAttached: (buffer) => buffer.byteLength !== 0,
  }
}
