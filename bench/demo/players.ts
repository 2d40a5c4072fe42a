/**
 * The two arms of the demo. Each keeps a record for every request of a recorded program: its first four bytes are written when it comes and
 * read back, into a checksum, when it goes. A loop for each arm, as a program would have: shared code would be slower for both.
 */
import { Heap, type Pointer } from 'ebb'
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC } from '../traces/trace'

/** What is replayed: requests, and how many records there are at most at one time. */
export interface Job {
  readonly ops: Uint32Array
  readonly ids: number
}

/** One program that runs in an arm. */
export interface Player {
  /** Carries out the requests [from, to); the sum of the words that were read back, as 32 bits. */
  play(from: number, to: number): number
}

export type ArmName = 'ebb' | 'Buffer'

/** What the arms are called in charts. */
export const ARM_TITLES: Readonly<Record<ArmName, string>> = { ebb: 'ebb', Buffer: 'Buffer.allocUnsafe' }

/** Makes an arm; all of its players share one heap, as the modules of a program do. */
export function makeArm(name: ArmName): (job: Job) => Player {
  if (name === 'Buffer') return (job) => new BufferPlayer(job)
  const heap = new Heap({ name: 'demo' })
  return (job) => new EbbPlayer(heap, job)
}

class EbbPlayer implements Player {
  private readonly heap: Heap
  private readonly ops: Uint32Array
  private readonly records: Int32Array
  private readonly sizes: Uint32Array

  constructor(heap: Heap, job: Job) {
    this.heap = heap
    this.ops = job.ops
    // Filled: pages that were never touched would count as growth of the computation.
    this.records = new Int32Array(job.ids).fill(1)
    this.sizes = new Uint32Array(job.ids).fill(1)
  }

  play(from: number, to: number): number {
    const { heap, ops, records, sizes } = this
    let sum = 0
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      let record = records[id] as Pointer
      switch (word & 3) {
        case KIND_ALLOC:
          record = heap.alloc(byteLength)
          break
        case KIND_ALLOC_ZEROED:
          record = heap.allocZeroed(byteLength)
          break
        case KIND_REALLOC:
          record = heap.realloc(record, byteLength)
          break
        case KIND_FREE:
          if (sizes[id]! >= 4) sum = (sum + heap.getInt32(record, 0)) | 0
          heap.free(record)
          continue
      }
      if (byteLength >= 4) heap.setInt32(record, 0, id ^ at)
      records[id] = record
      sizes[id] = byteLength
    }
    return sum
  }
}

/** A Buffer knows its length; below half of `Buffer.poolSize` it is cut from a slab that it shares with others. */
class BufferPlayer implements Player {
  private readonly ops: Uint32Array
  private readonly records: (Buffer | undefined)[]

  constructor(job: Job) {
    this.ops = job.ops
    this.records = new Array<Buffer | undefined>(job.ids).fill(undefined)
  }

  play(from: number, to: number): number {
    const { ops, records } = this
    let sum = 0
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      let record: Buffer
      switch (word & 3) {
        case KIND_ALLOC:
          record = Buffer.allocUnsafe(byteLength)
          break
        case KIND_ALLOC_ZEROED:
          record = Buffer.alloc(byteLength)
          break
        case KIND_REALLOC: {
          const before = records[id]!
          // A Buffer cannot grow; one that shrinks is cut.
          if (byteLength <= before.length) record = before.subarray(0, byteLength)
          else {
            record = Buffer.allocUnsafe(byteLength)
            before.copy(record)
          }
          break
        }
        default:
          record = records[id]!
          if (record.length >= 4) sum = (sum + record.readInt32LE(0)) | 0
          records[id] = undefined
          continue
      }
      if (byteLength >= 4) record.writeInt32LE(id ^ at, 0)
      records[id] = record
    }
    return sum
  }
}
