/**
 * Accessors read and write numbers in blocks. They have DataView's names, are little-endian, and make no JavaScript object.
 *
 * The hot path is one element of a typed array over all near memory: aligned, less than a pool from the block's start. An element
 * outside of the array is `undefined`, which tells that the pointer is not near. V8 compiles that to the bounds check which it makes
 * anyway, and peels a hot loop only while it has no branch to code that never ran (docs/performance.md has the numbers). The first
 * access outside, to far memory or by mistake, ends that: this kind of number then costs twice as much for the rest of the process.
 *
 * An offset of a pool's bytes and more is an element of the same arrays, by a call, where it stays in the pointer's slot or in its near lone block.
 * Everything else goes through the DataView of its annex or its slot. No access can leave the memory of blocks or reach the heap's books: behind
 * each near arena lies an empty pool, and the views of the others start behind their ledgers. An access that falls outside throws a
 * named error. The accessors do not test that a pointer is still live and that the offset stays inside of its block: as in C, that is
 * up to the caller. A closed heap gets accessors that throw (closed.ts).
 */

import { show, typeError } from '../base/errors'
import {
  ARENA_BYTES,
  GRANULE_MASK,
  GRANULE_SHIFT,
  GRANULES_PER_ARENA,
  POOL_BYTES,
  type Pointer,
  SLOT_SHIFT,
  type Slot,
} from '../base/layout'
import { ANNEX_GRANULE_MASK } from '../space/homes'
import { NEAR } from '../space/near'
import { space } from '../space/thread-space'
import type { HeapParts } from '../supply/parts'
import { usableOfLone } from './near-bytes'
import { refuseAccess, refuseReceiver } from './refuse'

// File-local copies: an imported binding is a property load on every use.
const slotShift = SLOT_SHIFT
const granuleMask = GRANULE_MASK
const granuleShift = GRANULE_SHIFT
const poolBytes = POOL_BYTES
const arenaBytes = ARENA_BYTES
const annexGranuleMask = ANNEX_GRANULE_MASK
/** Pointers to near memory are from the first of these on, and below the second. */
const firstNear = space.nearFirst * GRANULES_PER_ARENA
const nearEnd = space.nearEnd * GRANULES_PER_ARENA
/**
 * True for a multiple of 1 << shift below a pool's bytes. Written so, V8 folds it for a constant offset when it reads the function,
 * before it decides which loops to peel.
 */
const isInPool = (byteOffset: number, shift: number): boolean =>
  typeof byteOffset === 'number' &&
  byteOffset >= 0 &&
  byteOffset < poolBytes &&
  (byteOffset >> shift) << shift === byteOffset

/**
 * Whether a multiple of 1 << shift from a pool's bytes on stays in a near pointer's slot, up to the end of its arena, or in its lone block
 * of at most 1 MiB, which may go on in the next slots. What holds then lies in near memory.
 */
const reaches = (pointer: Pointer, byteOffset: number, shift: number): boolean =>
  typeof pointer === 'number' &&
  typeof byteOffset === 'number' &&
  pointer >= firstNear &&
  pointer < nearEnd &&
  byteOffset >= poolBytes &&
  (byteOffset >> shift) << shift === byteOffset &&
  (((pointer & granuleMask) << granuleShift) + byteOffset < arenaBytes || byteOffset < usableOfLone(pointer))

/** Offset of a byte of a block in the DataView of its slot; -1, which that refuses, for what lies before the block or is no number. */
const at = (pointer: Pointer, byteOffset: number): number =>
  typeof byteOffset === 'number' && byteOffset >= 0
    ? ((pointer & granuleMask) << granuleShift) - poolBytes + byteOffset
    : -1

const { i8, u8, i16, u16, i32, u32, f32, f64, i64, u64, near1, near2, near4, near8 } = NEAR

/** The structures behind a heap: the door for lib/ and the tests, not part of the public interface. @internal */
export let partsOf: (heap: Numbers) => HeapParts
/** Whether a value is a heap that this copy of the library made. */
export let isHeap: (value: unknown) => value is Numbers

