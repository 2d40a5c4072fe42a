/** The space of this thread, reserved when the library is loaded, and the seam that it came through. */
import { loadAddon } from '../os/native-binding'
import { adapt, checkWrappable, type OsPages } from '../os/os-pages'
import type { Region } from '../os/region'
import { emptySpace, reserveSpace, type Space } from './space'

/** What kept the addon from being loaded or the space from being reserved. */
let failure: unknown

function start(): { pages: OsPages | undefined; space: Space } {
  try {
    const addon = loadAddon()
    const pages = adapt(addon)
    const reserve = (byteLength: number, counting?: ArrayBuffer): Region => {
      checkWrappable(byteLength, pages.maxByteLength)
      const buffer = addon.reserve(byteLength)
      const holder = counting ?? buffer
      return {
        buffer,
        osPageSize: pages.osPageSize,
        discard: (byteOffset, length) => addon.discard(buffer, byteOffset, length),
        move: (from, length, to, toLength) => addon.move(buffer, from, length, to, toLength),
        part: (byteOffset, length, hold) => addon.part(buffer, byteOffset, length, holder, hold),
        // Not where the system wants a promise for what is reserved.
        ...(process.platform === 'win32' ? {} : { reserve: (length: number) => reserve(length, holder) }),
      }
    }
    return { pages, space: reserveSpace(reserve, pages.maxByteLength) }
  } catch (error) {
    failure = error
    return { pages: undefined, space: emptySpace() }
  }
}

const started = start()

/** Where all heaps of this thread have their books, and those on the system's pages their near arenas. */
export const space = started.space

/**
 * The pages of the real operating system.
 * @throws HeapError `EBB_NO_ADDON` where the native addon cannot be loaded; what the system says where it reserves no space
 */
export function osPages(): OsPages {
  if (started.pages === undefined) throw failure
  return started.pages
}
