/**
 * The committed form of a trace: brotli over one line of JSON (the header) and then one token for each operation.
 *
 *     token = varint(byteLength << 2 | kind)            alloc, allocZeroed
 *     token = varint(byteLength << 2 | kind), block     realloc
 *     token = varint(block << 2 | kind)                 free
 *
 * Ids are not stored: the decoder's TraceBuilder hands out the same ones. A block is named by its birth (how many blocks were
 * allocated before it), relative either to the newest block (even: blocks born since) or to the block named last (odd:
 * zigzag of the difference), whichever is smaller. A loop that makes and drops the same objects then repeats the same tokens,
 * and so does the tearing down of a large structure: this is what lets brotli find them. Of the encodings tried on the committed
 * programs (columns, ids, either distance alone) it was the smallest, by 10 to 70 %.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace, TraceBuilder } from './builder'

const FORMAT = 'ebb-trace'
const VERSION = 1
const NEWLINE = 10

interface Header {
  readonly format: string
  readonly version: number
  readonly name: string
  readonly source: string
  /** The program's own operations: closing frees are not stored. */
  readonly operations: number
  readonly ids: number
  readonly peakLiveBytes: number
}

/** Packs the program's own operations. */
export function encodeTrace(trace: Trace): Buffer {
  const operations = trace.operations - trace.closingFrees
  const { name, source, ids, peakLiveBytes } = trace
  const header: Header = { format: FORMAT, version: VERSION, name, source, operations, ids, peakLiveBytes }
  const plain = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), encodeOperations(trace, operations)])
  return brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  })
}

/** Unpacks what encodeTrace made. `file` is for messages. */
export function decodeTrace(packed: Uint8Array, file: string): Trace {
  const plain = unpack(packed, file)
  const end = plain.indexOf(NEWLINE)
  const header = parseHeader(plain.subarray(0, Math.max(end, 0)).toString(), file)
  const trace = decodeOrRefuse(new TokenReader(plain, end + 1), header, file)
  if (trace.ids !== header.ids || trace.peakLiveBytes !== header.peakLiveBytes) {
    throw new Error(
      `${file}: damaged: header tells ${header.ids} ids and ${header.peakLiveBytes} bytes at the peak, its operations make ${trace.ids} and ${trace.peakLiveBytes}`,
    )
  }
  return trace
}

function decodeOrRefuse(tokens: TokenReader, header: Header, file: string): Trace {
  try {
    return decodeOperations(tokens, header)
  } catch (cause) {
    throw new Error(`${file}: damaged: ${(cause as Error).message}`, { cause })
  }
}

function unpack(packed: Uint8Array, file: string): Buffer {
  try {
    return brotliDecompressSync(packed)
  } catch (cause) {
    throw new Error(`${file}: not a brotli stream, or cut short`, { cause })
  }
}

function parseHeader(text: string, file: string): Header {
  let header: Partial<Header> = {}
  try {
    header = JSON.parse(text)
  } catch {
    // Reported below: it is no header of ours.
  }
  if (header.format !== FORMAT) throw new Error(`${file}: not a trace: its first line is no ${FORMAT} header`)
  if (header.version !== VERSION)
    throw new Error(`${file}: trace version ${header.version}, this reader knows ${VERSION}`)
  return header as Header
}

function encodeOperations(trace: Trace, operations: number): Uint8Array {
  const { ops } = trace
  const births = new Uint32Array(trace.ids)
  const tokens = new TokenWriter(operations)
  let born = 0
  let named = 0
  const nameBlock = (id: number): number => {
    const birth = births[id]!
    const difference = birth - named
    named = birth
    const sinceBirth = 2 * (born - 1 - birth)
    const zigzag = difference < 0 ? -2 * difference - 1 : 2 * difference
    return Math.min(sinceBirth, 2 * zigzag + 1)
  }
  for (let at = 0; at < 2 * operations; at += 2) {
    const id = ops[at]! >>> 2
    const kind = ops[at]! & 3
    if (kind === KIND_FREE) {
      tokens.put(4 * nameBlock(id) + kind)
      continue
    }
    tokens.put(4 * ops[at + 1]! + kind)
    if (kind === KIND_REALLOC) tokens.put(nameBlock(id))
    else births[id] = born++
  }
  return tokens.bytes()
}

function decodeOperations(tokens: TokenReader, header: Header): Trace {
  const builder = new TraceBuilder(header.operations + header.ids)
  const idOfBirth = new Uint32Array(header.operations)
  let born = 0
  let named = 0
  const findBlock = (name: number): number => {
    const half = Math.floor(name / 2)
    if (name % 2 === 0) named = born - 1 - half
    else named += half % 2 === 0 ? half / 2 : -(half + 1) / 2
    return idOfBirth[named] ?? -1
  }
  for (let i = 0; i < header.operations; i++) {
    const token = tokens.take()
    const kind = token % 4
    const rest = (token - kind) / 4
    if (kind === KIND_ALLOC) idOfBirth[born++] = builder.alloc(rest)
    else if (kind === KIND_ALLOC_ZEROED) idOfBirth[born++] = builder.allocZeroed(rest)
    else if (kind === KIND_REALLOC) builder.realloc(findBlock(tokens.take()), rest)
    else builder.free(findBlock(rest))
  }
  return builder.finish(header.name, header.source)
}

/** Varints of up to 53 bits: seven bits a byte, low ones first, the top bit set on all but the last. */
class TokenWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(tokens: number) {
    this.#bytes = new Uint8Array(2 * tokens + 16)
  }

  put(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) + 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

class TokenReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  take(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('it ends in the middle of its operations')
      if (byte < 0x80) return value + byte * scale
      value += (byte - 0x80) * scale
    }
  }
}
