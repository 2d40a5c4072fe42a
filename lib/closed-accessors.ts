/** The accessors of a heap that has closed: they refuse, so that those of an open one need not ask whether it is. */
import { Accessors } from './accessors'
import { refuseClosed } from './errors'

const refuse = (): never => refuseClosed('access')
const REFUSING: PropertyDescriptorMap = {}
for (const name of Object.getOwnPropertyNames(Accessors.prototype)) {
  if (/^[gs]et(Big)?(Int|Uint|Float)\d+$/.test(name)) REFUSING[name] = { value: refuse }
}

/** By the prototype of open heaps, which is a subclass's where there is one: that of closed ones. */
const prototypes = new WeakMap<object, object>()

/** Gives a heap accessors that throw EBB_CLOSED. V8 compiles what it has compiled for heaps once more, at the first that closes. */
export function closeAccessors(heap: Accessors): void {
  const open = Object.getPrototypeOf(heap) as object
  const closed = prototypes.get(open) ?? (Object.create(open, REFUSING) as object)
  prototypes.set(open, closed)
  Reflect.setPrototypeOf(heap, closed)
}
