/**
 * Every mapping of a heap is made and given back here: counted, and held to the heap's limit.
 *
 *     map --> (limit passed? reclaim once, then EBB_LIMIT) --> OsPages.map --> (refused? reclaim once, then EBB_OUT_OF_MEMORY)
 */
import { HeapError, type OsFailure, refuseClosed } from '../base/errors'
import type { OsPages } from '../os/os-pages'

export class Budget {
  readonly #os: OsPages
  /** Bytes this heap may map. */
  readonly limit: number
  /** Gives back all that is free; true if that made anything of it. Set once, by whoever knows what is free. */
  reclaim: () => boolean = () => false

  mappedBytes = 0
  peakMappedBytes = 0
  maps = 0
  unmaps = 0
  /** Set when the heap closes: nothing is mapped any more. */
  isClosed = false

  constructor(os: OsPages, limit: number) {
    this.#os = os
    this.limit = limit
  }

  get os(): OsPages {
    return this.#os
  }

  /** Bytes of whole OS pages that hold `byteLength`. */
  roundUp(byteLength: number): number {
    const page = this.#os.osPageSize
    return Math.ceil(byteLength / page) * page
  }

  /**
   * @param byteLength - bytes, whole OS pages
   * @param before - bytes of near memory whose contents the caller moves here: only the difference counts, and they are not to be
   *   counted off
   */
  map(byteLength: number, before = 0): ArrayBuffer {
    this.admit(byteLength - before)
    const buffer = this.#try(() => this.#os.map(byteLength), byteLength)
    this.maps++
    this.count(byteLength - before)
    return buffer
  }

  /** Takes a mapping back that `map` gave. A buffer that user code has taken away is only counted off. */
  unmap(buffer: ArrayBuffer, byteLength: number): void {
    this.#os.unmap(buffer)
    this.unmaps++
    this.mappedBytes -= byteLength
  }

  /** Counts near slots as mapped that `admit` has let pass. Their memory comes with the first touch. */
  countNear(byteLength: number): void {
    this.maps++
    this.count(byteLength)
  }

  /** Counts near slots off and detaches the buffer that there may be over them; their memory is the space's to give back. */
  unmapNear(buffer: ArrayBuffer, byteLength: number): void {
    if (buffer.byteLength > 0) this.#os.unmap(buffer)
    this.unmaps++
    this.mappedBytes -= byteLength
  }

  /** Grows a mapping without copying, where the OS can; undefined where it cannot. */
  grow(buffer: ArrayBuffer, byteLength: number): ArrayBuffer | undefined {
    const more = byteLength - buffer.byteLength
    this.admit(more)
    const grown = this.#try(() => this.#os.grow(buffer, byteLength), byteLength)
    if (grown !== undefined) this.count(more)
    return grown
  }

  /**
   * Drops the contents and the physical memory of whole OS pages of a mapping.
   * @returns false where the buffer is not there any more
   */
  discard(buffer: ArrayBuffer, byteOffset: number, byteLength: number): boolean {
    if (buffer.byteLength === 0) return false
    try {
      this.#os.discard(buffer, byteOffset, byteLength)
    } catch (cause) {
      const failure = cause as OsFailure & Error
      throw new HeapError(
        'EBB_OS',
        `ebb: discarding ${byteLength} bytes failed (${failure.syscall ?? 'discard'}: ${failure.code ?? failure.message})`,
        cause,
      )
    }
    return true
  }

  /** Counts off a mapping that user code has taken away. */
  writeOff(byteLength: number): void {
    this.mappedBytes -= byteLength
  }

  /** Counts bytes as mapped. */
  count(byteLength: number): void {
    this.mappedBytes += byteLength
    if (this.mappedBytes > this.peakMappedBytes) this.peakMappedBytes = this.mappedBytes
  }

  /** Lets so many more bytes pass, or throws; to make room, all that is free may be given back. */
  admit(byteLength: number): void {
    if (this.isClosed) refuseClosed('alloc')
    if (this.mappedBytes + byteLength <= this.limit) return
    this.reclaim()
    if (this.mappedBytes + byteLength <= this.limit) return
    throw new HeapError(
      'EBB_LIMIT',
      `ebb: ${byteLength} more bytes would pass this heap's limit of ${this.limit} (${this.mappedBytes} are mapped); free blocks or raise \`limit\``,
    )
  }

  #try<T>(request: () => T, byteLength: number): T {
    try {
      return request()
    } catch (first) {
      if (!this.reclaim()) throw outOfMemory(first, byteLength)
    }
    try {
      return request()
    } catch (second) {
      throw outOfMemory(second, byteLength)
    }
  }
}

function outOfMemory(cause: unknown, byteLength: number): HeapError {
  const failure = cause as OsFailure & Error
  if (cause instanceof HeapError) return cause
  return new HeapError(
    'EBB_OUT_OF_MEMORY',
    `ebb: the operating system refused ${byteLength} bytes (${failure.syscall ?? 'map'}: ${failure.code ?? failure.message}); ` +
      'free memory, raise the memory limit of the process, or on Linux vm.max_map_count if there are many mappings',
    cause,
  )
}
