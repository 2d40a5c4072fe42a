/**
 * Stacks: where a block was allocated, and where it was freed. V8 notes the calls at once and makes text of them when somebody reads it,
 * through `Error.prepareStackTrace`, so that `--enable-source-maps` and tools that map stacks are respected. Until then it holds what the
 * calls were made on; so the text is made while the process idles (idle-check.ts), and kept once however many blocks have it.
 */
import path from 'node:path'
import { PACKAGE_FOLDER } from '../base/folder'

/** A stack: the noted calls, or their lines once somebody read them. */
export type Trace = NotedCalls | readonly string[]

class NotedCalls {
  declare readonly stack: unknown
}

/** A call in a stack, as far as its line tells. */
export interface Frame {
  /** Its function; `''` for code outside of one. */
  readonly name: string
  /** Path or URL of its file; `''` where it has none. */
  readonly file: string
  /** From 1 on; 0: not known. */
  readonly line: number
  readonly column: number
}

/** Calls of the library itself, which are left out of a stack: at most so many lie above the caller's. */
const OWN_FRAMES = 8

/** Files of this copy of the library, as a stack names them: dist/ and, where sources are mapped or run, lib/. */
const OWN_FOLDERS = ['dist', 'lib'].map((folder) => path.join(PACKAGE_FOLDER, folder) + path.sep)
const isOwn = (line: string): boolean => PACKAGE_FOLDER !== '' && OWN_FOLDERS.some((folder) => line.includes(folder))
/** Calls of Node's own, such as those that load a module, and those that V8 makes of a generator, which stands below. */
const isOfNode = (line: string): boolean => /(?:^|\(| )node:|\.next \(<anonymous>\)$/.test(line)

/**
 * Notes where the caller is called from.
 * @param frames - calls that the stack shows
 */
export function noteCalls(frames: number): Trace {
  const { stackTraceLimit } = Error
  const noted = new NotedCalls()
  Error.stackTraceLimit = frames + OWN_FRAMES
  Error.captureStackTrace(noted, noteCalls)
  Error.stackTraceLimit = stackTraceLimit
  return noted
}

/** Lines of stacks, each kept once. */
const known = new Map<string, readonly string[]>()
/** More different stacks than that are not kept for others. */
const KNOWN_MAX = 10_000

/**
 * The lines of a stack, the innermost call first: `'load (/app/users.js:12:20)'`. Calls of the library itself and of Node are left out.
 * @param frames - how many at most
 */
export function linesOf(trace: Trace, frames: number): readonly string[] {
  if (!(trace instanceof NotedCalls)) return trace
  const lines = String(trace.stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.replace(/^\s+at /, ''))
  const theirs = lines.filter((line) => !isOwn(line) && !isOfNode(line))
  const shown = (theirs.length > 0 ? theirs : lines).slice(0, frames)
  const key = shown.join('\n')
  const same = known.get(key)
  if (same !== undefined) return same
  if (known.size < KNOWN_MAX) known.set(key, shown)
  return shown
}

/** What a line of a stack says. */
export function parseFrame(text: string): Frame {
  const place = /^(?:(.*) \()?(.*?):(\d+):(\d+)\)?$/.exec(text)
  if (place === null) return { name: text, file: '', line: 0, column: 0 }
  const [, name = '', file = '', line, column] = place
  return {
    name: name.replace(/^async /, ''),
    file: file.replace(/^async /, ''),
    line: Number(line),
    column: Number(column),
  }
}
