/** Flat traces on disk: every arm, JavaScript or C, loads the same file. */
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, type Trace, writeFlat } from '../traces/trace'
import type { FlatTrace } from './protocol'

/** Words before the operations, as writeFlat makes them. */
const HEAD_WORDS = 8
/** A single read(2) moves at most 2 GiB. */
const READ_BYTES = 1 << 28

/** Writes the trace to out/flat and forgets its operations. */
export function flatten(trace: Trace): FlatTrace {
  const file = join(projectRoot(), 'out', 'flat', `${trace.name.replace(/[^\w.-]+/g, '-')}.bin`)
  writeFlat(trace, file)
  const { ops: _, ...rest } = trace
  return { ...rest, file }
}

/** The whole trace again. */
export function unflatten(trace: FlatTrace): Trace {
  const ops = new Uint32Array(2 * trace.operations)
  const bytes = new Uint8Array(ops.buffer)
  const descriptor = openSync(trace.file, 'r')
  try {
    for (let at = 0; at < bytes.length; ) {
      const got = readSync(descriptor, bytes, at, Math.min(READ_BYTES, bytes.length - at), 4 * HEAD_WORDS + at)
      if (got === 0) throw new Error(`${trace.file} is cut short`)
      at += got
    }
  } finally {
    closeSync(descriptor)
  }
  return { ...trace, ops }
}