/** {@link partsOf} for methods that are seldom called: refuses another receiver by name, and not in V8's words. */
export const partsOfThis = (receiver: Numbers): HeapParts =>
  isHeap(receiver) ? partsOf(receiver) : refuseReceiver(receiver)

/**
 * The typed accessors of a {@link Heap}. All take the `pointer` of a live block and a `byteOffset` from its start in bytes, of any
 * alignment, and throw a HeapError: `EBB_INVALID_POINTER` where there is no memory at the pointer, `EBB_OUT_OF_BOUNDS` where the access
 * would leave the memory of the heap, `EBB_CLOSED` after close.
 */
export class Numbers {
  readonly #parts: HeapParts

  static {
    isHeap = (value): value is Numbers => typeof value === 'object' && value !== null && #parts in value
    partsOf = (heap) => heap.#parts // and no try here: with one, V8 inlines less, and programs took 6 to 15 % longer
  }

  /** @internal */
  protected constructor(parts: HeapParts) {
    this.#parts = parts
  }

  // <written by scripts/write-kinds.js>
  /** Reads a signed 8-bit integer (1 byte). */
  getInt8(pointer: Pointer, byteOffset: number): number {
    if (typeof pointer === 'number' && isInPool(byteOffset, 0)) {
      const word = i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0]
      if (word !== undefined) return (word << (24 - (byteOffset & 3) * 8)) >> 24
    }
    return getInt8Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes a signed 8-bit integer (1 byte). */
  setInt8(pointer: Pointer, byteOffset: number, value: number): void {
    if (
      typeof pointer === 'number' &&
      typeof value === 'number' &&
      isInPool(byteOffset, 0) &&
      i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] !== undefined
    ) {
      i8[(near1 + (pointer << 4) + byteOffset) >>> 0] = value
      return
    }
    setInt8Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads an unsigned 8-bit integer (1 byte). */
  getUint8(pointer: Pointer, byteOffset: number): number {
    if (typeof pointer === 'number' && isInPool(byteOffset, 0)) {
      const word = i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0]
      if (word !== undefined) return (word >>> ((byteOffset & 3) * 8)) & 0xff
    }
    return getUint8Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes an unsigned 8-bit integer (1 byte). */
  setUint8(pointer: Pointer, byteOffset: number, value: number): void {
    if (
      typeof pointer === 'number' &&
      typeof value === 'number' &&
      isInPool(byteOffset, 0) &&
      i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] !== undefined
    ) {
      u8[(near1 + (pointer << 4) + byteOffset) >>> 0] = value
      return
    }
    setUint8Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads a signed 16-bit integer (2 bytes). */
  getInt16(pointer: Pointer, byteOffset: number): number {
    if (
      typeof pointer === 'number' &&
      isInPool(byteOffset, 1) &&
      i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] !== undefined
    ) {
      return i16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] as number
    }
    return getInt16Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes a signed 16-bit integer (2 bytes). */
  setInt16(pointer: Pointer, byteOffset: number, value: number): void {
    if (
      typeof pointer === 'number' &&
      typeof value === 'number' &&
      isInPool(byteOffset, 1) &&
      i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] !== undefined
    ) {
      i16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] = value
      return
    }
    setInt16Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads an unsigned 16-bit integer (2 bytes). */
  getUint16(pointer: Pointer, byteOffset: number): number {
    if (
      typeof pointer === 'number' &&
      isInPool(byteOffset, 1) &&
      i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] !== undefined
    ) {
      return u16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] as number
    }
    return getUint16Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes an unsigned 16-bit integer (2 bytes). */
  setUint16(pointer: Pointer, byteOffset: number, value: number): void {
    if (
      typeof pointer === 'number' &&
      typeof value === 'number' &&
      isInPool(byteOffset, 1) &&
      i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] !== undefined
    ) {
      u16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] = value
      return
    }
    setUint16Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads a signed 32-bit integer (4 bytes). */
  getInt32(pointer: Pointer, byteOffset: number): number {
    if (typeof pointer === 'number' && isInPool(byteOffset, 2)) {
      const value = i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0]
      if (value !== undefined) return value
    }
    return getInt32Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes a signed 32-bit integer (4 bytes). */
  setInt32(pointer: Pointer, byteOffset: number, value: number): void {
    if (typeof pointer === 'number' && typeof value === 'number' && isInPool(byteOffset, 2)) {
      const index = (near4 + (pointer << 2) + (byteOffset >> 2)) | 0
      if (i32[index] !== undefined) {
        i32[index] = value
        return
      }
    }
    setInt32Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads an unsigned 32-bit integer (4 bytes). */
  getUint32(pointer: Pointer, byteOffset: number): number {
    if (typeof pointer === 'number' && isInPool(byteOffset, 2)) {
      const value = u32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0]
      if (value !== undefined) return value
    }
    return getUint32Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes an unsigned 32-bit integer (4 bytes). */
  setUint32(pointer: Pointer, byteOffset: number, value: number): void {
    if (typeof pointer === 'number' && typeof value === 'number' && isInPool(byteOffset, 2)) {
      const index = (near4 + (pointer << 2) + (byteOffset >> 2)) | 0
      if (u32[index] !== undefined) {
        u32[index] = value
        return
      }
    }
    setUint32Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads a 32-bit IEEE 754 number (4 bytes). */
  getFloat32(pointer: Pointer, byteOffset: number): number {
    if (typeof pointer === 'number' && isInPool(byteOffset, 2)) {
      const value = f32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0]
      if (value !== undefined) return value
    }
    return getFloat32Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes a 32-bit IEEE 754 number (4 bytes). */
  setFloat32(pointer: Pointer, byteOffset: number, value: number): void {
    if (typeof pointer === 'number' && typeof value === 'number' && isInPool(byteOffset, 2)) {
      const index = (near4 + (pointer << 2) + (byteOffset >> 2)) | 0
      if (f32[index] !== undefined) {
        f32[index] = value
        return
      }
    }
    setFloat32Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads a 64-bit IEEE 754 number (8 bytes). */
  getFloat64(pointer: Pointer, byteOffset: number): number {
    if (typeof pointer === 'number' && isInPool(byteOffset, 3)) {
      const value = f64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0]
      if (value !== undefined) return value
    }
    return getFloat64Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes a 64-bit IEEE 754 number (8 bytes). */
  setFloat64(pointer: Pointer, byteOffset: number, value: number): void {
    if (typeof pointer === 'number' && typeof value === 'number' && isInPool(byteOffset, 3)) {
      const index = (near8 + (pointer << 1) + (byteOffset >> 3)) | 0
      if (f64[index] !== undefined) {
        f64[index] = value
        return
      }
    }
    setFloat64Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads a signed 64-bit integer (8 bytes). */
  getBigInt64(pointer: Pointer, byteOffset: number): bigint {
    if (typeof pointer === 'number' && isInPool(byteOffset, 3)) {
      const value = i64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0]
      if (value !== undefined) return value
    }
    return getBigInt64Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes a signed 64-bit integer (8 bytes). */
  setBigInt64(pointer: Pointer, byteOffset: number, value: bigint): void {
    if (typeof pointer === 'number' && typeof value === 'bigint' && isInPool(byteOffset, 3)) {
      const index = (near8 + (pointer << 1) + (byteOffset >> 3)) | 0
      if (i64[index] !== undefined) {
        i64[index] = value
        return
      }
    }
    setBigInt64Behind(this.#parts, pointer, byteOffset, value)
  }

  /** Reads an unsigned 64-bit integer (8 bytes). */
  getBigUint64(pointer: Pointer, byteOffset: number): bigint {
    if (typeof pointer === 'number' && isInPool(byteOffset, 3)) {
      const value = u64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0]
      if (value !== undefined) return value
    }
    return getBigUint64Behind(this.#parts, pointer, byteOffset)
  }

  /** Writes an unsigned 64-bit integer (8 bytes). */
  setBigUint64(pointer: Pointer, byteOffset: number, value: bigint): void {
    if (typeof pointer === 'number' && typeof value === 'bigint' && isInPool(byteOffset, 3)) {
      const index = (near8 + (pointer << 1) + (byteOffset >> 3)) | 0
      if (u64[index] !== undefined) {
        u64[index] = value
        return
      }
    }
    setBigUint64Behind(this.#parts, pointer, byteOffset, value)
  }
  // </written>
}

/**
 * The DataView of the annex that a far pointer lies in, for what stays within the pools of its arena: where many far arenas are read in turn,
 * each with a view of its own costs three cache misses more. Undefined for all else.
 */
function annexOf({ table }: HeapParts, pointer: Pointer, byteOffset: number, byteLength: number): DataView | undefined {
  const offset = ((pointer & granuleMask) << granuleShift) + byteOffset
  const isInArena = byteOffset >= 0 && offset >= poolBytes && offset + byteLength <= arenaBytes
  return isInArena && (byteOffset | 0) === byteOffset ? table.annexData((pointer >>> slotShift) as Slot) : undefined
}

/** Offset of a byte of a block in the data of its annex. */
const inAnnex = (pointer: Pointer, byteOffset: number): number =>
  ((pointer & annexGranuleMask) << granuleShift) + byteOffset

// <written by scripts/write-kinds.js>
const int8 = 0
const uint8 = 1
const int16 = 2
const uint16 = 3
const int32 = 4
const uint32 = 5
const float32 = 6
const float64 = 7
const bigint64 = 8
const biguint64 = 9
type Kind = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
/** Bytes of a number, by its kind. */
const BYTES = [1, 1, 2, 2, 4, 4, 4, 8, 8, 8] as const

function getInt8Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 0)) return i8[(near1 + (pointer << 4) + byteOffset) >>> 0] as number
  return getFar(parts, int8, pointer, byteOffset) as number
}

function setInt8Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 0)) {
    i8[(near1 + (pointer << 4) + byteOffset) >>> 0] = value | 0
  } else setFar(parts, int8, pointer, byteOffset, value)
}

