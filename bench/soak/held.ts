/** What a process holds between two rounds. */
import { readdirSync, readFileSync } from 'node:fs'
import { residentBytes } from '../common/resident'
import { inside } from './inside'
import { blocksThatStay } from './phases'

export interface Held {
  readonly residentBytes: number
  /** Mappings of the process as the kernel counts them; 0 where it does not say. */
  readonly maps: number
  /** Bytes of heaps, closed ones included. */
  readonly mappedBytes: number
  /** Open file descriptors and resources of the event loop. */
  readonly handles: number
  /** Live blocks of the heap that stays. */
  readonly blocks: number
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

/** Collects garbage, so that only what is held is seen. */
export async function lookAt(): Promise<Held> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await turn()
  }
  const isLinux = process.platform === 'linux'
  return {
    residentBytes: residentBytes(),
    maps: isLinux ? readFileSync('/proc/self/maps', 'latin1').split('\n').length - 1 : 0,
    mappedBytes: inside.loadAddon().mappings().mappedBytes,
    handles: (isLinux ? readdirSync('/proc/self/fd').length : 0) + process.getActiveResourcesInfo().length,
    blocks: blocksThatStay(),
  }
}
