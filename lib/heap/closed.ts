/** A closed heap gets accessors that throw, so that those of open heaps need no test. Its record fields likewise. */

import { refuseClosed } from '../base/errors'
import { Numbers } from './numbers'

const refuse = { value: (): never => refuseClosed('access') }

/** Open prototype -> the prototype that its closed objects get. */
const prototypes = new WeakMap<object, object>()

/** Closed objects that were frozen, sealed or made non-extensible before: they keep their prototype. */
const keepers = new WeakSet<object>()
/** Methods that look for such objects. */
const guards = new WeakSet<object>()

/** Makes methods of an object throw EBB_CLOSED. V8 recompiles the code for such objects once, when the first of them closes. */
export function refuseIn(object: object, names: readonly string[]): void {
  const open = Object.getPrototypeOf(object) as object
  const closed =
    prototypes.get(open) ?? (Object.create(open, Object.fromEntries(names.map((name) => [name, refuse]))) as object)
  prototypes.set(open, closed)
  if (Reflect.setPrototypeOf(object, closed)) return
  keepers.add(object)
  for (const name of names) guard(open, name)
}

/** Replaces a method by one that looks for keepers first. From then on every object that has the method pays for the test. */
function guard(open: object, name: string): void {
  let holder = open
  while (!Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder) as object
  const method = Reflect.get(holder, name) as (...args: unknown[]) => unknown
  if (guards.has(method)) return
  const guarded = function (this: object, ...args: unknown[]): unknown {
    if (keepers.has(this)) refuseClosed('access')
    return method.apply(this, args)
  }
  guards.add(guarded)
  Object.defineProperty(holder, name, { value: guarded })
}

const ACCESSORS = Object.getOwnPropertyNames(Numbers.prototype).filter((name) => name !== 'constructor')

/** Makes the accessors of a heap throw EBB_CLOSED. */
export const closeAccessors = (heap: Numbers): void => refuseIn(heap, ACCESSORS)
