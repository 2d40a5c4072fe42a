/**
 * Reading and writing numbers in blocks, with DataView's names, little-endian. None makes a JavaScript object.
 *
 * The hot path is one DataView access. The views start behind the ledgers, so whatever pointer and offset are given, no
 * access can leave the arena or reach the heap's books; what falls outside is refused with a named error. That a pointer is
 * still live, and that the offset stays inside of its block, is not asked here (docs/design.md has the cost of asking): those
 * are the caller's, as in C.
 */
import { GRANULE_MASK, GRANULE_SHIFT, POOL_BYTES, type Pointer, SLOT_SHIFT } from './layout'

const slotShift = SLOT_SHIFT
const granuleMask = GRANULE_MASK
const granuleShift = GRANULE_SHIFT
const ledgerBytes = POOL_BYTES

/** Offset of a byte of a block in the DataView of its slot. */
const at = (pointer: Pointer, byteOffset: number): number =>
  ((pointer & granuleMask) << granuleShift) - ledgerBytes + byteOffset

/**
 * The typed accessors of a {@link Heap}. All take a `pointer` of a live block and a `byteOffset` in bytes from its start, of any
 * alignment, and throw a HeapError: `EBB_INVALID_POINTER` where the pointer cannot be one, `EBB_OUT_OF_BOUNDS` where the access would
 * leave the memory of the heap, `EBB_CLOSED` after close, `EBB_ARENA_LOST` where user code has taken the memory away.
 */
export abstract class Accessors {
  /** One DataView a slot. */
  protected readonly data: DataView[]

  protected constructor(data: DataView[]) {
    this.data = data
  }

  /** Says why an access failed; throws. */
  protected abstract refuseAccess(pointer: Pointer, byteOffset: number, byteLength: number, cause: unknown): never

  /** Reads a signed 8-bit integer (1 byte). */
  getInt8(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getInt8(at(pointer, byteOffset))
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 1, cause)
    }
  }

  /** Writes a signed 8-bit integer (1 byte). */
  setInt8(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setInt8(at(pointer, byteOffset), value)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 1, cause)
    }
  }

  /** Reads a unsigned 8-bit integer (1 byte). */
  getUint8(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getUint8(at(pointer, byteOffset))
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 1, cause)
    }
  }

  /** Writes a unsigned 8-bit integer (1 byte). */
  setUint8(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setUint8(at(pointer, byteOffset), value)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 1, cause)
    }
  }

  /** Reads a signed 16-bit integer (2 bytes). */
  getInt16(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getInt16(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 2, cause)
    }
  }

  /** Writes a signed 16-bit integer (2 bytes). */
  setInt16(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setInt16(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 2, cause)
    }
  }

  /** Reads a unsigned 16-bit integer (2 bytes). */
  getUint16(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getUint16(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 2, cause)
    }
  }

  /** Writes a unsigned 16-bit integer (2 bytes). */
  setUint16(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setUint16(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 2, cause)
    }
  }

  /** Reads a signed 32-bit integer (4 bytes). */
  getInt32(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getInt32(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 4, cause)
    }
  }

  /** Writes a signed 32-bit integer (4 bytes). */
  setInt32(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setInt32(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 4, cause)
    }
  }

  /** Reads a unsigned 32-bit integer (4 bytes). */
  getUint32(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getUint32(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 4, cause)
    }
  }

  /** Writes a unsigned 32-bit integer (4 bytes). */
  setUint32(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setUint32(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 4, cause)
    }
  }

  /** Reads a 32-bit IEEE 754 number (4 bytes). */
  getFloat32(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getFloat32(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 4, cause)
    }
  }

  /** Writes a 32-bit IEEE 754 number (4 bytes). */
  setFloat32(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setFloat32(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 4, cause)
    }
  }

  /** Reads a 64-bit IEEE 754 number (8 bytes). */
  getFloat64(pointer: Pointer, byteOffset: number): number {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getFloat64(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 8, cause)
    }
  }

  /** Writes a 64-bit IEEE 754 number (8 bytes). */
  setFloat64(pointer: Pointer, byteOffset: number, value: number): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setFloat64(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 8, cause)
    }
  }

  /** Reads a signed 64-bit integer (8 bytes). */
  getBigInt64(pointer: Pointer, byteOffset: number): bigint {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getBigInt64(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 8, cause)
    }
  }

  /** Writes a signed 64-bit integer (8 bytes). */
  setBigInt64(pointer: Pointer, byteOffset: number, value: bigint): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setBigInt64(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 8, cause)
    }
  }

  /** Reads a unsigned 64-bit integer (8 bytes). */
  getBigUint64(pointer: Pointer, byteOffset: number): bigint {
    try {
      return (this.data[pointer >>> slotShift] as DataView).getBigUint64(at(pointer, byteOffset), true)
    } catch (cause) {
      return this.refuseAccess(pointer, byteOffset, 8, cause)
    }
  }

  /** Writes a unsigned 64-bit integer (8 bytes). */
  setBigUint64(pointer: Pointer, byteOffset: number, value: bigint): void {
    try {
      ;(this.data[pointer >>> slotShift] as DataView).setBigUint64(at(pointer, byteOffset), value, true)
    } catch (cause) {
      this.refuseAccess(pointer, byteOffset, 8, cause)
    }
  }
}
