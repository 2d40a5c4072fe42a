/**
 * Text traces in the style of the malloc laboratory of Bryant and O'Hallaron's course: after an optional head of bare numbers,
 * one line for each operation.
 *
 *     a ID SIZE    alloc           r ID SIZE    realloc           f ID    free
 *
 * Blank lines and lines that begin with # are skipped. `z ID SIZE` (allocZeroed) is our addition.
 */
import { MAX_TRACE_BYTES, type Trace, TraceBuilder } from './builder'

/** The head of such a file: suggested heap size, number of ids, number of operations, weight. */
const HEAD_LINES = 4

/** A line that is no operation, or one that cannot be carried out. The message names the file, the line and its text. */
export class TraceSyntaxError extends Error {
  override readonly name = 'TraceSyntaxError'

  constructor(
    readonly file: string,
    readonly line: number,
    readonly text: string,
    readonly reason: string,
  ) {
    super(`${file}:${line}: ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text)}: ${reason}`)
  }
}

/** Parses the text of such a file; `file` is for the trace's source and for messages. */
export function parseMallocLab(text: string, file: string, name = file): Trace {
  const builder = new TraceBuilder()
  const idOf = new Map<number, number>()
  let head = 0
  let lineNumber = 0
  for (const line of text.split('\n')) {
    lineNumber++
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    if (builder.operations === 0 && head < HEAD_LINES && /^\d+$/.test(trimmed)) head++
    else {
      const reason = applyLine(builder, idOf, trimmed.split(/\s+/))
      if (reason !== undefined) throw new TraceSyntaxError(file, lineNumber, trimmed, reason)
    }
  }
  return builder.finish(name, file)
}

/** Carries out one line; the reason it cannot be, if so. */
function applyLine(builder: TraceBuilder, idOf: Map<number, number>, words: readonly string[]): string | undefined {
  const [operation = '', idText = '', sizeText = ''] = words
  const length = operation === 'f' ? 2 : 3
  if (!['a', 'z', 'r', 'f'].includes(operation)) return 'an operation is one of "a ID SIZE", "r ID SIZE", "f ID"'
  if (words.length !== length) return `"${operation}" takes ${length === 2 ? 'an id' : 'an id and a size'}`
  if (!/^\d{1,15}$/.test(idText)) return `the id must be a whole number, got ${JSON.stringify(idText)}`
  const id = Number(idText)
  const known = idOf.get(id)
  if (operation === 'f') {
    if (known === undefined) return `id ${id} is not live`
    builder.free(known)
    idOf.delete(id)
    return undefined
  }
  const size = Number(sizeText)
  if (!/^\d{1,15}$/.test(sizeText) || size > MAX_TRACE_BYTES) {
    return `the size must be a whole number from 0 to ${MAX_TRACE_BYTES}, got ${JSON.stringify(sizeText)}`
  }
  if (operation === 'r') {
    if (known === undefined) return `id ${id} is not live`
    builder.realloc(known, size)
    return undefined
  }
  if (known !== undefined) return `id ${id} is live already`
  idOf.set(id, operation === 'a' ? builder.alloc(size) : builder.allocZeroed(size))
  return undefined
}
