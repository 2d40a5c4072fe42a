/** Child side: texts and bytes on their way into and out of blocks, and the Buffer calls that do the same. */
import type { Heap, Pointer, StringEncoding } from 'ebb'
import type { EbbModule } from './js-arms'
import type { SingleOptions } from './protocol'
import type { Batch } from './work'

/** Texts or blocks in turn: as many as fit in so many bytes, so that they stay in the caches. */
const ALL_BYTES = 2 ** 20
const COUNT_MAX = 256
/** Bytes that one batch moves, at most. */
const BATCH_BYTES = 2 ** 22

/** Eight bytes of each kind of text. */
const UNITS = { ascii: 'ebb tide', latin1: 'fa\u00e7ades ', utf8: 'a\u20acb\u00e9c' } as const

/** Where results go that nobody needs. */
let last: unknown

/** @param verb - `'text readString'` and so on */
export function textBatch(arm: string, verb: string, options: SingleOptions, { Heap }: EbbModule): Batch {
  const { byteLength = 32, text = 'ascii' } = options
  const count = Math.max(8, Math.min(COUNT_MAX, Math.floor(ALL_BYTES / byteLength)))
  const encoding = text === 'latin1' ? 'latin1' : 'utf8'
  // Flat strings of their own, as they come from a parser.
  const bytes = Buffer.from(UNITS[text].repeat(byteLength / 8), encoding)
  const texts = Array.from({ length: count }, () => bytes.toString(encoding))
  const heap = arm === 'ebb' ? new Heap() : undefined
  const call = heap === undefined ? bufferCall(arm, verb, texts, encoding) : ebbCall(heap, verb, texts, encoding)
  const operations = Math.max(64, Math.min(10_000, Math.floor(BATCH_BYTES / byteLength)))
  return {
    run: () => call(operations),
    operations,
    finish: () => heap?.close(),
  }
}

type Call = (operations: number) => unknown

/** One loop for each call, so that none is slowed down by what another has seen. */
function ebbCall(heap: Heap, verb: string, texts: readonly string[], encoding: StringEncoding): Call {
  // As in bufferCall: copies of all, made after all. One by one they would lie in between of what is dropped (45 ns for 16 KiB).
  const sources = texts.map((text) => Buffer.from(text, encoding)).map((buffer) => new Uint8Array(buffer))
  const byteLength = (sources[0] as Uint8Array).length
  const { length } = texts
  const strings = texts.map((text) => heap.allocString(text, encoding))
  const blocks = sources.map((source) => heap.alloc(source.length))
  switch (verb) {
    case 'text readString':
      return (operations) => {
        for (let i = 0; i < operations; i++) last = heap.readString(strings[i % length] as Pointer)
        return last
      }
    case 'text allocString':
      return (operations) => {
        for (let i = 0; i < operations; i++) heap.free(heap.allocString(texts[i % length] as string, encoding))
        return last
      }
    case 'text copyIn':
      return (operations) => {
        for (let i = 0; i < operations; i++)
          last = heap.copyIn(blocks[i % length] as Pointer, sources[i % length] as Uint8Array)
        return last
      }
    case 'text copyOut':
      return (operations) => {
        for (let i = 0; i < operations; i++) last = heap.copyOut(blocks[i % length] as Pointer, byteLength)
        return last
      }
    case 'text bytes':
      return (operations) => {
        for (let i = 0; i < operations; i++) last = heap.bytes(blocks[i % length] as Pointer, byteLength)
        return last
      }
    default:
      throw new Error(`no such verb: ${verb}`)
  }
}

function bufferCall(arm: string, verb: string, texts: readonly string[], encoding: StringEncoding): Call {
  const { length } = texts
  const buffers = texts.map((text) => Buffer.from(text, encoding))
  const sources = buffers.map((buffer) => (arm === 'target.set' ? new Uint8Array(buffer) : Buffer.from(buffer)))
  switch (verb) {
    case 'text readString':
      return (operations) => {
        for (let i = 0; i < operations; i++) last = (buffers[i % length] as Buffer).toString(encoding)
        return last
      }
    case 'text allocString':
      return (operations) => {
        for (let i = 0; i < operations; i++) last = Buffer.from(texts[i % length] as string, encoding)
        return last
      }
    case 'text copyIn':
      return arm === 'target.set' ? setCall(buffers, sources) : copyCall(buffers, sources as Buffer[])
    case 'text copyOut':
      return (operations) => {
        for (let i = 0; i < operations; i++) last = Buffer.from(buffers[i % length] as Buffer)
        return last
      }
    case 'text bytes': {
      const whole = Buffer.concat(buffers)
      const byteLength = (buffers[0] as Buffer).length
      return (operations) => {
        for (let i = 0; i < operations; i++) {
          const start = (i % length) * byteLength
          last = whole.subarray(start, start + byteLength)
        }
        return last
      }
    }
    default:
      throw new Error(`no such verb: ${verb}`)
  }
}

const setCall =
  (buffers: readonly Buffer[], sources: readonly Uint8Array[]): Call =>
  (operations) => {
    for (let i = 0; i < operations; i++)
      (buffers[i % buffers.length] as Buffer).set(sources[i % buffers.length] as Uint8Array)
    return last
  }

const copyCall =
  (buffers: readonly Buffer[], sources: readonly Buffer[]): Call =>
  (operations) => {
    for (let i = 0; i < operations; i++)
      last = (sources[i % buffers.length] as Buffer).copy(buffers[i % buffers.length] as Buffer)
    return last
  }
