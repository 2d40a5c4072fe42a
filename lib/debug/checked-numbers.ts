/** Accessors of a debug heap: those of every heap, each held to the bytes that were asked for and to the life of the block. */
import type { HeapErrorCode } from '../base/errors'
import { show } from '../base/errors'
import type { Pointer } from '../base/layout'
import { Heap } from '../heap/heap'
import { partsOf } from '../heap/numbers'
import type { HeapOptions } from '../heap/options'
import type { Checked } from '../supply/parts'
import { warnOfDamage } from './damage'
import { findOrRefuse, refuseReach } from './refusals'
import { Tracker } from './tracker'

/** The parts outlive a heap that is dropped, and the tracker holds its heap. Made here, where no `this` is caught with it. */
const checkedBy = (tracker: WeakRef<Tracker>): Checked => ({
  describe: (pointer) => tracker.deref()?.describe(pointer) ?? '',
})

/** The accessors of a {@link DebugHeap}. They throw `EBB_OUT_OF_BOUNDS`, `EBB_USE_AFTER_FREE`, `EBB_MOVED` with the block's story. */
export class CheckedNumbers extends Heap {
  readonly #tracker: Tracker

  /** @internal */
  protected constructor(options: HeapOptions) {
    super(options)
    const debug = typeof options.debug === 'object' ? options.debug : {}
    const warn = (entry: number): void => warnOfDamage(this.tracker, entry)
    this.#tracker = new Tracker(partsOf(this), debug, (inner) => super.free(inner), warn)
    partsOf(this).checked = checkedBy(new WeakRef(this.#tracker))
  }

  /** @internal */
  get tracker(): Tracker {
    return this.#tracker
  }

  /** The entry of a live block. @internal */
  protected entryOf(pointer: Pointer, verb: string, code: HeapErrorCode = 'EBB_DOUBLE_FREE'): number {
    return this.tracker.find(pointer) || findOrRefuse(this.tracker, pointer, verb, code)
  }

  /** Throws where an access leaves its block, or there is none. */
  #reach(pointer: Pointer, byteOffset: number, byteLength: number, verb: string): void {
    if (!this.#tracker.reaches(pointer, byteOffset, byteLength)) this.#refuse(pointer, byteOffset, byteLength, verb)
  }

  #refuse(pointer: Pointer, byteOffset: number, byteLength: number, verb: string): void {
    const { tracker } = this
    const entry = tracker.find(pointer) || findOrRefuse(tracker, pointer, verb, 'EBB_USE_AFTER_FREE')
    const size = tracker.entries.size(entry)
    if (Number.isInteger(byteOffset) && byteOffset >= 0 && byteOffset + byteLength <= size) return
    refuseReach(tracker, entry, `${byteLength} bytes at byteOffset ${show(byteOffset)}`, verb)
  }

  // <written by scripts/write-kinds.js>
  override getInt8(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 1, 'getInt8')
    return super.getInt8(pointer, byteOffset)
  }

  override setInt8(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 1, 'setInt8')
    super.setInt8(pointer, byteOffset, value)
  }

  override getUint8(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 1, 'getUint8')
    return super.getUint8(pointer, byteOffset)
  }

  override setUint8(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 1, 'setUint8')
    super.setUint8(pointer, byteOffset, value)
  }

  override getInt16(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 2, 'getInt16')
    return super.getInt16(pointer, byteOffset)
  }

  override setInt16(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 2, 'setInt16')
    super.setInt16(pointer, byteOffset, value)
  }

  override getUint16(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 2, 'getUint16')
    return super.getUint16(pointer, byteOffset)
  }

  override setUint16(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 2, 'setUint16')
    super.setUint16(pointer, byteOffset, value)
  }

  override getInt32(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 4, 'getInt32')
    return super.getInt32(pointer, byteOffset)
  }

  override setInt32(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 4, 'setInt32')
    super.setInt32(pointer, byteOffset, value)
  }

  override getUint32(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 4, 'getUint32')
    return super.getUint32(pointer, byteOffset)
  }

  override setUint32(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 4, 'setUint32')
    super.setUint32(pointer, byteOffset, value)
  }

  override getFloat32(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 4, 'getFloat32')
    return super.getFloat32(pointer, byteOffset)
  }

  override setFloat32(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 4, 'setFloat32')
    super.setFloat32(pointer, byteOffset, value)
  }

  override getFloat64(pointer: Pointer, byteOffset: number): number {
    this.#reach(pointer, byteOffset, 8, 'getFloat64')
    return super.getFloat64(pointer, byteOffset)
  }

  override setFloat64(pointer: Pointer, byteOffset: number, value: number): void {
    this.#reach(pointer, byteOffset, 8, 'setFloat64')
    super.setFloat64(pointer, byteOffset, value)
  }

  override getBigInt64(pointer: Pointer, byteOffset: number): bigint {
    this.#reach(pointer, byteOffset, 8, 'getBigInt64')
    return super.getBigInt64(pointer, byteOffset)
  }

  override setBigInt64(pointer: Pointer, byteOffset: number, value: bigint): void {
    this.#reach(pointer, byteOffset, 8, 'setBigInt64')
    super.setBigInt64(pointer, byteOffset, value)
  }

  override getBigUint64(pointer: Pointer, byteOffset: number): bigint {
    this.#reach(pointer, byteOffset, 8, 'getBigUint64')
    return super.getBigUint64(pointer, byteOffset)
  }

  override setBigUint64(pointer: Pointer, byteOffset: number, value: bigint): void {
    this.#reach(pointer, byteOffset, 8, 'setBigUint64')
    super.setBigUint64(pointer, byteOffset, value)
  }
  // </written>
}
