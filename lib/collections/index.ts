/** ebb/collections: what is held off the heap of JavaScript, and gives its memory back. */

export { Dict, type DictKinds } from './dict'
export { bytes, type KeyKind, type Plain, str, type ValueKind, type ValueOf, type Variable, value } from './kinds'
export { List } from './list'
