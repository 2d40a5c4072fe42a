/** ebb: a heap whose memory flows back to the operating system. */
export type { Ablation } from './arenas'
export type { Clock } from './clock'
export type { CompactBudget, CompactResult, Moved } from './compact'
export { HeapError, type HeapErrorCode } from './errors'
export { type Block, Heap, type HeapOptions } from './heap'
export type { Pointer } from './layout'
export type { OsPages } from './os-pages'
export { type RecordType, record } from './record'
export type { Cursor } from './record-cursor'
export {
  bool,
  type Field,
  type FieldsOf,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  type PartialValuesOf,
  type RowOf,
  ref,
  type Scalar,
  type ScalarKind,
  type Shape,
  type Struct,
  struct,
  u8,
  u16,
  u32,
  u64,
  type ValuesOf,
} from './record-types'
export { HeapStats, type SizeClassStats } from './stats'
export type { StringEncoding } from './strings'
