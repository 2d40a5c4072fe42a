/** ebb: a heap whose memory flows back to the operating system. */
/// <reference lib="esnext.disposable" preserve="true" />
/// <reference types="node" preserve="true" />

import './heap/clearing-heap'
import './heap/door'
import { loadVariantsBy } from './heap/variants'

export type {
  ArenaOpenMessage,
  CompactMessage,
  DiscardMessage,
  HeapTag,
  LimitMessage,
  PressureMessage,
  PurgeMessage,
} from './base/channels'
export type { Clock } from './base/clock'
export { HeapError, type HeapErrorCode } from './base/errors'
export type { Pointer } from './base/layout'
export { type AllStats, allStats } from './heap/all-stats'
export type { CompactResult, Moved } from './heap/compact'
export type { DebugOptions } from './heap/debug-options'
export { type Block, Heap } from './heap/heap'
export { heaps } from './heap/heaps'
export type { PointerSource, PointerTarget } from './heap/lists'
export type { CompactBudget, HeapOptions } from './heap/options'
export type { StringEncoding } from './heap/strings'
export { countStates, fullness, type HeapMap, type MapCounts, nameOfState, PoolState } from './inspect/map'
export { HeapStats, type SizeClassStats } from './inspect/stats'
export type { Cursor } from './records/cursor'
export { type RecordType, record } from './records/record'
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
} from './records/types'
export type { Ablation } from './supply/arenas'

loadVariantsBy(() => void require('./debug/index'))
