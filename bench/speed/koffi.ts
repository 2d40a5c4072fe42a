/**
 * koffi.alloc: malloc through a foreign function interface. koffi is no dependency of this project: `npm i --no-save koffi` to
 * have this arm measured.
 */
import { createRequire } from 'node:module'
import { MissingArm } from '../common/asked-process'
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace } from '../traces/builder'
import { inChunks, type TimedArm } from '../traces/replay'

/** What is used of koffi; a pointer is an opaque value. */
export interface Koffi {
  alloc(type: string, length: number): unknown
  free(pointer: unknown): void
  encode(pointer: unknown, type: string, value: number): void
  encode(pointer: unknown, byteOffset: number, type: string, value: number): void
  view(pointer: unknown, byteLength: number): ArrayBuffer
}

export function loadKoffi(): Koffi {
  try {
    return createRequire(__filename)('koffi') as Koffi
  } catch {
    throw new MissingArm('koffi is not installed (npm i --no-save koffi)')
  }
}

/** It has no realloc: a new block and a copy. */
export function timedKoffi({ ops, ids }: Trace): TimedArm {
  const koffi = loadKoffi()
  const blocks: unknown[] = new Array(ids)
  const sizes = new Uint32Array(ids)
  const replay = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const word = ops[2 * at]!
      const byteLength = ops[2 * at + 1]!
      const id = word >>> 2
      const kind = word & 3
      if (kind === KIND_FREE) {
        koffi.free(blocks[id])
        continue
      }
      const block = koffi.alloc('uint8_t', Math.max(1, byteLength))
      if (kind === KIND_ALLOC_ZEROED) new Uint8Array(koffi.view(block, byteLength)).fill(0)
      else if (kind === KIND_REALLOC) {
        const common = Math.min(byteLength, sizes[id]!)
        new Uint8Array(koffi.view(block, common)).set(new Uint8Array(koffi.view(blocks[id], common)))
        koffi.free(blocks[id])
      } else if (kind !== KIND_ALLOC) throw new Error(`no such kind: ${kind}`)
      if (byteLength >= 4) koffi.encode(block, 'int32_t', id ^ at)
      else if (byteLength > 0) koffi.encode(block, 'uint8_t', (id ^ at) & 0xff)
      blocks[id] = block
      sizes[id] = byteLength
    }
  }
  return { name: 'koffi.alloc', replay: inChunks(replay) }
}