function getUint8Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 0)) return u8[(near1 + (pointer << 4) + byteOffset) >>> 0] as number
  return getFar(parts, uint8, pointer, byteOffset) as number
}

function setUint8Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 0)) {
    u8[(near1 + (pointer << 4) + byteOffset) >>> 0] = value | 0
  } else setFar(parts, uint8, pointer, byteOffset, value)
}

function getInt16Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 1)) return i16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] as number
  return getFar(parts, int16, pointer, byteOffset) as number
}

function setInt16Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 1)) {
    i16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] = value | 0
  } else setFar(parts, int16, pointer, byteOffset, value)
}

function getUint16Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 1)) return u16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] as number
  return getFar(parts, uint16, pointer, byteOffset) as number
}

function setUint16Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 1)) {
    u16[(near2 + (pointer << 3) + (byteOffset >> 1)) >>> 0] = value | 0
  } else setFar(parts, uint16, pointer, byteOffset, value)
}

function getInt32Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 2)) return i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] as number
  return getFar(parts, int32, pointer, byteOffset) as number
}

function setInt32Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 2)) {
    i32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] = value | 0
  } else setFar(parts, int32, pointer, byteOffset, value)
}

function getUint32Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 2)) return u32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] as number
  return getFar(parts, uint32, pointer, byteOffset) as number
}

