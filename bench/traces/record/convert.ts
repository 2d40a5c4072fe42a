/** Turns the recorder's log of addresses into a trace of dense ids. */
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace, TraceBuilder } from '../builder'

/** One entry of recorder.c: two 64-bit addresses, kind, byteLength. */
const ENTRY_WORDS = 6

/**
 * A log begins in a running interpreter, so it frees and reallocates blocks that it never saw allocated: such a free is dropped, such
 * a realloc becomes an alloc.
 */
export function convertLog(log: Uint8Array, name: string, source: string): Trace {
  if (log.byteLength % (4 * ENTRY_WORDS) !== 0)
    throw new Error(`the log of ${name} is cut short: ${log.byteLength} bytes`)
  const words = new Uint32Array(log.buffer, log.byteOffset, log.byteLength / 4)
  const builder = new TraceBuilder(words.length / ENTRY_WORDS)
  const idAt = new Map<number, number>()
  for (let at = 0; at < words.length; at += ENTRY_WORDS) {
    const before = words[at]! + words[at + 1]! * 2 ** 32
    const after = words[at + 2]! + words[at + 3]! * 2 ** 32
    const kind = words[at + 4]!
    const byteLength = words[at + 5]!
    const id = idAt.get(before)
    if (kind === KIND_FREE) {
      if (id === undefined) continue
      builder.free(id)
      idAt.delete(before)
    } else if (kind === KIND_REALLOC && id !== undefined) {
      builder.realloc(id, byteLength)
      idAt.delete(before)
      idAt.set(after, id)
    } else if (kind <= KIND_REALLOC) {
      if (idAt.has(after)) throw new Error(`the log of ${name} allocates a live address at entry ${at / ENTRY_WORDS}`)
      idAt.set(after, kind === KIND_ALLOC_ZEROED ? builder.allocZeroed(byteLength) : builder.alloc(byteLength))
    } else {
      throw new Error(
        `the log of ${name} has kind ${kind} at entry ${at / ENTRY_WORDS}: expected ${KIND_ALLOC} to ${KIND_FREE}`,
      )
    }
  }
  return builder.finish(name, source)
}
