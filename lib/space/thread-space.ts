/** The space of this thread, reserved when the library is loaded. All heaps of the thread have their books in it. */
import { loadAddon } from '../os/native-binding'
import { osPagesOf } from '../os/os-pages'
import { emptySpace, reserveSpace, type Space } from './space'

/** What kept the addon from being loaded or the space from being reserved. */
let failure: unknown

function start(): Space {
  try {
    return reserveSpace(osPagesOf(loadAddon()))
  } catch (error) {
    failure = error
    return emptySpace()
  }
}

/** Where all heaps of this thread have their books and their near memory. */
export const space = start()

/** @throws HeapError `EBB_NO_ADDON` where the native addon cannot be loaded, `EBB_OUT_OF_MEMORY` where the system reserves no space */
export function mustHaveSpace(): void {
  if (failure !== undefined) throw failure
}
