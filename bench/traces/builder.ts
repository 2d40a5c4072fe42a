/**
 * A trace in memory, and the one way to make it: the recorder's converter, the decoder, the text parser and the synthetic
 * workloads all go through TraceBuilder, so numbering, closing frees and totals are the same everywhere.
 */

/** The four kinds of operation: the low two bits of an operation's first word. */
export const KIND_ALLOC = 0
export const KIND_ALLOC_ZEROED = 1
export const KIND_REALLOC = 2
export const KIND_FREE = 3

/** A request stream that ends with nothing live. */
export interface Trace {
  /** Short name for tables. */
  readonly name: string
  /** Where it came from: a program, a file, a generator. */
  readonly source: string
  /**
   * Two words for each operation: `id << 2 | kind`, then the requested byteLength (0 for free). An id is the number of a
   * live block; realloc keeps it, and a freed number is the next one to be handed out.
   */
  readonly ops: Uint32Array
  /** ops.length / 2, closing frees included. */
  readonly operations: number
  /** How many of the last operations are not the program's: they free, in order of id, what it left behind. */
  readonly closingFrees: number
  /** Every id is below this: length of the table that a replayer needs. Equals the most blocks ever live. */
  readonly ids: number
  /** Largest sum of requested bytes live at one time. */
  readonly peakLiveBytes: number
  /** Requested bytes live after an operation, averaged over all operations. */
  readonly meanLiveBytes: number
  /** Requested bytes that the program left behind, freed by the closing frees. */
  readonly liveBytes: number
}

/** The most that a word holds. */
export const MAX_TRACE_BYTES = 0xffff_ffff

/** Writes a trace operation by operation; the ids that it returns are the handles. */
export class TraceBuilder {
  #ops: Uint32Array
  #length = 0
  /** Byte length of each live block, by id; meaningless for an id that is on the free stack. */
  #sizes: Uint32Array
  #isLive: Uint8Array
  #ids = 0
  /** Freed ids; the last one is reused first, as a table stays warm that way. */
  readonly #freed: number[] = []
  #live = 0
  #peak = 0
  #liveSum = 0

  /** @param operations - expected number of operations, to begin with room for them */
  constructor(operations = 1024) {
    this.#ops = new Uint32Array(2 * operations)
    this.#sizes = new Uint32Array(256)
    this.#isLive = new Uint8Array(256)
  }

  /** Operations so far. */
  get operations(): number {
    return this.#length / 2
  }

  /** Requested bytes live now. */
  get liveBytes(): number {
    return this.#live
  }

  alloc(byteLength: number): number {
    return this.#open(KIND_ALLOC, byteLength)
  }

  allocZeroed(byteLength: number): number {
    return this.#open(KIND_ALLOC_ZEROED, byteLength)
  }

  realloc(id: number, byteLength: number): void {
    this.#checkLive(id)
    this.#live += byteLength - this.#sizes[id]!
    this.#sizes[id] = byteLength
    this.#put(id, KIND_REALLOC, byteLength)
  }

  free(id: number): void {
    this.#checkLive(id)
    this.#live -= this.#sizes[id]!
    this.#isLive[id] = 0
    this.#freed.push(id)
    this.#put(id, KIND_FREE, 0)
  }

  /** Frees what is still live and gives the trace. The builder must not be used afterwards. */
  finish(name: string, source = 'synthetic'): Trace {
    const own = this.operations
    const liveBytes = this.#live
    for (let id = 0; id < this.#ids; id++) {
      if (this.#isLive[id] === 1) this.free(id)
    }
    return {
      name,
      source,
      ops: this.#ops.subarray(0, this.#length),
      operations: this.operations,
      closingFrees: this.operations - own,
      ids: this.#ids,
      peakLiveBytes: this.#peak,
      meanLiveBytes: this.operations === 0 ? 0 : this.#liveSum / this.operations,
      liveBytes,
    }
  }

  #open(kind: number, byteLength: number): number {
    const id = this.#freed.pop() ?? this.#ids++
    if (id >= this.#sizes.length) {
      this.#sizes = doubled(this.#sizes)
      this.#isLive = doubled(this.#isLive)
    }
    this.#sizes[id] = byteLength
    this.#isLive[id] = 1
    this.#live += byteLength
    this.#put(id, kind, byteLength)
    return id
  }

  #put(id: number, kind: number, byteLength: number): void {
    if (!(byteLength >= 0 && byteLength <= MAX_TRACE_BYTES && Number.isInteger(byteLength))) {
      throw new RangeError(
        `a trace's byteLength must be a whole number from 0 to ${MAX_TRACE_BYTES}, got ${byteLength}`,
      )
    }
    if (this.#length === this.#ops.length) this.#ops = doubled(this.#ops)
    this.#ops[this.#length] = (id << 2) | kind
    this.#ops[this.#length + 1] = byteLength
    this.#length += 2
    if (this.#live > this.#peak) this.#peak = this.#live
    this.#liveSum += this.#live
  }

  #checkLive(id: number): void {
    if (this.#isLive[id] !== 1) throw new RangeError(`block ${id} is not live at operation ${this.operations}`)
  }
}

function doubled<T extends Uint32Array | Uint8Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(Math.max(2, 2 * array.length))
  larger.set(array)
  return larger
}
