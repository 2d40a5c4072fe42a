/**
 * Statistics of a heap: from what it counts as it goes (books/counts.ts), and adding up exactly:
 *
 *     liveBytes + freeBlockBytes + freePoolBytes + ledgerBytes + slackBytes + keptBytes == mappedBytes
 *
 * What the report shows is what CPython's `sys._debugmallocstats()` prints (_PyObject_DebugMallocStats() in Objects/obmalloc.c), in
 * this heap's words. docs/stats.md explains each line.
 */
import { ARENA_BYTES, FREE_POOLS_MAX, POOL_BYTES, type SizeClass } from '../base/layout'
import { BLOCK_BYTES, CLASS_TABLE_LENGTH, runBlocksOf, runPoolsOf, WHOLE_RUN } from '../base/size-classes'
import type { Counts } from '../books/counts'
import type { HeapParts } from '../supply/parts'

/** One size class. Whole runs, which have no common block size, have `blockBytes` 0. */
export interface SizeClassStats {
  readonly sizeClass: number
  /** Bytes of a block. */
  readonly blockBytes: number
  /** Pools in use by the class. */
  readonly pools: number
  /** Live blocks. */
  readonly blocks: number
  /** Free blocks in its used pools. */
  readonly freeBlocks: number
}

/** A snapshot of a heap's books. All `...Bytes` are bytes. */
export class HeapStats {
  /** The heap's `name` option. */
  name = ''
  /** Arenas mapped now, and the most there ever were. */
  arenas = 0
  peakArenas = 0
  /** Live blocks, large ones included. */
  blocks = 0
  /** Usable bytes of the live blocks. */
  liveBytes = 0
  /** Bytes of free blocks in used pools and runs. */
  freeBlockBytes = 0
  freePools = 0
  freePoolBytes = 0
  /** Free pools that are still resident. */
  dirtyPools = 0
  /** The first pool of each arena: its books. */
  ledgerBytes = 0
  /** Of the space of all heaps, for the books of this one; not part of mappedBytes. */
  bookBytes = 0
  /** What is left over behind the last block of a pool or run. */
  slackBytes = 0
  /** Large blocks, and their bytes (part of liveBytes). */
  largeBlocks = 0
  largeBytes = 0
  /** Memory of freed large blocks that waits for the decay. */
  keptBytes = 0
  /** Address space held. */
  mappedBytes = 0
  peakMappedBytes = 0
  /** In memory, by the books: what is neither discarded nor never used. An upper bound of what the kernel says. */
  residentBytes = 0
  /** Calls to the operating system so far. What is kept can be cut in two and is given back in two then, so `unmaps` may exceed `maps`. */
  maps = 0
  unmaps = 0
  discards = 0
  discardedBytes = 0
  /** Discards that the OS refused in the background; the memory stayed dirty. */
  failedDiscards = 0
  /** Blocks that compaction moved so far. */
  moves = 0
  /** Size classes with pools in use. */
  classes: SizeClassStats[] = []

  /** The report as text; see {@link report}. */
  toString(): string {
    return report(this)
  }
}

/** Takes the statistics, without a walk: in some microseconds, however large the heap is. The magazines must be empty. */
export function takeStats(parts: HeapParts, name: string): HeapStats {
  const { table, arenas, large, budget, purger } = parts
  const stats = new HeapStats()
  for (let c = 1 as SizeClass; c < CLASS_TABLE_LENGTH; c++) addClass(stats, table.counts, c)
  stats.name = name
  stats.arenas = table.arenas
  stats.peakArenas = table.peakArenas
  stats.freePools += table.arenas * FREE_POOLS_MAX
  stats.freePoolBytes = stats.freePools * POOL_BYTES
  stats.dirtyPools = table.counts.dirty
  stats.ledgerBytes = table.arenas * POOL_BYTES
  stats.bookBytes = table.bookBytes
  stats.largeBlocks = large.count
  stats.largeBytes = large.bytes
  stats.blocks += large.count
  stats.liveBytes += large.bytes
  stats.keptBytes = large.kept.bytes
  stats.mappedBytes = budget.mappedBytes
  stats.peakMappedBytes = budget.peakMappedBytes
  const cleanPools = stats.freePools - stats.dirtyPools
  stats.residentBytes = table.arenas * ARENA_BYTES - cleanPools * POOL_BYTES + large.bytes + large.kept.residentBytes
  stats.maps = budget.maps
  stats.unmaps = budget.unmaps
  stats.discards = arenas.dirty.discards
  stats.discardedBytes = arenas.dirty.discardedBytes
  stats.failedDiscards = purger.failures
  stats.moves = parts.moves
  return stats
}

