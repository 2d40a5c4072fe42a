/** Views on the memory of a slot. */
import { HeapError } from '../base/errors'
import type { Region } from '../os/region'

/** What blocks may use of a slot: an arena behind pool 0, a large block whole. */
export interface Views {
  readonly payload: Uint8Array
  readonly data: DataView
}

/**
 * Views on memory that is mapped.
 * @throws HeapError `EBB_OUT_OF_MEMORY` where the engine makes none, as V8 does of lengths beyond its own
 */
export function viewsOf(region: Pick<Region, 'buffer'>, byteOffset: number, byteLength: number): Views {
  try {
    const { buffer } = region
    return {
      payload: new Uint8Array(buffer, byteOffset, byteLength),
      data: new DataView(buffer, byteOffset, byteLength),
    }
  } catch (cause) {
    throw new HeapError(
      'EBB_OUT_OF_MEMORY',
      `ebb: this version of Node makes no view of ${byteLength} bytes (${(cause as Error).message}); use shorter blocks`,
      cause,
    )
  }
}

/** Stands where nobody has asked for an ArrayBuffer. */
export const NO_BUFFER = new ArrayBuffer(0)
export const NO_VIEWS = viewsOf({ buffer: NO_BUFFER }, 0, 0)
