/**
 * Which copy of ebb made a thing. A process can hold several: duplicates in node_modules, a module registry that was reset, another
 * realm. A pointer of one copy is a number to another, where it means another block; so each refuses what another made.
 */
import { typeError } from './errors'
import { PACKAGE_FOLDER } from './folder'

/** Known to all copies, whatever their versions; those from before it bear no mark. */
const MARK = Symbol.for('ebb.mark')

/** What an object of any copy says of itself. */
interface Mark {
  /** What it is, as messages call it: `'heap'`. */
  readonly what: string
  /** The folder of the copy that made it, `''` in a bundle. */
  readonly folder: string
  /** An object that this copy alone has. */
  readonly copy: object
}

const COPY = Object.freeze({})

/**
 * Marks all instances of a class as made by this copy.
 * @param what - what they are, in messages: `'heap'`, `'struct'`
 */
export function markAsOurs(type: { readonly prototype: object }, what: string): void {
  const mark: Mark = { what, folder: PACKAGE_FOLDER, copy: COPY }
  Object.defineProperty(type.prototype, MARK, { value: mark })
}

function foreignMark(value: unknown): Mark | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const mark = (value as { readonly [MARK]?: unknown })[MARK]
  if (typeof mark !== 'object' || mark === null) return undefined
  // Read once: it may be a proxy's answer, which is no mark and another one each time.
  const { what, folder, copy } = mark as Partial<Mark>
  if (typeof what !== 'string' || typeof folder !== 'string' || typeof copy !== 'object' || copy === null)
    return undefined
  return copy === COPY ? undefined : { what, folder, copy }
}

/**
 * Refuses what another copy of ebb made, by name; does nothing for any other value.
 * @param value - what was given
 * @param taker - who was given it: `'record()'`
 * @throws TypeError with the folders of both copies and the remedy
 */
export function refuseForeign(value: unknown, taker: string): void {
  const mark = foreignMark(value)
  if (mark === undefined) return
  const remedy =
    mark.folder === PACKAGE_FOLDER
      ? `Both were loaded from ${PACKAGE_FOLDER}: the modules were reset in between (jest.resetModules) or belong to two realms; load ebb once.`
      : `It comes from ${mark.folder}, this one is ${PACKAGE_FOLDER}: \`npm ls ebb\` tells why there are two, \`npm dedupe\` may make them one.`
  throw typeError(
    `ebb: ${taker} was given a ${mark.what} of another copy of ebb, where the same pointer means another block. ${remedy}`,
  )
}
