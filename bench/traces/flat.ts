/** Flat traces: the form in which every arm, JavaScript or C (peers/trace.h), loads the same operations. */
import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from '../common/root'
import type { Trace } from './builder'

/** A trace without its operations, which lie in a flat file. */
export interface FlatTrace extends Omit<Trace, 'ops'> {
  readonly file: string
}

/** First word of a flat file: "EBBT" in the byte order of the machine that wrote it. */
const FLAT_MAGIC = 0x5442_4245
const FLAT_VERSION = 1
/** Magic, version, operations, ids, closing frees, and three that are 0. */
const HEAD_WORDS = 8

/** A single read(2) or write(2) moves at most 2 GiB, and large synthetic traces come near that. */
const CHUNK_BYTES = 1 << 28

/** Writes a trace as 32-bit words in this machine's byte order: the head, then the operations. */
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

/**
 * Reads a flat file.
 * @throws Error where it is none, or cut short
 */
export function readFlat(file: string): Pick<Trace, 'ops' | 'operations' | 'ids' | 'closingFrees'> {
  const descriptor = openSync(file, 'r')
  try {
    const head = new Uint32Array(HEAD_WORDS)
    readWords(descriptor, head, 0, file)
    const [magic, version, operations = 0, ids = 0, closingFrees = 0] = head
    if (magic !== FLAT_MAGIC || version !== FLAT_VERSION) throw new Error(`${file} is no flat trace of this version`)
    const ops = new Uint32Array(2 * operations)
    readWords(descriptor, ops, head.byteLength, file)
    return { ops, operations, ids, closingFrees }
  } finally {
    closeSync(descriptor)
  }
}

/** Writes the trace to out/flat and forgets its operations. */
export function flatten(trace: Trace): FlatTrace {
  const file = join(projectRoot(), 'out', 'flat', `${trace.name.replace(/[^\w.-]+/g, '-')}.bin`)
  writeFlat(trace, file)
  const { ops: _, ...rest } = trace
  return { ...rest, file }
}

/** The whole trace again. */
export const unflatten = (trace: FlatTrace): Trace => ({ ...trace, ops: readFlat(trace.file).ops })

const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength)

function writeWords(descriptor: number, words: Uint32Array): void {
  const bytes = bytesOf(words)
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, Math.min(CHUNK_BYTES, bytes.length - at))
}

function readWords(descriptor: number, words: Uint32Array, from: number, file: string): void {
  const bytes = bytesOf(words)
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(descriptor, bytes, at, Math.min(CHUNK_BYTES, bytes.length - at), from + at)
    if (got === 0) throw new Error(`${file} is cut short`)
    at += got
  }
}