/** Adds what a class has in use, and takes its pools off the free ones. */
function addClass(stats: HeapStats, counts: Counts, sizeClass: SizeClass): void {
  const pools = counts.pools[sizeClass] as number
  if (pools === 0) return
  const blocks = counts.taken[sizeClass] as number
  const blockBytes = BLOCK_BYTES[sizeClass] as number
  const isWhole = sizeClass === WHOLE_RUN
  const freeBlocks = isWhole ? 0 : (pools / runPoolsOf(sizeClass)) * runBlocksOf(sizeClass) - blocks
  const liveBytes = isWhole ? pools * POOL_BYTES : blocks * blockBytes
  stats.classes.push({ sizeClass, blockBytes, pools, blocks, freeBlocks })
  stats.freePools -= pools
  stats.blocks += blocks
  stats.liveBytes += liveBytes
  stats.freeBlockBytes += freeBlocks * blockBytes
  stats.slackBytes += pools * POOL_BYTES - liveBytes - freeBlocks * blockBytes
}

const grouped = (value: number): string => value.toLocaleString('en-US')

/** The statistics as a table: size classes first, then a sum that comes out at the mapped bytes. */
export function report(stats: HeapStats): string {
  const rows = [['class', 'block bytes', 'pools', 'live blocks', 'free blocks']]
  for (const c of stats.classes) {
    const size = c.blockBytes === 0 ? 'whole runs' : grouped(c.blockBytes)
    rows.push([String(c.sizeClass), size, grouped(c.pools), grouped(c.blocks), grouped(c.freeBlocks)])
  }
  const widths = (rows[0] as string[]).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)))
  const table = rows.map((row) => row.map((cell, i) => cell.padStart(widths[i] as number)).join('  '))
  const line = (label: string, bytes: number): string => `${label.padEnd(44)} = ${grouped(bytes).padStart(18)}`
  return [
    `heap ${stats.name === '' ? '(unnamed)' : JSON.stringify(stats.name)}: small and medium blocks, by size class`,
    '',
    ...table,
    '',
    line('# arenas mapped now', stats.arenas),
    line('# arenas mapped, most at one time', stats.peakArenas),
    line('# mappings made so far', stats.maps),
    line('# mappings given back so far', stats.unmaps),
    line('# ranges discarded so far', stats.discards),
    line(`${grouped(stats.blocks)} live blocks`, stats.liveBytes),
    line('free blocks in used pools', stats.freeBlockBytes),
    line(`${grouped(stats.freePools)} free pools, ${grouped(stats.dirtyPools)} of them dirty`, stats.freePoolBytes),
    line(`${grouped(stats.arenas)} ledgers`, stats.ledgerBytes),
    line('slack behind the last blocks', stats.slackBytes),
    line('large blocks kept for reuse', stats.keptBytes),
    line('mapped bytes, the sum of the six lines above', stats.mappedBytes),
    line(`of the live bytes in ${grouped(stats.largeBlocks)} large blocks`, stats.largeBytes),
    line('resident bytes by the books', stats.residentBytes),
    line('mapped bytes, most at one time', stats.peakMappedBytes),
    line('books in the space of all heaps', stats.bookBytes),
  ].join('\n')
}
