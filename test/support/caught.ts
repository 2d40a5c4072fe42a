import type { HeapError } from '../../lib/base/errors'

/** The error that a call throws; there must be one. */
export function caught(call: () => unknown): HeapError {
  try {
    call()
  } catch (error) {
    return error as HeapError
  }
  throw new Error('nothing was thrown')
}

/** The code of an error: that of a TypeError or RangeError by the name of its class. */
export const codeOf = (name: string): string =>
  ({ TypeError: 'ERR_INVALID_ARG_TYPE', RangeError: 'ERR_OUT_OF_RANGE' })[name] ?? name
