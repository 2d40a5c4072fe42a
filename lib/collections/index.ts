/** ebb/collections: what is held off the heap of JavaScript, and gives its memory back. */

export { BaseDict } from './base-dict'
export { BaseList } from './base-list'
export { BaseCache, Cache } from './cache'
export type { CacheOptions, CacheStats } from './cache-options'
export { Dict, type DictKinds } from './dict'
export { BaseSet, HashSet } from './hash-set'
export { bytes, type KeyKind, type Plain, str, type ValueKind, type ValueOf, type Variable, value } from './kinds'
export { List } from './list'
export type { TableIterator } from './table-iterator'
export { fromObject, type Tree, toObject } from './tree'
