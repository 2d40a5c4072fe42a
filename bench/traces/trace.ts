/** Reading traces: the committed ones by name, others by path. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { projectRoot } from '../common/root'
import type { Trace } from './builder'
import { decodeTrace } from './codec'
import { parseMallocLab } from './malloc-lab'

export { KIND_ALLOC, KIND_ALLOC_ZEROED, KIND_FREE, KIND_REALLOC, type Trace, TraceBuilder } from './builder'
export { encodeTrace } from './codec'
export { parseMallocLab, TraceSyntaxError } from './malloc-lab'

/** Ending of a packed trace. */
export const TRACE_SUFFIX = '.trace.br'

const DATA = join('bench', 'traces', 'data')

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
