/**
 * A heap that zeroes what is freed, before anybody can have it again: `new Heap({ clearOnFree: true })`. Methods of an ordinary heap are
 * overridden, so that no other heap pays for it. What goes back to the system reads zero by itself.
 */
import { isByteLength } from '../base/errors'
import { GRANULE_BYTES, type Pointer } from '../base/layout'
import { refuseHeld } from './free'
import { Heap } from './heap'
import { clearBlock, usableBytes } from './live-blocks'
import { partsOf } from './numbers'
import type { HeapOptions } from './options'
import { mustBeLive } from './refuse'
import { setClearing } from './variants'

/** What `new Heap({ clearOnFree: true })` makes. */
class ClearingHeap extends Heap {
  constructor(options: HeapOptions) {
    super({ ...options, clearOnFree: false }) // of which that knows nothing
    partsOf(this).clearsFreed = true // compact looks there
  }

  override free(pointer: Pointer): void {
    if ((pointer as number) === 0) return
    const parts = partsOf(this)
    mustBeLive(parts, pointer, 'free')
    refuseHeld(parts, pointer, 'free')
    clearBlock(parts.table, pointer, usableBytes(parts, pointer))
    super.free(pointer)
  }

  /** A block that shrinks stays, and its end is zeroed, or moves: the heap below would give a part of it back as it is. */
  override realloc(pointer: Pointer, byteLength: number): Pointer {
    const parts = partsOf(this)
    if ((pointer as number) === 0 || !isByteLength(byteLength)) return super.realloc(pointer, byteLength)
    mustBeLive(parts, pointer, 'realloc')
    refuseHeld(parts, pointer, 'realloc')
    const usable = usableBytes(parts, pointer)
    if (byteLength >= usable) return super.realloc(pointer, byteLength)
    const unused = usable - byteLength
    if (unused < GRANULE_BYTES || unused <= usable / 4) {
      this.bytes(pointer).fill(0, byteLength)
      return pointer
    }
    const moved = this.alloc(byteLength)
    this.copyIn(moved, this.bytes(pointer, byteLength))
    this.free(pointer)
    return moved
  }
}

setClearing((options) => new ClearingHeap(options))
