/** The blocks of a collection: counted in usable bytes, and known to be near or not. */
import { HeapError } from '../base/errors'
import type { Pointer } from '../base/layout'
import type { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'
import { type Owner, type Owners, ownersOf } from '../heap/owners'
import { addReader } from '../supply/parts'
import { take } from './pending'
import { nearBase, usableOf } from './words'

/** What owns blocks of a heap, until it or the heap closes. */
export abstract class OwnedBlocks implements Owner {
  /** The heap that holds it. */
  readonly heap: Heap
  /** @internal Usable bytes of all blocks. */
  bytes = 0
  /** @internal First word of each block, without its lower 12 bits (owners.ts). Another one after each `clear`. */
  owner = 0
  /** @internal Whether some block is not near. */
  protected hasFar = false
  /** @internal */
  isClosed = false
  /** @internal */
  protected readonly owners: Owners
  private readonly reader = {
    close: (): void => {
      if (!this.isClosed) this.forget()
    },
  }

  /** @internal */
  protected constructor(heap: Heap) {
    this.heap = heap
    this.owners = ownersOf(heap)
    addReader(partsOf(heap), this.reader)
  }

  /** @internal */
  abstract follow(pointer: Pointer, to: Pointer): boolean
  /** Forgets its blocks, because the heap has closed. @internal */
  protected abstract forget(): void
  /** Has the loops over near memory left alone from now on. @internal */
  protected abstract useFar(): void

  /** Usable bytes of all of its blocks: what counts against the heap's limit. */
  get byteLength(): number {
    return this.bytes
  }

  /** @internal */
  mustBeOpen(verb: string): void {
    if (this.isClosed)
      throw new HeapError('EBB_CLOSED', `ebb: ${verb} on a collection that is closed, or whose heap is; make a new one`)
  }

  /** Counts a block in. @internal */
  protected note(pointer: Pointer, byteLength: number): Pointer {
    this.bytes += usableOf(this.heap, pointer, byteLength)
    this.notePlace(pointer)
    return pointer
  }

  /** Notes where a block of its own is. @internal */
  protected notePlace(pointer: Pointer): void {
    if (this.hasFar || nearBase(pointer) >= 0) return
    this.hasFar = true
    this.useFar()
  }

  /** Allocates a block of the collection. @internal */
  protected take(byteLength: number): Pointer {
    return this.note(take(this.heap, byteLength), byteLength)
  }

  /** Frees a block of the collection that was allocated with so many bytes. @internal */
  protected put(pointer: Pointer, byteLength: number): void {
    this.bytes -= usableOf(this.heap, pointer, byteLength)
    this.heap.free(pointer)
  }
}
