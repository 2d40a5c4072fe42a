/** What reads and writes blocks refuses once its heap has closed: in other methods, so that those of open heaps need not ask. */

import { refuseClosed } from '../base/errors'
import { Accessors } from './numbers'

const refuse = { value: (): never => refuseClosed('access') }

/** By the prototype of what is open: that of the same when it is closed. */
const prototypes = new WeakMap<object, object>()

/** Has methods of an object throw EBB_CLOSED. V8 compiles what it knows of such objects once more, at the first that closes. */
export function refuseIn(object: object, names: readonly string[]): void {
  const open = Object.getPrototypeOf(object) as object
  const closed =
    prototypes.get(open) ?? (Object.create(open, Object.fromEntries(names.map((name) => [name, refuse]))) as object)
  prototypes.set(open, closed)
  Reflect.setPrototypeOf(object, closed)
}

const ACCESSORS = Object.getOwnPropertyNames(Accessors.prototype).filter((name) =>
  /^[gs]et(Big)?(Int|Uint|Float)\d+$/.test(name),
)

/** Has the accessors of a heap refuse. */
export const closeAccessors = (heap: Accessors): void => refuseIn(heap, ACCESSORS)
