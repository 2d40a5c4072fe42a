/** Reading and writing traces: the committed ones by name, others by path, and the flat form that the C driver maps. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Trace } from './builder'
import { decodeTrace } from './codec'
import { parseMallocLab } from './malloc-lab'

export { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace, TraceBuilder } from './builder'
export { encodeTrace } from './codec'
export { parseMallocLab, TraceSyntaxError } from './malloc-lab'

/** Ending of a packed trace. */
export const TRACE_SUFFIX = '.trace.br'

const DATA = join('bench', 'traces', 'data')

/** Top of the checkout: above this file both as source and as compiled into build/js. */
export function projectRoot(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, DATA))) return folder
  }
  throw new Error(`no folder above ${__dirname} holds ${DATA}: benches run from a checkout`)
}

/** Names of the committed traces. */
export function traceNames(): string[] {
  return readdirSync(join(projectRoot(), DATA))
    .filter((file) => file.endsWith(TRACE_SUFFIX))
    .map((file) => file.slice(0, -TRACE_SUFFIX.length))
    .sort()
}

/**
 * Reads a committed trace by its name, or any other by its path: packed if it ends in `.trace.br`, else text in the style of
 * malloc-lab.ts.
 */
export function readTrace(nameOrPath: string): Trace {
  const committed = join(projectRoot(), DATA, nameOrPath + TRACE_SUFFIX)
  const path = existsSync(committed) ? committed : nameOrPath
  if (!existsSync(path)) {
    throw new Error(
      `no trace ${JSON.stringify(nameOrPath)}: it is neither a file nor one of ${traceNames().join(', ')}`,
    )
  }
  if (path.endsWith(TRACE_SUFFIX)) return decodeTrace(readFileSync(path), path)
  return parseMallocLab(readFileSync(path, 'utf8'), path, basename(path).replace(/\.\w+$/, ''))
}

/** First word of a flat file: "EBBT" in the byte order of the machine that wrote it. */
const FLAT_MAGIC = 0x5442_4245
const FLAT_VERSION = 1

/**
 * Writes a trace as 32-bit words in this machine's byte order, as bench/peers/trace.h reads it: a head of eight words (magic, version,
 * operations, ids, closing frees, 0, 0, 0), then the operations.
 */
export function writeFlat(trace: Trace, file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const descriptor = openSync(file, 'w')
  try {
    const head = Uint32Array.of(FLAT_MAGIC, FLAT_VERSION, trace.operations, trace.ids, trace.closingFrees, 0, 0, 0)
    writeWords(descriptor, head)
    writeWords(descriptor, trace.ops)
  } finally {
    closeSync(descriptor)
  }
}

/** A single write(2) moves at most 2 GiB, and large synthetic traces come near that. */
const WRITE_BYTES = 1 << 28

function writeWords(descriptor: number, words: Uint32Array): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, Math.min(WRITE_BYTES, bytes.length - at))
}
