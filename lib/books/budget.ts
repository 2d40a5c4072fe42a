/**
 * The budget of a heap: what it has mapped, held to its limit. Every request for memory passes here.
 *
 *     request --> (limit passed? reclaim once, then EBB_LIMIT) --> the space --> (refused? reclaim once, then EBB_OUT_OF_MEMORY)
 */
import { type HeapTag, limitChannel } from '../base/channels'
import { HeapError, type OsFailure } from '../base/errors'
import { limitsOf } from '../os/limits'
import { MAPS, NO_TALLY, type Tally, UNMAPS } from '../space/tally'

export class Budget {
  /** Bytes this heap may map. */
  readonly limit: number
  /** Which heap it is of, for messages. */
  readonly tag: HeapTag
  /** Gives back all that is free; true if that made anything of it. Set once, by whoever knows what is free. */
  reclaim: () => boolean = () => false

  mappedBytes = 0
  peakMappedBytes = 0
  /** Requests for memory that were met, and those of them that were given back. */
  maps = 0
  unmaps = 0

  readonly #tally: Tally

  constructor(limit: number, tag: HeapTag, tally = NO_TALLY) {
    this.limit = limit
    this.tag = tag
    this.#tally = tally
  }

  /**
   * Makes a request of the space and counts it.
   * @param byteLength - bytes that it maps
   * @param request - returns what it got, 0 where no slot is left, or throws what the operating system says
   * @param before - bytes of memory whose contents the caller moves here: only the difference counts
   */
  map<T extends number>(byteLength: number, request: () => T | 0, before = 0): T {
    this.admit(byteLength - before)
    const taken = this.#attempt(request) || this.#attemptAgain(request, byteLength)
    this.#tally.set(MAPS, ++this.maps)
    this.count(byteLength - before)
    return taken
  }

  /** Counts memory off that goes back to the space. */
  unmap(byteLength: number): void {
    this.#tally.set(UNMAPS, ++this.unmaps)
    this.count(-byteLength)
  }

  /** Counts bytes as mapped, or off. */
  count(byteLength: number): void {
    this.mappedBytes += byteLength
    this.peakMappedBytes = Math.max(this.peakMappedBytes, this.mappedBytes)
  }

  /** Whether so many more bytes pass the limit. */
  allows(byteLength: number): boolean {
    return this.mappedBytes + byteLength <= this.limit
  }

  /** Lets so many more bytes pass, or throws; to make room, all that is free may be given back. */
  admit(byteLength: number): void {
    if (this.allows(byteLength)) return
    this.reclaim()
    if (this.allows(byteLength)) return
    if (limitChannel.isHeard) {
      const { limit, mappedBytes } = this
      limitChannel.tell({ ...this.tag, limit, mappedBytes, wantedBytes: byteLength })
    }
    throw new HeapError(
      'EBB_LIMIT',
      `ebb: ${byteLength} more bytes would pass this heap's limit of ${this.limit} (${this.mappedBytes} are mapped); free blocks or raise \`limit\``,
    )
  }

  #refusal: unknown

  #attempt<T extends number>(request: () => T | 0): T | 0 {
    this.#refusal = undefined
    try {
      return request()
    } catch (failure) {
      this.#refusal = failure
      return 0
    }
  }

  #attemptAgain<T extends number>(request: () => T | 0, byteLength: number): T {
    const taken = this.reclaim() ? this.#attempt(request) : 0
    if (taken !== 0) return taken
    const cause = this.#refusal
    this.#refusal = undefined
    throw outOfMemory(cause, byteLength)
  }
}

function outOfMemory(cause: unknown, byteLength: number): HeapError {
  if (cause instanceof HeapError) return cause
  if (cause === undefined) {
    return new HeapError(
      'EBB_OUT_OF_MEMORY',
      `ebb: all slots of this thread's heaps are in use, ${byteLength} bytes find none; free memory or use another thread`,
    )
  }
  const failure = cause as OsFailure & Error
  return new HeapError(
    'EBB_OUT_OF_MEMORY',
    `ebb: the operating system refused ${byteLength} bytes (${failure.syscall ?? 'map'}: ${failure.code ?? failure.message}); ` +
      `free memory, or raise what limits this process: ${limitsOf()}`,
    cause,
  )
}
