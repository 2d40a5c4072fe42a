/** ebb: a heap whose memory flows back to the operating system. */
export type { Ablation } from './arenas'
export type { Clock } from './clock'
export type { CompactBudget, CompactResult, Moved } from './compact'
export { HeapError, type HeapErrorCode } from './errors'
export { type Block, Heap, type HeapOptions } from './heap'
export type { Pointer } from './layout'
export type { OsPages } from './os-pages'
export { HeapStats, type SizeClassStats } from './stats'
