/**
 * What is written into a block, so that one that was lost, cut, moved wrongly or written over is told from any other. A block of up to 64 bytes
 * is stamped in every word; of a longer one the first sixteen words, each that is twice as far in, and the last.
 */
import type { Heap, Pointer } from 'ebb'

const EVERY = 16
const SPREAD = 0x9e3779b1

/** Words of a block that are stamped; every block has one, whatever was asked for. */
const wordsIn = (byteLength: number): number => (byteLength >>> 2 === 0 ? 1 : byteLength >>> 2)

export function writeStamps(heap: Heap, pointer: Pointer, byteLength: number, stamp: number): void {
  const words = wordsIn(byteLength)
  for (let word = 0; word < words; word += word < EVERY ? 1 : word)
    heap.setInt32(pointer, word << 2, stamp ^ Math.imul(word, SPREAD))
  const last = words - 1
  heap.setInt32(pointer, last << 2, stamp ^ Math.imul(last, SPREAD))
}

/** Whether a block has its stamps. */
export function hasStamps(heap: Heap, pointer: Pointer, byteLength: number, stamp: number): boolean {
  const words = wordsIn(byteLength)
  const last = words - 1
  return (
    areStamped(heap, pointer, words, stamp) && heap.getInt32(pointer, last << 2) === (stamp ^ Math.imul(last, SPREAD))
  )
}

/** Whether the first `kept` bytes have the stamps of the block that they were of. */
export const hasKept = (heap: Heap, pointer: Pointer, kept: number, stamp: number): boolean =>
  areStamped(heap, pointer, kept >>> 2, stamp)

function areStamped(heap: Heap, pointer: Pointer, words: number, stamp: number): boolean {
  for (let word = 0; word < words; word += word < EVERY ? 1 : word)
    if (heap.getInt32(pointer, word << 2) !== (stamp ^ Math.imul(word, SPREAD))) return false
  return true
}
