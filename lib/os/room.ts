/**
 * How much more this process may map. What is reserved generously, to be touched later or never, must leave the engine room: V8 ends the
 * process where it gets no page for its own heap.
 */
import { readQuietly } from './files'
import { softLimit } from './limits'

/** Of a line of /proc/self/status or /proc/meminfo: bytes; 0 where there is no such line. */
function bytesOf(text: string, name: string): number {
  return 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
}

/**
 * What strict overcommit leaves to a process of this size. The kernel keeps some back from each (mm/util.c, __vm_enough_memory): a
 * 32nd of what the process has mapped, and 8 MiB for an administrator, as those two limits are set by default.
 */
function strictRoom(mapped: number): number {
  const memory = readQuietly('/proc/meminfo')
  return bytesOf(memory, 'CommitLimit') - bytesOf(memory, 'Committed_AS') - mapped / 32 - 2 ** 23
}

/** Bytes that may still be mapped, read and write: what is left of each limit that is set; Infinity where there is none. */
export function addressRoom(): number {
  const limits = readQuietly('/proc/self/limits')
  const addresses = softLimit(limits, 'Max address space')
  const data = softLimit(limits, 'Max data size')
  const isStrict = readQuietly('/proc/sys/vm/overcommit_memory').trim() === '2'
  let room = Infinity
  if (addresses !== undefined || data !== undefined || isStrict) {
    const status = readQuietly('/proc/self/status')
    if (isStrict) room = strictRoom(bytesOf(status, 'VmSize'))
    if (addresses !== undefined) room = Math.min(room, addresses - bytesOf(status, 'VmSize'))
    if (data !== undefined) room = Math.min(room, data - bytesOf(status, 'VmData'))
  }
  return Math.max(0, Math.floor(room))
}

/** For the engine's own heap, which grows by some MiB at a time, its stacks and its tasks. */
const ENGINE_BYTES = 2 ** 26
/** Addresses that glibc takes for malloc() when a thread first calls it, 64 MiB for each: four of the engine's threads and one more. */
const ARENAS_BYTES = 5 * 2 ** 26

/** Bytes that any reservation leaves to the engine. */
export function engineBytes(): number {
  const isLimited = softLimit(readQuietly('/proc/self/limits'), 'Max address space') !== undefined
  return isLimited ? ENGINE_BYTES + ARENAS_BYTES : ENGINE_BYTES
}

/** Whether a generous reservation leaves as much to all others as it takes. */
export const leavesRoom = (byteLength: number, room = addressRoom()): boolean => 2 * byteLength <= room
