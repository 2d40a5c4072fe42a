/** The one error class of the heap, its codes, and the messages that several rooms share. */

import { types } from 'node:util'

/**
 * Stable codes of a {@link HeapError}.
 *
 * | code | meaning |
 * |---|---|
 * | `EBB_INVALID_POINTER` | the pointer was never returned by this heap, points into the middle of a block, or its mapping is gone |
 * | `EBB_DOUBLE_FREE` | the block is free already |
 * | `EBB_USE_AFTER_FREE` | an access to a block that is free; only a debug heap sees it |
 * | `EBB_MOVED` | the pointer is that of before a move by `compact()`; only a debug heap sees it |
 * | `EBB_DAMAGED` | bytes beside a block, or of a freed one, were overwritten; only a debug heap sees it |
 * | `EBB_PINNED` | the block is pinned and must be unpinned first |
 * | `EBB_OUT_OF_BOUNDS` | the byte range leaves the block |
 * | `EBB_OUT_OF_MEMORY` | the operating system refused memory, the engine a view of it, or the heap's arena table is full |
 * | `EBB_LIMIT` | the heap's own `limit` would be passed |
 * | `EBB_CLOSED` | the heap was closed |
 * | `EBB_BUSY` | `compact()` inside of its own callback, or `free` or `realloc` there of the block that is moving |
 * | `EBB_CORRUPT` | the books contradict themselves: somebody wrote into a ledger through a raw buffer |
 * | `EBB_NO_ADDON` | the native addon is missing or cannot be loaded |
 * | `EBB_OS` | another call to the operating system failed |
 */
export type HeapErrorCode =
  | 'EBB_INVALID_POINTER'
  | 'EBB_DOUBLE_FREE'
  | 'EBB_USE_AFTER_FREE'
  | 'EBB_MOVED'
  | 'EBB_DAMAGED'
  | 'EBB_PINNED'
  | 'EBB_OUT_OF_BOUNDS'
  | 'EBB_OUT_OF_MEMORY'
  | 'EBB_LIMIT'
  | 'EBB_CLOSED'
  | 'EBB_BUSY'
  | 'EBB_CORRUPT'
  | 'EBB_NO_ADDON'
  | 'EBB_OS'

/** Fields of a failed call to the operating system, as Node's own system errors carry them. */
export interface OsFailure {
  /** Name of the OS error, e.g. `'ENOMEM'`. */
  readonly code?: string
  /** Negative errno on POSIX, GetLastError() on Windows. */
  readonly errno?: number
  /** Name of the call that failed, e.g. `'mmap'`. */
  readonly syscall?: string
}

/** What every refused operation of a heap throws. `code` is stable; `errno` and `syscall` are there where the OS refused. */
export class HeapError extends Error {
  override readonly name = 'HeapError'
  /** See {@link HeapErrorCode}. */
  readonly code: HeapErrorCode
  /** Error number of the operating system, where it was the one that refused. */
  declare readonly errno: number | undefined
  /** The call that the operating system refused. */
  declare readonly syscall: string | undefined

  /**
   * @param code - stable error code
   * @param message - says what was refused, the value, and the remedy
   * @param cause - the underlying error, whose `errno` and `syscall` are taken over
   */
  constructor(code: HeapErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    const failure = (cause ?? {}) as OsFailure
    this.code = code
    // Where there is none, console.log of the error shows none.
    if (failure.errno !== undefined) this.errno = failure.errno
    if (failure.syscall !== undefined) this.syscall = failure.syscall
  }
}

/** Codes of a TypeError and of a RangeError that ebb throws: those that Node's own functions throw for the same. */
export type ArgumentErrorCode = 'ERR_INVALID_ARG_TYPE' | 'ERR_OUT_OF_RANGE'

/** Gives an error a code. Not enumerable, so that nothing but the code is new in what compares or prints errors. */
const withCode = <E extends Error>(error: E, code: ArgumentErrorCode): E & { readonly code: ArgumentErrorCode } =>
  Object.defineProperty(error, 'code', { value: code, configurable: true, writable: true }) as E & {
    readonly code: ArgumentErrorCode
  }

/** For an argument of the wrong kind. The message says what is needed, and the value. */
export const typeError = (message: string, options?: ErrorOptions): TypeError & { readonly code: ArgumentErrorCode } =>
  withCode(new TypeError(message, options), 'ERR_INVALID_ARG_TYPE')

/** For an argument of the wrong magnitude. */
export const rangeError = (message: string): RangeError & { readonly code: ArgumentErrorCode } =>
  withCode(new RangeError(message), 'ERR_OUT_OF_RANGE')

/** A value in an error message: short, quoted where it is text, and never running user code. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
    case 'bigint':
      return BigInt.asIntN(80, value) === value ? `${value}n` : 'a bigint of more than 79 bits'
    case 'object':
      return value === null ? 'null' : showObject(value)
    case 'function':
      return 'a function'
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}

/** An object by its class, as far as that can be told without a trap or a getter. */
function showObject(value: object): string {
  if (types.isProxy(value)) return 'an object'
  if (Array.isArray(value)) return 'an array'
  const maker = ownValue(Object.getPrototypeOf(value), 'constructor')
  const name = typeof maker === 'function' ? ownValue(maker, 'name') : undefined
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an object of the class ${name.slice(0, 40)}`
    : 'an object'
}

const ownValue = (object: object | null, name: string): unknown =>
  object === null || types.isProxy(object) ? undefined : Object.getOwnPropertyDescriptor(object, name)?.value

/** A pointer in an error message. */
export const showPointer = (pointer: number): string => (pointer < 0 ? `${pointer}` : `0x${pointer.toString(16)}`)

/** TypeError where a callback is none. */
export function mustBeFunction(value: unknown, verb: string): void {
  if (typeof value !== 'function')
    throw typeError(`ebb: ${verb} needs a function, got ${show(value)} (${typeof value})`)
}

/** TypeError or RangeError for a count, of bytes as a rule, that is not a whole number. */
export function refuseByteLength(value: unknown, what = 'byteLength', unit = 'bytes'): never {
  if (typeof value !== 'number') {
    throw typeError(`ebb: ${what} must be a number of ${unit}, got ${show(value)} (${typeof value})`)
  }
  throw rangeError(`ebb: ${what} must be a whole number of ${unit} from 0 to 2^53 - 1, got ${show(value)}`)
}

/** True for a non-negative safe integer: what a byte count may be. */
export const isByteLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

export function refuseClosed(verb: string): never {
  throw new HeapError('EBB_CLOSED', `ebb: ${verb} on a closed heap; make a new Heap, or close this one later`)
}
