/** What is remembered of blocks whose memory serves others by now. */
import type { Pointer } from '../base/layout'
import type { Entries } from './entries'
import type { Trace } from './traces'

const LENGTH = 4096

/** A block that was. */
export interface PastBlock {
  readonly pointer: Pointer
  readonly byteLength: number
  readonly serial: number
  readonly allocated: Trace | undefined
  readonly freed: Trace | undefined
}

/** The last blocks that left the quarantine: a ring. */
export class PastBlocks {
  private readonly pointers = new Int32Array(LENGTH)
  private readonly sizes = new Float64Array(LENGTH)
  private readonly serials = new Float64Array(LENGTH)
  private readonly allocated: (Trace | undefined)[] = new Array(LENGTH).fill(undefined)
  private readonly freed: (Trace | undefined)[] = new Array(LENGTH).fill(undefined)
  private next = 0

  /** Remembers a block before its entry is put back. */
  note(entries: Entries, entry: number): void {
    const { next } = this
    this.pointers[next] = entries.pointer(entry)
    this.sizes[next] = entries.size(entry)
    this.serials[next] = entries.serials[entry] as number
    const allocated = entries.allocated[entry]
    if (allocated !== undefined || this.allocated[next] !== undefined) {
      this.allocated[next] = allocated
      this.freed[next] = entries.freed[entry]
    }
    this.next = (next + 1) & (LENGTH - 1)
  }

  /** The block that was at a pointer last. */
  find(pointer: number): PastBlock | undefined {
    for (let back = 1; back <= LENGTH && pointer !== 0; back++) {
      const i = (this.next - back) & (LENGTH - 1)
      if (this.pointers[i] !== pointer) continue
      return {
        pointer: pointer as Pointer,
        byteLength: this.sizes[i] as number,
        serial: this.serials[i] as number,
        allocated: this.allocated[i],
        freed: this.freed[i],
      }
    }
    return undefined
  }
}