function setUint32Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 2)) {
    u32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] = value | 0
  } else setFar(parts, uint32, pointer, byteOffset, value)
}

function getFloat32Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 2)) return f32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] as number
  return getFar(parts, float32, pointer, byteOffset) as number
}

function setFloat32Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 2)) {
    f32[(near4 + (pointer << 2) + (byteOffset >> 2)) | 0] = value
  } else setFar(parts, float32, pointer, byteOffset, value)
}

function getFloat64Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): number {
  if (reaches(pointer, byteOffset, 3)) return f64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0] as number
  return getFar(parts, float64, pointer, byteOffset) as number
}

function setFloat64Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: number): void {
  if (typeof value === 'number' && reaches(pointer, byteOffset, 3)) {
    f64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0] = value
  } else setFar(parts, float64, pointer, byteOffset, value)
}

function getBigInt64Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): bigint {
  if (reaches(pointer, byteOffset, 3)) return i64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0] as bigint
  return getFar(parts, bigint64, pointer, byteOffset) as bigint
}

function setBigInt64Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: bigint): void {
  if (typeof value === 'bigint' && reaches(pointer, byteOffset, 3)) {
    i64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0] = value
  } else setFar(parts, bigint64, pointer, byteOffset, value)
}

function getBigUint64Behind(parts: HeapParts, pointer: Pointer, byteOffset: number): bigint {
  if (reaches(pointer, byteOffset, 3)) return u64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0] as bigint
  return getFar(parts, biguint64, pointer, byteOffset) as bigint
}

