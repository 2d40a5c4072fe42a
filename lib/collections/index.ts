/** ebb/collections: what is held off the heap of JavaScript, and gives its memory back; and the kinds of its elements. */

export { bool, f32, f64, i8, i16, i32, i64, ref, struct, u8, u16, u32, u64 } from '../records/types'
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
