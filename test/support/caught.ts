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