function setBigUint64Behind(parts: HeapParts, pointer: Pointer, byteOffset: number, value: bigint): void {
  if (typeof value === 'bigint' && reaches(pointer, byteOffset, 3)) {
    u64[(near8 + (pointer << 1) + (byteOffset >> 3)) | 0] = value
  } else setFar(parts, biguint64, pointer, byteOffset, value)
}

/**
 * Reads whatever the hot path does not. One function for all kinds, and so one that V8 finds too long to inline: its budget for a
 * caller's loop is for the hot paths.
 */
function getFar(parts: HeapParts, kind: Kind, pointer: Pointer, byteOffset: number): number | bigint {
  if (typeof pointer !== 'number' || typeof byteOffset !== 'number')
    refuseAccess(parts, pointer, byteOffset, BYTES[kind], undefined)
  try {
    const annex = annexOf(parts, pointer, byteOffset, BYTES[kind])
    const view = annex ?? parts.table.data((pointer >>> slotShift) as Slot)
    const offset = annex === undefined ? at(pointer, byteOffset) : inAnnex(pointer, byteOffset)
    switch (kind) {
      case int8:
        return view.getInt8(offset)
      case uint8:
        return view.getUint8(offset)
      case int16:
        return view.getInt16(offset, true)
      case uint16:
        return view.getUint16(offset, true)
      case int32:
        return view.getInt32(offset, true)
      case uint32:
        return view.getUint32(offset, true)
      case float32:
        return view.getFloat32(offset, true)
      case float64:
        return view.getFloat64(offset, true)
      case bigint64:
        return view.getBigInt64(offset, true)
      default:
        return view.getBigUint64(offset, true)
    }
  } catch (cause) {
    return refuseAccess(parts, pointer, byteOffset, BYTES[kind], cause)
  }
}

/** Writes whatever the hot path does not. */
function setFar(parts: HeapParts, kind: Kind, pointer: Pointer, byteOffset: number, value: number | bigint): void {
  if (typeof pointer !== 'number' || typeof byteOffset !== 'number')
    refuseAccess(parts, pointer, byteOffset, BYTES[kind], undefined)
  try {
    const annex = annexOf(parts, pointer, byteOffset, BYTES[kind])
    const view = annex ?? parts.table.data((pointer >>> slotShift) as Slot)
    const offset = annex === undefined ? at(pointer, byteOffset) : inAnnex(pointer, byteOffset)
    switch (kind) {
      case int8:
        view.setInt8(offset, value as number)
        break
      case uint8:
        view.setUint8(offset, value as number)
        break
      case int16:
        view.setInt16(offset, value as number, true)
        break
      case uint16:
        view.setUint16(offset, value as number, true)
        break
      case int32:
        view.setInt32(offset, value as number, true)
        break
      case uint32:
        view.setUint32(offset, value as number, true)
        break
      case float32:
        view.setFloat32(offset, value as number, true)
        break
      case float64:
        view.setFloat64(offset, value as number, true)
        break
      case bigint64:
        view.setBigInt64(offset, value as bigint, true)
        break
      default:
        view.setBigUint64(offset, value as bigint, true)
        break
    }
  } catch (cause) {
    refuseAccess(parts, pointer, byteOffset, BYTES[kind], refusalOf(kind, value, cause))
  }
}

/** What a value is refused with: an error of ebb's, where it is of a kind that no number is made of; else what the DataView threw. */
function refusalOf(kind: Kind, value: unknown, cause: unknown): unknown {
  const isBig = kind >= bigint64
  const isWrong = isBig ? typeof value !== 'bigint' : typeof value === 'bigint' || typeof value === 'symbol'
  if (!isWrong) return cause
  const wanted = isBig ? 'bigint' : 'number'
  return typeError(`ebb: an accessor writes a ${wanted}, got ${show(value)} (${typeof value})`, { cause })
}
// </written>
